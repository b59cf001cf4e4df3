"""Sets of atoms as bits do what sets of atoms do."""

from hypothesis import given
from hypothesis import strategies as st

from scilogos.grammar import kekule

ATOMS = 6
atoms = st.frozensets(st.integers(0, ATOMS - 1))
families = st.frozensets(atoms, min_size=1)


def bits(found: frozenset[int]) -> int:
    return sum(1 << i for i in found)


def all_bits(family: frozenset[frozenset[int]]) -> frozenset[int]:
    return frozenset(map(bits, family))


@given(families, st.lists(st.integers(0, ATOMS - 1), min_size=2, max_size=2, unique=True))
def test_a_bond_is_single_or_double_where_both_atoms_are_free(family, pair):
    doubled = frozenset(found | {*pair} for found in family if not found & {*pair})
    assert kekule.join(all_bits(family), *pair) == all_bits(family | doubled)


@given(families, atoms, atoms, atoms)
def test_what_is_settled_is_as_due_and_then_forgotten(family, settled, due, barred):
    due, barred = due & settled, barred - settled
    chosen = frozenset(f - settled for f in family if f & settled == due and not f & barred)
    assert kekule.choose(all_bits(family), bits(settled), bits(due), bits(barred)) == all_bits(chosen)


@given(families, st.integers(0, ATOMS - 1))
def test_later_atoms_take_the_place_of_one_that_is_left_out(family, gone):
    without = frozenset(found - {gone} for found in family)
    moved = frozenset(frozenset(i - (i > gone) for i in found) for found in without)
    assert kekule.without(all_bits(without), gone) == all_bits(moved)
