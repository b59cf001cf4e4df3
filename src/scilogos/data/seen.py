"""Exact duplicates in flat memory: a Bloom filter of fixed size."""

_PROBES = 20


class Seen:
    """Remember keys; with the default 32 MiB fewer than one in a million of nine million new keys is called old."""

    def __init__(self, bits: int = 1 << 28) -> None:
        self._bits, self._table = bits, bytearray(bits // 8)

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
