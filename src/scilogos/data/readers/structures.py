"""Binding sites and complexes from tables of chains with contacts."""

from collections import Counter
from collections.abc import Iterator

from scilogos.data.source import Reading, Record
from scilogos.errors import ScilogosError
from scilogos.grammar.objects import RESIDUES, UNKNOWN_RESIDUE, Complex, Located, Molecule, Protein, Sentence, Transform
from scilogos.science import canonical

_IDENTITIES = tuple(f"id_{name}" for name in ("coach420", "holo4k", "posebusters", "astex", "crossdocked"))
_LISTED = ("pdb_in_coach420", "pdb_in_holo4k_mlig")
_COLUMNS = ("category", "seq", "contacts", "cluster30", "ccd", "smiles", *_LISTED, *_IDENTITIES)
_MAX_IDENTITY = 0.3
_LETTERS = frozenset(RESIDUES + UNKNOWN_RESIDUE)


def _leaks(row: dict) -> bool:
    listed = any(int(row[name] or 0) for name in _LISTED)
    return listed or any(float(row[name] or 0) >= _MAX_IDENTITY for name in _IDENTITIES)


def _usable(reading: Reading) -> Iterator[dict]:
    """Rows of small molecules whose chain is no near twin of a test chain."""
    for row in reading.rows(*_COLUMNS):
        if row["category"] != "small_molecule":
            reading.ledger.drop(f"category {row['category']}")
        elif _leaks(row):
            reading.ledger.drop("identity of 30% or more to a test chain")
        elif not row["contacts"] or not 0 <= min(row["contacts"]) <= max(row["contacts"]) < len(row["seq"]):
            reading.ledger.drop("no contacts, or contacts outside the chain")
        elif set(row["seq"]) - _LETTERS:
            reading.ledger.drop("residues that the language lacks")
        elif reading.source.max_length and len(row["seq"]) > reading.source.max_length:
            reading.ledger.drop(f"chain longer than {reading.source.max_length} residues")
        else:
            yield row


def sites(reading: Reading) -> Iterator[Record]:
    """One record per chain: the union of its small-molecule contacts, in the four forms of a site."""
    contacts: dict[str, set[int]] = {}
    clusters: dict[str, str] = {}
    for row in _usable(reading):
        if row["seq"] in contacts:
            reading.ledger.count("merged rows")
        contacts.setdefault(row["seq"], set()).update(row["contacts"])
        clusters[row["seq"]] = row["cluster30"]
    for sequence, marks in contacts.items():
        plain, marked = Protein(sequence), Protein(sequence, tuple(marks))
        expanded = Protein(sequence, tuple(marks), "expanded")
        forms: dict[str, Sentence] = {
            "located": Located((plain,), (marked,)),
            "marked": marked,
            "expanded": expanded,
            "transform": Transform((marked,), (expanded,)),
        }
        wanted = [sentence for name, sentence in forms.items() if reading.wants(name)]
        rng = reading.rng(sequence)
        rng.shuffle(wanted)
        # Located is the task's own form: always told, the others in turn.
        chosen = dict.fromkeys(([forms["located"]] if reading.wants("located") else []) + wanted)
        yield Record(sequence, reading.split(clusters[sequence]), tuple(chosen)[: reading.source.writings])


def complexes(reading: Reading) -> Iterator[Record]:
    """One record per chain and ligand: the chain with this ligand's contacts, at the levels of detail; ligand last."""
    per_ligand: Counter[str] = Counter()
    for row in _usable(reading):
        if reading.source.per_key and per_ligand[row["ccd"]] >= reading.source.per_key:
            reading.ledger.drop(f"more than {reading.source.per_key} rows of one ligand")
            continue
        try:
            ligand = Molecule(canonical(row["smiles"]))
        except ScilogosError:
            reading.ledger.drop("ligand that RDKit refuses")
            continue
        per_ligand[row["ccd"]] += 1
        key = f"{row['seq']}/{ligand.smiles}/{row['contacts'][0]}"
        rng = reading.rng(key)
        levels = [level for level in ("marked", "expanded", "plain") if reading.wants(level)]
        rng.shuffle(levels)
        sentences = tuple(
            Complex((Protein(row["seq"], tuple(row["contacts"]), level),), ligand)
            for level in levels[: reading.source.writings]
        )
        yield Record(key, reading.split(row["cluster30"]), sentences)
