"""The from-scratch vocabulary: every typed symbol of the language and its number.

The order below is the numbering, so it only ever grows at its end; the fingerprint names it beside shards and weights.
"""

import hashlib
import json
from dataclasses import dataclass
from functools import cached_property

from scilogos.errors import CheckpointError
from scilogos.grammar.objects import NET_CHARACTERS, RESIDUES, UNKNOWN_RESIDUE
from scilogos.grammar.smiles import BONDS, ORGANIC, RING_NUMBERS
from scilogos.grammar.symbols import Symbol
from scilogos.grammar.tags import TAGS

END = "<end>"  # ends a sentence and starts the next one; never part of a text
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_SPELLING = "[]0123456789@+-:*" + _LETTERS

# Bracket atoms met at least 6 times in public reactions, molecules, ligands and frameworks, most frequent first.
BRACKET_ATOMS = tuple(
    """
    [C@H] [C@@H] [O-] [Zn] [O] [nH] [N+] [NH+] [Cu] [Cd] [Co] [C@] [Na+] [OH] [NH2+] [C@@] [n+] [Ni] [NH3+] [H+]
    [K+] [In] [Si] [OH-] [Cl] [H-] [Mo] [Fe] [n-] [Zr] [Mn] [N-] [nH+] [CH2] [P] [CH-] [Nd] [Sm] [OH2] [S] [N] [Ag]
    [Gd] [Cr] [Dy] [P@] [S+] [Cl-] [I] [Li+] [Pd] [P@@] [H] [U] [Yb] [Tb] [Cs+] [NH4+] [La] [Sn] [Er] [Be] [Mg] [Br]
    [*] [CH2-] [Al+3] [Eu] [Hf] [Li] [Ga] [Sc] [CH3] [BH4-] [Na] [C] [Ho] [I-] [Br-] [SH] [c] [Pr] [S@@] [S@] [BH-]
    [n] [Al] [Mg+] [S-] [Pd+2] [P+] [S@@+] [BH3-] [C-] [SiH] [Ce] [F-] [S-2] [K] [CH] [W] [P-] [o+] [Fe+3] [Tm] [B-]
    [Fe+2] [Se] [Y] [Ca] [F] [Ba] [O+] [Cs] [Lu] [Ge] [PH] [Mg+2] [Al+] [Bi] [se] [Fe+] [c-] [Pt] [SiH2] [Zn+2]
    [Fe-2] [Ti+4] [Rh] [Ru] [C-2] [Zn+] [CH3-] [Ca+2] [Cu+2] [AlH] [As] [NH] [NH-] [V] [cH-] [Mg-2] [I+3] [Fe-] [Th]
    [Ti] [Sr] [SH-] [Co-2] [SiH3] [Cl+] [Cl+3] [Co-3] [PH+] [Pb] [s+] [Np] [I+] [Hg] [Sb] [SnH] [NH2-] [SeH] [Ag+]
    [C+4] [Ba+2] [AlH2-] [Fe-3] [Cu+] [B] [Os] [Ag+2] [Ti+3] [Co+] [Br+2] [Co+2] [Co-4] [PH2] [Ce+3] [Sn+2] [Ag-]
    [SH2+] [OH+] [AlH4-] [IH2] [Rh+2] [C+] [Rb] [N@@+] [Yb+3] [SH+] [Se+] [PH-] [I+2] [Hg+2] [SeH-] [Zr+4] [GeH4]
    [Hg+] [N@@H+] [Fe-4] [Pd-4] [Re] [Pd-2] [Nb] [N@@] [Ni+2] [PH3+] [Cl+2] [Au] [As+] [Te] [OH2+] [P@@H] [N@]
""".split()
)  # fmt: skip


@dataclass(frozen=True)
class Vocabulary:
    """A numbering of typed symbols; number 0 is the end-of-text symbol. `size` rounds up for fast matrix products."""

    symbols: tuple[Symbol | None, ...]

    def __post_init__(self) -> None:
        if not self.symbols or self.symbols[0] is not None or len(set(self.symbols)) != len(self.symbols):
            raise CheckpointError("a vocabulary starts with the end symbol and holds every symbol once")

    def __len__(self) -> int:
        return len(self.ids)

    @cached_property
    def ids(self) -> dict[Symbol, int]:
        """Symbol -> number."""
        return {symbol: i for i, symbol in enumerate(self.symbols) if symbol is not None}

    @cached_property
    def whole(self) -> frozenset[str]:
        """The bracket atoms that are one symbol; all others are spelled."""
        return frozenset(s.text for s in self.symbols if s and s.kind == "smiles" and s.text[0] == "[")

    @property
    def end(self) -> int:
        """The number of the end-of-text symbol."""
        return 0

    @property
    def size(self) -> int:
        """Rows of the embedding: the number of symbols rounded up to a multiple of 64."""
        return -(-len(self.symbols) // 64) * 64

    @cached_property
    def fingerprint(self) -> str:
        """First 12 hex digits of the SHA-256 of the numbering."""
        return hashlib.sha256(json.dumps(self.symbols).encode()).hexdigest()[:12]


def scratch() -> Vocabulary:
    """Build the vocabulary of the models trained from scratch.

    >>> v = scratch(); v.ids[Symbol("residue", "C")] == v.ids[Symbol("smiles", "C")]
    False
    """
    return Vocabulary(
        (
            None,
            *(Symbol("tag", tag) for tag in TAGS),
            *(Symbol("residue", letter) for letter in RESIDUES + UNKNOWN_RESIDUE),
            *(Symbol("smiles", text) for text in (*ORGANIC, *BONDS, "(", ")", ".", *RING_NUMBERS, *BRACKET_ATOMS)),
            *(Symbol("net", character) for character in NET_CHARACTERS),
            *(Symbol("spell", character) for character in _SPELLING),
        )
    )
