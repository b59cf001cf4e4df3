from xml.etree import ElementTree

import pytest

from scilogos.errors import InputError
from scilogos.science import draw_grid, draw_molecule, draw_reaction


def shapes(svg):
    return len(ElementTree.fromstring(svg.encode()).findall(".//{http://www.w3.org/2000/svg}path"))


@pytest.mark.parametrize(
    "svg",
    [
        draw_molecule("CC(=O)Nc1ccc(O)cc1", legend="paracetamol"),
        draw_grid(["CCO", "c1ccccc1", "C[C@H](N)C(=O)O"], legends=["a", "b", "c"], columns=2),
        draw_reaction(["CC(=O)Cl", "Nc1ccccc1"], ["CC(=O)Nc1ccccc1"]),
    ],
)
def test_svg_is_sound_transparent_and_takes_the_text_colour(svg):
    assert shapes(svg) > 5
    assert "currentColor" in svg and "#000000" not in svg
    assert "<rect" not in svg


def test_bigger_molecules_have_more_lines():
    assert shapes(draw_molecule("c1ccc2ccccc2c1")) > shapes(draw_molecule("CCO"))


def test_faults():
    with pytest.raises(InputError, match="2 legends for 1"):
        draw_grid(["CCO"], legends=["a", "b"])
    with pytest.raises(InputError, match="no molecules"):
        draw_grid([])
    with pytest.raises(InputError, match="position"):
        draw_molecule("C(C")
