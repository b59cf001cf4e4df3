"""Exact duplicates in flat memory: a Bloom filter, 32 MiB for nine million keys."""

_PROBES = 20
_BITS = 29  # a key, for fewer than one mistake in a million


class Seen:
    """Remember keys; with the default 32 MiB fewer than one in a million of nine million new keys is called old."""

    def __init__(self, bits: int = 1 << 28) -> None:
        self._bits, self._table = bits, bytearray(bits // 8)

    @classmethod
    def of(cls, keys: int) -> "Seen":
        """One with room for so many keys."""
        bits = 1 << (_BITS * keys).bit_length()
        return cls(bits) if bits > 1 << 28 else cls()

    def add(self, digest: bytes) -> bool:
        """Remember the digest of a key, 16 bytes; True if it was new."""
        first, step = int.from_bytes(digest[:8], "little"), int.from_bytes(digest[8:], "little") | 1
        new = False
        for i in range(_PROBES):
            at = (first + i * step) % self._bits
            byte, bit = at >> 3, 1 << (at & 7)
            if not self._table[byte] & bit:
                self._table[byte] |= bit
                new = True
        return new
