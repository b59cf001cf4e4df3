"""What is asked of vLLM and what comes back, the same offline and over HTTP: prompts and answers as token numbers."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from scilogos.decode.sampling import Sampling


@dataclass(frozen=True, kw_only=True)
class Request:
    """Answers wanted to one prompt; sample i has the seed `seed` + i."""

    prompt: str | tuple[int, ...]
    n: int = 1
    seed: int | None = None
    sampling: Sampling = field(default_factory=Sampling)
    most: int = 1  # tokens, the end included
    stop: tuple[int, ...] = ()
    expression: str | None = None  # what the answer's text must match
    shunned: tuple[int, ...] = ()  # tokens that are not to be drawn
    allowed: tuple[int, ...] = ()  # tokens that alone may be drawn; none named: all
    asked: tuple[int, ...] = ()  # tokens whose log-probability is wanted at every place, among what the grammar allows
    prompt_scores: int | None = None  # log-probabilities at every place of the prompt: 0 its own, -1 of all tokens

    def parameters(self) -> dict[str, Any]:
        """The fields that vLLM's sampling parameters and its completions API name alike."""
        rule = self.sampling
        found = {
            "n": self.n,
            "seed": self.seed,
            "temperature": rule.temperature,
            "top_p": rule.top_p,
            "top_k": rule.top_k,
            "min_p": rule.min_p,
            "max_tokens": self.most,
            "stop_token_ids": list(self.stop),
            "logprobs": len(self.asked) or None,
            "logprob_token_ids": list(self.asked) or None,
            "allowed_token_ids": list(self.allowed) or None,
            "logit_bias": dict.fromkeys(self.shunned, -100.0) or None,
            "prompt_logprobs": self.prompt_scores,
        }
        return {name: value for name, value in found.items() if value is not None}


@dataclass(frozen=True)
class Draw:
    """One answer: its tokens (the end too, where it was reached), and the asked log-probabilities at every place."""

    tokens: tuple[int, ...]
    scores: tuple[dict[int, float], ...]


@dataclass(frozen=True)
class Reply:
    """The prompt as it was read, its log-probabilities by token at every place but the first, and the answers."""

    prompt: tuple[int, ...]
    prompt_scores: tuple[dict[int, float], ...]
    draws: tuple[Draw, ...]


class Transport(Protocol):
    """A model that vLLM holds; `longest` is the most tokens of a prompt and its answer together."""

    name: str
    longest: int

    def ask(self, requests: Sequence[Request]) -> list[Reply]:
        """Answer requests together."""
        ...
