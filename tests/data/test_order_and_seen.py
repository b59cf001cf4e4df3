"""Orders that need no memory, and duplicates in flat memory."""

import itertools
from collections import Counter
from hashlib import blake2b

from hypothesis import given, settings
from hypothesis import strategies as st

from scilogos.data.order import mix, shuffled
from scilogos.data.seen import Seen


@settings(max_examples=50)
@given(st.integers(1, 300), st.integers(0, 2**64 - 1))
def test_shuffled_is_a_permutation(count, seed):
    assert sorted(shuffled(i, count, seed) for i in range(count)) == list(range(count))


@given(st.integers(1, 10**12), st.integers(0, 2**64 - 1), st.data())
def test_shuffled_stays_in_large_ranges(count, seed, draw):
    first, second = (draw.draw(st.integers(0, count - 1)) for _ in range(2))
    a, b = shuffled(first, count, seed), shuffled(second, count, seed)
    assert 0 <= a < count and 0 <= b < count and (a == b) == (first == second)


def test_orders_look_random():
    firsts = Counter(shuffled(0, 50, seed) for seed in range(5000))
    assert len(firsts) == 50 and max(firsts.values()) < 160  # 100 each, standard deviation 10
    order = [shuffled(i, 5000, 1) for i in range(5000)]
    assert sum(b == a + 1 for a, b in itertools.pairwise(order)) < 10
    assert sum(a == b for a, b in zip(order, (shuffled(i, 5000, 2) for i in range(5000)), strict=True)) < 10


def test_mix_spreads_every_bit():
    for bit in range(0, 64, 7):
        changed = [bin(mix(i) ^ mix(i ^ (1 << bit))).count("1") for i in range(300)]
        assert 28 < sum(changed) / len(changed) < 36
    assert mix(1, 2) != mix(2, 1) and mix(0) != mix(0, 0)
    buckets = Counter(mix(7, i) >> 60 for i in range(8000))
    assert len(buckets) == 16 and min(buckets.values()) > 400 and max(buckets.values()) < 600


def digest(key: str) -> bytes:
    return blake2b(key.encode(), digest_size=16).digest()


def test_nothing_seen_is_forgotten():
    seen = Seen(1 << 14)  # so full that most new keys are called old
    keys = [digest(f"key {i}") for i in range(3000)]
    for key in keys:
        seen.add(key)
    assert not any(seen.add(key) for key in keys)


def test_the_table_grows_with_the_keys_that_are_to_come():
    assert [len(Seen.of(keys)._table) >> 20 for keys in (0, 9_000_000, 10_000_000, 70_000_000)] == [32, 32, 64, 256]


def load(seen: Seen) -> float:
    return sum(byte.bit_count() for byte in seen._table) / (8 * len(seen._table))


def test_how_often_a_new_key_is_called_old():
    """The default has 30 bits a key at nine million keys; here are 26, and then so few that alarms can be counted."""
    keys = 20_000
    seen, full = Seen(1 << 19), Seen(1 << 17)
    assert sum(not seen.add(digest(str(i))) for i in range(keys)) == 0
    assert load(seen) ** 20 < 4e-6  # all 20 probes of a new key hit by chance
    for i in range(keys):
        full.add(digest(str(i)))
    table, alarms = bytes(full._table), 0
    for i in range(2000):
        full._table[:] = table
        alarms += not full.add(digest(f"new {i}"))
    full._table[:] = table
    expected = 2000 * load(full) ** 20
    assert 0.6 * expected < alarms < 1.5 * expected + 5
