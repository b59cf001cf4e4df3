"""The bracket atom of a SMILES, whole or spelled character by character.

    [ isotope? element chirality? hydrogens? charge? map? ]

The table of parts below is the definition; from it comes a small automaton over characters, built as it is walked.
Source: OpenSMILES specification 1.0, section 3.1, with aromatic `si` and `te` as RDKit reads them.
"""

from functools import cache

ELEMENTS = frozenset(
    "H He Li Be B C N O F Ne Na Mg Al Si P S Cl Ar K Ca Sc Ti V Cr Mn Fe Co Ni Cu Zn Ga Ge As Se Br Kr Rb Sr Y Zr "
    "Nb Mo Tc Ru Rh Pd Ag Cd In Sn Sb Te I Xe Cs Ba La Ce Pr Nd Pm Sm Eu Gd Tb Dy Ho Er Tm Yb Lu Hf Ta W Re Os Ir "
    "Pt Au Hg Tl Pb Bi Po At Rn Fr Ra Ac Th Pa U Np Pu Am Cm Bk Cf Es Fm Md No Lr Rf Db Sg Bh Hs Mt Ds Rg Cn Nh "
    "Fl Mc Lv Ts Og".split()
)
AROMATIC = frozenset("b c n o p s se as te si".split())

_DIGITS = tuple("0123456789")
_ISOTOPES = tuple(str(n) for n in range(1, 1000))
_CHIRALITIES = (
    "@", "@@", "@TH1", "@TH2", "@AL1", "@AL2", *(f"@SP{n}" for n in range(1, 4)),
    *(f"@TB{n}" for n in range(1, 21)), *(f"@OH{n}" for n in range(1, 31)),
)  # fmt: skip
_HYDROGENS = ("H", *("H" + d for d in _DIGITS))
_CHARGES = tuple(sign * n for sign in "+-" for n in (1, 2)) + tuple(f"{sign}{n}" for sign in "+-" for n in range(1, 16))
_MAPS = tuple(f":{n}" for n in range(1000))
PARTS = (  # (may be left out, the texts it can have)
    (False, ("[",)),
    (True, _ISOTOPES),
    (False, tuple(sorted(ELEMENTS | AROMATIC | {"*"}))),
    (True, _CHIRALITIES),
    (True, _HYDROGENS),
    (True, _CHARGES),
    (True, _MAPS),
    (False, ("]",)),
)

# A position of the automaton is a set of (part, text read of that part); part len(PARTS) is the end.
Position = frozenset[tuple[int, str]]


def _openings(part: int) -> set[tuple[int, str]]:
    """The places where reading can go on before `part`, skipping what may be left out."""
    places = {(part, "")}
    while part < len(PARTS) and PARTS[part][0]:
        part += 1
        places.add((part, ""))
    return places


START: Position = frozenset(_openings(0))


@cache
def _prefixes(part: int) -> dict[str, bool]:
    """Each prefix of the part's texts, with whether it is one of them."""
    texts = PARTS[part][1]
    found = {text[:n]: False for text in texts for n in range(1, len(text) + 1)}
    return found | dict.fromkeys(texts, True)


@cache
def advance(position: Position, character: str) -> Position | None:
    """Read one character; None when no bracket atom goes on so."""
    places: set[tuple[int, str]] = set()
    for part, read in position:
        if part < len(PARTS) and (read + character) in _prefixes(part):
            places.add((part, read + character))
            if _prefixes(part)[read + character]:
                places |= _openings(part + 1)
    return frozenset(places) or None


def sound_length(text: str) -> int:
    """How many characters from the left begin some bracket atom: the place of the first wrong one.

    >>> sound_length("[Xx]"), sound_length("[nH]")
    (2, 4)
    """
    position: Position | None = START
    for i, character in enumerate(text):
        position = advance(position, character)
        if position is None:
            return i
    return len(text)


@cache
def is_bracket_atom(text: str) -> bool:
    """Whether the whole text, brackets included, is one bracket atom.

    >>> is_bracket_atom("[C@@H]"), is_bracket_atom("[13CH3-]"), is_bracket_atom("[Xx]"), is_bracket_atom("[nH")
    (True, True, False, False)
    """
    return sound_length(text) == len(text) and text.endswith("]")
