"""The nouns of the language: typed things and the sentences they form. Everything is frozen, hashable and checked.

Objects    Protein, Antibody, Molecule, Material
Sentences  each object alone; Located, Transform, Complex, Reaction, Retro, Design, Edit
"""

from dataclasses import dataclass, fields
from typing import Literal, get_args, get_origin

from scilogos.errors import ObjectError, ParseError
from scilogos.grammar import forms
from scilogos.grammar import smiles as smiles_syntax

RESIDUES = "ACDEFGHIKLMNPQRSTVWY"
UNKNOWN_RESIDUE = "X"
_LETTERS = frozenset(RESIDUES + UNKNOWN_RESIDUE)
NET_CHARACTERS = "abcdefghijklmnopqrstuvwxyz0123456789-,.*"

Level = Literal["plain", "marked", "expanded"]


def _check_residues(residues: str, what: str) -> None:
    for i, letter in enumerate(residues):
        if letter not in _LETTERS:
            raise ObjectError(f"{what}: residue {i + 1} is {letter!r}; expected one of {RESIDUES} or X")


def _check_smiles(text: str, what: str) -> None:
    try:
        smiles_syntax.check(text)
    except ParseError as error:
        raise ObjectError(f"{what} {text!r}: {error}") from None


@dataclass(frozen=True)
class Protein:
    """One protein chain; `sites` are 0-based indices of binding-site residues, written as `level` says.

    Without a site the level is plain; an expanded chain whose sites are all unknown residues is a marked one.
    """

    residues: str
    sites: tuple[int, ...] = ()
    level: Level = "marked"

    def __post_init__(self) -> None:
        if not self.residues:
            raise ObjectError("a protein needs at least one residue")
        _check_residues(self.residues, "protein")
        if self.level not in get_args(Level):
            raise ObjectError(f"level is {self.level!r}; expected one of {', '.join(get_args(Level))}")
        sites = tuple(sorted(set(self.sites))) if self.level != "plain" else ()
        if sites and not 0 <= sites[0] <= sites[-1] < len(self.residues):
            outside = sites[0] if sites[0] < 0 else sites[-1]
            raise ObjectError(f"site {outside} lies outside a chain of {len(self.residues)} residues (0-based)")
        level = self.level if sites else "plain"
        if level == "expanded" and all(self.residues[i] == UNKNOWN_RESIDUE for i in sites):
            level = "marked"
        object.__setattr__(self, "sites", sites)
        object.__setattr__(self, "level", level)


@dataclass(frozen=True)
class Antibody:
    """One antibody variable domain; `loops` are the designed loops as 0-based half-open spans of `residues`.

    A span of no residues is a gap, a loop left open; an antibody has either gaps or filled loops, not both.
    """

    residues: str
    loops: tuple[tuple[int, int], ...] = ()

    def __post_init__(self) -> None:
        _check_residues(self.residues, "antibody")
        loops = tuple((int(s), int(e)) for s, e in self.loops)
        if not self.residues and not loops:
            raise ObjectError("an antibody needs at least one residue")
        ends = [0, *(x for span in loops for x in span), len(self.residues)]
        if ends != sorted(ends):
            raise ObjectError(f"loops {loops} must be in order, apart, and within {len(self.residues)} residues")
        if len({s == e for s, e in loops}) > 1:
            raise ObjectError(f"loops {loops}: gaps and filled loops cannot stand in one antibody")
        object.__setattr__(self, "loops", loops)

    @property
    def gapped(self) -> bool:
        """Whether its loops are left open."""
        return any(s == e for s, e in self.loops)

    def opened(self) -> "Antibody":
        """The same antibody with its loops cut out and left open."""
        residues, loops, last = "", [], 0
        for start, end in self.loops:
            residues += self.residues[last:start]
            loops.append((len(residues), len(residues)))
            last = end
        return Antibody(residues + self.residues[last:], tuple(loops))


@dataclass(frozen=True)
class Molecule:
    """One molecule as a SMILES, written as given."""

    smiles: str

    def __post_init__(self) -> None:
        _check_smiles(self.smiles, "molecule")


