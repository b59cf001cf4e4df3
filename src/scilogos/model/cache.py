"""Keys and values of P prompts with n continuations each: a prompt is stored once and read by all its continuations.

All continuations grow in step, one token a row. Knows nothing about sampling or about which row has ended.

Shapes: P prompts, n continuations of each, R = P n rows (prompt-major: row = p n + i), T tokens of all prompts,
L longest prompt, C columns allocated for a continuation, H query heads, G key-value heads, r = H / G, K head dimension.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from scilogos.model.attention import PackedAttention
from scilogos.model.config import ModelConfig

GROWTH = 16  # columns allocated at a time: products over whole tensors need no copy, over slices of them they do (2 x)


class PromptCache:
    """Hold the keys and values of every layer; read the prompts once, then take `capacity` steps at most."""

    def __init__(
        self,
        config: ModelConfig,
        prompt_lengths: Sequence[int],
        num_continuations: int,
        capacity: int,
        *,
        dtype: torch.dtype,
        device: torch.device | str = "cpu",
    ) -> None:
        self.num_continuations, self.capacity, self.length = num_continuations, capacity, 0
        self.lengths_P = torch.tensor(list(prompt_lengths), dtype=torch.int64, device=device)
        G, K = config.num_key_value_heads, config.head_dim
        prompt = (len(prompt_lengths), G, max(prompt_lengths), K)
        own = (len(prompt_lengths), G, num_continuations, 0, K)
        layers = range(config.num_hidden_layers)
        factory = {"dtype": dtype, "device": device}
        self.prompt_keys = [torch.zeros(prompt, **factory) for _ in layers]
        self.prompt_values = [torch.zeros(prompt, **factory) for _ in layers]
        self.own_keys = [torch.zeros(own, **factory) for _ in layers]
        self.own_values = [torch.zeros(own, **factory) for _ in layers]

    @property
    def num_prompts(self) -> int:
        """Count the prompts that are still there."""
        return self.lengths_P.shape[0]

    def reading(self) -> "PromptReading":
        """Return the attention under which the prompts, one after the other, are read."""
        return PromptReading(self)

    def step(self) -> "ContinuationStep":
        """Make room for one more token in every row and return the attention under which it is read."""
        assert self.length < self.capacity, f"all {self.capacity} steps of the cache are taken"
        if self.length == self.own_keys[0].shape[3]:
            self._grow(min(GROWTH, self.capacity - self.length))
        self.length += 1
        return ContinuationStep(self)

    def select(self, prompt_indices: Sequence[int] | Tensor) -> None:
        """Keep these prompts with their continuations, in this order, and drop the others."""
        index = torch.as_tensor(prompt_indices, dtype=torch.int64, device=self.lengths_P.device)
        self.lengths_P = self.lengths_P[index]
        longest = int(self.lengths_P.max()) if len(index) else 0
        for tensors in (self.prompt_keys, self.prompt_values):
            tensors[:] = [x[:, :, :longest].index_select(0, index) for x in tensors]
        for tensors in (self.own_keys, self.own_values):
            tensors[:] = [x.index_select(0, index) for x in tensors]

    def reorder(self, row_indices: Sequence[int] | Tensor) -> None:
        """Let every row continue from the row named for it, [R], which must belong to the same prompt."""
        P, n = self.num_prompts, self.num_continuations
        index_Pn = torch.as_tensor(row_indices, dtype=torch.int64, device=self.lengths_P.device).view(P, n)
        prompt_P1 = torch.arange(P, device=index_Pn.device)[:, None]
        assert bool((index_Pn // n == prompt_P1).all()), "a row can only continue from a row of its own prompt"
        G = self.own_keys[0].shape[1]
        group_PG1 = (prompt_P1 * G + torch.arange(G, device=index_Pn.device))[:, :, None]
        source = (group_PG1 * n + (index_Pn - prompt_P1 * n)[:, None]).flatten()
        for tensors in (self.own_keys, self.own_values):
            tensors[:] = [x.flatten(0, 2).index_select(0, source).view(x.shape) for x in tensors]

    def _grow(self, num_columns: int) -> None:
        for tensors in (self.own_keys, self.own_values):
            tensors[:] = [torch.nn.functional.pad(x, (0, 0, 0, num_columns)) for x in tensors]


class PromptReading:
    """Attention of the prompts' flat stream [T], each prompt alone, which fills the cache."""

    def __init__(self, cache: PromptCache) -> None:
        lengths = cache.lengths_P.tolist()
        device = cache.lengths_P.device
        self.cache, self.packed = cache, PackedAttention(lengths, device=device)
        self.prompt_T = torch.arange(len(lengths), device=device).repeat_interleave(cache.lengths_P)
        ends_P = cache.lengths_P.cumsum(0)
        self.positions_T = torch.arange(sum(lengths), device=device) - (ends_P - cache.lengths_P)[self.prompt_T]
        self.last_P = ends_P - 1  # the last token of each prompt in the stream

    def attend(self, layer: int, q_THK: Tensor, k_TGK: Tensor, v_TGK: Tensor) -> Tensor:
        """Return the attended values [T, H, K] and keep the keys and values."""
        self.cache.prompt_keys[layer][self.prompt_T, :, self.positions_T] = k_TGK
        self.cache.prompt_values[layer][self.prompt_T, :, self.positions_T] = v_TGK
        return self.packed.attend(layer, q_THK, k_TGK, v_TGK)


class ContinuationStep:
    """Attention of one new token a row [R] to its prompt and to its own past, itself included."""

    def __init__(self, cache: PromptCache) -> None:
        self.cache, self.column = cache, cache.length - 1
        self.positions_R = (cache.lengths_P + self.column).repeat_interleave(cache.num_continuations)
        L, C = cache.prompt_keys[0].shape[2], cache.own_keys[0].shape[3]
        column_S = torch.arange(L + C, device=cache.lengths_P.device)
        unread_PS = (column_S < L) & (column_S >= cache.lengths_P[:, None])
        self.hidden_P111S = (unread_PS | (column_S > L + self.column))[:, None, None, None]  # S = L + C

    def attend(self, layer: int, q_RHK: Tensor, k_RGK: Tensor, v_RGK: Tensor) -> Tensor:
        """Return the attended values [R, H, K]; softmax in fp32."""
        cache = self.cache
        keys_PGLK, values_PGLK = cache.prompt_keys[layer], cache.prompt_values[layer]
        (P, G, L, K), n = keys_PGLK.shape, cache.num_continuations
        r = q_RHK.shape[1] // G
        for own, new_RGK in ((cache.own_keys[layer], k_RGK), (cache.own_values[layer], v_RGK)):
            own[:, :, :, self.column] = new_RGK.view(P, n, G, K).transpose(1, 2)
        q_PGnrK = (q_RHK * K**-0.5).view(P, n, G, r, K).transpose(1, 2)
        to_prompt = (q_PGnrK.reshape(P, G, n * r, K) @ keys_PGLK.transpose(-1, -2)).view(P, G, n, r, L)
        to_own = q_PGnrK @ cache.own_keys[layer].transpose(-1, -2)
        scores = torch.cat((to_prompt, to_own), dim=-1).masked_fill_(self.hidden_P111S, float("-inf"))
        weights = scores.softmax(-1, dtype=torch.float32).to(q_RHK.dtype)
        out = (weights[..., :L].reshape(P, G, n * r, L) @ values_PGLK).view(P, G, n, r, K)
        out += weights[..., L:] @ cache.own_values[layer]
        return out.transpose(1, 2).reshape(P * n, G * r, K)
