"""Molecules as SMILES: canonical writing, other writings of the same molecule, and the few facts that tasks ask for.

The only policy is RDKit's: canonical isomeric SMILES, no explicit hydrogens, no atom maps.
"""

import random
from collections import Counter
from collections.abc import Iterable
from functools import lru_cache

from rdkit import Chem, DataStructs
from rdkit.Chem import rdFingerprintGenerator
from rdkit.Chem.MolStandardize import rdMolStandardize
from rdkit.rdBase import BlockLogs

from scilogos.errors import InputError, ParseError
from scilogos.grammar import smiles as smiles_syntax

_PARSING = Chem.SmilesParserParams()
_PARSING.allowCXSMILES = False
_PARSING.parseName = False
_MAX_PASSES = 5
_MORGAN = rdFingerprintGenerator.GetMorganGenerator(radius=2, fpSize=2048)


def quiet() -> BlockLogs:
    """A context in which RDKit, whoever calls it, writes nothing to stderr."""
    return BlockLogs()


def parse_smiles(smiles: str) -> Chem.Mol:
    """Parse and sanitise a SMILES; InputError with RDKit's reason and, where one exists, the position of the fault."""
    text = smiles.strip()
    with BlockLogs():
        mol = Chem.MolFromSmiles(text, _PARSING) if text else None
    if mol is None:
        raise InputError(f"SMILES {smiles!r}: {_fault(text)}")
    return mol


def write_smiles(mol: Chem.Mol, *, root: int = -1, canonical: bool = True) -> str:
    """Write a molecule from atom `root` (-1: RDKit's choice); dative bonds as single, for SMILES has no arrow."""
    parameters = Chem.SmilesWriteParams()
    parameters.includeDativeBonds, parameters.canonical, parameters.rootedAtAtom = False, canonical, root
    return Chem.MolToSmiles(mol, parameters)


def _fault(text: str) -> str:
    if not text:
        return "it is empty; write at least one atom"
    with BlockLogs():
        mol = Chem.MolFromSmiles(text, sanitize=False)
        problems = Chem.DetectChemistryProblems(mol) if mol is not None else ()
    if mol is None or not problems:
        try:
            smiles_syntax.check(text)
        except ParseError as error:
            return str(error)
        return "RDKit cannot read it"
    problem = problems[0]
    atoms = problem.GetAtomIndices() if hasattr(problem, "GetAtomIndices") else [problem.GetAtomIdx()]
    return f"{problem.Message()} (position {_atom_positions(text)[atoms[0]]})"


def _atom_positions(text: str) -> list[int]:
    positions, at = [], 0
    for symbol in smiles_syntax.cut(text):
        if symbol[0].isalpha() or symbol[0] in "[*":
            positions.append(at)
        at += len(symbol)
    return positions


def is_valid(smiles: str) -> bool:
    """Whether RDKit parses and sanitises the SMILES."""
    if not smiles.strip():
        return False
    with BlockLogs():
        return Chem.MolFromSmiles(smiles.strip(), _PARSING) is not None


def without_stereo(smiles: str) -> str:
    """Write a molecule canonically with neither chirality nor double bond geometry.

    >>> without_stereo("C[C@H](F)/C=C/C")
    'CC=CC(C)F'
    """
    mol = parse_smiles(smiles)
    Chem.RemoveStereochemistry(mol)
    return canonical(write_smiles(mol))


def canonical(smiles: str) -> str:
    """Write a molecule canonically: isomeric, no explicit hydrogens, no atom maps; a fixed point of itself.

    >>> canonical("[CH3:1][C@H:2]([CH3:3])O")
    'CC(C)O'
    """
    mol = parse_smiles(smiles)
    for atom in mol.GetAtoms():
        atom.SetAtomMapNum(0)
    text, seen = write_smiles(mol), {}
    while text != smiles and text not in seen and len(seen) < _MAX_PASSES:
        seen[text] = None
        smiles, text = text, write_smiles(parse_smiles(text))
    return min(seen) if text in seen and text != smiles else text


def randomised(smiles: str, rng: random.Random) -> str:
    """Write the same molecule from a random atom along a random walk."""
    mol = parse_smiles(smiles)
    order = list(range(mol.GetNumAtoms()))
    rng.shuffle(order)
    return write_smiles(Chem.RenumberAtoms(mol, order), canonical=False)


def rooted(smiles: str, atom_index: int) -> str:
    """Write a molecule from the atom of that index in the given SMILES (0-based), canonically otherwise."""
    mol = parse_smiles(smiles)
    if not 0 <= atom_index < mol.GetNumAtoms():
        raise InputError(f"atom {atom_index} of {smiles!r}: it has atoms 0 to {mol.GetNumAtoms() - 1}")
    return write_smiles(mol, root=atom_index)


def roots(smiles: str, count: int, rng: random.Random) -> list[str]:
    """Write a molecule in up to `count` distinct ways from different atoms, the canonical one first."""
    writings = [canonical(smiles)]
    mol = parse_smiles(writings[0])
    for atom in rng.sample(range(mol.GetNumAtoms()), mol.GetNumAtoms()):
        if len(writings) >= count:
            break
        text = write_smiles(mol, root=atom)
        if text not in writings:
            writings.append(text)
    return writings


def largest_fragment(smiles: str) -> str:
    """Keep the fragment with most heavy atoms, canonical; of equals the first in text order."""
    return order_reactants(canonical(smiles).split("."))[0]


def order_reactants(reactants: Iterable[str]) -> list[str]:
    """Order molecules by descending heavy-atom count, then text."""
    return sorted(reactants, key=lambda text: (-heavy_atoms(text), text))


@lru_cache(maxsize=2**16)
def heavy_atoms(smiles: str) -> int:
    """Count atoms other than hydrogen."""
    return parse_smiles(smiles).GetNumHeavyAtoms()


def element_counts(smiles: str) -> dict[str, int]:
    """Count heavy atoms by element symbol."""
    counts = Counter(atom.GetSymbol() for atom in parse_smiles(smiles).GetAtoms())
    return {element: n for element, n in sorted(counts.items()) if element != "H"}


def neutralised(smiles: str) -> str:
    """Remove charges by moving protons and give radicals on N, O and S their hydrogen; canonical.

    MOFid writes one azolate or alkoxide as an anion here and as a radical there: both become the free acid.
    """
    mol = parse_smiles(smiles)
    for atom in mol.GetAtoms():
        atom.SetAtomMapNum(0)
        if atom.GetNumRadicalElectrons() and atom.GetSymbol() in ("N", "O", "S"):
            atom.SetNumExplicitHs(atom.GetNumExplicitHs() + atom.GetNumRadicalElectrons())
            atom.SetNumRadicalElectrons(0)
    with BlockLogs():
        Chem.SanitizeMol(mol)
        mol = rdMolStandardize.Uncharger().uncharge(mol)
    return canonical(write_smiles(mol))


def similarity(a: str, b: str) -> float:
    """Tanimoto similarity of Morgan fingerprints (radius 2, 2,048 bits)."""
    return DataStructs.TanimotoSimilarity(*(_MORGAN.GetFingerprint(parse_smiles(text)) for text in (a, b)))
