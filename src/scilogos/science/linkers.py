"""Linkers and nodes of frameworks as parts to assemble: cut at groups that bind a metal, embedded, written as blocks.

An arm is a binding group as SMILES with one `*` where the rest of the linker goes on, as `*C(=O)[O-]`: it belongs to
the node. What lies between the arms of a linker is its core. Knows nothing of nets or of the program that assembles.
"""

from dataclasses import dataclass
from functools import cache

from rdkit import Chem
from rdkit.Chem import rdDistGeom, rdForceFieldHelpers
from rdkit.rdBase import BlockLogs

from scilogos.errors import InputError
from scilogos.science.molecules import neutralised, parse_smiles

_SEED, _CONFORMERS = 20, 4
_ATTEMPTS, _PATIENCE = 10, 600  # of each conformer, or a cage that cannot be would take hours; seconds, a backstop
_STEPS = 200  # of the force field; the framework is relaxed once more
_BOND_LETTERS = {Chem.BondType.SINGLE: "S", Chem.BondType.DOUBLE: "D", Chem.BondType.TRIPLE: "T"}


@dataclass(frozen=True, kw_only=True)
class Cut:
    """Where a linker's arms end: the number of arms, whether two of them meet without a core, what is left outside.

    `block` is the core with hydrogens in PORMAKE's XYZ form, `X` in the middle of each bond that was cut; None where
    two arms are bonded to each other, as in oxalate.
    """

    arms: int
    block: str | None


def node_key(fragment: str) -> str:
    """Write the heavy atoms of a node without protons and without the oxygens that hang on one metal alone.

    Water and hydroxide at an open site come and go with the solvent. A node that is nothing else keeps them.

    >>> node_key("[OH2][Cu][Cu][OH2]"), node_key("[Zn][OH]([Zn])[Zn]")
    ('[Cu][Cu]', '[Zn][O]([Zn])[Zn]')
    """
    with BlockLogs():
        mol = Chem.MolFromSmiles(fragment, sanitize=False)
    if mol is None:
        raise InputError(f"node fragment {fragment!r}: RDKit cannot read it")
    editable = Chem.RWMol(mol)
    for atom in reversed(list(mol.GetAtoms())):
        if atom.GetSymbol() == "O" and atom.GetDegree() == 1 and editable.GetNumAtoms() > 1:
            editable.RemoveAtom(atom.GetIdx())
    for atom in editable.GetAtoms():
        atom.SetNumExplicitHs(0)
        atom.SetNoImplicit(True)
        atom.SetFormalCharge(0)
    editable.UpdatePropertyCache(strict=False)
    return Chem.MolToSmiles(editable)


def count_arms(linker: str, arm: str) -> int:
    """Count the groups of this kind by which a linker can bind, protons aside.

    >>> count_arms("O=C([O-])c1ccc(C(=O)O)cc1", "*C(=O)[O-]"), count_arms("c1cc(-c2ccncc2)ccn1", "*c1ccncc1")
    (2, 2)
    """
    return len(_arms(parse_smiles(neutralised(linker)), arm))


def cut(linker: str, arm: str) -> Cut:
    """Cut a linker at its arms and embed the core: the same linker gives the same coordinates.

    ETKDGv3 from a fixed seed, then MMFF94 or, where it lacks a parameter, UFF; the conformer whose ends lie furthest
    apart. InputError where there are fewer than two arms, arms that share an atom, or no coordinates.
    """
    mol = parse_smiles(neutralised(linker))
    arms = _arms(mol, arm)
    if len(arms) < 2:
        raise InputError(f"{len(arms)} groups {arm}; expected two or more")
    ends = {frozenset(end) for _, end in arms}
    bound = frozenset[int]().union(*(atoms for atoms, _ in arms))
    if any(rest in bound for _, (_, rest) in arms):
        if len(arms) == 2 and len(ends) == 1:
            return Cut(arms=2, block=None)
        raise InputError("groups that bind are bonded to each other")
    return Cut(arms=len(arms), block=_block(mol, bound, [end for _, end in arms]))


