"""Supplying what is missing: told without walking where nothing aromatic is open, and always enough symbols."""

import random

import pytest

from scilogos.grammar import Symbol, valence
from scilogos.grammar.bonding import MAX_DEPTH
from scilogos.grammar.constraints import Bounds, Molecules
from scilogos.grammar.constraints.supply import length, less
from scilogos.tokens import scratch

SYMBOLS = [symbol for symbol in scratch().symbols if symbol and symbol.kind in ("smiles", "tag")]
# What a walk draws from, the first as often as not: branches in branches, common symbols, anything.
POOLS = (
    [Symbol("smiles", text) for text in "( ( C C [Si] N F ) -".split()],
    [Symbol("smiles", text) for text in "C c c n N O F ( ) ) 1 1 2 2 3 = - [nH]".split()],
    SYMBOLS,
)
CONSTRAINTS = (
    Molecules(1, 2),
    Molecules(1, 1, ("Br", "C", "F", "F", "F", "F", "O")),
    Molecules(1, 1, ("Br", *("C",) * 12, *("F",) * 9, "N", "O", "O", "Sn")),
    Molecules(2, 4, ("C",) * 9 + ("Cl", "Cl", "N", "S")),
    Molecules(1, 2, ("F", "N"), Bounds(least_atoms=12)),
    Molecules(1, 1, ("F", "O"), Bounds(least_atoms=3, most_atoms=12, most_rings=2)),
)


def check(constraint: Molecules, state, symbols: list[Symbol]) -> list[Symbol]:
    """One symbol at least lowers the distance, none raises it by more than `stretch`; return those that may follow."""
    here = constraint.distance(state)
    afters = {symbol: after for symbol in symbols if (after := constraint.step(state, symbol)) is not None}
    told = {symbol: constraint.distance(after) for symbol, after in afters.items()}
    assert max(told.values(), default=0) <= here + constraint.stretch, state
    assert constraint.complete(state) or min(told.values()) < here, state
    return list(afters)


@pytest.mark.parametrize("constraint", CONSTRAINTS)
@pytest.mark.parametrize("pool", POOLS, ids=("branches", "common", "all"))
def test_some_symbol_always_lowers_the_distance(constraint, pool):
    rng, deepest = random.Random(5), 0
    classes = list({constraint.classify(symbol): symbol for symbol in SYMBOLS}.values())
    for _ in range(12):
        state = constraint.start
        for _ in range(rng.choice((15, 60))):
            legal = check(constraint, state, classes)
            if not legal:
                break
            drawn = [*pool[: rng.randint(0, 1)], *rng.choices(pool, k=12), *legal]
            state = next(after for s in drawn if (after := constraint.step(state, s)) is not None)
            deepest = max(deepest, len(state.prefix.stack) if state.prefix else 0)
    assert pool is not POOLS[0] or constraint.bounds.limited or deepest == MAX_DEPTH


def prefix_of(*symbols: str) -> valence.Prefix:
    prefix = valence.START
    for symbol in symbols:
        prefix = prefix.step(symbol)
        assert prefix is not None
    return prefix


def test_what_ends_a_chain_is_hung_on_it_in_branches():
    fluorines = (("F", 4),)
    assert length(prefix_of("C"), fluorines, 0) == 16
    assert length(prefix_of("C", "("), fluorines, 0) == 15
    assert length(prefix_of("C", "O"), (), 0) == 0
    assert length(prefix_of("C", "F"), fluorines, 0) is None
    assert length(prefix_of("C", "C", "(", "F"), fluorines, 0) == 1 + 16 + 1
    assert length(prefix_of("C"), (("C", 2), ("F", 1)), 7) == 6 + 4


def test_where_no_branch_can_be_opened_any_more_none_is_needed():
    nested = ["F", *("(", "O") * (MAX_DEPTH - 1)]  # nowhere is room but at the atom written last
    assert length(prefix_of(*nested, "C"), (("F", 2),), 0) is not None
    assert length(prefix_of(*nested, "(", "C"), (("F", 2),), 0) is None
    assert length(prefix_of(*nested, "(", "C"), (("O", 2),), 0) is not None


def test_a_bond_written_before_the_last_atoms_are_supplied_may_be_followed_by_a_carbon():
    constraint = Molecules(1, 1, ("Br", "C"))
    state = constraint.start
    for symbol in (Symbol("tag", "<MoleculeS>"), Symbol("smiles", "C"), Symbol("smiles", "-")):
        state = constraint.step(state, symbol)
        assert state is not None
    assert constraint.distance(state) == 1 + 4 + 1 + 1


def test_missing_atoms_are_counted_down():
    missing = (("C", 2), ("N", 1))
    assert less(missing, "C") == (("C", 1), ("N", 1)) and less(missing, "N") == (("C", 2),)
    assert less(missing, "O") is missing and less((("N", 1),), "N") == ()
