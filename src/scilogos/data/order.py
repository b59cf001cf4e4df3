"""A random order of n things that needs no memory: a four-round Feistel permutation, walked until it lands below n.

Source of the construction: Black and Rogaway, "Ciphers with arbitrary finite domains", CT-RSA 2002 (cycle walking).
"""

_ROUNDS = 4
_MASK = (1 << 64) - 1


def mix(*numbers: int) -> int:
    """Mix numbers into 64 well spread bits (the finaliser of splitmix64, chained)."""
    state = 0x9E3779B97F4A7C15
    for number in numbers:
        state = (state + number + 0x9E3779B97F4A7C15) & _MASK
        state = ((state ^ (state >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
        state = ((state ^ (state >> 27)) * 0x94D049BB133111EB) & _MASK
        state ^= state >> 31
    return state


def shuffled(index: int, count: int, seed: int) -> int:
    """The element at place `index` of the random order of `count` things that `seed` names.

    >>> sorted(shuffled(i, 10, seed=3) for i in range(10)) == list(range(10))
    True
    """
    half = max(1, ((count - 1).bit_length() + 1) // 2)
    mask = (1 << half) - 1
    while True:
        left, right = index >> half, index & mask
        for turn in range(_ROUNDS):
            left, right = right, left ^ (mix(seed, turn, right) & mask)
        index = (left << half) | right
        if index < count:
            return index
