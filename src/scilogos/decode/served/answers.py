"""One answer on its way: what vLLM draws is kept up to the first token that the guide refuses, and goes on from there.

In the place of the refused token one is drawn among the legal ones alone. So each token is drawn as if the guide had
masked it, whatever part of the constraint the grammar carries; only truncation (top_p, top_k, min_p) sees more tokens
where it carries less.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from scilogos.decode.rows import Completion, Prompt
from scilogos.decode.served.requests import Draw, Request
from scilogos.tokens import Codec, GrownCodec, Guide
from scilogos.tokens.guide import Automaton

_MOST_ASKED = 128  # tokens whose log-probability vLLM gives at a place
_FEWEST = 16  # tokens asked for behind a refused one; twice as many as were kept, from then on


@dataclass(eq=False)
class Answer:
    """A continuation of a prompt."""

    prompt: Prompt
    state: int = -1
    tokens: list[int] = field(default_factory=list)  # the end, once drawn, is the last
    choices: list[float] = field(default_factory=list)
    wider: list[float] = field(default_factory=list)
    ended: bool = False
    refused: bool = False  # whether the last draw went on with an illegal token
    kept: int = 0  # tokens of the last draw

    def __post_init__(self) -> None:
        self.state = self.prompt.state
        self.wider_state: int | None = self.prompt.wider.start if self.prompt.wider else None

    @property
    def left(self) -> int:
        """Tokens that may still be written, the end not counted."""
        return self.prompt.budget - len(self.tokens)

    def request(self, whole: Request, seed: int) -> Request:
        """Ask for what follows: one legal token where one was refused, else some that may be legal."""
        prompt = (*whole.prompt, *self.tokens)
        if self.refused:
            legal = self.prompt.guide.within(self.state, self.left).nonzero()[0]
            return replace(whole, prompt=prompt, seed=seed, most=1, allowed=tuple(legal.tolist()), expression=None)
        most = min(self.left + 1, max(_FEWEST, 2 * self.kept))
        return replace(whole, prompt=prompt, seed=seed, most=most, expression=None)

    def take(self, draw: Draw, end: int) -> None:
        """Append the draw up to the first token that is not legal, or leaves no room for a whole answer."""
        guide, self.refused, self.kept = self.prompt.guide, False, 0
        for token, scores in zip(draw.tokens, draw.scores or ({},) * len(draw.tokens), strict=True):
            after = guide.step(self.state, token)
            if after is None or (token != end and guide.distance(after) > self.left - 1):
                self.refused = True
                return
            if scores:
                self.choices.append(_among(scores, token, guide, self.state))
            if scores and (wider := self.prompt.wider):
                at = self.wider_state
                self.wider_state = None if at is None else wider.step(at, token)
                lost = at is None or self.wider_state is None  # the wider rule does not see the way that is taken
                self.wider.append(_among(scores, token, *((guide, self.state) if lost else (wider, at))))
            self.tokens.append(token)
            self.state, self.ended, self.kept = after, token == end, self.kept + 1

    def completion(self, scores: np.ndarray, codec: Codec | GrownCodec) -> Completion:
        """What the answer has become, with the unmasked model's log-probabilities."""
        tokens, each = tuple(self.tokens[:-1]), tuple(scores.tolist())
        return Completion(tokens, sum(each), codec.decode(tokens), each, tuple(self.choices), tuple(self.wider))


def _among(scores: Mapping[int, float], token: int, guide: Automaton, state: int) -> float:
    """The log-likelihood of a token among the legal ones of those that vLLM tells of."""
    legal = [score for other, score in scores.items() if guide.step(state, other) is not None]
    return float(scores[token] - np.logaddexp.reduce(legal))


def told_apart(prompt: Prompt) -> tuple[int, ...]:
    """The tokens that the constraint tells apart, and the end; none where vLLM cannot name so many."""
    guide = prompt.guide
    if not isinstance(guide, Guide):
        return ()
    classify, ids = guide.constraint.classify, guide.vocabulary.ids
    found = (guide.vocabulary.end, *(token for symbol, token in ids.items() if classify(symbol) is not None))
    return found if len(found) <= _MOST_ASKED else ()
