"""What ours is compared with, and the comparison of one case with all of it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import count
from typing import Protocol

from decoding.cases import Case
from decoding.ours import Ours
from decoding.pairs import Pair, Work, alternate
from scilogos.errors import MissingError

WARM_UP = 8  # symbols


class Side(Protocol):
    """A peer or a measure."""

    def write(self, case: Case, lengths: Sequence[int]) -> Work:
        """Draw one answer of a case for each length, or as many of the mean length."""
        ...


def open_sides(openings: Mapping[str, Callable[[], Side]]) -> tuple[dict[str, Side], dict[str, str]]:
    """Give the sides that are there, and why the others are not."""
    sides, skipped = {}, {}
    for name, opening in openings.items():
        try:
            sides[name] = opening()
        except MissingError as error:
            skipped[name] = str(error)
            print(f"{name}: skipped: {error}", flush=True)
    return sides, skipped


def compare(
    ours: Ours, sides: Mapping[str, Side], case: Case, continuations: int, num_pairs: int
) -> Iterator[tuple[str, list[Pair]]]:
    """Warm up, then measure ours and each side in pairs; ours draws other answers every time."""
    seeds = count()
    ours.write(case, continuations, next(seeds))
    for name, side in sides.items():
        if name != "published":  # starts anew every time
            side.write(case, (WARM_UP,) * continuations)
        draw = lambda: ours.write(case, continuations, next(seeds))  # noqa: E731
        yield name, alternate(draw, lambda lengths: side.write(case, lengths), num_pairs)  # noqa: B023
