"""Two protein sequences side by side."""

from dataclasses import dataclass

import gemmi
import numpy as np

_KIND = gemmi.ResidueKind.AA
_BLOSUM62 = gemmi.AlignmentScoring("b")


@dataclass(frozen=True, eq=False)
class Alignment:
    """Aligned residues as pairs of 0-based indices, int [P, 2], and the identity.

    That is the share of equal pairs among the columns from the first pair to the last, gaps between them counted, as
    MMseqs2 has it.
    """

    pairs: np.ndarray
    identity: float


def align(query: str, target: str) -> Alignment:
    """Align two sequences from end to end: BLOSUM62, a gap costs 10 and each residue of it 1 (gemmi)."""
    result = gemmi.align_string_sequences(_codes(query), _codes(target), [], _BLOSUM62)
    at, pairs, number = [0, 0], [], ""
    for letter in result.cigar_str():
        if letter.isdecimal():
            number += letter
            continue
        count, number = int(number), ""
        if letter == "M":
            pairs += [(at[0] + i, at[1] + i) for i in range(count)]
        at[0] += count * (letter in "MI")
        at[1] += count * (letter in "MD")
    found = np.asarray(pairs, np.int64).reshape(-1, 2)
    same = sum(query[i] == target[j] for i, j in found)
    columns = int((found[-1] - found[0] + 1).sum()) - len(found) if len(found) else 1
    return Alignment(found, same / columns)


def _codes(sequence: str) -> list[str]:
    return gemmi.expand_one_letter_sequence(sequence, _KIND)
