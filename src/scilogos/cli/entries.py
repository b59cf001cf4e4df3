"""Many things asked of a model, of which some may be too long for it."""

import sys
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from scilogos.errors import PromptError

Answer = TypeVar("Answer")
Named = tuple[str, str]  # what a file calls a thing, and the thing itself


def answered(
    given: Sequence[Named], ask: Callable[[Sequence[Named]], Sequence[Answer]], together: int = 1
) -> Iterator[tuple[Named, Answer]]:
    """Ask for so many things at once; what the model cannot serve is left out and told, or raised where it is all."""
    refused = []
    for start in range(0, len(given), together):
        some = given[start : start + together]
        try:
            yield from zip(some, ask(some), strict=True)
            continue
        except PromptError:
            if len(given) == 1:
                raise
        for one in some:
            try:
                (answer,) = ask([one])
            except PromptError as error:
                print(f"left out {one[0] or one[1]}: {error}", file=sys.stderr)
                refused.append(error)
            else:
                yield one, answer
    if refused and len(refused) == len(given):
        raise refused[0]
