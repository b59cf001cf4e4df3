"""The strict prefix for sampling: every way it opens leads to a molecule, and real molecules go through it."""

import csv
import gc
import gzip
import random
from collections import defaultdict
from pathlib import Path

import pytest
from rdkit import Chem, rdBase

from scilogos.grammar import bonding, valence
from scilogos.grammar import smiles as smiles_syntax
from scilogos.grammar.atoms import AROMATIC, atom
from scilogos.grammar.residues import RESIDUE_SMILES
from scilogos.tokens import scratch
from tests.grammar.drugs import DRUGS

USPTO = Path("../shared/data/chem/uspto50k.csv.gz")
SYMBOLS = [s.text for s in scratch().symbols if s and s.kind == "smiles"]
SPELLINGS = defaultdict(list)
for _text in SYMBOLS:
    SPELLINGS[valence.classify(_text)].append(_text)
KINDS = sorted(SPELLINGS, key=str)
# What a walk draws from: mostly common symbols, crowded aromatic rings, crowded bonds, or anything.
POOLS = (
    "C c N n O o S s ( ) ) 1 2 3 = # [nH] c C / \\ - . [C@H] Cl [O-] [N+]".split(),
    "c n o [nH] C 1 2 3 4 5 6 7 8 9 %10 %11 %12 ( ) - =".split(),
    "C N S P = # - ( ) 1 2 3 4 5 6 [H] F B".split(),
    SYMBOLS,
)


def walk(rng: random.Random, longest: int) -> tuple[str, valence.Prefix]:
    pool, text, prefix = rng.choice(POOLS), "", valence.START
    for _ in range(rng.randint(1, longest)):
        legal = [s for s in rng.choices(pool, k=25) if prefix.step(s) is not None]
        if not legal:
            break
        text, prefix = text + legal[0], prefix.step(legal[0])
    return text, prefix


def finish(text: str, prefix: valence.Prefix, rng: random.Random) -> str:
    """Go to the end along symbols that lower the distance, in as many as it tells at most, with any of each class."""
    left = valence.distance(prefix)
    while left:
        assert not prefix.complete, text
        kind, prefix = nearer(prefix, rng)
        assert valence.distance(prefix) < left, text
        text, left = text + rng.choice(SPELLINGS[kind]), valence.distance(prefix)
    assert prefix.complete, text
    return text


def nearer(prefix: valence.Prefix, rng: random.Random) -> tuple[bonding.Class, valence.Prefix]:
    """A class that lowers the distance: where an aromatic atom can be bonded, that of `ending` by exactly one."""
    here = valence.distance(prefix)
    if not valence.is_plain(prefix.state):
        kind = valence.ending(prefix)
        after = prefix.step_class(kind)
        assert after is not None and valence.distance(after) == here - 1
        return kind, after
    afters = ((kind, prefix.step_class(kind)) for kind in rng.sample(KINDS, len(KINDS)))
    return next((kind, after) for kind, after in afters if after is not None and valence.distance(after) < here)


def rdkit_takes(text: str) -> bool:
    with rdBase.BlockLogs():
        return Chem.MolFromSmiles(text) is not None


def test_every_prefix_ends_as_told_and_rdkit_takes_the_molecule():
    rng = random.Random(11)
    for _ in range(700):
        text = finish(*walk(rng, 40), rng)
        smiles_syntax.check(text)
        assert rdkit_takes(text), text


@pytest.mark.parametrize(("element", "charge"), sorted(AROMATIC))
def test_an_aromatic_atom_has_its_double_bond_where_rdkit_wants_it(element, charge):
    sign = {0: "", 1: "+", -1: "-"}[charge]
    texts = [f"[{element}{sign}]", f"[{element}H{sign}]", *([element] if element in smiles_syntax.ORGANIC else [])]
    for text in filter(atom, texts):
        rings = [f"{text}1cccc1", f"{text}1ccccc1"]
        if atom(text).slots > 2:
            rings += [f"{text}1(C)cccc1", f"{text}1(C)ccccc1", f"c1cc{text}2cccc2c1", f"c1cc{text}2ccccc2c1"]
        assert [passes(ring) for ring in rings] == [rdkit_takes(ring) for ring in rings], text


def test_every_step_of_long_walks_leaves_a_way_to_the_end():
    rng, most, jump = random.Random(12), 0, 0
    for _ in range(150):
        text, prefix = walk(rng, 120)
        finish(text, prefix, rng)
        prefix = valence.START
        for symbol in smiles_syntax.cut(text):
            before, prefix = valence.distance(prefix), prefix.step(symbol)
            most, jump = max(most, valence.distance(prefix)), max(jump, valence.distance(prefix) - before)
    assert 5 < most < 40 and jump < 16  # a budget of symbols loses little to its reserve


