"""Keys and values of prompts, and of the rows that continue them: a prompt is stored once and read by all its rows.

Rows may have different lengths, and a step may read several tokens of each. Knows nothing about sampling or about which
row has ended.

Shapes: P prompts, R rows sorted by prompt, m most rows of a prompt, W tokens of a row in one step, T tokens of a
stream, L longest prompt, C columns allocated for a row's own tokens, S = L + C, H query heads, G key-value heads,
r = H / G, M = W r, K head dimension.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from scilogos.model.attention import PackedAttention
from scilogos.model.config import ModelConfig

GROWTH = 16  # columns allocated at least: products over whole tensors need no copy, over slices of them they do (2 x)


class PromptCache:
    """Hold the keys and values of every layer: `read` prompts, `arrange` rows, then `step` and `advance` them."""

    def __init__(self, config: ModelConfig, *, dtype: torch.dtype, device: torch.device | str = "cpu") -> None:
        G, K = config.num_key_value_heads, config.head_dim
        layers, factory = range(config.num_hidden_layers), {"dtype": dtype, "device": device}
        self.device = torch.device(device)
        self.lengths_P, self.prompt_R, self.lengths_R = (self._indices([]) for _ in range(3))
        self.prompt_keys = [torch.zeros(0, G, 0, K, **factory) for _ in layers]
        self.prompt_values = [torch.zeros(0, G, 0, K, **factory) for _ in layers]
        self.own_keys = [torch.zeros(0, G, 0, K, **factory) for _ in layers]
        self.own_values = [torch.zeros(0, G, 0, K, **factory) for _ in layers]

    def _indices(self, values: Sequence[int] | Tensor) -> Tensor:
        return torch.as_tensor(values, dtype=torch.int64, device=self.device)

    @property
    def num_prompts(self) -> int:
        """Count the prompts that are held."""
        return len(self.lengths_P)

    def read(self, lengths: Sequence[int]) -> "PromptReading":
        """Return the attention under which further prompts, one after the other, are read."""
        self.lengths_P = torch.cat((self.lengths_P, self._indices(lengths)))
        return PromptReading(self, lengths)

    def arrange(self, sources: Sequence[int] | Tensor, prompts: Sequence[int] | Tensor) -> None:
        """Set the rows anew: row i goes on from old row sources[i], or begins where that is negative, at prompts[i].

        Prompts must ascend, and a row goes on at its own prompt; prompts without rows are dropped.
        """
        source_R, prompt_R = self._indices(sources), self._indices(prompts)
        assert bool((prompt_R.diff() >= 0).all()), "rows must be sorted by prompt"
        goes_on_R = source_R >= 0
        assert torch.equal(self.prompt_R[source_R[goes_on_R]], prompt_R[goes_on_R]), "a row goes on at its own prompt"
        kept_P, self.prompt_R = torch.unique(prompt_R, return_inverse=True)
        if len(kept_P) < self.num_prompts:
            self.lengths_P = self.lengths_P[kept_P]
            longest = int(self.lengths_P.max()) if len(kept_P) else 0
            for tensors in (self.prompt_keys, self.prompt_values):
                tensors[:] = [x[:, :, :longest].index_select(0, kept_P) for x in tensors]
        if not torch.equal(source_R, torch.arange(len(self.lengths_R), device=self.device)):
            self._move_rows(source_R, goes_on_R)

    def _move_rows(self, source_R: Tensor, goes_on_R: Tensor) -> None:
        from_R = source_R.clamp(min=0)
        if len(self.lengths_R):
            self.lengths_R = self.lengths_R[from_R] * goes_on_R
        else:
            self.lengths_R = torch.zeros_like(source_R)
        columns = int(self.lengths_R.max()) if len(source_R) else 0
        for tensors in (self.own_keys, self.own_values):
            if columns:
                tensors[:] = [x[:, :, :columns].index_select(0, from_R) for x in tensors]
            else:
                tensors[:] = [x.new_zeros(len(source_R), x.shape[1], 0, x.shape[3]) for x in tensors]

    def step(self, width: int = 1) -> "RowStep":
        """Make room for `width` more tokens in every row and return the attention under which they are read."""
        needed, allocated = int(self.lengths_R.max()) + width, self.own_keys[0].shape[2]
        if needed > allocated:
            grown = max(needed, allocated + allocated // 4, GROWTH) - allocated
            for tensors in (self.own_keys, self.own_values):
                tensors[:] = [torch.nn.functional.pad(x, (0, 0, 0, grown)) for x in tensors]
        return RowStep(self, width)

    def advance(self, counts: int | Sequence[int] | Tensor) -> None:
        """Keep so many of the tokens that each row read last; the next step overwrites the others."""
        self.lengths_R = self.lengths_R + (counts if isinstance(counts, int) else self._indices(counts))


class PromptReading:
    """Attention of the prompts' flat stream [T], each prompt alone, which fills the cache."""

    def __init__(self, cache: PromptCache, lengths: Sequence[int]) -> None:
        self.cache, self.packed = cache, PackedAttention(lengths, device=cache.device)
        lengths_N = cache.lengths_P[-len(lengths) :]
        self.prompt_T = torch.arange(len(lengths), device=cache.device).repeat_interleave(lengths_N)
        ends_N = lengths_N.cumsum(0)
        self.positions_T = torch.arange(sum(lengths), device=cache.device) - (ends_N - lengths_N)[self.prompt_T]
        self.last_N = ends_N - 1  # the last token of each prompt in the stream
        self.shape = (len(lengths), max(lengths))

    def attend(self, layer: int, q_THK: Tensor, k_TGK: Tensor, v_TGK: Tensor) -> Tensor:
        """Return the attended values [T, H, K] and keep the keys and values."""
        number, longest = self.shape
        for tensors, new_TGK in ((self.cache.prompt_keys, k_TGK), (self.cache.prompt_values, v_TGK)):
            held_PGLK = tensors[layer]
            P, G, L, K = held_PGLK.shape
            both_PGLK = held_PGLK.new_zeros(P + number, G, max(L, longest), K)
            both_PGLK[:P, :, :L] = held_PGLK
            both_PGLK[P + self.prompt_T, :, self.positions_T] = new_TGK
            tensors[layer] = both_PGLK
        return self.packed.attend(layer, q_THK, k_TGK, v_TGK)


