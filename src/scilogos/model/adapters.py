"""Low-rank adapters (LoRA, Hu et al. 2021) on the matrices of the layers: each weight reads as W + 2 U V.

Shapes: E rows and F columns of a matrix, R rank of its adapter.
"""

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize

from scilogos.model.transformer import Transformer

MATRICES = ("qkv_ED", "out_DE", "gate_up_FD", "down_DF")
SCALE = 2.0  # alpha / rank of the paper, with alpha twice the rank


class _Adapter(nn.Module):
    """What is added to one matrix; zero at first."""

    def __init__(self, weight_EF: Tensor, rank: int, generator: torch.Generator) -> None:
        super().__init__()
        (E, F), factory = weight_EF.shape, {"dtype": weight_EF.dtype, "device": weight_EF.device}
        drawn_RF = torch.randn(rank, F, generator=generator, device=generator.device) * F**-0.5
        self.v_RF = nn.Parameter(drawn_RF.to(**factory))
        self.u_ER = nn.Parameter(torch.zeros(E, rank, **factory))

    def forward(self, weight_EF: Tensor) -> Tensor:
        return torch.addmm(weight_EF, self.u_ER, self.v_RF, alpha=SCALE)


def adapt(model: Transformer, rank: int, generator: torch.Generator) -> Transformer:
    """Freeze a model and give the matrices of its layers adapters, the only parameters that learn then.

    Its outputs are the same at first. Parameters are named `layers.0.parametrizations.qkv_ED.0.u_ER`.
    """
    model.requires_grad_(False)
    for block in model.layers:
        for name in MATRICES:
            parametrize.register_parametrization(block, name, _Adapter(getattr(block, name), rank, generator))
    return model


@torch.no_grad()
def merge(model: Transformer) -> Transformer:
    """Add the adapters, if there are any, to the matrices: a plain model with the same outputs but for rounding."""
    for block in model.layers:
        for name in MATRICES:
            if parametrize.is_parametrized(block, name):
                parametrize.remove_parametrizations(block, name)
    return model
