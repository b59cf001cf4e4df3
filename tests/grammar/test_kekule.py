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
def test_what_is_settled_is_as_due_and_then_forgotten(family, settled, due, able):
    due, able = due & settled, able - settled
    chosen = frozenset(f - settled for f in family if f & settled == due and f <= settled | able)
    assert kekule.choose(all_bits(family), bits(settled), bits(due), bits(able)) == all_bits(chosen)


@given(families, atoms)
def test_kept_atoms_take_new_numbers(family, kept):
    order = sorted(kept)
    moved = frozenset(frozenset(order.index(i) for i in found & kept) for found in family)
    assert kekule.renumber(all_bits(family), order) == all_bits(moved)
