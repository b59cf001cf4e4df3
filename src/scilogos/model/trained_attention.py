"""Causal attention in bf16 that is trained on a CPU: matrix products by tiles of queries, compiled loops between them.

The fused kernel's gradient takes up to four times as long (docs/log.md). A tile's queries see the keys up to its last
one, so half of the square is left out; a tile takes as many documents as a core's cache can hold the scores of. Nothing
is kept for the gradient but queries, keys and values: weights are computed again, which spares their memory.

The library makes a program for each new shape of a product, which takes longer than the product. So tiles have few
shapes: they see some tokens more, of the documents behind, to which the loops give no weight.

Shapes: M cells of all rectangles, n documents of a tile, L their length, t tokens of a tile, c tokens that it sees, G
key-value heads, r query heads of each, H = G r, K head dimension, B = n G, Q = t r: queries of a key head as rows.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from scilogos.model.bf16 import bits
from scilogos.model.causal_loops import causal_gradient, causal_weights

_WHOLE = 192  # documents up to here are one tile
_TOKENS = 128  # of a tile of a longer one
_STEP, _LAST_STEP = 16, 32  # whole documents and last tiles are filled up to a multiple
_SCORES = 1 << 18  # of a tile, where one document's are not more

Rectangles = Sequence[tuple[int, int]]


class TrainedAttention(torch.autograd.Function):
    """Attend within each document of the rectangles [(N, L), ...] that lie one after the other; nought behind them."""

    @staticmethod
    def forward(ctx, q_MHK: Tensor, k_MGK: Tensor, v_MGK: Tensor, rectangles: Rectangles) -> Tensor:
        """Return the attended values [M, H, K]."""
        tiles = list(_tiles(rectangles, q_MHK, k_MGK))
        out_MHK, scratch = torch.zeros_like(q_MHK), _scratch(tiles, q_MHK)
        q_MHK, k_MGK, v_MGK = q_MHK.contiguous(), _with_more(k_MGK), _with_more(v_MGK)
        for tile in tiles:
            k_BcK, v_BcK = tile.keys(k_MGK), tile.keys(v_MGK)
            weights_BQc = tile.weights(tile.queries(q_MHK), k_BcK, scratch)
            tile.put(torch.bmm(weights_BQc, v_BcK), out_MHK)
        ctx.tiles = tiles
        ctx.save_for_backward(q_MHK, k_MGK, v_MGK)
        return out_MHK

    @staticmethod
    def backward(ctx, grad_MHK: Tensor) -> tuple[Tensor, Tensor, Tensor, None]:
        """Return the gradients of queries, keys and values."""
        q_MHK, k_MGK, v_MGK = ctx.saved_tensors
        grad_MHK, dq_MHK = grad_MHK.contiguous(), torch.zeros_like(q_MHK)
        dk_MGK, dv_MGK = (torch.zeros(len(q_MHK), *k_MGK.shape[1:]) for _ in "kv")  # fp32: sums over tiles
        scratch, other = (_scratch(ctx.tiles, q_MHK) for _ in range(2))
        for tile in ctx.tiles:
            k_BcK, v_BcK = tile.keys(k_MGK), tile.keys(v_MGK)
            q_BQK, grad_BQK = tile.queries(q_MHK), tile.queries(grad_MHK)
            weights_BQc = tile.weights(q_BQK, k_BcK, scratch)
            tile.add(torch.bmm(weights_BQc.mT, grad_BQK), dv_MGK)
            scores_BQc = tile.products(grad_BQK, v_BcK, other)
            causal_gradient(bits(weights_BQc), bits(scores_BQc), *tile.seen)
            tile.put(torch.bmm(scores_BQc, k_BcK), dq_MHK)
            tile.add(torch.bmm(scores_BQc.mT, q_BQK), dk_MGK)
        return dq_MHK, dk_MGK.to(k_MGK.dtype), dv_MGK.to(v_MGK.dtype), None


@dataclass(frozen=True)
class _Tile:
    """Tokens `first` to `stop` of each of `number` documents that lie one after the other from cell `at`."""

    at: int
    number: int
    length: int
    first: int
    stop: int
    filled: int  # tokens from `first` on, those to which nothing is given included
    key_heads: int
    seen: tuple[int, int, np.float32]  # the first token, the query heads of a key head, the scale of scores

    def keys(self, x_MGK: Tensor) -> Tensor:
        """The keys or values that the tile sees, [B, c, K]; the last ones may be of what lies behind."""
        G, K = x_MGK.shape[1:]
        shape, strides = (self.number, G, self.first + self.filled, K), (self.length * G * K, K, G * K, 1)
        return x_MGK.as_strided(shape, strides, self.at * G * K).flatten(0, 1)

    def queries(self, x_MHK: Tensor) -> Tensor:
        """The tile as [B, Q, K]: token by token, of each the heads that share a key head; nought where it is filled."""
        tokens, heads = self._tokens(x_MHK), self.seen[1]
        rows_nGtrK = x_MHK.new_zeros(self.number, self.key_heads, self.filled, heads, x_MHK.shape[2])
        rows_nGtrK[:, :, : self.stop - self.first] = tokens
        return rows_nGtrK.flatten(2, 3).flatten(0, 1)

    def put(self, x_BQK: Tensor, into_MHK: Tensor) -> None:
        """Write the tile's rows where they belong."""
        rows_nGtrK = x_BQK.unflatten(1, (-1, self.seen[1])).unflatten(0, (self.number, -1))
        self._tokens(into_MHK).copy_(rows_nGtrK[:, :, : self.stop - self.first])

    def add(self, x_BcK: Tensor, into_MGK: Tensor) -> None:
        """Add to the keys' or values' rows."""
        x_nGcK = x_BcK.unflatten(0, (self.number, -1))
        self._documents(into_MGK)[:, : self.stop] += x_nGcK[:, :, : self.stop].transpose(1, 2)

    def weights(self, q_BQK: Tensor, k_BcK: Tensor, scratch: Tensor) -> Tensor:
        """What each query gives each token, in the memory of `scratch`."""
        scores_BQc = self.products(q_BQK, k_BcK, scratch)
        causal_weights(bits(scores_BQc), *self.seen)
        return scores_BQc

    def products(self, q_BQK: Tensor, k_BcK: Tensor, scratch: Tensor) -> Tensor:
        """The product of each query and each token that the tile sees, in the memory of `scratch`."""
        shape = (*q_BQK.shape[:2], k_BcK.shape[1])
        return torch.bmm(q_BQK, k_BcK.mT, out=scratch[: self.size].view(shape))

    @property
    def size(self) -> int:
        """Scores of the tile."""
        return self.number * self.filled * self.seen[1] * self.key_heads * (self.first + self.filled)

    def _documents(self, x_MHK: Tensor) -> Tensor:
        return x_MHK[self.at : self.at + self.number * self.length].unflatten(0, (self.number, self.length))

    def _tokens(self, x_MHK: Tensor) -> Tensor:
        x_ntGrK = self._documents(x_MHK)[:, self.first : self.stop].unflatten(2, (self.key_heads, -1))
        return x_ntGrK.transpose(1, 2)


