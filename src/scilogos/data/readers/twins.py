"""Test items that must not recur in another guise, such as another stereoisomer or another protonation."""

from collections import defaultdict
from collections.abc import Callable, Iterable

from scilogos.errors import ScilogosError


class Twins:
    """Texts of molecules, and the function that says what equal ones share; `in` asks for a twin.

    That function is dear, so it is asked only where the letters agree: those of each part between dots, hydrogen apart,
    however often a part is named.
    """

    def __init__(self, texts: Iterable[str], shared: Callable[[str], str]) -> None:
        self._shared = shared
        self._texts: dict[frozenset[str], set[str]] = defaultdict(set)
        self._known: dict[frozenset[str], set[str]] = {}
        for text in texts:
            self._texts[_letters(text)].add(text)

    def __contains__(self, text: str) -> bool:
        letters = _letters(text)
        if letters not in self._texts:
            return False
        if letters not in self._known:
            self._known[letters] = {self._name(other) for other in self._texts[letters]}
        return self._name(text) in self._known[letters]

    def _name(self, text: str) -> str:
        try:
            return self._shared(text)
        except ScilogosError:
            return text


def _letters(text: str) -> frozenset[str]:
    parts = text.upper().split(".")
    return frozenset("".join(sorted(letter for letter in part if letter.isalpha() and letter != "H")) for part in parts)
