"""The network of the GGS oracle: windows of five residues, two products, the strongest of each feature, a sum.

A feature depends on its window alone, and variants of one protein share most windows: each distinct window of a batch
is computed once. The values are those of the plain network of GGS (ggs/models/predictors.py: BaseCNN).

Shapes: B sequences, L residues, P windows of a sequence, U distinct windows, K residues of a window, F features.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from scilogos.errors import InputError, RecipeError
from scilogos.grammar.objects import RESIDUES
from scilogos.model.compiled import compiled

WINDOW = 5
_LETTERS = len(RESIDUES)
_POWERS = _LETTERS ** np.arange(WINDOW)
_BATCH = 1024  # sequences that are read at once when nothing is learnt


@dataclass(frozen=True, kw_only=True)
class Fit:
    """How a network is fitted: AdamW, the learning rate falling to zero by a half cosine."""

    channels: int = 256
    steps: int = 2000
    batch: int = 256
    learning_rate: float = 1e-3
    weight_decay: float = 1e-4
    seed: int = 1

    def __post_init__(self) -> None:
        for name in ("channels", "steps", "batch", "learning_rate"):
            if not 0 < getattr(self, name) < float("inf"):
                raise RecipeError(f"{name}: found {getattr(self, name)}; expected a positive number")


def encode(sequences: Sequence[str]) -> np.ndarray:
    """Number the windows of sequences of one length, int32 [B, P]; InputError for another letter or length."""
    lengths = {len(sequence) for sequence in sequences}
    if len(lengths) > 1 or min(lengths, default=WINDOW) < WINDOW:
        raise InputError(f"sequences of {', '.join(map(str, sorted(lengths)))} residues; expected one length")
    table = np.full(256, -1)
    table[list(RESIDUES.encode())] = range(_LETTERS)
    letters_BL = np.frombuffer("".join(sequences).encode("latin-1", "replace"), np.uint8)
    columns_BL = table[letters_BL].reshape(len(sequences), -1)
    if columns_BL.min(initial=0) < 0:
        raise InputError("a sequence holds a letter that is none of the twenty residues")
    return (np.lib.stride_tricks.sliding_window_view(columns_BL, WINDOW, axis=1) @ _POWERS).astype(np.int32)


class Network(nn.Module):
    """One number of a sequence; `centre` and `scale` are those of the values that it was fitted to."""

    def __init__(self, channels: int = Fit.channels, *, generator: torch.Generator | None = None) -> None:
        super().__init__()
        self.encoder = nn.Embedding(WINDOW * _LETTERS, channels)  # the convolution, of one letter at one place of it
        self.bias = nn.Parameter(torch.empty(channels))
        self.embedding = nn.Linear(channels, 2 * channels)
        self.decoder = nn.Linear(2 * channels, 1)
        self.register_buffer("centre", torch.zeros(()))
        self.register_buffer("scale", torch.ones(()))
        fan_in = {
            "encoder": WINDOW * _LETTERS,
            "bias": WINDOW * _LETTERS,
            "embedding": channels,
            "decoder": 2 * channels,
        }
        for name, parameter in self.named_parameters():
            bound = fan_in[name.partition(".")[0]] ** -0.5  # as torch does for convolutions and products
            nn.init.uniform_(parameter, -bound, bound, generator=generator)

    def forward(self, codes_BP: np.ndarray) -> Tensor:
        """Give the values of encoded sequences, float [B]."""
        number_of = np.zeros(_LETTERS**WINDOW, np.int32)
        number_of[codes_BP] = 1
        codes_U = np.flatnonzero(number_of)
        number_of[codes_U] = np.arange(len(codes_U))
        entries_UK = codes_U[:, None] // _POWERS % _LETTERS + _LETTERS * np.arange(WINDOW)
        features_UF = self.embedding(self.encoder(torch.from_numpy(entries_UK)).sum(1) + self.bias).relu()
        strongest_BF = _Strongest.apply(features_UF, torch.from_numpy(number_of[codes_BP]))
        return self.decoder(strongest_BF).squeeze(1) * self.scale + self.centre

    @torch.no_grad()
    def values(self, sequences: Sequence[str]) -> np.ndarray:
        """Give the values of sequences of one length, float [B]."""
        parts = [encode(sequences[start : start + _BATCH]) for start in range(0, len(sequences), _BATCH)]
        return np.concatenate([self(part).double().numpy() for part in parts]) if parts else np.empty(0)


def fit(
    sequences: Sequence[str], values: np.ndarray, how: Fit, advance: Callable[[int], None] = lambda steps: None
) -> Network:
    """Fit a network to sequences of one length by least squares; `advance` is told of the steps done."""
    codes_BP, targets_B = encode(sequences), torch.from_numpy(np.asarray(values, np.float32))
    generator = torch.Generator().manual_seed(how.seed)
    network = Network(how.channels, generator=generator)
    network.centre.copy_(targets_B.mean())
    network.scale.copy_(targets_B.std(correction=0).clamp(min=1e-6))
    optimiser = torch.optim.AdamW(network.parameters(), how.learning_rate, weight_decay=how.weight_decay)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, how.steps)
    order = torch.empty(0, dtype=torch.int64)
    for _ in range(how.steps):
        if len(order) < min(how.batch, len(targets_B)):
            order = torch.randperm(len(targets_B), generator=generator)
        chosen, order = order[: how.batch], order[how.batch :]
        errors_B = (network(codes_BP[chosen.numpy()]) - targets_B[chosen]) / network.scale
        optimiser.zero_grad()
        errors_B.square().mean().backward()
        optimiser.step()
        schedule.step()
        advance(1)
    return network.eval()


class _Strongest(torch.autograd.Function):
    """The largest value of each feature over the windows of each sequence; the gradient goes to where it stood."""

    @staticmethod
    def forward(ctx, features_UF: Tensor, windows_BP: Tensor) -> Tensor:
        strongest_BF = torch.empty(len(windows_BP), features_UF.shape[1])
        where_BF = torch.empty(strongest_BF.shape, dtype=torch.int32)
        _strongest(features_UF.detach().numpy(), windows_BP.numpy(), strongest_BF.numpy(), where_BF.numpy())
        ctx.where, ctx.shape = where_BF, features_UF.shape
        return strongest_BF

    @staticmethod
    def backward(ctx, grad_BF: Tensor) -> tuple[Tensor, None]:
        grad_UF = torch.zeros(ctx.shape)
        _spread(grad_BF.contiguous().numpy(), ctx.where.numpy(), grad_UF.numpy())
        return grad_UF, None


@compiled(error_model="numpy")
def _strongest(features_UF, windows_BP, strongest_BF, where_BF):
    for b in range(windows_BP.shape[0]):
        best, where = strongest_BF[b], where_BF[b]
        first = windows_BP[b, 0]
        for f in range(best.size):
            best[f] = features_UF[first, f]
            where[f] = first
        for p in range(1, windows_BP.shape[1]):
            row = windows_BP[b, p]
            for f in range(best.size):
                value = features_UF[row, f]
                where[f] = row if value > best[f] else where[f]
                best[f] = value if value > best[f] else best[f]


@compiled(error_model="numpy")
def _spread(grad_BF, where_BF, grad_UF):
    for b in range(grad_BF.shape[0]):
        for f in range(grad_BF.shape[1]):
            grad_UF[where_BF[b, f], f] += grad_BF[b, f]
