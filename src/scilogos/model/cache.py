"""Keys and values of prompts, and of the rows that continue them: a prompt is stored once and read by all its rows.

Rows may have different lengths, and a step may read several tokens of each. Knows nothing about sampling or about which
row has ended.

Shapes: P prompts, R rows sorted by prompt, T tokens of a stream, L longest prompt, H query heads, G key-value heads,
K head dimension.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from scilogos.model.attention import PackedAttention
from scilogos.model.config import ModelConfig
from scilogos.model.fastest import runs_compiled
from scilogos.model.row_step import CompiledRowStep, Rows, RowStep

GROWTH = 16  # columns allocated at least: products over whole tensors need no copy, over slices of them they do (2 x)


class PromptCache:
    """Hold the keys and values of every layer: `read` prompts, `arrange` rows, then `step` and `advance` them."""

    def __init__(self, config: ModelConfig, *, dtype: torch.dtype, device: torch.device | str = "cpu") -> None:
        G, K = config.num_key_value_heads, config.head_dim
        layers, factory = range(config.num_hidden_layers), {"dtype": dtype, "device": device}
        self.device, self.compiled = torch.device(device), runs_compiled(dtype, device)
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
        if self.compiled and columns:
            columns = self.own_keys[0].shape[2]  # room for more; compiled loops do not read it
        for tensors in (self.own_keys, self.own_values):
            if columns:
                tensors[:] = [x[:, :, :columns].index_select(0, from_R) for x in tensors]
            else:
                tensors[:] = [x.new_zeros(len(source_R), x.shape[1], 0, x.shape[3]) for x in tensors]

    def step(self, width: int = 1) -> RowStep:
        """Make room for `width` more tokens in every row and return the attention under which they are read."""
        needed, allocated = int(self.lengths_R.max()) + width, self.own_keys[0].shape[2]
        if needed > allocated:
            more = allocated if self.compiled else allocated // 4  # compiled loops do not read what is not written
            grown = max(needed, allocated + more, GROWTH) - allocated
            for tensors in (self.own_keys, self.own_values):
                tensors[:] = [torch.nn.functional.pad(x, (0, 0, 0, grown)) for x in tensors]
        held = Rows(self.lengths_P, self.prompt_R, self.lengths_R)
        layers = zip(self.prompt_keys, self.prompt_values, self.own_keys, self.own_values, strict=True)
        return (CompiledRowStep if self.compiled else RowStep)(held, list(layers), width)

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
