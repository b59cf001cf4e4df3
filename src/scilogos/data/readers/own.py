"""A user's own tables, one reader a task: plain columns, answers in the form in which the task decodes them.

Nothing is dropped: a row that cannot be used stops the reader with its line and the reason. Rows that share a group (a
product, a chain, a set of linkers) are held out together, or not at all. A table is gathered before it is told.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from hashlib import blake2b
from pathlib import Path
from typing import Any, NamedTuple

from scilogos.data.readers.antibodies import Domain, designed
from scilogos.data.readers.chemistry import aligned, reaction_key
from scilogos.data.readers.structures import levels
from scilogos.data.source import Dropped, Reading, Record, Split
from scilogos.errors import InputError
from scilogos.grammar.objects import Antibody, Edit, Located, Molecule, Protein, Retro, Sentence
from scilogos.grammar.writer import write
from scilogos.science import canonical, clean_sequence, heavy_atoms, mapped, material, order_reactants, variable_domain

MOST_HELD_OUT = 200  # groups, where the table does not say which
_SPLITS: dict[str, Split] = {"train": "train", "val": "val", "valid": "val", "test": "val"}

Row = dict[str, Any]


class _Item(NamedTuple):
    """What a row says: a key that names equal things, the group it is held out with, and how to tell it."""

    key: str
    group: str
    tell: Callable[[], tuple[Sentence, ...]]


def own_reactions(reading: Reading) -> Iterator[Record]:
    """Retrosynthesis: `reactants` and `product`, or `reaction` as A.B>reagents>C, with maps or without."""
    return _records(reading, _reaction)


def _reaction(reading: Reading, row: Row) -> _Item:
    reactants, products = _sides(row)
    product, target = _told(products)
    sources = order_reactants(canonical(reactants).split("."))
    if sources == [target]:
        raise InputError(f"product {product!r} is its own reactant; expected a reaction")
    plain = Retro(Molecule(target), tuple(map(Molecule, sources)))
    key = reaction_key(target, ".".join(sources))
    return _Item(key, target, partial(_retro, reading, key, reactants, product, plain))


def _sides(row: Row) -> tuple[str, str]:
    if not row.get("reaction"):
        if lacking := [name for name in ("reactants", "product") if not row.get(name)]:
            raise InputError(f"found no {' and no '.join(lacking)}; expected reactants and product, or reaction")
        return row["reactants"], row["product"]
    parts = row["reaction"].strip().partition(" ")[0].split(">")  # what follows a space is an extension
    if len(parts) != 3:
        raise InputError(f"reaction: found {row['reaction'][:60]!r}; expected reactants>>product")
    return parts[0], parts[2]


def _told(products: str) -> tuple[str, str]:
    """The largest of the products, which is the one that is told: as given, with its maps, and canonical."""
    canonical(products)  # a fault has its place in the whole text
    return min(((text, canonical(text)) for text in products.split(".")), key=lambda it: (-heavy_atoms(it[1]), it[1]))


def _retro(reading: Reading, key: str, reactants: str, product: str, plain: Retro) -> tuple[Sentence, ...]:
    try:
        return aligned(reading, key, mapped(reactants, product))
    except Dropped:  # maps that cannot be followed
        return (plain,)


def own_sites(reading: Reading) -> Iterator[Record]:
    """Binding sites: `sequence` and `contacts`; rows of one sequence are one site, the union of their contacts."""
    return _records(reading, _Sites(), "sequence", "contacts")


class _Sites:
    """The contacts of every sequence so far: a site is told when all rows are read."""

    def __init__(self) -> None:
        self._contacts: dict[str, set[int]] = {}

    def __call__(self, reading: Reading, row: Row) -> "_Item":
        chain = _marked(row)
        self._contacts.setdefault(chain.residues, set()).update(chain.sites)
        return _Item(chain.residues, chain.residues, partial(self._tell, chain.residues))

    def _tell(self, residues: str) -> tuple[Sentence, ...]:
        return (Located((Protein(residues),), (Protein(residues, tuple(self._contacts[residues])),)),)


def own_ligands(reading: Reading) -> Iterator[Record]:
    """Ligand design: `sequence`, the `contacts` of this ligand, and its `smiles`."""
    return _records(reading, _complex, "sequence", "contacts", "smiles")


def _complex(reading: Reading, row: Row) -> _Item:
    chain, ligand = _marked(row), Molecule(canonical(row["smiles"]))
    key = f"{chain.residues}/{ligand.smiles}/{','.join(map(str, chain.sites))}"
    return _Item(key, chain.residues, partial(levels, reading, key, chain.residues, chain.sites, ligand))


def own_materials(reading: Reading) -> Iterator[Record]:
    """Materials: `node`, `linkers` and, where known, `topology`."""
    return _records(reading, _framework, "node", "linkers")


def _framework(reading: Reading, row: Row) -> _Item:
    found = material(row["node"], row["linkers"], row.get("topology") or None)
    linkers = ".".join(sorted({linker.smiles for linker in found.linkers}))
    return _Item(write(found), linkers, lambda: (found,))


def own_edits(reading: Reading) -> Iterator[Record]:
    """Protein editing: `parent` and a better `variant` of it by substitutions."""
    return _records(reading, _edit, "parent", "variant")


def _edit(reading: Reading, row: Row) -> _Item:
    parent, variant = clean_sequence(row["parent"]), clean_sequence(row["variant"])
    if len(parent) != len(variant):
        raise InputError(f"variant: found {len(variant)} residues; expected {len(parent)}, as many as its parent has")
    edit = Edit(Protein(parent), Protein(variant))
    return _Item(f"{parent}>{variant}", variant, lambda: (edit,))


def own_antibodies(reading: Reading) -> Iterator[Record]:
    """CDR design: `sequence` and, where known, its `partner` chain; the loops are found by numbering."""
    return _records(reading, _design, "sequence")


def _design(reading: Reading, row: Row) -> _Item:
    domain = _domain(row["sequence"])
    partner = _domain(row["partner"]) if row.get("partner") else None
    # What is context of one row must not be asked for by another: both go with the heavy chain.
    group = partner if partner is not None and partner.heavy else domain
    key = f"{domain.id}/{partner.id if partner else ''}"
    return _Item(key, group.id, partial(designed, reading, domain, partner))


def _domain(sequence: str) -> Domain:
    found = variable_domain(sequence)
    loops = sorted(found.loops.values())
    return Domain(found.residues, Antibody(found.residues), found.chain == "H", loops)


def _marked(row: Row) -> Protein:
    """The chain of a row with its contacts: 0-based, a JSON list or numbers between spaces."""
    residues, contacts = clean_sequence(row["sequence"]), row["contacts"]
    if isinstance(contacts, str):
        try:
            contacts = json.loads(contacts) if contacts.startswith("[") else [int(word) for word in contacts.split()]
        except ValueError:
            raise InputError(f"contacts: found {contacts[:40]!r}; expected numbers as 4 5 17") from None
    wrong = [i for i in contacts if type(i) is not int or not 0 <= i < len(residues)]
    if wrong or not contacts:
        found = repr(wrong[0]) if wrong else "none"
        raise InputError(f"contacts: found {found}; expected 0-based places from 0 to {len(residues) - 1}")
    return Protein(residues, tuple(sorted(set(contacts))))


def _records(reading: Reading, read: Callable[[Reading, Row], _Item], *columns: str) -> Iterator[Record]:
    """The records of a table, equal ones merged; InputError with the line of a row that cannot be used."""
    items: dict[str, _Item] = {}
    named: dict[str, set[Split]] = {}  # splits that the table gives to a group
    for row in reading.rows(*columns):
        try:
            item = read(reading, row)
            splits = {_split(row["split"])} if "split" in row else set()
        except (ValueError, TypeError, AttributeError) as error:  # the last two where JSON holds another kind of value
            raise InputError(str(error), path=reading.path, line=reading.line) from error
        reading.ledger.count("merged rows", item.key in items)
        items.setdefault(item.key, item._replace(tell=partial(_placed, reading.path, reading.line, item.tell)))
        named.setdefault(item.group, set()).update(splits)
    held = {group for group, splits in named.items() if "val" in splits}
    if not any(named.values()):
        held = _drawn(reading, named)
    for item in items.values():
        yield Record(item.key, "val" if item.group in held else "train", item.tell)


def _placed(path: Path, line: int, tell: Callable[[], tuple[Sentence, ...]]) -> tuple[Sentence, ...]:
    """Tell what a line says, whose number the reading has long left behind."""
    try:
        return tell()
    except (ValueError, LookupError) as error:
        raise InputError(str(error), path=path, line=line) from error


def _split(text: str) -> Split:
    if text not in _SPLITS:
        raise InputError(f"split: found {text!r}; expected {', '.join(_SPLITS)}")
    return _SPLITS[text]


def _drawn(reading: Reading, groups: Iterable[str]) -> set[str]:
    """Groups to hold out: the share that the recipe asks for, at least one, drawn by hash."""
    order = sorted(groups, key=lambda group: blake2b(f"{reading.seed}/{group}".encode()).digest())
    share = reading.val_percent / 100 * len(order)
    return set(order[: min(MOST_HELD_OUT, max(1, round(share))) if share else 0])