@cache
def _query(arm: str) -> tuple[Chem.Mol, int]:
    """The pattern of an arm and the number of its `*`; every other atom has exactly the neighbours that it shows."""
    mol = parse_smiles(neutralised(arm))
    stars = [atom.GetIdx() for atom in mol.GetAtoms() if atom.GetAtomicNum() == 0]
    if len(stars) != 1 or mol.GetAtomWithIdx(stars[0]).GetDegree() != 1:
        raise InputError(f"arm {arm!r}: expected one `*` with one bond")
    rules = Chem.AdjustQueryParameters.NoAdjustments()
    rules.makeDummiesQueries = True
    rules.adjustDegree = True
    rules.adjustDegreeFlags = Chem.ADJUST_IGNOREDUMMIES
    return Chem.AdjustQueryProperties(mol, rules), stars[0]


def _arms(mol: Chem.Mol, arm: str) -> list[tuple[frozenset[int], tuple[int, int]]]:
    """The atoms of each arm in a molecule, and the bond it ends in: its own atom, then the other."""
    query, star = _query(arm)
    inner = query.GetAtomWithIdx(star).GetNeighbors()[0].GetIdx()
    found, claimed = [], set()
    for match in mol.GetSubstructMatches(query):
        atoms = frozenset(atom for number, atom in enumerate(match) if number != star)
        bond = mol.GetBondBetweenAtoms(match[inner], match[star])
        if claimed.isdisjoint(atoms) and bond.GetBondType() == Chem.BondType.SINGLE and not bond.IsInRing():
            claimed |= atoms
            found.append((atoms, (match[inner], match[star])))
    return found


def _block(mol: Chem.Mol, bound: frozenset[int], ends: list[tuple[int, int]]) -> str:
    whole, positions_N3 = _embedded(mol, ends)
    kept = [
        atom.GetIdx()
        for atom in whole.GetAtoms()
        if not bound & {atom.GetIdx(), *(n.GetIdx() for n in atom.GetNeighbors() if atom.GetAtomicNum() == 1)}
    ]
    place = {old: new for new, old in enumerate(kept)}
    lines = [_line(whole.GetAtomWithIdx(old).GetSymbol(), positions_N3[old]) for old in kept]
    lines += [_line("X", (positions_N3[own] + positions_N3[rest]) / 2) for own, rest in ends]
    bonds = [
        f"{place[bond.GetBeginAtomIdx()]} {place[bond.GetEndAtomIdx()]} {_letter(bond)}"
        for bond in whole.GetBonds()
        if bond.GetBeginAtomIdx() in place and bond.GetEndAtomIdx() in place
    ]
    bonds += [f"{len(kept) + number} {place[rest]} S" for number, (_, rest) in enumerate(ends)]
    numbers = " ".join(str(len(kept) + number) for number in range(len(ends)))
    return "\n".join((str(len(lines)), numbers, *lines, *bonds)) + "\n"


def _embedded(mol: Chem.Mol, ends: list[tuple[int, int]]):
    """The molecule with hydrogens, and coordinates in Å, float [atoms, 3], of its most extended conformer."""
    whole = Chem.AddHs(mol)
    rules = rdDistGeom.ETKDGv3()
    rules.randomSeed, rules.maxIterations, rules.numThreads, rules.timeout = _SEED, _ATTEMPTS, 1, _PATIENCE
    with BlockLogs():
        for rules.useRandomCoords in (False, True):  # what distances alone do not solve, a random start may
            numbers = [number for number in rdDistGeom.EmbedMultipleConfs(whole, _CONFORMERS, rules) if number >= 0]
            if numbers:
                break
        else:
            raise InputError("no coordinates")
        if rdForceFieldHelpers.MMFFHasAllMoleculeParams(whole):
            rdForceFieldHelpers.MMFFOptimizeMoleculeConfs(whole, numThreads=1, maxIters=_STEPS)
        elif rdForceFieldHelpers.UFFHasAllMoleculeParams(whole):
            rdForceFieldHelpers.UFFOptimizeMoleculeConfs(whole, numThreads=1, maxIters=_STEPS)
    every = [whole.GetConformer(number).GetPositions() for number in numbers]
    tips = [own for own, _ in ends]
    spans = [((p[tips][:, None] - p[tips][None]) ** 2).sum() for p in every]
    return whole, every[max(range(len(every)), key=lambda number: (round(spans[number], 3), -number))]


def _line(symbol: str, position) -> str:
    return f"{symbol} " + " ".join(f"{value:.4f}" for value in position)


def _letter(bond: Chem.Bond) -> str:
    return "A" if bond.GetIsAromatic() else _BOND_LETTERS.get(bond.GetBondType(), "S")
