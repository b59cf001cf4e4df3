"""Molecules and reactions as SVG text: transparent, lines in the colour of the text around them."""

from collections.abc import Sequence

from rdkit.Chem import rdChemReactions, rdDepictor
from rdkit.Chem.Draw import rdMolDraw2D

from scilogos.errors import InputError
from scilogos.science.molecules import parse_smiles

# Colours that stand on white and on black alike; carbon and legends become the surrounding text's own colour.
_PALETTE = {
    7: (0.22, 0.42, 0.82),
    8: (0.82, 0.24, 0.22),
    9: (0.16, 0.56, 0.42),
    15: (0.80, 0.45, 0.10),
    16: (0.68, 0.52, 0.05),
    17: (0.20, 0.58, 0.25),
    35: (0.60, 0.32, 0.18),
    53: (0.48, 0.28, 0.68),
}
_INK = "#000000"


def draw_molecule(smiles: str, *, legend: str = "", width: int = 320, height: int = 240) -> str:
    """Draw one molecule; sizes in pixels."""
    canvas = _canvas(width, height)
    canvas.DrawMolecule(_flat(smiles), legend=legend)
    return _finish(canvas)


def draw_grid(
    molecules: Sequence[str], *, legends: Sequence[str] = (), columns: int = 4, width: int = 220, height: int = 180
) -> str:
    """Draw molecules in rows of `columns`, a legend under each; width and height are one cell's, in pixels."""
    if not molecules:
        raise InputError("a grid of no molecules; give at least one SMILES")
    if legends and len(legends) != len(molecules):
        raise InputError(f"{len(legends)} legends for {len(molecules)} molecules; give one each or none")
    columns = min(columns, len(molecules))
    rows = -(-len(molecules) // columns)
    canvas = _canvas(columns * width, rows * height, width, height)
    canvas.DrawMolecules([_flat(text) for text in molecules], legends=list(legends) or [""] * len(molecules))
    return _finish(canvas)


def draw_reaction(reactants: Sequence[str], products: Sequence[str], *, width: int = 820, height: int = 220) -> str:
    """Draw reactants, an arrow, products; sizes in pixels."""
    reaction = rdChemReactions.ChemicalReaction()
    for text in reactants:
        reaction.AddReactantTemplate(_flat(text))
    for text in products:
        reaction.AddProductTemplate(_flat(text))
    canvas = _canvas(width, height)
    canvas.DrawReaction(reaction)
    return _finish(canvas)


def _flat(smiles: str):
    mol = parse_smiles(smiles)
    rdDepictor.SetPreferCoordGen(False)
    rdDepictor.Compute2DCoords(mol)
    rdDepictor.StraightenDepiction(mol)
    return mol


def _canvas(width: int, height: int, cell_width: int = -1, cell_height: int = -1) -> rdMolDraw2D.MolDraw2DSVG:
    canvas = rdMolDraw2D.MolDraw2DSVG(width, height, cell_width, cell_height)
    options = canvas.drawOptions()
    options.clearBackground = False
    options.useBWAtomPalette()
    options.updateAtomPalette(_PALETTE)
    options.bondLineWidth = 1.6
    options.scaleBondWidth = False
    options.fixedBondLength = 28
    options.minFontSize = 9
    options.padding = 0.06
    options.legendFontSize = 13
    return canvas


def _finish(canvas: rdMolDraw2D.MolDraw2DSVG) -> str:
    canvas.FinishDrawing()
    return canvas.GetDrawingText().replace(_INK, "currentColor")
