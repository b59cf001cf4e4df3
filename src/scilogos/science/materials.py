"""Metal-organic frameworks from text: node fragments, linkers and net, in the language's order.

No CIF is read here: cutting a crystal into node and linkers is the work of MOFid, whose output lines are read instead.
"""

from rdkit import Chem
from rdkit.Chem import rdMolDescriptors
from rdkit.rdBase import BlockLogs

from scilogos.errors import InputError, ObjectError, ParseError
from scilogos.grammar import smiles as smiles_syntax
from scilogos.grammar.objects import Material, Molecule
from scilogos.science.molecules import canonical, neutralised, parse_smiles

_UNKNOWN_NETS = frozenset({"", "UNKNOWN", "ERROR", "NA", "TIMEOUT", "MISMATCH", "NEW"})
_NON_METALS = frozenset(
    (0, 1, 2, *range(5, 11), *range(14, 19), *range(32, 37), *range(51, 55))
)  # atomic numbers; 0 is *

# What binds a metal, looked for in the neutralised linker, most specific first: a group claims its hetero atoms, and
# each claim counts once. An azole binds by each of its free nitrogens (imidazolate bridges two metals).
_GROUPS = {
    "hydroxamate": "C(=O)N[OX2H]",
    "carboxylate": "C(=O)[OX2H]",
    "dithiocarboxylate": "C(=S)[SX2H]",
    "phosphonate": "P(=O)[OX2H]",
    "sulfonate": "S(=O)(=O)[OX2H]",
    "azole nitrogen": "[nr5;X2,H1]",
    "pyridyl nitrogen": "[nr6X2]",
    "pyridine oxide": "[n+][OX1-]",
    "bridgehead amine": "[NX3;R2,R3](C)(C)C",
    "phenolate": "c[OX2H]",
    "thiophenolate": "c[SX2H]",
    "nitrile": "C#[NX1]",
}
_PATTERNS = {name: Chem.MolFromSmarts(smarts) for name, smarts in _GROUPS.items()}


def split_fragments(text: str) -> list[str]:
    """Split a SMILES at its dots, verbatim, except where an open ring bond joins what the dot parts.

    >>> split_fragments("[Zn]O[Zn].[Cu]"), split_fragments("[Zn]1.O1")
    (['[Zn]O[Zn]', '[Cu]'], ['[Zn]1.O1'])
    """
    try:
        prefix, parts = smiles_syntax.START, [""]
        smiles_syntax.check(text)
    except ParseError as error:
        raise InputError(f"SMILES {text!r}: {error}") from None
    for symbol in smiles_syntax.cut(text):
        if symbol == "." and not prefix.rings:
            parts.append("")
        else:
            parts[-1] += symbol
        prefix = prefix.step(symbol)
    return parts


def material(node: str, linkers: str, net: str | None = None) -> Material:
    """Make a material of dot-separated node fragments (kept verbatim) and linkers (made canonical).

    Both are ordered by exact mass, then text. Nets that their source could not tell (UNKNOWN, ERROR, ...) are dropped.
    """
    nodes = sorted(split_fragments(node), key=lambda text: (_node_mass(text), text))
    molecules = sorted(map(canonical, split_fragments(linkers)), key=lambda text: (_mass(parse_smiles(text)), text))
    known = [code.strip() for code in (net or "").split(",") if code.strip().upper() not in _UNKNOWN_NETS]
    try:
        return Material(tuple(nodes), tuple(map(Molecule, molecules)), ",".join(known) or None)
    except ObjectError as error:
        raise InputError(str(error)) from None


def read_mofid(line: str) -> Material:
    """Read a MOFid-v1 line, `node.linkers MOFid-v1.pcu.cat0;name`: fragments with a metal are the node's."""
    smiles, _, rest = line.strip().partition(" ")
    fields = rest.strip().partition(";")[0].split(".")
    if fields[0] != "MOFid-v1" or len(fields) < 2:
        raise InputError(f"found {line.strip()[:60]!r}; expected a line such as [Zn].OC=O MOFid-v1.pcu.cat0")
    fragments = [] if smiles == "*" else split_fragments(smiles)
    nodes = [text for text in fragments if _has_metal(text)]
    linkers = [text for text in fragments if not _has_metal(text)]
    if not nodes or not linkers:
        raise InputError(f"MOFid {smiles[:60]!r} has no {'linker' if nodes else 'metal node'}; a material needs both")
    return material(".".join(nodes), ".".join(linkers), fields[1])


def coordinating_groups(linker: str) -> int:
    """Count the groups of a linker that can bind a metal: carboxylates, azole and pyridyl nitrogens, phenolates, ...

    Ours: twelve patterns, under which nearly all linkers of known frameworks have two or more.
    """
    mol, claimed, count = parse_smiles(neutralised(linker)), set(), 0
    for pattern in _PATTERNS.values():
        for match in mol.GetSubstructMatches(pattern):
            anchors = {atom for atom in match if mol.GetAtomWithIdx(atom).GetSymbol() != "C"} or set(match)
            if not anchors & claimed:
                claimed |= anchors
                count += 1
    return count


def metals(fragment: str) -> list[str]:
    """Give the symbols of the metals in a node fragment, sorted, each once.

    >>> metals("[Zn][O]([Cu])[Zn]")
    ['Cu', 'Zn']
    """
    return sorted({atom.GetSymbol() for atom in _loose(fragment).GetAtoms() if atom.GetAtomicNum() not in _NON_METALS})


def comparison_key(material: Material) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Give what makes two materials equal whatever their net, the protons of linkers, and how often a part is named."""
    linkers = {neutralised(linker.smiles) for linker in material.linkers}
    return tuple(sorted(set(material.nodes))), tuple(sorted(linkers))


def _has_metal(text: str) -> bool:
    return any(atom.GetAtomicNum() not in _NON_METALS for atom in _loose(text).GetAtoms())


def _node_mass(text: str) -> float:
    mol = _loose(text)
    mol.UpdatePropertyCache(strict=False)
    return _mass(mol)


def _mass(mol: Chem.Mol) -> float:
    return round(rdMolDescriptors.CalcExactMolWt(mol), 4)


def _loose(text: str) -> Chem.Mol:
    with BlockLogs():
        mol = Chem.MolFromSmiles(text, sanitize=False)
    if mol is None:
        raise InputError(f"node fragment {text!r}: RDKit cannot read it")
    return mol