def test_open_rings_and_branches_stay_within_their_limits():
    prefix = valence.START.step("C")
    for i in range(bonding.MAX_DEPTH):
        prefix = prefix.step("(").step("C")
        assert len(prefix.stack) == i + 1
    assert prefix.step("(") is None
    prefix = valence.START.step("C")
    for i in range(bonding.MAX_RINGS):
        prefix = prefix.step(smiles_syntax.RING_NUMBERS[i]).step("C")
    assert prefix.step("%11") is None
    # but an aromatic atom that must have a ring bond gets it
    assert prefix.step("c").step("%11") is not None


def test_symbols_of_one_class_are_interchangeable():
    rng = random.Random(13)
    for _ in range(150):
        _, prefix = walk(rng, 30)
        for kind, texts in rng.sample(sorted(SPELLINGS.items(), key=str), min(40, len(SPELLINGS))):
            found = {after and after.state for after in (prefix.step_class(kind), *map(prefix.step, texts))}
            assert len(found) == 1
    assert valence.classify("[C@H]") == valence.classify("[C@@H]") == valence.classify("[CH]")
    assert valence.classify("C") != valence.classify("c")


@pytest.mark.parametrize("text", [*DRUGS.values(), *RESIDUE_SMILES.values()])
def test_real_molecules_go_through(text):
    assert passes(text)


def passes(text: str) -> bool:
    prefix = valence.START
    for symbol in smiles_syntax.cut(text):
        prefix = prefix.step(symbol)
        if prefix is None:
            return False
    return prefix.complete


@pytest.mark.parametrize(
    "text",
    ["CC(C)(C)(C)C", "C=O=C", "FC=F", "N(C)(C)(C)C", "C#C#C", "[NH4+]C", "O(C)(C)C", "C1C1", "C11", "C12CC12",
     "C=1CC#1", "cC", "c", "c1ccccC1", "c(=O)(=O)c", "Cc", "C.C", "C$C", "C:C", "*C", "[nH](C)1cccc1", "c1cccc1(C)(C)",
     "c1cccc1", "n1cccc1", "[nH]1ccccc1", "O=c1ccccc1", "c1cc2cccc3cccc(c1)c23", "c1ccn2ccccc2c1", "c1ccccc1c1ccccc1"],
)  # fmt: skip
def test_what_chemistry_cannot_mend_is_refused(text):
    assert not passes(text)


@pytest.mark.parametrize(
    "text",
    ["C1c2ccc(c3cccc13)c2", "c1ccc(-c2ccccc2)cc1", "C=c1ccc(=C)cc1", "C/N=c1\\cccc[nH]1", "Cn1c(=O)c2c(ncn2C)n(C)c1=O",
     "c1cc2ccc3cccc4ccc(c1)c2c34", "c1ccc2c(c1)-c1ccccc1-2", "O=c1cc1", "[O-][n+]1ccccc1"],
)  # fmt: skip
def test_unusual_aromatic_systems_go_through(text):
    assert passes(text) and rdkit_takes(text)


def test_molecules_of_uspto_go_through():
    if not USPTO.exists():
        pytest.skip(f"{USPTO} is not here: public data, not part of the repository")
    with gzip.open(USPTO, "rt") as file:
        rows = random.Random(1).sample(list(csv.DictReader(file)), 1500)
    texts = sorted({text for row in rows for text in (row["product"], *row["reactants"].split("."))})[:3000]
    refused = [text for text in texts if not passes(text)]
    assert len(texts) == 3000 and len(refused) <= 3, refused


@pytest.mark.parametrize("bond", ["-", "="])
def test_an_atom_that_needs_a_ring_number_where_none_is_left_is_refused(bond):
    prefix = valence.START
    rings = [str(number) if number < 10 else f"%{number}" for number in range(1, 14)]
    for symbol in [symbol for ring in rings[:-1] for symbol in ("c", ring, "c", "(", "-")] + ["c", rings[-1], "c"]:
        prefix = prefix.step(symbol)
    assert len(prefix.state.rings) == 13
    assert prefix.step(bond) is None


def test_what_is_remembered_is_bounded(monkeypatch):
    def alive() -> int:
        gc.collect()
        return sum(type(thing) is valence.Prefix for thing in gc.get_objects())

    monkeypatch.setattr(valence, "_MOST_KNOWN", 50)
    valence._forget()
    before = alive()
    assert all(passes(text) for text in DRUGS.values())
    assert len(valence._known) <= 50 and alive() < before + 100
