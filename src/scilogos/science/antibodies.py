"""Antibody variable domains and their loops, numbered by immunum."""

import re
from dataclasses import dataclass
from functools import cache
from typing import Literal, get_args

import immunum

from scilogos.errors import InputError
from scilogos.science.sequences import clean_sequence

Scheme = Literal["imgt", "chothia"]

# First and last position of each loop. The Chothia rows are the ranges of DiffAb and RADAb: heavy loops by Chothia's
# structural definition (the second and third a little wider), light loops by Kabat's.
_IMGT = ((27, 38), (56, 65), (105, 117))
_LOOPS = {
    "imgt": {"H": _IMGT, "K": _IMGT, "L": _IMGT},
    "chothia": {
        "H": ((26, 32), (52, 56), (95, 102)),
        "K": ((24, 34), (50, 56), (89, 97)),
        "L": ((24, 34), (50, 56), (89, 97)),
    },
}
_NUMBER = re.compile(r"\d+")  # the insertion marks of a very long loop run past Z
_LEAST_POSITIONS = 60  # fewer numbered residues are a chance likeness, not a domain cut short
_CHAINS = {None: ("H", "K", "L"), "H": ("H",), "K": ("K",), "L": ("L",), "light": ("K", "L")}


@dataclass(frozen=True)
class Domain:
    """One variable domain; `loops` are 0-based half-open spans of `residues` by name, H1 to H3 or L1 to L3."""

    residues: str
    chain: Literal["H", "K", "L"]
    loops: dict[str, tuple[int, int]]
    start: int  # offset of the domain in the sequence it was cut from


def variable_domain(
    sequence: str, *, scheme: Scheme = "imgt", chain: Literal["H", "K", "L", "light"] | None = None
) -> Domain:
    """Cut the variable domain out of a sequence and find its loops; a chain type given is not guessed.

    InputError when there is no such domain, or a loop or the framework beside it is missing.
    """
    if scheme not in get_args(Scheme):
        raise InputError(f"scheme {scheme!r}; expected {' or '.join(get_args(Scheme))}")
    if chain not in _CHAINS:
        raise InputError(f"chain {chain!r}; expected H, K, L or light")
    residues = clean_sequence(sequence)
    result = _annotator(scheme, _CHAINS[chain]).number(residues)
    if result.error or len(result.numbering) < _LEAST_POSITIONS:
        reason = result.error or f"{len(result.numbering)} residues fit one"
        raise InputError(
            f"no antibody variable domain ({chain or 'any'} chain): {reason}; found {_shortened(residues)}"
        )
    positions = [int(_NUMBER.match(position)[0]) for position in result.numbering]
    domain = residues[result.query_start : result.query_end + 1]
    loops = {}
    for number, (first, last) in enumerate(_LOOPS[scheme][result.chain], 1):
        name = f"{'H' if result.chain == 'H' else 'L'}{number}"
        start, end = sum(at < first for at in positions), sum(at <= last for at in positions)
        if start == end or start == 0 or end == len(positions):
            raise InputError(
                f"the variable domain is incomplete: {name} or the framework beside it is missing; "
                f"found {_shortened(domain)}, {scheme} positions {positions[0]} to {positions[-1]}"
            )
        loops[name] = (start, end)
    return Domain(domain, result.chain, loops, result.query_start)


@cache
def _annotator(scheme: str, chains: tuple[str, ...]) -> immunum.Annotator:
    return immunum.Annotator(chains=list(chains), scheme=scheme)


def _shortened(residues: str) -> str:
    return residues if len(residues) <= 40 else f"{residues[:18]}...{residues[-18:]}, {len(residues)} residues"
