"""Molecules, reactions and frameworks in figures: RDKit's lines, cut to what is drawn, all at one scale."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from html import escape

from scilogos.errors import InputError
from scilogos.grammar.smiles import cut
from scilogos.science import draw_molecule

_CANVAS = (900, 700)  # pixels; larger than nearly every molecule at RDKit's bond length
_MARGIN, _SCALE = 6, 0.82
_PATH = re.compile(r" d='([^']*)'")
_PAIR = re.compile(r"(-?[\d.]+)[ ,]+(-?[\d.]+)")
_ATOM = re.compile(r"\[\d*([A-Z][a-z]?|[a-z])|([A-Z][a-z]?|[a-z])")
_NON_METALS = frozenset("H B C N O F Si P S Cl Se Br I".split())
_CLASS = re.compile(r" class='[^']*'")
ARROW = (
    '<svg class="arrow" viewBox="0 0 44 20" width="44" height="20" role="img" aria-label="is made from">'
    '<path d="M1 7.5H35M1 12.5H35M30 1.5L42 10L30 18.5" fill="none" stroke="currentColor" stroke-width="1.3"/></svg>'
)


def picture(smiles: str) -> str:
    """One molecule as SVG, as large as it is; InputError where RDKit refuses it."""
    whole = draw_molecule(smiles, width=_CANVAS[0], height=_CANVAS[1])
    body = whole[whole.index("<!-- END OF HEADER -->") + 22 : whole.rindex("</svg>")]
    points = [(float(x), float(y)) for path in _PATH.findall(body) for x, y in _PAIR.findall(path)]
    xs, ys = zip(*points, strict=True) if points else ((0.0, 20.0), (0.0, 20.0))
    left, top = min(xs) - _MARGIN, min(ys) - _MARGIN
    width, height = max(xs) - left + _MARGIN, max(ys) - top + _MARGIN
    return (
        f'<svg class="mol" viewBox="{left:.1f} {top:.1f} {width:.1f} {height:.1f}" width="{width * _SCALE:.0f}" '
        f'height="{height * _SCALE:.0f}" role="img" aria-label="{escape(smiles)}">{_CLASS.sub("", body).strip()}</svg>'
    )


def is_drawn(fragment: str) -> bool:
    """Whether a fragment has a bond to draw and RDKit can: it refuses an oxygen that joins four metals."""
    try:
        return len(cut(fragment)) > 1 and bool(picture(fragment))
    except InputError:
        return False


def drawn(smiles: str) -> str:
    """A picture, or the text itself where RDKit refuses to draw it."""
    try:
        return picture(smiles)
    except InputError:
        return f"<code>{escape(smiles)}</code>"


def scheme(product: str, name: str, answers: Iterable[tuple[Iterable[str], str]]) -> str:
    """A product, and behind the arrow of retrosynthesis each set of reactants over its HTML caption."""
    rows = ""
    for reactants, caption in answers:
        pieces = [f"<span>{sign}{drawn(smiles)}</span>" for sign, smiles in zip(_signs(), reactants, strict=False)]
        rows += f"<li>{''.join(pieces)}{caption}</li>"
    asked = f"<div>{drawn(product)}{_caption(name)}</div>"
    return f'<figure class="scheme">{asked}<ol>{rows}</ol></figure>'


def single(smiles: str, caption: str) -> str:
    """One molecule over its HTML caption."""
    return f'<figure class="single">{drawn(smiles)}{_caption(caption)}</figure>'


def _signs() -> Iterator[str]:
    yield ARROW
    while True:
        yield '<b class="plus">+</b>'


def gallery(cards: Sequence[tuple[Sequence[Sequence[str]], str]]) -> str:
    """Cards of molecules in rows, each card with an HTML caption."""
    made = ""
    for rows, caption in cards:
        lines = "".join(f"<p>{''.join(map(drawn, row))}</p>" for row in rows if row)
        made += f'<figure class="card"><div>{lines}</div>{_caption(caption)}</figure>'
    pairs = " pairs" if len(cards) == 4 else ""
    return f'<div class="gallery{pairs}">{made}</div>'


def _caption(html: str) -> str:
    return f"<figcaption>{html}</figcaption>"


def formula(smiles: str) -> str:
    """The heavy atoms of a fragment as HTML, metals first.

    >>> formula("[Zn][O]([Zn])([Zn])[Zn]")
    'Zn<sub>4</sub>O'
    """
    atoms = Counter(found for symbol in cut(smiles) if (found := _element(symbol)))
    order = sorted(atoms, key=lambda element: (element in _NON_METALS, element))
    return "".join(f"{element}<sub>{atoms[element]}</sub>" if atoms[element] > 1 else element for element in order)


def _element(symbol: str) -> str:
    match = _ATOM.match(symbol)
    return (match[1] or match[2]).capitalize() if match else ""
