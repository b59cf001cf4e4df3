"""Chains with labelled residues: the gold chains of COACH420, HOLO4K's and LIGYSIS' labelled ones, and training's."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

from scilogos.bench.binding_site.baselines import LETTERS, Labelled
from scilogos.bench.held_out import reading
from scilogos.data.readers import READERS
from scilogos.data.tables import read_rows
from scilogos.grammar import Located

COACH420, TRAINING = "struct/site_labels_seq.jsonl.gz", "struct/triples_biolip_ligbind.jsonl.gz"
HOLO4K, LIGYSIS = "struct/holo4k_seq.jsonl.gz", "struct/ligysis_chains_ca.jsonl.gz"
LONGEST = 600  # residues of a training or validation chain, as in the recipes

Reasons = Mapping[str, list[str]]  # keys that cannot be used, by reason


def training(data: Path) -> tuple[list[Labelled], list[Labelled]]:
    """The chains that the corpus reader trains on, and its validation chains, each with its sites."""
    train, validation = [], []
    for record in READERS["sites"](reading(data, "sites", TRAINING, forms=("located",), max_length=LONGEST)):
        (sentence,) = record.sentences
        assert isinstance(sentence, Located)
        (chain,) = sentence.marked
        (train if record.split == "train" else validation).append((chain.residues, chain.sites))
    return train, validation


def coach420(data: Path, reasons: Reasons) -> Iterator[tuple[str, Labelled]]:
    """The chains with `gold` contacts: heavy atoms within 4 Å, or BioLiP's."""
    for row in read_rows(data / COACH420, ("set", "id", "seq")):
        if row["set"] != "coach420":
            continue
        if not row.get("gold"):
            reasons["COACH420: no gold contacts"].append(row["id"])
        elif _readable(row["id"], row["seq"], reasons):
            yield row["id"], (row["seq"], tuple(row["gold"]))


def holo4k(data: Path, reasons: Reasons) -> Iterator[tuple[str, Labelled]]:
    """One chain of each sequence with BioLiP contacts of the set's relevant ligands, of all its ligands together."""
    seen: set[str] = set()
    for row in read_rows(data / HOLO4K, ("pdb", "biolip")):
        contacts = defaultdict(set)
        for site in row["biolip"]:
            if site["is_mlig"]:
                contacts[site["chain"], site["seq"]].update(site["contacts"])
        if not contacts:
            reasons["HOLO4K: no labelled contacts"].append(row["pdb"])
        for (chain, residues), sites in contacts.items():
            key = f"{row['pdb']}{chain}"
            if residues in seen:
                reasons["HOLO4K: the sequence of an earlier chain"].append(key)
            elif _readable(key, residues, reasons):
                seen.add(residues)
                yield key, (residues, tuple(sorted(sites)))


def ligysis(data: Path, reasons: Reasons) -> Iterator[tuple[str, Labelled]]:
    """Human chains with BioLiP contacts transferred from relatives of 95% identity, of all small molecules together."""
    for row in read_rows(data / LIGYSIS, ("id", "seq", "biolip_sites")):
        sites = {i for site in row["biolip_sites"] if site["category"] == "small_molecule" for i in site["contacts"]}
        if not sites:
            reasons["LIGYSIS: no site of a small molecule"].append(row["id"])
        elif _readable(row["id"], row["seq"], reasons):
            yield row["id"], (row["seq"], tuple(sorted(sites)))


def _readable(key: str, residues: str, reasons: Reasons) -> bool:
    if set(residues) - set(LETTERS):
        reasons["letters that the language lacks"].append(key)
        return False
    return True