def _scratch(tiles: Sequence[_Tile], like: Tensor) -> Tensor:
    return like.new_empty(max((tile.size for tile in tiles), default=0))


def _with_more(x_MGK: Tensor) -> Tensor:
    """A copy with noughts behind, for tiles that are filled."""
    return F.pad(x_MGK, (0, 0, 0, 0, 0, max(_STEP, _LAST_STEP)))


def _tiles(rectangles: Rectangles, q_MHK: Tensor, k_MGK: Tensor) -> Iterator[_Tile]:
    (_, H, K), G, start = q_MHK.shape, k_MGK.shape[1], 0
    for documents, length in rectangles:
        for first, stop, filled in _cuts(length):
            at, left, most = start, documents, _SCORES // (filled * (first + filled) * H)
            while left:
                number = 1 << max(0, min(left, most).bit_length() - 1)
                yield _Tile(at, number, length, first, stop, filled, G, (first, H // G, np.float32(K**-0.5)))
                at, left = at + number * length, left - number
        start += documents * length


def _cuts(length: int) -> Iterator[tuple[int, int, int]]:
    """The tiles of a document: first token, the one behind the last, and how many the tile is filled up to."""
    if length <= _WHOLE:
        yield 0, length, length + -length % _STEP
        return
    for first in range(0, length, _TOKENS):
        stop = min(first + _TOKENS, length)
        yield first, stop, stop - first + -(stop - first) % _LAST_STEP
