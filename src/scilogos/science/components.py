"""Chemical components that an mmCIF file carries along: atoms and bonds, hence a ligand's SMILES.

Files of the PDB archive name components without their bonds; those of PDBe ("updated mmCIF") hold them.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

import gemmi
import numpy as np
from rdkit import Chem
from rdkit.Geometry import Point3D
from rdkit.rdBase import BlockLogs

from scilogos.science.molecules import canonical, write_smiles

_ORDERS = {
    "SING": Chem.BondType.SINGLE,
    "DOUB": Chem.BondType.DOUBLE,
    "TRIP": Chem.BondType.TRIPLE,
    "AROM": Chem.BondType.AROMATIC,
}


@dataclass
class Component:
    """Atoms (name -> element and charge) and bonds (two names and an order such as DOUB) of one component."""

    atoms: dict[str, tuple[str, int]] = field(default_factory=dict)
    bonds: list[tuple[str, str, str]] = field(default_factory=list)


def read_components(document: gemmi.cif.Document) -> dict[str, Component]:
    """Collect the components whose bonds the document lists, by code."""
    components: dict[str, Component] = defaultdict(Component)
    for block in document:
        for row in block.find("_chem_comp_bond.", ["comp_id", "atom_id_1", "atom_id_2", "value_order"]):
            code, first, second, order = (row.str(i) for i in range(4))
            components[code].bonds.append((first, second, order.upper()[:4]))
        for row in block.find("_chem_comp_atom.", ["comp_id", "atom_id", "type_symbol", "?charge"]):
            charge = row.str(3) if row.has(3) else "0"
            components[row.str(0)].atoms[row.str(1)] = (row.str(2).capitalize(), int(charge or 0))
    return {code: component for code, component in components.items() if component.bonds and component.atoms}


def component_smiles(component: Component | None, seen: Mapping[str, np.ndarray]) -> str | None:
    """Write a component, stereo from the coordinates seen (name -> Å); None unless all its heavy atoms were seen.

    Atoms that leave on binding may be missing only if they are hydrogens.
    """
    if component is None:
        return None
    heavy = {name for name, (element, _) in component.atoms.items() if element not in ("H", "D")}
    if not heavy <= set(seen):
        return None
    try:
        with BlockLogs():
            mol, index = _built(component)
            Chem.SanitizeMol(mol)
            bare = Chem.RemoveHs(_placed(mol, index, seen))
            Chem.AssignStereochemistryFrom3D(bare)
            return canonical(write_smiles(bare))
    except (ValueError, RuntimeError, TypeError):
        return None


def _built(component: Component) -> tuple[Chem.RWMol, dict[str, int]]:
    """The molecule and the numbers of its atoms; where no hydrogen is listed they are left to valence."""
    mol, index = Chem.RWMol(), dict[str, int]()
    listed = any(element in ("H", "D") for element, _ in component.atoms.values())
    for name, (element, charge) in component.atoms.items():
        atom = Chem.Atom("H" if element == "D" else element)
        atom.SetIsotope(2 if element == "D" else 0)
        atom.SetFormalCharge(charge)
        atom.SetNoImplicit(listed)
        index[name] = mol.AddAtom(atom)
    for first, second, order in component.bonds:  # a file may tell a component twice
        if first in index and second in index and not mol.GetBondBetweenAtoms(index[first], index[second]):
            mol.AddBond(index[first], index[second], _ORDERS.get(order, Chem.BondType.SINGLE))
    return mol, index


def _placed(mol: Chem.RWMol, index: Mapping[str, int], seen: Mapping[str, np.ndarray]) -> Chem.Mol:
    conformer = Chem.Conformer(mol.GetNumAtoms())
    conformer.Set3D(True)
    for name, at in index.items():
        if name in seen:
            conformer.SetAtomPosition(at, Point3D(*map(float, seen[name])))
    mol.AddConformer(conformer)
    return mol.GetMol()
