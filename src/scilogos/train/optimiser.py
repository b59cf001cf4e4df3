"""Muon or AdamW over fp32 master weights, while the model itself computes in bf16.

In one process the masters stand beside the model; where the model is cut among several, its own fp32 shards are the
masters. Muon moves the matrices inside the layers; AdamW moves embeddings and norms.
"""

import math
from collections.abc import Mapping

import torch
from torch import Tensor
from torch.distributed.fsdp import FSDPModule

from scilogos.errors import CheckpointError, RecipeError
from scilogos.model import Transformer
from scilogos.train.checkpoints import Saved
from scilogos.train.muon import Muon
from scilogos.train.parallel import Ranks, complete, local_rows
from scilogos.train.recipe import NewRows, TrainRecipe

DTYPES = {"bf16": torch.bfloat16, "fp32": torch.float32}
TABLES = ("embedding_VD", "head_VD")  # a row a symbol
_STATE = {"Muon": {"momentum_buffer"}, "AdamW": {"step", "exp_avg", "exp_avg_sq"}}


class Masters:
    """fp32 masters of the parameters that learn, their gradients and optimisers; the model computes in the precision.

    With several ranks the model is cut into shards here, and lives on so.
    """

    def __init__(self, model: Transformer, recipe: TrainRecipe, ranks: Ranks) -> None:
        self.model, dtype = model, DTYPES[recipe.precision]
        if ranks.world > 1:
            if recipe.lora_rank:
                raise RecipeError(
                    f"lora_rank: found {recipe.lora_rank} with {ranks.world} processes; adapters learn in one"
                )
            ranks.shard(model, dtype)
            self.masters: dict[str, Tensor] = dict(model.named_parameters())
            self.copies: dict[str, Tensor] = {}  # of masters, in the model
        else:
            self.masters = {n: p.detach().float().clone() for n, p in model.named_parameters() if p.requires_grad}
            self.copies = {n: p for n, p in model.to(dtype).named_parameters() if n in self.masters}
        matrices = sorted(n for n, p in self.masters.items() if p.ndim == 2 and n.startswith("layers."))
        self._names: list[list[str]] = []
        self.optimisers: list[torch.optim.Optimizer] = []
        rest = list(self.masters)
        if recipe.optimiser == "muon":
            rest = [n for n in rest if n not in matrices]
            whole = {"params": [self.masters[n] for n in matrices], "decay": recipe.weight_decay}
            muon = Muon([whole], lr=recipe.learning_rate, dtype=dtype)
            self.optimisers.append(muon)
            self._names.append(matrices)
        decayed = [n for n in rest if self.masters[n].ndim == 2]
        plain = [n for n in rest if self.masters[n].ndim < 2]
        adamw = torch.optim.AdamW(
            [
                {"params": [self.masters[n] for n in decayed], "decay": recipe.weight_decay},
                {"params": [self.masters[n] for n in plain], "decay": 0.0},
            ],
            lr=recipe.learning_rate,
            betas=(0.9, 0.95),
            fused=True,
        )
        self.optimisers.append(adamw)
        self._names.append(decayed + plain)
        self._clip = recipe.clip

    def backward(self, loss: Tensor, *, last: bool) -> None:
        """Add the gradients of a loss to the masters'; those of a step's `last` one are added over all ranks."""
        if isinstance(self.model, FSDPModule):
            self.model.set_requires_gradient_sync(last)
        loss.backward()
        for name, copy in self.copies.items():
            if copy.grad is not None:
                master = self.masters[name]
                master.grad = copy.grad.float() if master.grad is None else master.grad.add_(copy.grad)
                copy.grad = None

    @torch.no_grad()
    def step(self, rate: float, *, only: NewRows | None = None) -> float:
        """Clip, move the masters at this learning rate, copy them into the model; return the gradient norm.

        Where the norm is not finite nothing moves. With `only` some rows, nothing else moves or decays.
        """
        if only is not None:
            self._forget_but(only.first)
        norm = complete(torch.nn.utils.clip_grad_norm_(list(self.masters.values()), self._clip)).item()
        if math.isfinite(norm):
            for optimiser in self.optimisers:
                for group in optimiser.param_groups:
                    group.update(lr=rate, weight_decay=0.0 if only else group["decay"])
                optimiser.step()
            self._copy()
        for master in self.masters.values():
            master.grad = None
        return norm

    def _forget_but(self, first: int) -> None:
        """Forget all gradients but those of the tables' rows from `first` on."""
        for name, master in self.masters.items():
            if name not in TABLES:
                master.grad = None
            elif master.grad is not None:
                rows, start = local_rows(master.grad)
                rows[: max(0, first - start)] = 0

    def _copy(self) -> None:
        for name, copy in self.copies.items():
            copy.copy_(self.masters[name])

    def state(self) -> dict[str, Tensor]:
        """Masters and optimiser state as named tensors, in shards where the model is."""
        tensors = {f"master/{name}": master.detach() for name, master in self.masters.items()}
        for names, optimiser in zip(self._names, self.optimisers, strict=True):
            for name in names:
                for kind, value in optimiser.state.get(self.masters[name], {}).items():
                    tensors[f"{kind}/{name}"] = value
        return tensors

    @torch.no_grad()
    def restore(self, saved: Saved) -> None:
        """Take back what `state` gave, whoever held it; CheckpointError where it is of another model or optimiser."""
        into = masters_of(saved, self.masters)
        for names, optimiser in zip(self._names, self.optimisers, strict=True):
            expected = _STATE[type(optimiser).__name__]
            for name in names:
                kinds = {kind for kind in saved.kinds(name) if kind != "master"}
                if kinds and kinds != expected:
                    found = f"{', '.join(sorted(kinds))} of {name}; expected {', '.join(sorted(expected))}"
                    raise CheckpointError(f"found {found}: go on with the optimiser that the run began with")
                master = self.masters[name]
                for kind in sorted(kinds):
                    empty = torch.zeros((), device=master.device) if kind == "step" else torch.zeros_like(master)
                    optimiser.state[master][kind] = into[f"{kind}/{name}"] = empty
        saved.read(into)
        self._copy()


def masters_of(saved: Saved, model: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Say where the masters of a checkpoint go in a model of the same names and shapes, else CheckpointError."""
    held = {key.removeprefix("master/"): shape for key, shape in saved.shapes.items() if key.startswith("master/")}
    for name in sorted(held.keys() ^ model.keys()):
        raise CheckpointError(f"{name} is in {'the checkpoint' if name in held else 'the model'} alone: other shapes")
    for name, parameter in model.items():
        if held[name] != parameter.shape:
            raise CheckpointError(f"{name} has the shape {list(held[name])}; the model wants {list(parameter.shape)}")
    return {f"master/{name}": parameter.detach() for name, parameter in model.items()}
