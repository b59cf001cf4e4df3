"""Molecules, reactions and frameworks in figures: RDKit's lines, cut to what is drawn, all at one scale."""

import re
from collections import Counter
from collections.abc import Iterable
from html import escape

from scilogos.errors import InputError
from scilogos.grammar.smiles import cut
from scilogos.science import draw_molecule

_CANVAS = (900, 700)  # pixels; larger than nearly every molecule at RDKit's bond length
_MARGIN = 6
_PATH = re.compile(r" d='([^']*)'")
_PAIR = re.compile(r"(-?[\d.]+)[ ,]+(-?[\d.]+)")
_ATOM = re.compile(r"\[\d*([A-Z][a-z]?|[a-z])|([A-Z][a-z]?|[a-z])")
_CLASS = re.compile(r" class='[^']*'")
ARROW = (
    '<svg class="arrow" viewBox="0 0 44 20" width="44" height="20" role="img" aria-label="is made from">'
    '<path d="M1 7.5H35M1 12.5H35M30 1.5L42 10L30 18.5" fill="none" stroke="currentColor" stroke-width="1.3"/></svg>'
)


def picture(smiles: str) -> str:
    """One molecule as SVG, as large as it is; InputError where RDKit refuses it."""
    drawn = draw_molecule(smiles, width=_CANVAS[0], height=_CANVAS[1])
    body = drawn[drawn.index(">", drawn.index("<svg")) + 1 : drawn.rindex("</svg>")].replace("<!-- END OF HEADER -->", "")
    points = [(float(x), float(y)) for path in _PATH.findall(body) for x, y in _PAIR.findall(path)]
    xs, ys = zip(*points, strict=True) if points else ((0.0, 20.0), (0.0, 20.0))
    left, top = min(xs) - _MARGIN, min(ys) - _MARGIN
    width, height = max(xs) - left + _MARGIN, max(ys) - top + _MARGIN
    return (
        f'<svg class="mol" viewBox="{left:.1f} {top:.1f} {width:.1f} {height:.1f}" width="{width:.0f}" '
        f'height="{height:.0f}" role="img" aria-label="{escape(smiles)}">{_CLASS.sub("", body).strip()}</svg>'
    )


def drawn(smiles: str) -> str:
    """A picture, or the text itself where RDKit refuses to draw it."""
    try:
        return picture(smiles)
    except InputError:
        return f"<code>{escape(smiles)}</code>"


def scheme(product: str, reactants: Iterable[str], caption: str) -> str:
    """A product, the arrow of retrosynthesis, its reactants."""
    parts = '<span class="plus">+</span>'.join(f"<span>{drawn(smiles)}</span>" for smiles in reactants)
    return f'<figure class="scheme"><div><span>{drawn(product)}</span>{ARROW}{parts}</div>{_caption(caption)}</figure>'


def gallery(cards: Iterable[tuple[Iterable[str], str]]) -> str:
    """Cards of molecules, each with an HTML caption."""
    made = "".join(
        f'<figure class="card"><div>{"".join(map(drawn, smiles))}</div>{_caption(caption)}</figure>'
        for smiles, caption in cards
    )
    return f'<div class="gallery">{made}</div>'


def _caption(html: str) -> str:
    return f"<figcaption>{html}</figcaption>"


def formula(smiles: str) -> str:
    """The heavy atoms of a fragment as HTML, metals first.

    >>> formula("[Zn][O]([Zn])([Zn])[Zn]")
    'Zn<sub>4</sub>O'
    """
    atoms = Counter(found for symbol in cut(smiles) if (found := _element(symbol)))
    order = sorted(atoms, key=lambda element: (element in ("C", "N", "O", "S", "P", "F", "Cl", "Br", "I", "H"), element))
    return "".join(f"{element}<sub>{atoms[element]}</sub>" if atoms[element] > 1 else element for element in order)


def _element(symbol: str) -> str:
    match = _ATOM.match(symbol)
    return (match[1] or match[2]).capitalize() if match else ""
