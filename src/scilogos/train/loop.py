"""The training loop: rows in, checkpoints and metrics out. Killed at any moment, it goes on to the same losses.

Knows nothing of chemistry or tasks, and needs only torch, numpy and safetensors.
"""

import math
import shutil
import signal
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from scilogos.data.batches import Mixture
from scilogos.data.shards import Shard, read_corpus, token_type
from scilogos.errors import CheckpointError, RecipeError
from scilogos.train import checkpoints
from scilogos.train.journal import Journal
from scilogos.train.loss import Batch, summed_loss
from scilogos.train.optimiser import DTYPES, Masters
from scilogos.train.parallel import Ranks, joined
from scilogos.train.recipe import TrainRecipe
from scilogos.train.record import record
from scilogos.train.weights import base_of, see_base, starting_model, weights_of

SYMBOLS = ("symbols.json", "tokenizer.json", "tokenizer_config.json")
_TOO_MANY_BAD_STEPS = 10


def train(recipe: TrainRecipe, run: Path, *, quiet: bool = False) -> Path:
    """Run a recipe in folder `run`, from its newest checkpoint if there is one; return the folder of the final weights.

    Under torchrun all its processes train together. SIGTERM and Ctrl-C write a checkpoint first. Ten steps without a
    finite gradient stop the run with CheckpointError, and so does another process that trains there.
    """
    with joined(recipe.device) as ranks, ExitStack() as held:
        state = _Run(recipe, run, ranks, quiet)
        with ranks.together():
            if ranks.first:
                held.enter_context(checkpoints.locked(run))
        state.begin()
        return state.go()


