"""Muon for matrices that may be cut into shards: each process turns its share of them whole, and all get the results.

In bf16 the numbers are those of torch.optim.Muon (K. Jordan 2024), its update scaled to AdamW's size (arXiv
2502.16982). In fp32 matrices are turned twice as fast on processors without AMX.

Shapes: A rows and B columns of a matrix.
"""

import math
from collections.abc import Iterator, Sequence

import torch
import torch.distributed as dist
from torch import Tensor
from torch.distributed.tensor import DTensor, distribute_tensor
from torch.optim.optimizer import ParamsT

MOMENTUM = 0.95
QUINTIC = (3.4445, -4.7750, 2.0315)  # a x + b x^3 + c x^5 drives singular values towards 1
ROUNDS = 5
WIDE = 2  # columns a row from which the rounds on the square are cheaper


class Muon(torch.optim.Optimizer):
    """Move matrices along their momentum with all singular values made about equal, which is computed in `dtype`."""

    def __init__(
        self, matrices: ParamsT, *, lr: float, weight_decay: float = 0.1, dtype: torch.dtype = torch.bfloat16
    ) -> None:
        super().__init__(matrices, {"lr": lr, "weight_decay": weight_decay})
        self._dtype = dtype

    @torch.no_grad()
    def step(self, closure: None = None) -> None:
        """Move every matrix that has a gradient."""
        for group in self.param_groups:
            matrices = [matrix for matrix in group["params"] if matrix.grad is not None]
            rate, kept = group["lr"], 1 - group["lr"] * group["weight_decay"]
            for matrix, turned_AB in zip(matrices, turned([self._direction(m) for m in matrices]), strict=True):
                matrix.mul_(kept).add_(turned_AB, alpha=-rate * (0.2 * math.sqrt(max(matrix.shape))))

    def _direction(self, matrix: Tensor) -> Tensor:
        """Add the gradient to the momentum and look ahead as Nesterov does."""
        state, gradient = self.state[matrix], matrix.grad
        assert gradient is not None
        if not state:
            state["momentum_buffer"] = torch.zeros_like(gradient)
        state["momentum_buffer"].lerp_(gradient, 1 - MOMENTUM)
        return gradient.lerp(state["momentum_buffer"], MOMENTUM).to(self._dtype)


def turned(matrices: Sequence[Tensor]) -> Iterator[Tensor]:
    """Give `orthogonal` of each matrix, cut as it came; of those in shards each process computes its share."""
    world = next((m.device_mesh.size() for m in matrices if isinstance(m, DTensor)), 1)
    for start in range(0, len(matrices), world):
        some = matrices[start : start + world]
        whole = [m.full_tensor() if isinstance(m, DTensor) else m for m in some]
        for owner, (given, full_AB) in enumerate(zip(some, whole, strict=True)):
            if not isinstance(given, DTensor) or given.device_mesh.get_rank() == owner:
                whole[owner] = orthogonal(full_AB).contiguous()
        for owner, (given, full_AB) in enumerate(zip(some, whole, strict=True)):
            if isinstance(given, DTensor):
                dist.broadcast(full_AB, owner, group=given.device_mesh.get_group())
                yield distribute_tensor(full_AB, given.device_mesh, given.placements, src_data_rank=None)
            else:
                yield full_AB


def orthogonal(matrix_AB: Tensor) -> Tensor:
    """Bring the singular values of a matrix near 1, roughly 0.7 to 1.2, by Newton-Schulz rounds."""
    tall = matrix_AB.shape[0] > matrix_AB.shape[1]
    x_AB = matrix_AB.T if tall else matrix_AB
    x_AB = x_AB / x_AB.norm().clamp(min=1e-7)
    exact = x_AB.dtype == torch.float32  # in bf16 the rounds on the square would lose what is small
    x_AB = _turned_by_square(x_AB) if exact and x_AB.shape[1] >= WIDE * x_AB.shape[0] else _turned(x_AB)
    return x_AB.T if tall else x_AB


def _turned(x_AB: Tensor) -> Tensor:
    a, b, c = QUINTIC
    for _ in range(ROUNDS):
        square_AA = x_AB @ x_AB.T
        square_AA = torch.addmm(square_AA, square_AA, square_AA, beta=b, alpha=c)
        x_AB = torch.addmm(x_AB, square_AA, x_AB, beta=a)
    return x_AB


def _turned_by_square(x_AB: Tensor) -> Tensor:
    """The same rounds on x x^T alone, of which each multiplies x by a polynomial: fewer operations where x is wide.

    What was a ten-thousandth of the largest singular value comes out right to 2e-4, not 3e-6 as by the plain rounds.
    """
    a, b, c = QUINTIC
    square_AA = x_AB @ x_AB.T
    turn_AA = torch.eye(len(x_AB), dtype=x_AB.dtype, device=x_AB.device)
    for _ in range(ROUNDS):
        factor_AA = torch.addmm(square_AA, square_AA, square_AA, beta=b, alpha=c)
        factor_AA.diagonal().add_(a)
        turn_AA = factor_AA @ turn_AA
        square_AA = factor_AA @ square_AA @ factor_AA
    return turn_AA @ x_AB
