"""Scripts that show sites in PyMOL and ChimeraX: cartoon, sticks on the site, a ball at each pocket's centre."""

import os
from collections.abc import Sequence

from scilogos.science.binding import Sites
from scilogos.science.structures import Structure

_SITE, _REST, _BALL = (0.87, 0.36, 0.22), (0.80, 0.82, 0.84), (0.95, 0.75, 0.20)
_RADIUS = 1.5  # Å


def pymol_script(
    structure: Structure,
    sites: Sites,
    *,
    centres: Sequence[Sequence[float]] = (),
    path: str | os.PathLike | None = None,
) -> str:
    """Write a .pml script that loads `path` (default: the structure's own) and shows its sites."""
    picks = [
        f"(chain {_quoted(chain.name)} and resi {'+'.join(_pymol_number(chain.labels[i]) for i in site)})"
        for chain, site in zip(structure.chains, sites, strict=True)
        if site
    ]
    lines = [
        f"load {os.fspath(path or structure.path)}, structure",
        "hide everything",
        "show cartoon, polymer",
        "show sticks, organic",
        f"set_color site_colour, {list(_SITE)}",
        f"set_color rest_colour, {list(_REST)}",
        f"set_color ball_colour, {list(_BALL)}",
        "color rest_colour, polymer",
    ]
    if picks:
        lines += [
            f"select site, structure and ({' or '.join(picks)})",
            "show sticks, site and not hydro",
            "color site_colour, site and elem C",
        ]
    for number, (x, y, z) in enumerate(centres, 1):
        lines += [
            f"pseudoatom pocket_{number}, pos=[{x:.3f}, {y:.3f}, {z:.3f}], vdw={_RADIUS}",
            f"show spheres, pocket_{number}",
            f"color ball_colour, pocket_{number}",
        ]
    return "\n".join([*lines, "orient site" if picks else "orient", "deselect"]) + "\n"


def chimerax_script(
    structure: Structure,
    sites: Sites,
    *,
    centres: Sequence[Sequence[float]] = (),
    path: str | os.PathLike | None = None,
) -> str:
    """Write a .cxc script that opens `path` (default: the structure's own) and shows its sites."""
    picks = "".join(
        f"/{chain.name}:{','.join(chain.labels[i] for i in site)}"
        for chain, site in zip(structure.chains, sites, strict=True)
        if site
    )
    lines = [
        f'open "{os.fspath(path or structure.path)}" id 1',
        "hide #1 atoms",
        "cartoon #1",
        "show ligand atoms",
        f"color #1 {_hex(_REST)} target c",
    ]
    if picks:
        lines += [
            f"name site #1{picks}",
            "show site atoms",
            "style site stick",
            f"color site & C {_hex(_SITE)} target a",
            f"color site {_hex(_SITE)} target c",
        ]
    for number, (x, y, z) in enumerate(centres, 1):
        lines.append(
            f"shape sphere center {x:.3f},{y:.3f},{z:.3f} radius {_RADIUS} color {_hex(_BALL)} modelId #{number + 1}"
        )
    return "\n".join([*lines, "view site" if picks else "view"]) + "\n"


def _quoted(name: str) -> str:
    return f'"{name}"'


def _pymol_number(label: str) -> str:
    return label.replace("-", "\\-", 1)


def _hex(colour: Sequence[float]) -> str:
    return "#" + "".join(f"{round(part * 255):02x}" for part in colour)
