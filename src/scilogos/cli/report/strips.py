"""Sequences as strips of letters in tens, each letter with what is known of it."""

from collections.abc import Callable
from html import escape

import numpy as np


def strip(residues: str, look: Callable[[int], str], *, first: int = 1, kind: str = "") -> str:
    """Letters in groups of ten, numbered; `look` gives the attributes of each."""
    tens = []
    for start in range(0, len(residues), 10):
        letters = "".join(
            f"<i{look(i)}>{escape(residues[i])}</i>" for i in range(start, min(start + 10, len(residues)))
        )
        tens.append(f"<span><small>{start + first}</small>{letters}</span>")
    return f'<div class="strip {kind}">{"".join(tens)}</div>'


def bars(residues: str, probabilities: np.ndarray, called: np.ndarray, touching: np.ndarray) -> str:
    """A bar of probability over each letter; true contacts underlined."""

    def look(i: int) -> str:
        names = " ".join(name for name, holds in (("on", called[i]), ("touch", touching[i])) if holds)
        return f'{_classes(names)} style="--p:{probabilities[i]:.2f}"'

    return strip(residues, look, kind="bars")


def substituted(parent: str, variant: str, special: range) -> str:
    """A variant with its substitutions set out; `special` residues underlined."""

    def look(i: int) -> str:
        changed = parent[i] != variant[i]
        title = f' title="{parent[i]}{i + 1}{variant[i]}"' if changed else ""
        return _classes(" ".join([*(["new"] if changed else []), *(["special"] if i in special else [])])) + title

    return strip(variant, look)


def looped(residues: str, spans: tuple[tuple[int, int], ...], fresh: list[bool]) -> str:
    """A domain with its framework quiet; of the designed residues, in order, `fresh` tells which are new."""
    places = {i: new for i, new in zip((i for s, e in spans for i in range(s, e)), fresh, strict=True)}
    return strip(residues, lambda i: _classes({None: "quiet", True: "loop new", False: "loop"}[places.get(i)]))


def _classes(names: str) -> str:
    return f' class="{names}"' if names else ""
