"""Reactions and molecules."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from scilogos.data.readers.twins import Twins
from scilogos.data.source import Dropped, Reading, Record, Split
from scilogos.data.tables import read_rows
from scilogos.errors import InputError, ScilogosError
from scilogos.grammar.objects import Molecule, Reaction, Retro, Sentence
from scilogos.science import canonical, forward_writings, randomised, reaction_writings, without_stereo


def reaction_key(product: str, reactants: str) -> str:
    """Name a reaction, whatever the order of its reactants."""
    return f"{product}<<{_ordered(reactants)}"


def _canonical_key(product: str, reactants: str) -> str:
    """The same whatever the writing of its molecules, which takes RDKit to say."""
    try:
        return reaction_key(canonical(product), canonical(reactants))
    except ScilogosError:
        return reaction_key(product, reactants)


def _ordered(reactants: str) -> str:
    return ".".join(sorted(reactants.split(".")))


def _place(reading: Reading, row: dict[str, Any], smiles: str) -> Split | Callable[[], Split] | None:
    """The split that a row names; else by hash of the molecule whatever its stereo, found where it is asked."""
    return reading.split_of(row, smiles) if "split" in row else lambda: reading.split(_skeleton(smiles))


def _skeleton(smiles: str) -> str:
    try:
        return without_stereo(smiles)
    except ScilogosError:
        return smiles


Tell = Callable[[], tuple[Sentence, ...]]


class _TestItems:
    """Products and reactant sets of the validation and test splits of the `exclude` table; their twins by stereo."""

    def __init__(self, reading: Reading) -> None:
        self.products: dict[str, str] = {}  # with the split that they are of
        self.reactants: dict[str, str] = {}
        if reading.source.exclude is not None:
            for row in read_rows(reading.data / reading.source.exclude, ("split", "product", "reactants")):
                if row["split"] != "train":
                    self.products[row["product"]] = row["split"]
                    self.reactants[_ordered(row["reactants"])] = row["split"]
        self._product_twins = Twins(self.products, without_stereo)
        self._reactant_twins = Twins(self.reactants, without_stereo)

    def reason(self, product: str, reactants: str) -> str | None:
        """Why a reaction must not be trained on, if so."""
        for text in (product, *product.split(".")):
            if text in self.products:
                return f"product of a {self.products[text]} item"
        split = self.reactants.get(_ordered(reactants))
        return split and f"reactant set of a {split} item"

    def has_product(self, molecule: str) -> bool:
        """Whether a canonical molecule, or a part of it, is the product of a test item, stereo aside."""
        return any(part in self.products or part in self._product_twins for part in {molecule, *molecule.split(".")})

    def unless_twin(self, product: str, reactants: str, tell: Tell) -> tuple[Sentence, ...]:
        """Tell a reaction; Dropped where a test item differs from it in stereo alone, which takes RDKit to say."""
        if any(text in self._product_twins for text in {product, *product.split(".")}):
            raise Dropped("product of a test item, stereo aside")
        if reactants in self._reactant_twins:
            raise Dropped("reactant set of a test item, stereo aside")
        return tell()


def _joined(reading: Reading) -> Iterator[tuple[dict[str, Any], dict[str, Any] | None]]:
    """Mapped rows with their map-free rows; both tables go up by row number, so neither is held in memory."""
    assert reading.source.join is not None, "the recipe's check asks for `join`"
    path = reading.data / reading.source.join
    plain = ((int(row["row"]), row) for row in read_rows(path, ("row", "product", "reactants")))
    at, known, before = -1, None, -1
    for row in reading.rows("row", "rxn_mapped"):
        number = int(row["row"])
        if number <= before:
            raise ValueError(f"row {number} after row {before}; expected rows in order")
        before = number
        while at < number:
            last = at
            at, known = next(plain, (1 << 62, None))
            if at <= last:
                raise InputError(f"row {at} after row {last}; expected rows in order", path=path)
        yield row, known if at == number else None


def mapped_reactions(reading: Reading) -> Iterator[Record]:
    """Atom-mapped reactions joined to their map-free table: root-aligned writings, as retro and as reaction."""
    tests = _TestItems(reading)
    for row, known in _joined(reading):
        if known is None:
            reading.ledger.drop("no map-free row")
            continue
        key = reaction_key(known["product"], known["reactants"])
        place = _place(reading, known, known["product"])
        if place is None:
            continue
        reason = tests.reason(known["product"], known["reactants"]) if place != "val" else None
        if reason:
            reading.ledger.drop(reason)
            continue
        tell = partial(aligned, reading, key, row["rxn_mapped"])
        if place != "val":
            tell = partial(tests.unless_twin, known["product"], known["reactants"], tell)
        yield Record(partial(_canonical_key, known["product"], known["reactants"]), place, tell)


def aligned(reading: Reading, key: str, mapped: str) -> tuple[Sentence, ...]:
    """The root-aligned writings of a mapped reaction in the forms asked for; Dropped where its maps lead nowhere.

    Beside the backward form the forward one is told once for every four writings.
    """
    rng, most = reading.rng(key), reading.source.writings
    sentences: list[Sentence] = []
    if reading.wants("retro"):
        for product, reactants in reaction_writings(mapped, rng, most):
            sentences.append(Retro(Molecule(product), tuple(map(Molecule, reactants))))
        most = (most + 2) // 4
    if reading.wants("reaction"):
        for product, reactants in forward_writings(mapped, rng, most):
            sentences.append(Reaction(tuple(map(Molecule, reactants)), (Molecule(product),)))
    if not sentences:
        raise Dropped("maps that cannot be followed")
    return tuple(sentences)


def reactions(reading: Reading) -> Iterator[Record]:
    """Map-free reactions, with reagents where the table has them, written forwards."""
    tests = _TestItems(reading)
    for row in reading.rows("reactants"):
        product = row.get("product") or row["products"]
        place = _place(reading, row, product)
        if place is None:
            continue
        reason = tests.reason(product, row["reactants"])
        if reason:
            reading.ledger.drop(reason)
            continue
        tell = partial(_forwards, row["reactants"] + "." + (row.get("reagents") or ""), product)
        key = partial(_canonical_key, product, row["reactants"])
        yield Record(key, place, partial(tests.unless_twin, product, row["reactants"], tell))


def _forwards(sources: str, product: str) -> tuple[Sentence, ...]:
    try:
        return (
            Reaction(tuple(map(Molecule, filter(None, sources.split(".")))), tuple(map(Molecule, product.split(".")))),
        )
    except ScilogosError:
        raise Dropped("SMILES that cannot be written") from None


def molecules(reading: Reading) -> Iterator[Record]:
    """Molecules, canonical first, then randomised; equal ones have the same canonical SMILES."""
    tests = _TestItems(reading)
    for row in reading.rows("smiles"):
        place = _place(reading, row, row["smiles"])
        if place is not None:
            yield Record(None, place, partial(_writings, reading, tests, row["smiles"]))


def _writings(reading: Reading, tests: _TestItems, smiles: str) -> tuple[Sentence, ...]:
    rng = reading.rng(smiles)
    try:
        first = canonical(smiles)
        if tests.has_product(first):
            raise Dropped("product of a test item, stereo aside")
        texts = [first, *(randomised(smiles, rng) for _ in range(reading.source.writings - 1))]
        return tuple(Molecule(text) for text in dict.fromkeys(texts))
    except ScilogosError:
        raise Dropped("molecule that RDKit refuses") from None
