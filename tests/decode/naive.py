"""What vLLM does for the served engine, one token at a time with our own transformer, and without its grammars."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch

from scilogos.decode import Engine
from scilogos.decode.served.requests import Draw, Reply, Request
from scilogos.model import PackedAttention


@dataclass
class Naive:
    """A transport over an engine's model; it remembers what it was asked."""

    engine: Engine
    name: str = "naive"
    asked: list[Request] = field(default_factory=list)
    known: dict[tuple[int, ...], torch.Tensor] = field(default_factory=dict)  # logits behind texts

    @property
    def longest(self) -> int:
        return self.engine.model.config.max_position_embeddings

    def ask(self, requests: Sequence[Request]) -> list[Reply]:
        self.asked += requests
        return [self._reply(request) for request in requests]

    def _reply(self, request: Request) -> Reply:
        codec, prompt = self.engine.codec, request.prompt
        prompt = tuple(codec.begun(codec.encode(prompt)) if isinstance(prompt, str) else prompt)
        scores = []
        if request.prompt_scores is not None:
            table = self.logits(prompt)[:-1].log_softmax(-1).tolist()
            scores = [
                dict(enumerate(row)) if request.prompt_scores else {token: row[token]}
                for row, token in zip(table, prompt[1:], strict=True)
            ]
        return Reply(prompt, tuple(scores), tuple(self._draw(request, prompt, i) for i in range(request.n)))

    @torch.inference_mode()
    def logits(self, tokens: Sequence[int]) -> torch.Tensor:
        """What the model says behind each beginning of a text."""
        text = torch.tensor(tokens)
        hidden = self.engine.model(text, torch.arange(len(text)), PackedAttention([len(text)]))
        return self.engine.model.logits(hidden).float()

    def _last(self, text: tuple[int, ...]) -> torch.Tensor:
        if text not in self.known:
            self.known[text] = self.logits(text)[-1]
        return self.known[text]

    def _draw(self, request: Request, prompt: tuple[int, ...], sample: int) -> Draw:
        chance, tokens, scores = torch.Generator().manual_seed((request.seed or 0) + sample), [], []
        while len(tokens) < request.most:
            logits = self._last((*prompt, *tokens))
            scores.append({token: logits.log_softmax(-1)[token].item() for token in request.asked})
            if request.allowed:
                barred = torch.ones_like(logits, dtype=torch.bool)
                barred[list(request.allowed)] = False
                logits = logits.masked_fill(barred, float("-inf"))
            heat = request.sampling.temperature
            p = (logits / (heat or 1)).softmax(-1)
            tokens.append(int(torch.multinomial(p, 1, generator=chance) if heat else p.argmax()))
            if tokens[-1] in request.stop:
                break
        return Draw(tuple(tokens), tuple(scores) if request.asked else ())
