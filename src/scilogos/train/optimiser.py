"""Muon or AdamW over fp32 master weights, while the model itself computes in bf16.

Muon (K. Jordan 2024, with the update scaled to AdamW's size as in arXiv 2502.16982) moves the matrices inside the
layers; AdamW moves embeddings and norms.
"""

import math
from collections.abc import Mapping

import torch
from torch import Tensor

from scilogos.errors import CheckpointError
from scilogos.model import Transformer
from scilogos.train.recipe import TrainRecipe

DTYPES = {"bf16": torch.bfloat16, "fp32": torch.float32}
_STATE = {"Muon": {"momentum_buffer"}, "AdamW": {"step", "exp_avg", "exp_avg_sq"}}


class Masters:
    """fp32 masters of the parameters that learn, their gradients and optimisers; the model goes to the precision."""

    def __init__(self, model: Transformer, recipe: TrainRecipe) -> None:
        self.masters = {n: p.detach().float().clone() for n, p in model.named_parameters() if p.requires_grad}
        self.parameters = {n: p for n, p in model.to(DTYPES[recipe.precision]).named_parameters() if n in self.masters}
        for master in self.masters.values():
            master.grad = torch.zeros_like(master)
        matrices = {n for n, p in self.masters.items() if p.ndim == 2 and n.startswith("layers.")}
        self._names: list[list[str]] = []
        self.optimisers: list[torch.optim.Optimizer] = []
        rest = list(self.masters)
        if recipe.optimiser == "muon":
            rest = [n for n in rest if n not in matrices]
            muon = torch.optim.Muon(
                [self.masters[n] for n in sorted(matrices)],
                lr=recipe.learning_rate,
                weight_decay=recipe.weight_decay,
                adjust_lr_fn="match_rms_adamw",
            )
            self.optimisers.append(muon)
            self._names.append(sorted(matrices))
        decayed = [n for n in rest if self.masters[n].ndim == 2]
        plain = [n for n in rest if self.masters[n].ndim < 2]
        adamw = torch.optim.AdamW(
            [
                {"params": [self.masters[n] for n in decayed], "weight_decay": recipe.weight_decay},
                {"params": [self.masters[n] for n in plain], "weight_decay": 0.0},
            ],
            lr=recipe.learning_rate,
            betas=(0.9, 0.95),
            fused=True,
        )
        self.optimisers.append(adamw)
        self._names.append(decayed + plain)
        self._clip = recipe.clip

    def collect(self) -> None:
        """Add the model's gradients to the masters' and clear them."""
        for name, parameter in self.parameters.items():
            if parameter.grad is not None:
                self._gradient(name).add_(parameter.grad)
                parameter.grad = None

    @torch.no_grad()
    def step(self, rate: float) -> float:
        """Clip, move the masters at this learning rate, copy them into the model; return the gradient norm.

        Where the norm is not finite nothing moves.
        """
        norm = float(torch.nn.utils.clip_grad_norm_(list(self.masters.values()), self._clip))
        if math.isfinite(norm):
            for optimiser in self.optimisers:
                for group in optimiser.param_groups:
                    group["lr"] = rate
                optimiser.step()
            for name, parameter in self.parameters.items():
                parameter.copy_(self.masters[name])
        for name in self.masters:
            self._gradient(name).zero_()
        return norm

    def _gradient(self, name: str) -> Tensor:
        gradient = self.masters[name].grad
        assert gradient is not None, "a master always has its gradient"
        return gradient

    def state(self) -> dict[str, Tensor]:
        """Masters and optimiser state as named tensors."""
        tensors = {f"master/{name}": master for name, master in self.masters.items()}
        for names, optimiser in zip(self._names, self.optimisers, strict=True):
            for index, entry in optimiser.state_dict()["state"].items():
                for key, value in entry.items():
                    tensors[f"{key}/{names[index]}"] = torch.as_tensor(value).contiguous()
        return tensors

    @torch.no_grad()
    def restore(self, tensors: dict[str, Tensor]) -> None:
        """Take back what `state` gave; CheckpointError where it is of another model or optimiser."""
        copy_masters(tensors, self.masters)
        for name, parameter in self.parameters.items():
            parameter.copy_(self.masters[name])
        held: dict[str, dict[str, Tensor]] = {name: {} for name in self.masters}
        for key, tensor in tensors.items():
            kind, name = key.split("/", 1)
            if kind != "master":
                held[name][kind] = tensor
        for names, optimiser in zip(self._names, self.optimisers, strict=True):
            expected = _STATE[type(optimiser).__name__]
            for name in names:
                if held[name] and held[name].keys() != expected:
                    kinds = f"{', '.join(sorted(held[name]))} of {name}; expected {', '.join(sorted(expected))}"
                    raise CheckpointError(f"found {kinds}: go on with the optimiser that the run began with")
            state = optimiser.state_dict()
            state["state"] = {i: held[name] for i, name in enumerate(names) if held[name]}
            optimiser.load_state_dict(state)


@torch.no_grad()
def copy_masters(tensors: Mapping[str, Tensor], into: Mapping[str, Tensor]) -> None:
    """Copy the masters of a checkpoint into parameters of the same names and shapes, else CheckpointError."""
    held = {key.removeprefix("master/") for key in tensors if key.startswith("master/")}
    for name in sorted(held ^ into.keys()):
        raise CheckpointError(f"{name} is in {'the checkpoint' if name in held else 'the model'} alone: other shapes")
    for name, parameter in into.items():
        master = tensors[f"master/{name}"]
        if master.shape != parameter.shape:
            raise CheckpointError(f"{name} has the shape {list(master.shape)}; the model wants {list(parameter.shape)}")
        parameter.copy_(master)
