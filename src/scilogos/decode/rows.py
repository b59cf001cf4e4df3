"""One continuation on its way: what has been written, what is expected to follow, and what was drawn."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from scilogos.decode.legal import Rule
from scilogos.decode.outlook import Outlook
from scilogos.errors import PromptError
from scilogos.tokens import Codec, GrownCodec, Guide


@dataclass(frozen=True)
class Prompt:
    """A prompt's symbols, the guide of its answer, and the most symbols that the answer may have.

    Where the model reads fewer, the answer may have fewer.
    """

    tokens: tuple[int, ...]
    guide: Rule
    budget: int
    start: int | None = None  # state of the guide where the answer begins; None: its start
    choices: bool = False  # whether log-likelihoods among the legal symbols are wanted; not over a text's own tokenizer
    wider: Rule | None = None  # one from its start on: likelihoods among what it allows are wanted as well
    stream: int = 0  # tells prompts of the same symbols apart: each has random numbers of its own

    @property
    def state(self) -> int:
        """The state of the guide where the answer begins."""
        return self.guide.start if self.start is None else self.start

    @property
    def seeds(self) -> tuple[int, ...]:
        """The numbers on which its random numbers hang, beside the seed and the sample."""
        return (*self.tokens, 2**32 - self.stream) if self.stream else self.tokens

    def fitted(self, longest: int) -> "Prompt":
        """The prompt with the budget that a model of this context leaves it; PromptError if no answer fits."""
        least, room = self.guide.distance(self.state), longest - len(self.tokens) - 1
        if least > room:
            raise PromptError(
                f"the prompt has {len(self.tokens)} symbols and its answer may need {least}; "
                f"this model reads {longest} at most: shorten the input"
            )
        if least > self.budget:
            raise PromptError(f"an answer may need {least} symbols, and {self.budget} are allowed: ask for less")
        return replace(self, budget=min(self.budget, room))


@dataclass(frozen=True)
class Completion:
    """An answer: its symbols without the end, its log-likelihood (unmasked, temperature 1, end included), its text.

    By symbol, the end last: the log-likelihoods, and where asked those among the legal symbols alone, and among those
    that a wider rule allows.
    """

    tokens: tuple[int, ...]
    score: float
    text: str
    symbol_scores: tuple[float, ...] = ()
    choice_scores: tuple[float, ...] = ()
    wider_scores: tuple[float, ...] = ()

    @property
    def legal_score(self) -> float:
        """The log-likelihood among what the wider rule allows, else among legal symbols; the score where unknown."""
        among = self.wider_scores or self.choice_scores
        return float(sum(among)) if among else self.score


@dataclass(eq=False)
class Row:
    """A continuation of a prompt; `key` names its random numbers."""

    prompt: Prompt
    key: np.uint64
    state: int = -1
    tokens: list[int] = field(default_factory=list)  # the end, once drawn, is the last
    scores: list[float] = field(default_factory=list)
    choices: list[float] = field(default_factory=list)
    wider: list[float] = field(default_factory=list)
    ended: bool = False
    asked: bool = field(init=False)  # for likelihoods among legal symbols
    rule: Guide | None = field(init=False)  # the wider one
    wider_state: int | None = field(init=False)

    def __post_init__(self) -> None:
        self.state = self.prompt.state
        self.asked = self.prompt.choices and isinstance(self.prompt.guide, Guide)
        self.rule = self.prompt.wider if isinstance(self.prompt.wider, Guide) else None
        self.wider_state = self.rule.start if self.rule else None

    def draft(self, most: int) -> list[int]:
        """Symbols that are expected to follow, none where nothing stands out."""
        guide, state, found = self.prompt.guide, self.state, []
        while len(found) < most and len(self.tokens) + len(found) < self.prompt.budget:
            token = guide.draft(state)
            after = None if token is None else guide.step(state, token)
            if token is None or after is None:
                break
            found.append(token)
            state = after
        return found

    def take(self, outlook: Outlook, place: int, uniforms: Sequence[float], draft: Sequence[int], end: int) -> int:
        """Draw at a place, and at those behind it as long as the draft's symbols are drawn; return how many."""
        guide = self.prompt.guide
        for number in range(len(draft) + 1):
            left = self.prompt.budget - len(self.tokens)
            if self.asked:
                token, choice = outlook.draw_legal(place + number, uniforms[number], guide.within(self.state, left))
                self.choices.append(choice)
            else:
                token = outlook.draw(place + number, uniforms[number], guide, self.state, left)
            if self.rule:
                self.wider.append(outlook.among(place + number, token, self._wider_mask(self.rule, token)))
            after = guide.step(self.state, token)
            assert after is not None, "a symbol was drawn that the guide does not allow"
            self.state = after
            self.tokens.append(token)
            self.ended = token == end
            if self.ended or number == len(draft) or token != draft[number]:
                break
        return number + 1

    def _wider_mask(self, rule: Guide, token: int) -> np.ndarray:
        """What the wider rule allows, bool [V]; where it does not see the way that is taken, what the guide does."""
        at, left = self.wider_state, self.prompt.budget - len(self.tokens)
        self.wider_state = None if at is None else rule.step(at, token)
        if at is None or self.wider_state is None:
            return self.prompt.guide.within(self.state, left)
        return rule.mask(at)

    def completion(self, codec: Codec | GrownCodec) -> Completion:
        """What the row has become."""
        tokens = self.tokens[:-1]
        text = codec.decode(tokens)
        by_symbol = tuple(self.scores), tuple(self.choices), tuple(self.wider)
        return Completion(tuple(tokens), float(sum(self.scores)), text, *by_symbol)
