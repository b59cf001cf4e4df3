"""Readers by the name a recipe gives them; a new kind of source is one function and one row here."""

from collections.abc import Callable, Iterator
from typing import Any

from scilogos.data.readers.antibodies import HEAVY_LOOP, antibodies, designs, heavy_loop
from scilogos.data.readers.chemistry import mapped_reactions, molecules, reactions
from scilogos.data.readers.materials import materials
from scilogos.data.readers.own import (
    own_antibodies,
    own_edits,
    own_ligands,
    own_materials,
    own_reactions,
    own_sites,
)
from scilogos.data.readers.proteins import denoising, proteins
from scilogos.data.readers.structures import complexes, sites
from scilogos.data.source import Reading, Record

__all__ = ["FORMS", "LOOPS", "READERS", "SEQUENCES"]

READERS: dict[str, Callable[[Reading], Iterator[Record]]] = {
    function.__name__: function
    for function in (
        antibodies,
        complexes,
        denoising,
        designs,
        mapped_reactions,
        materials,
        molecules,
        own_antibodies,
        own_edits,
        own_ligands,
        own_materials,
        own_reactions,
        own_sites,
        proteins,
        reactions,
        sites,
    )
}

FORMS = {  # what `forms` of a source may name
    "complexes": ("marked", "expanded", "plain"),
    "mapped_reactions": ("retro", "reaction"),
    "materials": ("made", "enumerated"),
    "own_ligands": ("marked", "expanded", "plain"),
    "own_reactions": ("retro", "reaction"),
    "sites": ("located", "marked", "expanded", "transform"),
}

SEQUENCES = ("antibodies", "complexes", "denoising", "designs", "proteins", "sites")  # whose tables have a column `seq`

LOOPS: dict[str, tuple[tuple[str, ...], Callable[[dict[str, Any]], str]]] = {  # split by a loop: its columns, the loop
    "antibodies": (HEAVY_LOOP, heavy_loop),
    "designs": (HEAVY_LOOP, heavy_loop),
}
