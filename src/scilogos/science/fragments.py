"""A fragment to grow a molecule from: its writings, and the hydrogens that growth may replace."""

import random

from rdkit import Chem

from scilogos.errors import InputError
from scilogos.grammar.constraints import Fragment, FragmentAtom
from scilogos.science.molecules import parse_smiles, write_smiles

_OPEN = "open"  # hydrogens that a `*` stood for
_SP3, _CARBON = Chem.HybridizationType.SP3, 6


def fragment_writings(smiles: str, count: int, rng: random.Random) -> list[Fragment]:
    """Write a fragment in up to `count` distinct ways from different atoms, the canonical one first.

    Growth may replace the hydrogens that each `*` stands for; where there is none, any hydrogen. InputError for a
    SMILES that RDKit refuses, for several molecules, and for a `*` that does not hang on one atom by a single bond, or
    hangs where stereo is written.
    """
    mol = _closed(parse_smiles(smiles), smiles)
    marked = any(atom.HasProp(_OPEN) for atom in mol.GetAtoms())
    found: dict[str, Fragment] = {}
    for root in [-1, *rng.sample(range(mol.GetNumAtoms()), mol.GetNumAtoms())]:
        if len(found) == count:
            break
        text = write_smiles(mol, root=root)
        firm = _firm(mol, rng)
        order = list(mol.GetPropsAsDict(True, True)["_smilesAtomOutputOrder"])
        atoms = [_atom(mol.GetAtomWithIdx(i), marked, i in firm) for i in order]
        found.setdefault(text, Fragment(text, tuple(atoms), marked))
    return list(found.values())


def _closed(mol: Chem.Mol, smiles: str) -> Chem.Mol:
    """The molecule with a hydrogen in place of each `*`, noted at its neighbour; no atom maps."""
    if "." in smiles:
        raise InputError(f"fragment {smiles!r}: it has several parts; give one molecule without dots")
    for atom in mol.GetAtoms():
        atom.SetAtomMapNum(0)
        if atom.GetAtomicNum():
            continue
        bonds = atom.GetBonds()
        neighbours = [bond.GetOtherAtom(atom) for bond in bonds if bond.GetBondType() == Chem.BondType.SINGLE]
        if len(bonds) != 1 or not neighbours or not neighbours[0].GetAtomicNum():
            raise InputError(f"fragment {smiles!r}: each * must hang on one atom by a single bond")
        if neighbours[0].GetChiralTag() != Chem.ChiralType.CHI_UNSPECIFIED or any(
            bond.GetStereo() > Chem.BondStereo.STEREOANY for bond in neighbours[0].GetBonds()
        ):
            raise InputError(f"fragment {smiles!r}: stereo where a * hangs cannot be kept; leave out its @, / or \\")
        opened = neighbours[0].GetIntProp(_OPEN) if neighbours[0].HasProp(_OPEN) else 0
        neighbours[0].SetIntProp(_OPEN, opened + 1)
    for atom in mol.GetAtoms():
        if not atom.GetAtomicNum():
            atom.SetAtomicNum(1)
            atom.SetIsotope(0)
    return Chem.RemoveHs(mol)


def _atom(atom: Chem.Atom, marked: bool, firm: bool) -> FragmentAtom:
    opened = atom.GetIntProp(_OPEN) if atom.HasProp(_OPEN) else 0
    return FragmentAtom(atom.GetSymbol(), opened if marked else atom.GetTotalNumHs(), firm)


def _firm(mol: Chem.Mol, rng: random.Random) -> set[int]:
    """The atoms that keep to single bonds: unsaturated ones, and a carbon of each ring that could become aromatic."""
    firm = {atom.GetIdx() for atom in mol.GetAtoms() if atom.GetHybridization() != _SP3}
    for ring in mol.GetRingInfo().AtomRings():
        atoms = [mol.GetAtomWithIdx(i) for i in ring]
        saturated = [a.GetIdx() for a in atoms if a.GetHybridization() == _SP3 and a.GetAtomicNum() == _CARBON]
        bare = [i for i in saturated if mol.GetAtomWithIdx(i).GetTotalNumHs() < 2]
        if saturated and not bare and not firm.intersection(saturated):
            firm.add(rng.choice(saturated))
    return firm
