"""Attention of the next tokens of many rows at once, each to its prompt and to its own past.

All rows of a prompt read its keys and values as one matrix product.

Shapes: P prompts, R rows sorted by prompt, m most rows of a prompt, W tokens of a row in one step, T = R W tokens row
by row, L longest prompt, C columns allocated for a row's own tokens, S = L + C, H query heads, G key-value heads,
r = H / G, M = W r queries of a row and key head, N = m M of a prompt and key head, K head dimension, X anything.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

_IN_LOOP = 2**14  # products of queries and columns of prompts that a loop makes sooner than a call


class Rows(NamedTuple):
    """The lengths of prompts, and each row's prompt and own length."""

    lengths_P: Tensor
    prompt_R: Tensor
    lengths_R: Tensor


class RowStep:
    """Attend, and keep the new keys and values; `layers` are (prompt keys, prompt values, own keys, own values)."""

    def __init__(self, rows: Rows, layers: Sequence[tuple[Tensor, ...]], width: int) -> None:
        self.rows, self.layers, self.width = rows, layers, width
        device = rows.lengths_R.device
        self.column_RW = rows.lengths_R[:, None] + torch.arange(width, device=device)
        self.positions_T = (rows.lengths_P[rows.prompt_R, None] + self.column_RW).flatten()
        self.groups = _Groups(rows.prompt_R, len(rows.lengths_P))
        self.prepare()

    def prepare(self) -> None:
        """Note where keys and values are written, and which columns a query does not see."""
        R, G, C, _ = self.layers[0][2].shape
        head_RG = torch.arange(R * G, device=self.column_RW.device).view(R, G)
        self.written = (head_RG[:, None] * C + self.column_RW[:, :, None]).flatten()
        (lengths_P, prompt_R, _), (prompt_keys, _, own_keys, _) = self.rows, self.layers[0]
        L = prompt_keys.shape[2]
        column_S = torch.arange(L + C, device=prompt_R.device)
        unread_RS = (column_S < L) & (column_S >= lengths_P[prompt_R, None])
        hidden_RWS = unread_RS[:, None] | (column_S >= L + 1 + self.column_RW[:, :, None])
        bias_RWS = torch.zeros(hidden_RWS.shape, dtype=own_keys.dtype, device=prompt_R.device)
        self.bias_R1W1S = bias_RWS.masked_fill_(hidden_RWS, float("-inf"))[:, None, :, None]

    def attend(self, layer: int, q_THK: Tensor, k_TGK: Tensor, v_TGK: Tensor) -> Tensor:
        """Return the attended values [T, H, K]."""
        prompt_keys, prompt_values, own_keys, own_values = self.layers[layer]
        (R, G, _, K), W, groups = own_keys.shape, self.width, self.groups
        r, L = q_THK.shape[1] // G, prompt_keys.shape[2]
        for own, new_TGK in ((own_keys, k_TGK), (own_values, v_TGK)):
            own.view(-1, K).index_copy_(0, self.written, new_TGK.reshape(-1, K))
        q_RGMK = (q_THK * K**-0.5).view(R, W, G, r, K).transpose(1, 2).reshape(R, G, W * r, K)
        to_prompt = groups.apart(groups.together(q_RGMK) @ prompt_keys.flatten(0, 1).mT)
        scores = torch.cat((to_prompt, q_RGMK @ own_keys.mT), dim=-1)
        scores.view(R, G, W, r, -1).add_(self.bias_R1W1S)
        weights = scores.softmax(-1)
        out_RGMK = groups.apart(groups.together(weights[..., :L]) @ prompt_values.flatten(0, 1))
        out_RGMK = out_RGMK + weights[..., L:] @ own_values
        return out_RGMK.view(R, G, W, r, K).transpose(1, 2).reshape(R * W, G * r, K)


class CompiledRowStep(RowStep):
    """The same in bf16 on a CPU, where what is not the prompt's is one compiled loop."""

    def prepare(self) -> None:
        """Note the rows as the loop reads them."""
        lengths_P, prompt_R, lengths_R = (x.numpy() for x in self.rows)
        self.counts = prompt_R, self.groups.first_P[self.rows.prompt_R].numpy(), lengths_R, lengths_P

    def attend(self, layer: int, q_THK: Tensor, k_TGK: Tensor, v_TGK: Tensor) -> Tensor:
        """Return the attended values [T, H, K]."""
        from scilogos.model.bf16 import bits
        from scilogos.model.kernels import attend

        prompt_keys, prompt_values, own_keys, own_values = self.layers[layer]
        (R, G, _, K), W, groups = own_keys.shape, self.width, self.groups
        r, L = q_THK.shape[1] // G, prompt_keys.shape[2]
        queries = groups.most * W * r
        by_product = groups.num_prompts * G * queries * L > _IN_LOOP
        if by_product:
            q_RGMK = q_THK.view(R, W, G, r, K).transpose(1, 2).reshape(R, G, W * r, K)
            scores = groups.together(q_RGMK) @ prompt_keys.flatten(0, 1).mT
        else:
            scores = q_THK.new_empty(groups.num_prompts * G, queries, 0)
        out = q_THK.new_empty(*scores.shape[:2], K)
        own, prompts = (bits(own_keys), bits(own_values)), (bits(prompt_keys), bits(prompt_values))
        new, scale = (bits(q_THK), bits(k_TGK), bits(v_TGK)), np.float32(K**-0.5)
        attend(new, own, prompts, bits(scores), bits(out), self.counts, scale)
        if by_product:
            out = torch.baddbmm(out, scores, prompt_values.flatten(0, 1))
        return groups.apart(out).view(R, G, W, r, K).transpose(1, 2).reshape(R * W, G * r, K)


class _Groups:
    """Rows [R, G, M, X] gathered by prompt to one matrix a prompt and key head, [P G, N, X], and back."""

    def __init__(self, prompt_R: Tensor, num_prompts: int) -> None:
        counts_P = torch.bincount(prompt_R, minlength=num_prompts)
        self.num_prompts, self.most = num_prompts, int(counts_P.max())
        self.first_P = counts_P.cumsum(0) - counts_P
        self.even = self.most * num_prompts == len(prompt_R)
        if not self.even:  # shorter groups are filled up with any row
            place_R = torch.arange(len(prompt_R), device=prompt_R.device) - self.first_P[prompt_R]
            self.cell_R = prompt_R * self.most + place_R
            self.row_N = torch.zeros(num_prompts * self.most, dtype=torch.int64, device=prompt_R.device)
            self.row_N[self.cell_R] = torch.arange(len(prompt_R), device=prompt_R.device)

    def together(self, x_RGMX: Tensor) -> Tensor:
        """Gather."""
        x = x_RGMX if self.even else x_RGMX.index_select(0, self.row_N)
        _, G, M, X = x.shape
        if G == 1:
            return x.reshape(self.num_prompts, self.most * M, X)
        return x.view(self.num_prompts, self.most, G, M, X).transpose(1, 2).reshape(self.num_prompts * G, -1, X)

    def apart(self, x_NMX: Tensor) -> Tensor:
        """Take the rows back."""
        P, G, X = self.num_prompts, len(x_NMX) // self.num_prompts, x_NMX.shape[2]
        if G == 1 and self.even:
            return x_NMX.view(P * self.most, 1, -1, X)
        x = x_NMX.view(P, G, self.most, -1, X).transpose(1, 2).reshape(P * self.most, G, -1, X)
        return x if self.even else x.index_select(0, self.cell_R)
