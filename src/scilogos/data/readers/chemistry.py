"""Reactions and molecules."""

from collections.abc import Iterator

from scilogos.data.source import Reading, Record, Split
from scilogos.data.tables import read_rows
from scilogos.errors import ScilogosError
from scilogos.grammar.objects import Molecule, Reaction, Retro, Sentence
from scilogos.science import canonical, randomised, reaction_writings


def _reaction_key(product: str, reactants: str) -> str:
    return f"{product}<<{'.'.join(sorted(reactants.split('.')))}"


def _test_items(reading: Reading) -> tuple[set[str], set[str]]:
    """Products and reactant sets of the validation and test splits of the `exclude` table."""
    products, reactants = set(), set()
    if reading.source.exclude is not None:
        for row in read_rows(reading.data / reading.source.exclude, ("split", "product", "reactants")):
            if row["split"] != "train":
                products.add(row["product"])
                reactants.add(".".join(sorted(row["reactants"].split("."))))
    return products, reactants


def mapped_reactions(reading: Reading) -> Iterator[Record]:
    """Atom-mapped reactions joined to their map-free table: root-aligned writings, as retro and as reaction."""
    assert reading.source.join is not None, "mapped_reactions needs `join`"
    plain = {row["row"]: row for row in read_rows(reading.data / reading.source.join, ("row", "product", "reactants"))}
    products, reactant_sets = _test_items(reading)
    for row in read_rows(reading.path, ("row", "rxn_mapped")):
        known = plain.get(row["row"])
        if known is None:
            reading.ledger.drop("no map-free row")
            continue
        key = _reaction_key(known["product"], known["reactants"])
        split: Split = known.get("split") or reading.split(key)
        if split == "test":
            reading.ledger.drop("test split")
            continue
        if split == "train" and known["product"] in products:
            reading.ledger.drop("product of a test item")
            continue
        if split == "train" and ".".join(sorted(known["reactants"].split("."))) in reactant_sets:
            reading.ledger.drop("reactant set of a test item")
            continue
        rng = reading.rng(key)
        writings = reaction_writings(row["rxn_mapped"], rng, reading.source.writings)
        if not writings:
            reading.ledger.drop("maps that cannot be followed")
            continue
        sentences: list[Sentence] = []
        for number, (product, reactants) in enumerate(writings):
            target, sources = Molecule(product), tuple(map(Molecule, reactants))
            if reading.wants("retro"):
                sentences.append(Retro(target, sources))
            if reading.wants("reaction") and (number % 4 == 1 or not reading.wants("retro")):
                sentences.append(Reaction(sources, (target,)))
        yield Record(key, split, tuple(sentences))


def reactions(reading: Reading) -> Iterator[Record]:
    """Map-free reactions, with reagents where the table has them, written forwards."""
    products, reactant_sets = _test_items(reading)
    for row in read_rows(reading.path):
        product = row.get("product") or row["products"]
        key = _reaction_key(product, row["reactants"])
        if product in products or ".".join(sorted(row["reactants"].split("."))) in reactant_sets:
            reading.ledger.drop("product or reactant set of a test item")
            continue
        sources = [text for text in (row["reactants"] + "." + (row.get("reagents") or "")).split(".") if text]
        try:
            sentence = Reaction(tuple(map(Molecule, sources)), tuple(map(Molecule, product.split("."))))
        except ScilogosError:
            reading.ledger.drop("SMILES that cannot be written")
            continue
        yield Record(key, reading.split(key), (sentence,))


def molecules(reading: Reading) -> Iterator[Record]:
    """Molecules, canonical first, then randomised."""
    for row in read_rows(reading.path, ("smiles",)):
        smiles = row["smiles"]
        split = {"valid": "val", "test_scaffolds": "test"}.get(row.get("split", ""), row.get("split") or reading.split(smiles))
        if split == "test":
            reading.ledger.drop("test split")
            continue
        rng = reading.rng(smiles)
        try:
            texts = [canonical(smiles), *(randomised(smiles, rng) for _ in range(reading.source.writings - 1))]
            yield Record(smiles, split, tuple(Molecule(text) for text in dict.fromkeys(texts)))
        except ScilogosError:
            reading.ledger.drop("molecule that RDKit refuses")
