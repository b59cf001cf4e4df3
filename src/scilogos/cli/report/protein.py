"""A protein as its chain of alpha carbons, seen flat on its widest plane: nearer is stronger, the site in colour."""

from collections.abc import Iterator

import numpy as np

from scilogos.cli.report.findings import Site

_SCALE = 11.0  # pixels an Å
_MARGIN = 26
_BREAK = 4.6  # Å between alpha carbons that no peptide bond joins
_BOND = 1.95  # Å between bonded heavy atoms at most
_RING = 4.5  # Å, radius of a pocket's ring
_COLOURS = {"N": "var(--nitrogen)", "O": "var(--oxygen)", "S": "var(--sulfur)"}

Piece = tuple[float, str]  # depth and SVG


def drawing(site: Site) -> str:
    """The whole figure as SVG."""
    traces = [chain.alpha_carbons() for chain in site.structure.chains]
    seen = np.concatenate(traces)
    view = _View(seen[~np.isnan(seen).any(axis=1)], site.ligand.xyz)
    pieces: list[Piece] = []
    for trace, chain, p, touched in zip(
        traces, site.found.chains, site.found.probabilities, site.contacts, strict=True
    ):
        pieces += _trace(view, trace, p, frozenset(chain.sites), frozenset(touched))
    pieces += _ligand(view, site)
    pieces.sort(key=lambda piece: piece[0])
    rings = "".join(_ring(view, number, pocket.centre) for number, pocket in enumerate(site.found.pockets, 1))
    width, height = view.size
    return (
        f'<svg class="protein" viewBox="0 0 {width:.0f} {height:.0f}" role="img" '
        'aria-label="The trace of the alpha carbons with the predicted site, the ligand and the pockets">'
        f"{''.join(svg for _, svg in pieces)}{rings}{_scale_bar(height)}</svg>"
    )


class _View:
    """From Å to pixels: the two widest directions across the page, the third towards the reader, ligand in front."""

    def __init__(self, points: np.ndarray, ligand: np.ndarray) -> None:
        self.centre = points.mean(axis=0)
        axes = np.linalg.svd(points - self.centre, full_matrices=False)[2]
        axes[0] *= np.sign(axes[0][np.abs(axes[0]).argmax()])
        axes[2] *= 1 if ((ligand.mean(axis=0) - self.centre) @ axes[2]) >= 0 else -1
        axes[1] = np.cross(axes[2], axes[0])  # right-handed: no mirror image
        self.axes = axes
        flat = np.concatenate([points, ligand]) @ axes.T - self.centre @ axes.T
        self.low, self.high = flat.min(axis=0), flat.max(axis=0)

    @property
    def size(self) -> tuple[float, float]:
        wide, tall = (self.high - self.low)[:2] * _SCALE
        return wide + 2 * _MARGIN, tall + 2 * _MARGIN

    def __call__(self, points: np.ndarray) -> np.ndarray:
        """Pixels and depth from 0 (far) to 1 (near), [..., 3]."""
        flat = (points - self.centre) @ self.axes.T
        x = (flat[..., 0] - self.low[0]) * _SCALE + _MARGIN
        y = (self.high[1] - flat[..., 1]) * _SCALE + _MARGIN
        return np.stack([x, y, (flat[..., 2] - self.low[2]) / (self.high[2] - self.low[2])], axis=-1)


def _trace(view: _View, trace: np.ndarray, p: np.ndarray, sites: frozenset, touched: frozenset) -> Iterator[Piece]:
    """One smooth piece a residue, from the middle before it to the middle behind it."""
    at = view(trace)
    steps = np.linalg.norm(np.diff(trace, axis=0), axis=1)
    joined = np.concatenate([[False], steps < _BREAK, [False]])  # NaN compares false
    for i in np.flatnonzero(~np.isnan(trace).any(axis=1)):
        before = (at[i - 1] + at[i]) / 2 if joined[i] else at[i]
        behind = (at[i] + at[i + 1]) / 2 if joined[i + 1] else at[i]
        depth = float(at[i, 2])
        path = f"M{before[0]:.1f} {before[1]:.1f}Q{at[i, 0]:.1f} {at[i, 1]:.1f} {behind[0]:.1f} {behind[1]:.1f}"
        wide = 2.2 + 2.6 * depth
        kind, shade = ("site", f"--p:{p[i]:.2f}") if i in sites else ("ca", f"--d:{depth:.2f}")
        wide += 2.0 if i in sites else 0
        svg = (
            f'<path class="halo" d="{path}" stroke-width="{wide + 4:.1f}"/>'
            f'<path class="{kind}" style="{shade}" d="{path}" stroke-width="{wide:.1f}"/>'
        )
        if i in touched:
            svg += f'<circle class="touch" cx="{at[i, 0]:.1f}" cy="{at[i, 1]:.1f}" r="{3 + 1.6 * depth:.1f}"/>'
        yield depth, svg


def _ligand(view: _View, site: Site) -> Iterator[Piece]:
    xyz, elements = site.ligand.xyz, site.ligand.elements
    at, colours = view(xyz), [_COLOURS.get(element, "var(--ligand)") for element in elements]
    apart = np.linalg.norm(xyz[:, None] - xyz[None], axis=-1)
    for i, j in zip(*np.nonzero(np.triu(apart < _BOND, 1)), strict=True):
        middle, lines = (at[i] + at[j]) / 2, ""
        for end, colour in ((at[i], colours[i]), (at[j], colours[j])):
            lines += f'<path class="bond" style="stroke:{colour}" d="{_line(end, middle)}"/>'
        ends = at[i] * 0.7 + at[j] * 0.3, at[i] * 0.3 + at[j] * 0.7  # the halo leaves other bonds of the atoms whole
        yield float(middle[2]), f'<path class="halo" d="{_line(*ends)}" stroke-width="8"/>{lines}'
    for place, colour in zip(at, colours, strict=True):
        yield float(place[2]) + 0.01, f'<circle cx="{place[0]:.1f}" cy="{place[1]:.1f}" r="4.2" style="fill:{colour}"/>'


def _line(start: np.ndarray, end: np.ndarray) -> str:
    return f"M{start[0]:.1f} {start[1]:.1f}L{end[0]:.1f} {end[1]:.1f}"


def _ring(view: _View, number: int, centre: tuple[float, float, float]) -> str:
    x, y, _ = view(np.asarray(centre))
    r = _RING * _SCALE
    return (
        f'<g class="pocket"><circle cx="{x:.1f}" cy="{y:.1f}" r="{r:.1f}"/>'
        f'<circle class="middle" cx="{x:.1f}" cy="{y:.1f}" r="2"/>'
        f'<text x="{x + r * 0.72 + 5:.1f}" y="{y - r * 0.72 - 3:.1f}">{number}</text></g>'
    )


def _scale_bar(height: float) -> str:
    wide, y = 10 * _SCALE, height - 10
    label = f'<text x="{_MARGIN}" y="{y - 6:.0f}">10 Å</text>'
    return f'<g class="scale"><path d="M{_MARGIN} {y:.0f}h{wide:.0f}"/>{label}</g>'
