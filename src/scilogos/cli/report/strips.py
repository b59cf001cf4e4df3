"""Sequences as strips of letters in tens, each letter with what is known of it."""

from collections.abc import Callable, Mapping, Sequence
from html import escape

import numpy as np


def strip(residues: str, look: Callable[[int], str], *, below: Mapping[int, str] = {}, kind: str = "") -> str:
    """Letters in groups of ten, numbered; `look` gives the attributes of each, `below` HTML under some."""
    tens = []
    for start in range(0, len(residues), 10):
        letters = "".join(
            f"<i{look(i)}>{escape(residues[i])}{below.get(i, '')}</i>"
            for i in range(start, min(start + 10, len(residues)))
        )
        tens.append(f"<span><small>{start + 1}</small>{letters}</span>")
    return f'<div class="strip {kind}">{"".join(tens)}</div>'


def bars(residues: str, probabilities: np.ndarray, called: np.ndarray, touching: np.ndarray) -> str:
    """A bar of probability over each letter; true contacts underlined."""

    def look(i: int) -> str:
        names = " ".join(name for name, holds in (("on", called[i]), ("touch", touching[i])) if holds)
        return f'{_classes(names)} style="--p:{probabilities[i]:.2f}"'

    return strip(residues, look, kind="bars")


def substituted(parent: str, variants: Sequence[str], special: range) -> str:
    """A parent with the residues that variants put in its places, the best variant's on top; `special` underlined."""
    below: dict[int, str] = {}
    for i, letter in enumerate(parent):
        new = dict.fromkeys(variant[i] for variant in variants if variant[i] != letter)
        if new:
            below[i] = "".join(f'<b title="{escape(f"{letter}{i + 1}{other}")}">{escape(other)}</b>' for other in new)

    def look(i: int) -> str:
        return _classes(" ".join(["changed" if i in below else "quiet", *(["special"] if i in special else [])]))

    return strip(parent, look, below=below)


def looped(residues: str, spans: tuple[tuple[int, int], ...], fresh: list[bool]) -> str:
    """A domain with its framework quiet; of the designed residues, in order, `fresh` tells which are new."""
    places = dict(zip((i for s, e in spans for i in range(s, e)), fresh, strict=True))
    return strip(residues, lambda i: _classes({None: "quiet", True: "loop new", False: "loop"}[places.get(i)]))


def _classes(names: str) -> str:
    return f' class="{names}"' if names else ""
