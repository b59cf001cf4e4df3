"""Hypothesis strategies for every object and sentence of the language. They know OpenSMILES, not our parser."""

from hypothesis import strategies as st

from scilogos.grammar import (
    Antibody,
    Complex,
    Design,
    Edit,
    Located,
    Material,
    Molecule,
    Protein,
    Reaction,
    Retro,
    Transform,
)
from scilogos.tokens.vocabulary import BRACKET_ATOMS

# None of these is a symbol of the vocabulary: they are spelled.
RARE_BRACKET_ATOMS = (
    "[13CH3]", "[2H]", "[Xe]", "[Co@OH24+2]", "[CH3:7]", "[235U]", "[*:1]", "[18F-]", "[Pt@SP1]", "[n+:12]", "[13C@@H]",
    "[te]", "[si]", "[as]", "[Og]", "[C@TH1]", "[C@AL2H]", "[P@TB20]", "[Fe++]", "[O--]", "[999Cn]", "[W+6]", "[S@+]",
    "[15nH]", "[CH0]", "[C:0]", "[Sc+15]", "[No]", "[se+]",
)  # fmt: skip


def residues(min_size: int = 1, max_size: int = 10) -> st.SearchStrategy[str]:
    return st.text("ACDEFGHIKLMNPQRSTVWYX", min_size=min_size, max_size=max_size)


@st.composite
def proteins(draw, level: str | None = None, max_size: int = 10) -> Protein:
    """Chains of a level at most: a chain without a site is plain, whatever was asked."""
    letters = draw(residues(max_size=max_size))
    sites = draw(st.lists(st.integers(0, len(letters) - 1), max_size=4))
    return Protein(letters, tuple(sites), level or draw(st.sampled_from(("plain", "marked", "expanded"))))


@st.composite
def antibodies(draw, loops: str | None = None) -> Antibody:
    """Antibodies without loops ("none"), with gaps ("gaps") or with filled loops ("filled"), loops side by side too."""
    loops = loops or draw(st.sampled_from(("none", "gaps", "filled")))
    if loops == "none":
        return Antibody(draw(residues()))
    least = int(loops == "filled")
    pieces = draw(st.lists(st.tuples(residues(0, 4), residues(1, 3)), min_size=1, max_size=4))
    text, spans = "", []
    for framework, loop in pieces:
        text += framework
        start = len(text)
        text += loop * least
        spans.append((start, len(text)))
    return Antibody(text + draw(residues(0, 4)), tuple(spans))


def bracket_atoms() -> st.SearchStrategy[str]:
    def optional(texts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        return st.one_of(st.just(""), texts)

    built = st.tuples(
        optional(st.integers(1, 999).map(str)),
        st.sampled_from(("C", "c", "n", "N", "H", "Co", "Cn", "Sc", "S", "se", "si", "*", "U", "He", "Hg", "As", "as")),
        optional(st.sampled_from(("@", "@@", "@TH2", "@AL1", "@SP3", "@TB7", "@TB17", "@OH3", "@OH30"))),
        optional(st.sampled_from(("H", "H0", "H2", "H4"))),
        optional(st.sampled_from(("+", "-", "++", "--", "+2", "-15"))),
        optional(st.integers(0, 999).map(lambda n: f":{n}")),
    ).map(lambda parts: f"[{''.join(parts)}]")
    return st.one_of(st.sampled_from(BRACKET_ATOMS), st.sampled_from(RARE_BRACKET_ATOMS), built)


_ORGANIC = ("C", "c", "N", "O", "n", "Cl", "Br", "B", "P", "S", "F", "I", "s", "*")
_ATOMS = st.one_of(st.sampled_from(_ORGANIC), bracket_atoms())
_BONDS = st.sampled_from(("", "", "", "-", "=", "#", "$", ":", "/", "\\"))


@st.composite
def smiles(draw, max_atoms: int = 8) -> str:
    """A tree of atoms (a root follows a dot), then ring bonds between any two atoms; chemistry is not asked."""
    count = draw(st.integers(1, max_atoms))
    parents = [-1] + [draw(st.integers(-1 if draw(st.booleans()) else 0, i - 1)) for i in range(1, count)]
    atom = st.integers(0, count - 1)
    pairs = draw(st.lists(st.tuples(atom, atom).filter(lambda p: p[0] != p[1]), max_size=4 if count > 1 else 0))
    open_rings: dict[int, int] = {}  # index of the pair -> its ring number

    def ring_numbers(i: int) -> str:
        text = ""
        for k, pair in enumerate(pairs):
            if i in pair:
                number = open_rings.pop(k, None)
                if number is None:
                    number = draw(st.integers(0, 99).filter(lambda n: n not in open_rings.values()))
                    open_rings[k] = number
                text += draw(_BONDS) + (str(number) if number < 10 else f"%{number}")
        return text

    def written(i: int) -> str:
        text = draw(_ATOMS) + ring_numbers(i)
        children = [j for j in range(count) if parents[j] == i]
        for j in children:
            branch = draw(_BONDS) + written(j)
            text += branch if j == children[-1] and draw(st.integers(0, 4)) else f"({branch})"
        return text

    return ".".join(written(i) for i in range(count) if parents[i] == -1)


def molecules() -> st.SearchStrategy[Molecule]:
    return smiles().map(Molecule)


def materials() -> st.SearchStrategy[Material]:
    nets = st.one_of(st.none(), st.sampled_from(("pcu", "fcu-a", "rna-13", "*.x,2")))
    return st.builds(
        Material, st.lists(smiles(4), min_size=1, max_size=3), st.lists(molecules(), min_size=1, max_size=2), nets
    )


def _some(things: st.SearchStrategy, least: int = 1) -> st.SearchStrategy:
    return st.lists(things, min_size=least, max_size=3)


def complexes() -> st.SearchStrategy[Complex]:
    chains = st.sampled_from(("plain", "marked", "expanded")).flatmap(lambda level: _some(proteins(level)))
    return st.builds(Complex, chains, molecules())


def designs() -> st.SearchStrategy[Design]:
    antigens = _some(st.one_of(proteins("plain"), proteins("marked")), 0)
    opened = _some(st.one_of(antibodies("none"), antibodies("gaps")))
    return st.builds(Design, antigens, opened, _some(st.one_of(antibodies("none"), antibodies("filled"))))


SENTENCES = {
    "protein": proteins(),
    "antibody": antibodies(),
    "molecule": molecules(),
    "material": materials(),
    "located": st.builds(Located, _some(proteins("plain")), _some(proteins("marked"))),
    "transform": st.builds(Transform, _some(proteins("marked")), _some(proteins("expanded"))),
    "complex": complexes(),
    "reaction": st.builds(Reaction, _some(molecules()), _some(molecules())),
    "retro": st.builds(Retro, molecules(), _some(molecules())),
    "design": designs(),
    "edit": st.builds(Edit, proteins("plain"), proteins("plain")),
}


def sentences() -> st.SearchStrategy:
    return st.one_of(*SENTENCES.values())
