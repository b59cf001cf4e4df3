"""The engine over vLLM: what a grammar can carry of a constraint is sent along, and the guide verifies every answer.

An answer that leaves the constraint is drawn anew from there with another seed, so often at most; what has no end then
is said, never made up.
"""

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from scilogos.decode.legal import Rule, own_and_legal
from scilogos.decode.randomness import stream_keys
from scilogos.decode.rows import Completion, Prompt
from scilogos.decode.sampling import Sampling
from scilogos.decode.served.answers import Answer, told_apart
from scilogos.decode.served.expressions import Expressions
from scilogos.decode.served.requests import Request, Transport
from scilogos.errors import CheckpointError, InputError, PromptError
from scilogos.grammar import tags
from scilogos.tokens import Codec, GrownCodec, GrownVocabulary, Guide, Guides

ROUNDS = 1000  # of draws at most; two of them write one symbol at least, and a material may have 400
_SEEDS = 2**62
_SURE = Sampling(temperature=0)
_KEPT = 2  # places: to score an answer, vLLM reads it with its end and draws one token more
_SAMPLE = f"{tags.MOLECULE_S}CC(=O)Nc1ccc(O)cc1{tags.MOLECULE_E}{tags.REVERSE_REACT}"


class ServedEngine:
    """Complete prompts with a model that vLLM holds; `codec` is that of the same checkpoint."""

    def __init__(self, transport: Transport, codec: Codec | GrownCodec) -> None:
        self.transport, self.codec = transport, codec
        self.guide = Guides(codec.vocabulary)
        self._expressions, self._shunned = Expressions(codec.vocabulary), spelling_tags(codec)
        self._check()

    @property
    def model(self):
        """Refused: the weights are elsewhere."""
        raise InputError(f"{self.transport.name}: this needs the weights here; name the model's folder alone")

    dtype = device = cache = model

    def fitted(self, prompt: Prompt) -> Prompt:
        """The prompt with the budget that the model leaves it; PromptError if no answer fits."""
        return prompt.fitted(self.transport.longest - _KEPT)

    def complete(
        self, prompts: Sequence[Prompt], n: int, sampling: Sampling = Sampling(), *, seed: int = 0
    ) -> list[list[Completion]]:
        """Return n completions of each prompt, sample by sample; fewer, with a warning, where vLLM wrote no legal one.

        PromptError where it wrote none at all. The same seed gives the same answers as far as vLLM computes the same.
        """
        prompts = [self.fitted(prompt) for prompt in prompts]
        drawn = n if sampling.temperature else min(n, 1)  # without chance all are equal, and vLLM draws one
        answers = [[Answer(prompt) for _ in range(drawn)] for prompt in prompts]
        self._fill(prompts, answers, sampling, seed)
        ended = [[answer for answer in some if answer.ended] for some in answers]
        self._report(drawn * len(prompts) - sum(map(len, ended)), drawn * len(prompts))
        scores = self._scores(
            [(prompt.tokens, a.tokens) for prompt, some in zip(prompts, ended, strict=True) for a in some]
        )
        whole = [[answer.completion(next(scores), self.codec) for answer in some] for some in ended]
        return [some * (n // drawn if drawn else 0) for some in whole]

    def _fill(self, prompts: Sequence[Prompt], answers: list[list[Answer]], sampling: Sampling, seed: int) -> None:
        """Draw, verify, and draw on where an answer is not whole yet."""
        wholes = [self._request(prompt, sampling) for prompt in prompts]
        texts, end = [prompt.seeds for prompt in prompts], self.codec.vocabulary.end
        for number in range(ROUNDS):
            seeds = [int(key) % _SEEDS for key in stream_keys(seed, texts, [number])]
            each = list(zip(wholes, seeds, answers, strict=True))
            asked = [
                (answer.request(whole, first + i), [answer])
                for whole, first, some in each
                for i, answer in enumerate(some)
                if not answer.ended
            ]
            if number == 0:  # all of a prompt at once, with the same seeds
                asked = [(replace(whole, n=len(some), seed=first), some) for whole, first, some in each if some]
            for (_, some), reply in zip(asked, self.transport.ask([request for request, _ in asked]), strict=True):
                for draw, answer in zip(reply.draws, some, strict=True):
                    answer.take(draw, end)

    def symbol_scores(self, prompt: Sequence[int], answers: Sequence[Sequence[int]]) -> list[np.ndarray]:
        """The log-probability of every symbol of each answer and of its end: float [len(answer) + 1]."""
        end = self.codec.vocabulary.end
        return list(self._scores([(prompt, [*answer, end]) for answer in answers]))

    def both_scores(
        self, prompt: Sequence[int], answers: Sequence[Sequence[int]], rule: Rule | None = None
    ) -> list[tuple[np.ndarray, np.ndarray]]:
        """`symbol_scores` of each answer, and the same among the symbols that are legal under a rule, -inf for others.

        Without a rule, or where it knows texts and not symbols, both are the same. A server must be started with
        `--max-logprobs -1` for a rule.
        """
        if not isinstance(rule, Guide):
            return [(scores, scores) for scores in self.symbol_scores(prompt, answers)]
        tables = self.log_probabilities([[*prompt, *answer] for answer in answers])
        whole = [[*answer, self.codec.vocabulary.end] for answer in answers]
        return [own_and_legal(table[-len(each) :], each, rule) for table, each in zip(tables, whole, strict=True)]

    def _scores(self, pairs: Sequence[tuple[Sequence[int], Sequence[int]]]) -> Iterator[np.ndarray]:
        """Read prompts and whole answers, the end included; equal ones once. vLLM's own draws are scored as masked."""
        texts = {(tuple(prompt), tuple(answer)): (*prompt, *answer) for prompt, answer in pairs}
        replies = self.transport.ask([self._reading(text, 0) for text in texts.values()])
        found = dict(zip(texts, replies, strict=True))
        for prompt, answer in pairs:
            places = found[tuple(prompt), tuple(answer)].prompt_scores[-len(answer) :]
            yield np.asarray([scores[token] for token, scores in zip(answer, places, strict=True)])

    def log_probabilities(self, texts: Sequence[Sequence[int]]) -> Iterator[np.ndarray]:
        """Yield for each text the log-probabilities [B, V] of what follows each of its beginnings, the whole text last.

        A server must be started with `--max-logprobs -1` for it.
        """
        for reply in self.transport.ask([self._reading([*text, self.codec.vocabulary.end], -1) for text in texts]):
            table_BV = np.full((len(reply.prompt_scores), self.codec.vocabulary.size), -np.inf)
            for row, scores in zip(table_BV, reply.prompt_scores, strict=True):
                row[list(scores)] = list(scores.values())
            yield table_BV

    def _request(self, prompt: Prompt, sampling: Sampling) -> Request:
        begun = "" if prompt.start is None else self.codec.decode(prompt.tokens)
        asked = told_apart(prompt) if prompt.choices else ()
        free = bool(asked) and prompt.wider is not None  # a grammar would hide what only the wider rule allows
        return Request(
            prompt=tuple(self.codec.begun(prompt.tokens)),
            sampling=sampling,
            most=prompt.budget + 1,
            stop=(self.codec.vocabulary.end,),
            expression=None if free else self._expressions.write(prompt.guide.constraint, begun),
            shunned=self._shunned,
            asked=asked,
        )

    def _reading(self, text: Sequence[int], scores: int) -> Request:
        """Ask for log-probabilities of a text that has its end; vLLM must draw one token behind it."""
        begun, most = tuple(self.codec.begun(text)), self.transport.longest - 1
        if len(begun) > most:
            raise PromptError(f"a text has {len(begun)} symbols with its end; vLLM scores {most} at most: shorten it")
        return Request(prompt=begun, sampling=_SURE, prompt_scores=scores)

    def _report(self, missing: int, wanted: int) -> None:
        if missing and missing == wanted:
            raise PromptError(
                f"{self.transport.name}: none of {wanted} answers found an end in {ROUNDS} rounds of draws"
            )
        if missing:
            said = f"{missing} of {wanted} answers found no legal end in {ROUNDS} rounds of draws and are left out"
            warnings.warn(f"{self.transport.name}: {said}", stacklevel=3)

    def _check(self) -> None:
        """Refuse a server whose model has another vocabulary, and one that gives logits for log-probabilities."""
        name, expected = self.transport.name, tuple(self.codec.begun(self.codec.encode(_SAMPLE)))
        (reply,) = self.transport.ask([Request(prompt=_SAMPLE, sampling=_SURE, prompt_scores=1)])
        if reply.prompt != expected:
            found = f"{_SAMPLE!r} is {reply.prompt[:8]}... to it, expected {expected[:8]}..."
            raise CheckpointError(f"{name}: it serves a model of another vocabulary: {found}")
        if any(max(place.values()) > 0 for place in reply.prompt_scores):
            raise CheckpointError(
                f"{name}: it gives logits for log-probabilities; serve with --logprobs-mode raw_logprobs"
            )


def spelling_tags(codec: Codec | GrownCodec) -> tuple[int, ...]:
    """The tokens by which a grown tokenizer could spell a tag by characters: no constraint allows one of them."""
    if not isinstance(codec.vocabulary, GrownVocabulary):
        return ()
    tokenizer, wholes = codec.vocabulary.tokenizer, codec.vocabulary.wholes
    begun = {text: token for text, token in tokenizer.get_vocab().items() if "<" in text and token not in wholes}
    tails = ((text[text.index("<") :], token) for text, token in begun.items())
    spelling = (token for tail, token in tails for tag in tags.TAGS if tag.startswith(tail) or tail.startswith(tag))
    return tuple(sorted(set(spelling)))
