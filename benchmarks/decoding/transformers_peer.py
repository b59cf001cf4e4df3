"""The peer everybody has: `generate` of transformers with num_return_sequences."""

import time
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean

import torch

from decoding.cases import Case
from decoding.pairs import Work
from scilogos.errors import MissingError


class Transformers:
    """The checkpoint in AutoModelForCausalLM, in bf16; every answer has the mean length, the end kept back."""

    def __init__(self, folder: Path) -> None:
        try:
            from transformers import AutoModelForCausalLM
        except ImportError:
            raise MissingError("the package transformers is not installed; pip install transformers") from None
        self.model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.bfloat16).eval()

    def write(self, case: Case, lengths: Sequence[int]) -> Work:
        """Draw as many answers."""
        length = round(fmean(lengths))
        prompt_1T = torch.tensor([case.symbols])
        begun = time.perf_counter()
        with torch.inference_mode():
            written_RT = self.model.generate(
                prompt_1T,
                attention_mask=torch.ones_like(prompt_1T),
                num_return_sequences=len(lengths),
                do_sample=True,
                temperature=case.sampling.temperature,
                top_p=case.sampling.top_p,
                top_k=0,
                min_new_tokens=length,
                max_new_tokens=length,
                pad_token_id=case.end,
            )
        seconds = time.perf_counter() - begun
        assert written_RT.shape == (len(lengths), prompt_1T.shape[1] + length), "generate ended early"
        return Work((length,) * len(lengths), seconds)