class RowStep:
    """Attention of the next tokens of every row, [T] row by row, to its prompt and its past, themselves included."""

    def __init__(self, cache: PromptCache, width: int) -> None:
        self.cache, self.width = cache, width
        device, (R, G, C, _) = cache.device, cache.own_keys[0].shape
        L = cache.prompt_keys[0].shape[2]
        column_RW = cache.lengths_R[:, None] + torch.arange(width, device=device)
        self.positions_T = (cache.lengths_P[cache.prompt_R, None] + column_RW).flatten()
        head_RG = torch.arange(R * G, device=device).view(R, G)
        self.written = (head_RG[:, None] * C + column_RW[:, :, None]).flatten()
        column_S = torch.arange(L + C, device=device)
        unread_RS = (column_S < L) & (column_S >= cache.lengths_P[cache.prompt_R, None])
        hidden_RWS = unread_RS[:, None] | (column_S >= L + 1 + column_RW[:, :, None])
        bias_RWS = torch.zeros(hidden_RWS.shape, dtype=cache.own_keys[0].dtype, device=device)
        self.bias_R1W1S = bias_RWS.masked_fill_(hidden_RWS, float("-inf"))[:, None, :, None]
        self.groups = _Groups(cache.prompt_R, cache.num_prompts)

    def attend(self, layer: int, q_THK: Tensor, k_TGK: Tensor, v_TGK: Tensor) -> Tensor:
        """Return the attended values [T, H, K]."""
        cache, W, groups = self.cache, self.width, self.groups
        keys_PGLK, values_PGLK = cache.prompt_keys[layer], cache.prompt_values[layer]
        own_keys, own_values = cache.own_keys[layer], cache.own_values[layer]
        (R, G, C, K), L = own_keys.shape, keys_PGLK.shape[2]
        r = q_THK.shape[1] // G
        for own, new_TGK in ((own_keys, k_TGK), (own_values, v_TGK)):
            own.view(-1, K).index_copy_(0, self.written, new_TGK.reshape(-1, K))
        q_RGMK = (q_THK * K**-0.5).view(R, W, G, r, K).transpose(1, 2).reshape(R, G, W * r, K)
        to_prompt = groups.apart(groups.together(q_RGMK) @ keys_PGLK.transpose(-1, -2))
        scores = torch.cat((to_prompt, q_RGMK @ own_keys.transpose(-1, -2)), dim=-1)
        scores.view(R, G, W, r, L + C).add_(self.bias_R1W1S)
        weights = scores.softmax(-1)
        out_RGMK = groups.apart(groups.together(weights[..., :L]) @ values_PGLK)
        out_RGMK = out_RGMK + weights[..., L:] @ own_values
        return out_RGMK.view(R, G, W, r, K).transpose(1, 2).reshape(R * W, G * r, K)


class _Groups:
    """Rows [R, G, M, X] gathered by prompt to one matrix a prompt, [P, G, m M, X], and back."""

    def __init__(self, prompt_R: Tensor, num_prompts: int) -> None:
        counts_P = torch.bincount(prompt_R, minlength=num_prompts)
        self.num_prompts, self.most = num_prompts, int(counts_P.max())
        self.even = self.most * num_prompts == len(prompt_R)
        if not self.even:  # shorter groups are filled up with any row
            first_P = counts_P.cumsum(0) - counts_P
            place_R = torch.arange(len(prompt_R), device=prompt_R.device) - first_P[prompt_R]
            self.cell_R = prompt_R * self.most + place_R
            self.row_N = torch.zeros(num_prompts * self.most, dtype=torch.int64, device=prompt_R.device)
            self.row_N[self.cell_R] = torch.arange(len(prompt_R), device=prompt_R.device)

    def together(self, x_RGMX: Tensor) -> Tensor:
        """Gather."""
        x = x_RGMX if self.even else x_RGMX.index_select(0, self.row_N)
        _, G, M, X = x.shape
        return x.view(self.num_prompts, self.most, G, M, X).transpose(1, 2).reshape(self.num_prompts, G, -1, X)

    def apart(self, x_PGNX: Tensor) -> Tensor:
        """Take the rows back."""
        P, G, _, X = x_PGNX.shape
        x = x_PGNX.view(P, G, self.most, -1, X).transpose(1, 2).reshape(P * self.most, G, -1, X)
        return x if self.even else x.index_select(0, self.cell_R)
