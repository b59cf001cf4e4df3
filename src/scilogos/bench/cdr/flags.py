"""What makes a designed loop hard to develop, by sequence alone (Raybould et al., PNAS 116, 4025, 2019, and others)."""

import re

_GLYCOSYLATION = re.compile("(?=N[^P][ST])")  # overlapping ones too


def has_unpaired_cysteine(loop: str) -> bool:
    """Whether a loop holds an odd number of cysteines: one of them can have no partner within it.

    Ours, by the loop alone: cysteines of the framework are paired with each other.
    """
    return loop.count("C") % 2 == 1


def has_glycosylation(chain: str, loop: tuple[int, int]) -> bool:
    """Whether an N-glycosylation motif, N-X-S/T with X not proline, of the chain touches the loop.

    Source: Marshall, Annu. Rev. Biochem. 41, 673 (1972), the sequon.
    """
    return any(found.start() < loop[1] and found.start() + 3 > loop[0] for found in _GLYCOSYLATION.finditer(chain))
