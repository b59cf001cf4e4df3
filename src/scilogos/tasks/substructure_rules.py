"""What a user asks of a molecule's substructures: held while it is written where it can be, else by rejection."""

from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass, replace

from scilogos.errors import InputError
from scilogos.grammar.bracket import ELEMENTS
from scilogos.grammar.constraints import Bounds, elements
from scilogos.science import Substructure, named_elements, read_substructure


@dataclass(frozen=True)
class Rule:
    """A substructure that a whole molecule must have, or must not."""

    name: str
    pattern: Substructure
    wanted: bool

    def allows(self, smiles: str) -> bool:
        """Whether a molecule keeps the rule."""
        return self.pattern.within(smiles) == self.wanted


@dataclass(frozen=True)
class Rules:
    """Required and forbidden substructures: elements that bounds or supply see to, and what is left to rejection."""

    barred: frozenset[str] = frozenset()
    supply: tuple[str, ...] = ()
    held: tuple[str, ...] = ()  # names of the rules that barred and supply stand for
    left: tuple[Rule, ...] = ()

    def narrowed(self, bounds: Bounds) -> Bounds:
        """The bounds without the forbidden elements."""
        return replace(bounds, elements=(bounds.elements or ELEMENTS) - self.barred) if self.barred else bounds

    def broken(self, smiles: str) -> tuple[str, ...]:
        """The names of the rules left to rejection that a molecule breaks."""
        return tuple(rule.name for rule in self.left if not rule.allows(smiles))


def read_rules(require: Sequence[str], forbid: Sequence[str], whole: Set[str]) -> Rules:
    """Read SMARTS; `whole` are the bracket atoms of the vocabulary. InputError for one that RDKit refuses."""
    barred, supply, held, left = set[str](), list[str](), list[str](), list[Rule]()
    for option, text in _options(require, forbid):
        name, wanted = f"{option} {text}", option == "require"
        try:
            pattern, named = read_substructure(text), named_elements(text)
        except InputError as error:
            raise InputError(f"{option}: {error}") from None
        if wanted and len(named) == 1 and elements(f"[{min(named)}]", whole):
            supply += named
            held.append(name)
        elif named and not wanted:
            if "C" in named:
                raise InputError(f"{option}: {text!r} is carbon, and every molecule has some; expected anything else")
            barred |= named
            held.append(name)
        else:
            left.append(Rule(name, pattern, wanted))
    return Rules(frozenset(barred), tuple(dict.fromkeys(supply)), tuple(held), tuple(left))


def _options(require: Sequence[str], forbid: Sequence[str]) -> Iterable[tuple[str, str]]:
    yield from (("require", text) for text in require)
    yield from (("forbid", text) for text in forbid)
