"""vLLM in this process: the offline engine, on the GPUs that it finds."""

import os
import threading
import weakref
from collections.abc import Iterable, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from scilogos.decode.served.requests import Draw, Reply, Request
from scilogos.errors import CheckpointError, MissingError, PromptError

PATIENCE = 10  # seconds for a thread of vLLM's to end


class Local:
    """A checkpoint folder in vLLM's offline engine; options are those of `vllm.LLM`, as tensor_parallel_size.

    The engine ends with `close`, with the object or with the interpreter, whichever is first.
    """

    def __init__(self, folder: Path, **options: Any) -> None:
        os.environ.setdefault("VLLM_LOGGING_STREAM", "ext://sys.stderr")  # stdout is for answers
        try:
            vllm = import_module("vllm")
        except ImportError as error:
            raise MissingError(f"vLLM cannot be imported ({error}); pip install vllm, or name a server's URL") from None
        settings = {"max_logprobs": -1, "disable_log_stats": True} | options
        before = set(threading.enumerate())
        try:
            self._model = vllm.LLM(str(folder), **settings)
        except (ValueError, RuntimeError, OSError) as error:
            raise CheckpointError(f"{folder}: vLLM cannot load it ({error})") from error
        self._vllm, self.name = vllm, f"{folder.name}@vllm"
        self.longest: int = self._model.model_config.max_model_len
        self.threads = frozenset(threading.enumerate()) - before
        self.close = weakref.finalize(self, _end, self._model.llm_engine.engine_core, self.threads)

    def ask(self, requests: Sequence[Request]) -> list[Reply]:
        """Answer requests together."""
        if not requests:
            return []
        prompts = [_prompt(request.prompt) for request in requests]
        rules = [self._rule(request) for request in requests]
        try:
            found = self._model.generate(prompts, rules, use_tqdm=False)
        except ValueError as error:
            raise PromptError(f"{self.name}: {error}") from error
        return [_reply(output) for output in found]

    def _rule(self, request: Request) -> Any:
        parameters, grammar = request.parameters(), self._vllm.sampling_params.StructuredOutputsParams
        if request.expression is not None:
            parameters["structured_outputs"] = grammar(regex=request.expression)
        return self._vllm.SamplingParams(**parameters, detokenize=False)


def _end(core: Any, threads: Iterable[threading.Thread]) -> None:
    """Stop the engine and see its threads out: one that still runs when the interpreter ends may abort the process."""
    core.shutdown()
    for thread in threads:
        thread.join(PATIENCE)


def _prompt(prompt: str | Sequence[int]) -> dict[str, Any]:
    return {"prompt": prompt} if isinstance(prompt, str) else {"prompt_token_ids": list(prompt)}


def _reply(output: Any) -> Reply:
    draws = (Draw(tuple(one.token_ids), tuple(map(_scores, one.logprobs or ()))) for one in output.outputs)
    return Reply(
        tuple(output.prompt_token_ids), tuple(map(_scores, (output.prompt_logprobs or [None])[1:])), tuple(draws)
    )


def _scores(place: Mapping[int, Any]) -> dict[int, float]:
    return {token: known.logprob for token, known in place.items()}
