"""The peer everybody has: the Trainer of transformers on the same model and documents, batches grouped by length."""

import time
from pathlib import Path
from statistics import fmean
from tempfile import TemporaryDirectory

import torch

from scilogos.errors import MissingError
from scilogos.model import Transformer, save_checkpoint

_PADDING_LABEL = -100
_TOGETHER = 8  # documents of a batch; a step adds up several


class Trainer:
    """The same weights in AutoModelForCausalLM, fused AdamW, bf16 by autocast; a batch pads to its longest document."""

    def __init__(self, model: Transformer, step_tokens: int, *, bf16: bool = True, device: str = "cpu") -> None:
        try:
            import accelerate  # noqa: F401
            from transformers import AutoModelForCausalLM
        except ImportError as error:
            raise MissingError(f"the package {error.name} is not installed; pip install {error.name}") from None
        self._bf16, self._device = bf16, device
        self._step_tokens, self._end = step_tokens, model.config.eos_token_id
        with TemporaryDirectory() as folder:
            save_checkpoint(Path(folder), model, model.config)
            self._model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)

    def seconds(self, documents: list[list[int]]) -> float:
        """The time of one epoch over these documents, in steps of as many tokens as ours on average."""
        from transformers import Trainer as HfTrainer
        from transformers import TrainerCallback, TrainingArguments, logging

        logging.set_verbosity_error()
        clock = _clock(TrainerCallback)
        with TemporaryDirectory() as folder:
            arguments = TrainingArguments(
                output_dir=folder,
                per_device_train_batch_size=_TOGETHER,
                gradient_accumulation_steps=max(1, round(self._step_tokens / _TOGETHER / fmean(map(len, documents)))),
                num_train_epochs=1,
                learning_rate=2e-3,
                optim="adamw_torch_fused",
                bf16=self._bf16,
                use_cpu=self._device == "cpu",
                train_sampling_strategy="group_by_length",
                save_strategy="no",
                logging_strategy="no",
                report_to=[],
                disable_tqdm=True,
                dataloader_num_workers=0,
            )
            HfTrainer(
                model=self._model,
                args=arguments,
                train_dataset=[{"input_ids": document} for document in documents],
                data_collator=self._collate,
                callbacks=[clock],
            ).train()
        return clock.seconds

    def _collate(self, items: list[dict[str, list[int]]]) -> dict[str, torch.Tensor]:
        longest = max(len(item["input_ids"]) for item in items)
        ids_BL = torch.full((len(items), longest), self._end)
        mask_BL = torch.zeros_like(ids_BL)
        for row, item in enumerate(items):
            ids_BL[row, : len(item["input_ids"])] = torch.tensor(item["input_ids"])
            mask_BL[row, : len(item["input_ids"])] = 1
        labels_BL = ids_BL.masked_fill(mask_BL == 0, _PADDING_LABEL)
        return {"input_ids": ids_BL, "attention_mask": mask_BL, "labels": labels_BL}


def _clock(base: type):
    """A callback that times the steps, without what comes before and after."""

    class Clock(base):
        def on_train_begin(self, *_, **__) -> None:
            self._begun = time.perf_counter()

        def on_train_end(self, *_, **__) -> None:
            self.seconds = time.perf_counter() - self._begun

    return Clock()
