"""A constraint followed character by character: what of a half-read symbol can still become of it.

Tokens of a Llama or Qwen vocabulary are pieces of text that begin and end inside our symbols: `CC` then `l`, `[C@` then
`@H](`. A state is therefore a set of readings: where the guide of whole symbols stands, and the characters read since.
`C` is read in two ways at once, as an atom and as the beginning of `Cl`.
"""

from typing import NamedTuple

from scilogos.tokens.guide import Guide


class Reading(NamedTuple):
    """A state of the guide, and the characters of an unfinished symbol behind it."""

    number: int
    begun: str = ""


class Spelling:
    """The automaton over characters, built as it is walked. States are small integers."""

    def __init__(self, guide: Guide) -> None:
        self.guide = guide
        self._states: list[tuple[Reading, ...]] = []
        self._numbers: dict[tuple[Reading, ...], int] = {}
        self._after: list[dict[str, int | None]] = []
        self._endings: dict[Reading, int | None] = {}  # the shortest symbol that ends a reading and may follow
        self._ways: dict[
            int, tuple[int, int]
        ] = {}  # by state of the guide: a symbol of the short way, the whole length
        self._whole: dict[str, list[int]] = {}  # text -> its symbols, one of each class
        self._begun: dict[
            str, list[int]
        ] = {}  # a symbol's beginning -> such symbols, one of each class, shortest first
        self._shortest = self._symbols_by_class()
        self._longest = max(map(self._length, self._shortest))
        self.start, self.done = self._intern([Reading(guide.start)]), self._intern([Reading(guide.done)])

    def _symbols_by_class(self) -> list[int]:
        """Fill the tables of texts; return the shortest symbol of each class, shortest first."""
        vocabulary, classify = self.guide.vocabulary, self.guide.constraint.classify
        shortest: dict[object, int] = {}
        known: set[tuple[str, object]] = set()
        for symbol, token in sorted(vocabulary.ids.items(), key=lambda pair: len(pair[0].text)):
            kind, text = classify(symbol), symbol.text
            if kind is None:
                continue
            shortest.setdefault(kind, token)
            if symbol.kind == "tag":
                continue
            self._whole.setdefault(text, []).append(token)
            for beginning in (text[:n] for n in range(1, len(text))):
                if (beginning, kind) not in known:
                    known.add((beginning, kind))
                    self._begun.setdefault(beginning, []).append(token)
        texts = {token: symbol.text for symbol, token in vocabulary.ids.items()}
        return sorted(shortest.values(), key=lambda t: (self._length(t), texts[t].isalpha()))  # what closes, first

    def _length(self, token: int) -> int:
        """Tokens of one character that write a symbol; a tag is one."""
        symbol = self.guide.vocabulary.symbols[token]
        return 1 if symbol is None or symbol.kind == "tag" else len(symbol.text)

    def _intern(self, readings: list[Reading]) -> int:
        key = tuple(sorted(set(readings)))
        number = self._numbers.get(key)
        if number is None:
            number = self._numbers[key] = len(self._states)
            self._states.append(key)
            self._after.append({})
        return number

    def step(self, state: int, character: str) -> int | None:
        """The state after a character; None where no symbol that may follow goes on so."""
        after = self._after[state]
        if character not in after:
            found = [reading for before in self._states[state] for reading in self._read(before, character)]
            after[character] = self._intern(found) if found else None
        return after[character]

    def _read(self, before: Reading, character: str) -> list[Reading]:
        text, guide = before.begun + character, self.guide
        whole = (guide.step(before.number, token) for token in self._whole.get(text, ()))
        found = [Reading(number) for number in whole if number is not None]
        goes_on = text in self._begun and self._ending(Reading(before.number, text)) is not None
        return [*found, Reading(before.number, text)] if goes_on else found

    def _ending(self, reading: Reading) -> int | None:
        """The shortest symbol that a reading can become; None if there is none that may follow."""
        if reading not in self._endings:
            number, symbols = reading.number, self._begun[reading.begun]
            legal = (token for token in symbols if self.guide.step(number, token) is not None)
            self._endings[reading] = next(legal, None)
        return self._endings[reading]

    def read(self, state: int, token: int) -> int | None:
        """The state after a whole symbol, a tag or the end; None where one is begun or it may not follow."""
        after = (self.guide.step(number, token) for number, begun in self._states[state] if not begun)
        found = [Reading(number) for number in after if number is not None]
        return self._intern(found) if found else None

    def expected(self, state: int, most: int) -> str:
        """The text that a copy goes on with, up to a tag or so many characters; a tag by itself."""
        text, symbols = "", self.guide.vocabulary.symbols
        number = next((number for number, begun in self._states[state] if not begun), None)
        while number is not None and len(text) < most:
            token = self.guide.draft(number)
            symbol = None if token is None else symbols[token]
            if token is None or symbol is None or (symbol.kind == "tag" and text):
                break
            if symbol.kind == "tag":
                return symbol.text
            text, number = text + symbol.text, self.guide.step(number, token)
        return text

    def distance(self, state: int) -> int:
        """How many characters (a tag counts as one) to a whole answer suffice."""
        return min(map(self._distance, self._states[state]))

    def bound(self, state: int) -> int:
        """A number that the distance does not exceed, without walking the way."""
        return min(map(self._bound, self._states[state]))

    def reaches(self, state: int, most: int) -> bool:
        """Whether the distance is `most` or less; the way is walked only where the bound leaves it open."""
        return self.bound(state) <= most or self.distance(state) <= most

    def _bound(self, reading: Reading) -> int:
        number, left = self._end(reading) if reading.begun else (reading.number, 0)
        characters = self.guide.characters(number)
        return left + (self._longest * self.guide.distance(number) if characters is None else characters)

    def _distance(self, reading: Reading) -> int:
        number, begun = reading
        if not begun:
            return self._way(number)[1]
        after, left = self._end(reading)
        found = left + self._way(after)[1]
        token, whole = self._way(number)
        symbol = self.guide.vocabulary.symbols[token]
        on_the_way = symbol is not None and symbol.kind != "tag" and symbol.text.startswith(begun)
        return min(found, whole - len(begun)) if on_the_way else found

    def _end(self, reading: Reading) -> tuple[int, int]:
        """Where the shortest symbol leads that a reading can become, and the characters that it lacks."""
        token = self._ending(reading)
        assert token is not None, reading
        after = self.guide.step(reading.number, token)
        assert after is not None, reading
        return after, self._length(token) - len(reading.begun)

    def _way(self, number: int) -> tuple[int, int]:
        """The first symbol of a short way to the end from a state of the guide, and the way's length in characters."""
        passed, end = [], self.guide.vocabulary.end
        while number not in self._ways:
            if not self.guide.distance(number):
                self._ways[number] = end, 0
            else:
                token, after = self._nearer(number)
                passed.append((number, token))
                number = after
        length = self._ways[number][1]
        for number, token in reversed(passed):
            length += self._length(token)
            self._ways[number] = token, length
        return self._ways[number]

    def _nearer(self, number: int) -> tuple[int, int]:
        """The shortest symbol that lowers the guide's distance, and where it leads."""
        here = self.guide.distance(number)
        for token in self._shortest:
            after = self.guide.step(number, token)
            if after is not None and self.guide.distance(after) < here:
                return token, after
        raise AssertionError(f"no symbol leads nearer to the end from {number}")

    def __len__(self) -> int:
        return len(self._states) + len(self.guide)
