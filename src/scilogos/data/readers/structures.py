"""Binding sites and complexes from tables of chains with contacts."""

from collections import Counter
from collections.abc import Iterator
from functools import lru_cache, partial

from scilogos.data.source import Reading, Record
from scilogos.errors import ScilogosError
from scilogos.grammar.objects import RESIDUES, UNKNOWN_RESIDUE, Complex, Located, Molecule, Protein, Sentence, Transform
from scilogos.science import canonical

_IDENTITIES = {
    "id_coach420": "COACH420",
    "id_holo4k": "HOLO4K",
    "id_posebusters": "PoseBusters",
    "id_astex": "Astex",
    "id_crossdocked": "CrossDocked",
}
_LISTED = {"pdb_in_coach420": "COACH420", "pdb_in_holo4k_mlig": "HOLO4K"}
_COLUMNS = ("category", "seq", "contacts", "ccd", "smiles", *_LISTED, *_IDENTITIES)
_MAX_IDENTITY = 0.3
_LETTERS = frozenset(RESIDUES + UNKNOWN_RESIDUE)


def _test_sets(row: dict) -> set[str]:
    """The test sets that have the row's chain, or one of 30% identity or more."""
    listed = {test for name, test in _LISTED.items() if int(row[name] or 0)}
    return listed | {test for name, test in _IDENTITIES.items() if float(row[name] or 0) >= _MAX_IDENTITY}


def _usable(reading: Reading) -> Iterator[dict]:
    """Rows of small molecules whose chain is no near twin of a test chain."""
    for row in reading.rows(*_COLUMNS, *(() if reading.source.cluster else ("cluster30",))):
        if row["category"] != "small_molecule":
            reading.ledger.drop(f"category {row['category']}")
        elif tests := _test_sets(row):
            reading.ledger.drop("identity of 30% or more to a test chain")
            for name in tests:
                reading.ledger.count(f"rows near a chain of {name}")
        elif not row["contacts"] or not 0 <= min(row["contacts"]) <= max(row["contacts"]) < len(row["seq"]):
            reading.ledger.drop("no contacts, or contacts outside the chain")
        elif set(row["seq"]) - _LETTERS:
            reading.ledger.drop("residues that the language lacks")
        elif reading.source.max_length and len(row["seq"]) > reading.source.max_length:
            reading.ledger.drop(f"chain longer than {reading.source.max_length} residues")
        else:
            yield row


def _cluster(reading: Reading, row: dict) -> str:
    return reading.cluster(row["seq"]) if reading.source.cluster else row["cluster30"]


def sites(reading: Reading) -> Iterator[Record]:
    """One record per chain: the union of its small-molecule contacts, in the four forms of a site."""
    contacts: dict[str, set[int]] = {}
    clusters: dict[str, str] = {}
    for row in _usable(reading):
        if row["seq"] in contacts:
            reading.ledger.count("merged rows")
        contacts.setdefault(row["seq"], set()).update(row["contacts"])
        clusters[row["seq"]] = _cluster(reading, row)
    for sequence, marks in contacts.items():
        if not reading.thins(sequence):
            yield Record(sequence, reading.split(clusters[sequence]), partial(_forms, reading, sequence, tuple(marks)))


def _forms(reading: Reading, sequence: str, marks: tuple[int, ...]) -> tuple[Sentence, ...]:
    plain, marked = Protein(sequence), Protein(sequence, marks)
    expanded = Protein(sequence, marks, "expanded")
    forms: dict[str, Sentence] = {
        "located": Located((plain,), (marked,)),
        "marked": marked,
        "expanded": expanded,
        "transform": Transform((marked,), (expanded,)),
    }
    wanted = [sentence for name, sentence in forms.items() if reading.wants(name)]
    reading.rng(sequence).shuffle(wanted)
    # Located is the task's own form: always told, the others in turn.
    chosen = dict.fromkeys(([forms["located"]] if reading.wants("located") else []) + wanted)
    return tuple(chosen)[: reading.source.writings]


def complexes(reading: Reading) -> Iterator[Record]:
    """One record per chain and ligand: the chain with this ligand's contacts, at the levels of detail; ligand last."""
    per_ligand: Counter[str] = Counter()
    for row in _usable(reading):
        if reading.source.per_key and per_ligand[row["ccd"]] >= reading.source.per_key:
            reading.ledger.drop(f"more than {reading.source.per_key} rows of one ligand")
            continue
        ligand = _ligand(row["smiles"])
        if ligand is None:
            reading.ledger.drop("ligand that RDKit refuses")
            continue
        if reading.thins(row["seq"], ligand.smiles):
            continue
        per_ligand[row["ccd"]] += 1
        key = f"{row['seq']}/{ligand.smiles}/{row['contacts'][0]}"
        contacts = tuple(row["contacts"])
        split = reading.split(_cluster(reading, row))
        yield Record(key, split, partial(levels, reading, key, row["seq"], contacts, ligand))


@lru_cache(1 << 14)
def _ligand(smiles: str) -> Molecule | None:
    try:
        return Molecule(canonical(smiles))
    except ScilogosError:
        return None


def levels(
    reading: Reading, key: str, sequence: str, contacts: tuple[int, ...], ligand: Molecule
) -> tuple[Sentence, ...]:
    """A chain with its ligand at the levels of detail asked for, in random order, as many as there are writings."""
    wanted = [level for level in ("marked", "expanded", "plain") if reading.wants(level)]
    reading.rng(key).shuffle(wanted)
    chains = (Protein(sequence, contacts, level) for level in wanted[: reading.source.writings])
    return tuple(Complex((chain,), ligand) for chain in chains)