class _Run:
    """The state of one run, as one of its processes sees it."""

    def __init__(self, recipe: TrainRecipe, run: Path, ranks: Ranks, quiet: bool) -> None:
        if recipe.threads:
            torch.set_num_threads(recipe.threads)
        if recipe.rows_per_step % ranks.world:
            message = f"rows_per_step = {recipe.rows_per_step}: expected a multiple of the {ranks.world} processes"
            raise RecipeError(message)
        self.recipe, self.run, self.ranks, self.quiet = recipe, run, ranks, quiet
        self.corpus = read_corpus(recipe.corpus)
        self.base = base_of(recipe)
        self.model = starting_model(recipe, self.corpus.vocabulary_size, ranks.device)
        self.masters = Masters(self.model, recipe, ranks)
        self.mixture = self._mixture("train", recipe.seed)
        table = self.mixture.legal_table
        self.legal_table_NV = None if table is None else torch.from_numpy(table).to(ranks.device)
        self.step, self._stop = 0, False

    def begin(self) -> None:
        """See that the corpus is what it says; go on from the newest checkpoint, if any; say what model this is."""
        with self.ranks.together():
            for info in self.corpus.shards[self.ranks.rank :: self.ranks.world]:
                Shard(self.recipe.corpus, info, token_type(self.corpus.vocabulary_size), verify=True)
        self._resume()
        with self.ranks.together():
            if self.ranks.first:
                checkpoints.write_config(self.run, self.model.config.to_hf())
                record(self.run, self.recipe, self.step)

    def _mixture(self, split: str, seed: int, only: str | None = None) -> Mixture:
        r = self.recipe
        return Mixture(
            r.corpus,
            split=split,
            shares={only: 1.0} if only else r.phases,
            row_length=r.row_length,
            seed=seed,
            answers_only=r.answers_only,
            rank=self.ranks.rank,
            world=self.ranks.world,
        )

    def _resume(self) -> None:
        found = checkpoints.found(self.run)
        if not found:
            return
        saved = checkpoints.load(found[-1], self.ranks)
        progress = saved.progress
        if progress["corpus"] != self.corpus.fingerprint:
            there, here = progress["corpus"], self.corpus.fingerprint
            raise CheckpointError(f"{found[-1]}: was trained on corpus {there}; {self.recipe.corpus} is {here}")
        see_base(saved, self.base)
        try:
            self.masters.restore(saved)
            self.mixture.resume(progress["draws"])
        except CheckpointError as error:
            raise CheckpointError(f"{found[-1]}: {error}") from None
        self.step = progress["step"]

    def go(self) -> Path:
        r, model = self.recipe, self.model
        if r.compile and not r.lora_rank:  # with adapters each layer has a class of its own, to be compiled alone
            model.compile_blocks()
        if r.recompute:
            model.recompute_blocks()
        with self.ranks.together():
            path, quiet, mute = self.run / "metrics.jsonl", self.quiet, not self.ranks.first
            journal = Journal(path, step=self.step, steps=r.steps, quiet=quiet, mute=mute)
        tokens, bad = 0, 0
        with _Signals(self._request_stop):
            while self.step < r.steps:
                loss, norm = self._step()
                metrics: dict[str, Any] = {"loss": loss, "gradient_norm": norm, "learning_rate": r.rate(self.step)}
                if not math.isfinite(norm):
                    metrics["skipped"] = True
                self.step += 1
                tokens += r.step_tokens
                if self.step % r.validate_every == 0 or self.step == r.steps:
                    metrics["validation"] = self._validate()
                bad = 0 if math.isfinite(norm) else bad + 1
                with self.ranks.together():
                    journal.write(self.step - 1, metrics)
                    if bad == _TOO_MANY_BAD_STEPS:
                        reason = f"{bad} steps in a row without a finite gradient; lower learning_rate"
                        raise CheckpointError(f"{self.run}: {reason}")
                    journal.progress(self.step, tokens, loss)
                stop = any(self.ranks.sum(self._stop))
                if self.step % r.checkpoint_every == 0 or stop or self.step == r.steps:
                    self._save()
                if stop:
                    raise KeyboardInterrupt
        return self._finish()

    def _request_stop(self) -> None:
        self._stop = True

    def _step(self) -> tuple[float, float]:
        number = self.recipe.rows_per_step // self.ranks.world
        batches = [Batch.of(self.mixture.next(), self.ranks.device) for _ in range(number)]
        (count,) = self.ranks.sum(sum(len(batch.places_S) for batch in batches))
        count = max(1, count)
        total = 0.0
        for batch in batches:
            loss, _ = summed_loss(self.model, batch, self.legal_table_NV)
            self.masters.backward(loss / count, last=batch is batches[-1])
            total += float(loss.detach())
        (total,) = self.ranks.sum(total)
        return total / count, self.masters.step(self.recipe.rate(self.step), only=self.recipe.only(self.step))

    @torch.no_grad()
    def _validate(self) -> dict[str, float]:
        """Mean loss of each modality on its first validation rows, in nats a place that counts."""
        means, ranks, number = {}, self.ranks, self.recipe.validate_rows
        for name in self.mixture.names:
            try:
                rows = self._mixture("val", 0, only=name)
            except RecipeError:  # a modality without validation sentences
                continue
            total, count = 0.0, 0
            for row in range(
                ranks.rank, self.recipe.validate_rows + -self.recipe.validate_rows % ranks.world, ranks.world
            ):
                loss, n = summed_loss(self.model, Batch.of(rows.next(), ranks.device), self.legal_table_NV)
                if row < number:  # beyond, it only keeps the others company
                    total, count = total + float(loss), count + n
            total, count = ranks.sum(total, count)
            means[name] = total / max(1, count)
        return means

    def _save(self) -> None:
        progress = {"draws": asdict(self.mixture.draws), "corpus": self.corpus.fingerprint, **self.base}
        r, tensors = self.recipe, self.masters.state()
        checkpoints.save(self.run, self.step, tensors, progress, r.keep, self.ranks, r.checkpoint_every)

    def _finish(self) -> Path:
        final, r = self.run / "final", self.recipe
        with self.ranks.together():
            if self.ranks.first:
                metadata = {"run": r.name, "corpus": self.corpus.fingerprint, "steps": str(self.step)}
                weights_of(self.run, final, r, last=r.average, dtype=DTYPES[r.precision], metadata=metadata)
                for name in SYMBOLS:  # the numbering that the weights speak
                    if (r.corpus / name).is_file():
                        shutil.copy(r.corpus / name, final)
        return final


class _Signals:
    """Turn SIGTERM and SIGINT into a request to stop, while the loop runs."""

    def __init__(self, request: Callable[[], None]) -> None:
        self._request = request

    def __enter__(self) -> None:
        self._before = {}
        for number in (signal.SIGTERM, signal.SIGINT):
            try:
                self._before[number] = signal.signal(number, lambda *_: self._request())
            except ValueError:  # not the main thread: signals stay as they are
                return

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