@dataclass(frozen=True)
class Material:
    """One metal-organic framework: fragments of its metal node (SMILES), its linkers, and its net (an RCSR code)."""

    nodes: tuple[str, ...]
    linkers: tuple[Molecule, ...]
    net: str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "nodes", tuple(self.nodes))
        object.__setattr__(self, "linkers", tuple(self.linkers))
        if not self.nodes or not self.linkers:
            raise ObjectError("a material needs at least one node fragment and one linker")
        for node in self.nodes:
            _check_smiles(node, "node fragment")
        for linker in self.linkers:
            if not isinstance(linker, Molecule):
                raise ObjectError(f"linker {linker!r}: expected a Molecule")
        if self.net is not None and (not self.net or set(self.net) - set(NET_CHARACTERS)):
            raise ObjectError(f"net {self.net!r}: expected an RCSR code such as pcu")


Object = Protein | Antibody | Molecule | Material


def kinds(thing: Object) -> frozenset[str]:
    """The object kinds of the table of forms that a thing is."""
    match thing:
        case Protein(level="plain"):
            return frozenset({"chain", "marked", "expanded"})
        case Protein(level="expanded"):
            return frozenset({"expanded"})
        case Protein(residues=residues, sites=sites):
            only_unknown = all(residues[i] == UNKNOWN_RESIDUE for i in sites)
            return frozenset({"marked", "expanded"} if only_unknown else {"marked"})
        case Antibody(loops=()):
            return frozenset({"antibody", "gapped", "filled"})
        case Antibody():
            return frozenset({"gapped" if thing.gapped else "filled"})
    return frozenset({type(thing).__name__.lower()})


class _Joined:
    """A sentence of several objects: its fields stand in the order of its text, the joint before the last of them."""

    def __post_init__(self) -> None:
        name, (*_, last) = type(self).__name__.lower(), fields(self)  # type: ignore[arg-type]
        position = frozenset(item for item in forms.START if item[0] == name)
        for field in fields(self):  # type: ignore[arg-type]
            value, many = getattr(self, field.name), get_origin(field.type) is tuple
            things = tuple(value) if many and not isinstance(value, Object) else (value,)
            if many:
                object.__setattr__(self, field.name, things)
            found = [kinds(thing) for thing in things]
            if field is last and (joint := forms.FORMS[name].joint):
                found.insert(0, frozenset({joint}))
            for matched in found:
                expected, position = forms.expected(position), forms.advance(position, matched)
                if not position:
                    raise ObjectError(f"{name}, {field.name}: found {_either(matched)}; expected {_either(expected)}")
        if not forms.completed(position):
            raise ObjectError(f"{name}, {last.name}: expected {_either(forms.expected(position))}")


def _either(words: frozenset[str]) -> str:
    return " or ".join(sorted(words)) or "no more"


@dataclass(frozen=True)
class Located(_Joined):
    """Chains, and the same chains with their binding sites marked."""

    chains: tuple[Protein, ...]
    marked: tuple[Protein, ...]


@dataclass(frozen=True)
class Transform(_Joined):
    """Marked chains, and the same chains with the marked residues written as SMILES."""

    marked: tuple[Protein, ...]
    expanded: tuple[Protein, ...]


@dataclass(frozen=True)
class Complex(_Joined):
    """Chains with the contacts of one ligand, and the ligand."""

    chains: tuple[Protein, ...]
    ligand: Molecule


@dataclass(frozen=True)
class Reaction(_Joined):
    """Reactants and products."""

    reactants: tuple[Molecule, ...]
    products: tuple[Molecule, ...]


@dataclass(frozen=True)
class Retro(_Joined):
    """A product and the reactants that give it."""

    product: Molecule
    reactants: tuple[Molecule, ...]


@dataclass(frozen=True)
class Design(_Joined):
    """Antigen chains (may be none), antibodies with gaps, and the same antibodies filled."""

    antigens: tuple[Protein, ...]
    gapped: tuple[Antibody, ...]
    filled: tuple[Antibody, ...]


@dataclass(frozen=True)
class Edit(_Joined):
    """A parent protein and a fitter variant of it."""

    parent: Protein
    variant: Protein


Sentence = Object | Located | Transform | Complex | Reaction | Retro | Design | Edit
