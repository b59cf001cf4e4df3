"""Decoding with cached prompts equals reading everything again."""

from itertools import chain

import pytest
import torch

from scilogos.model import PackedAttention, PromptCache
from scilogos.model.cache import GROWTH

PROMPT_LENGTHS = [5, 11, 2]


class Rows:
    """The texts of all rows as plain lists, which the cache must follow."""

    def __init__(self, config, model):
        self.generator = torch.Generator().manual_seed(8)
        self.config, self.model = config, model
        self.cache = PromptCache(config, dtype=next(model.parameters()).dtype)
        self.prompts, self.texts = [], []  # prompts of the cache; (prompt, own tokens) of each row

    def draw(self, count):
        return torch.randint(0, self.config.vocab_size, (count,), generator=self.generator).tolist()

    def read(self, lengths):
        """Read new prompts; return the last hidden state of each."""
        new = [self.draw(length) for length in lengths]
        reading = self.cache.read(lengths)
        hidden_TD = self.model(torch.tensor([*chain(*new)]), reading.positions_T, reading)
        self.prompts += new
        return hidden_TD[reading.last_N], self.recomputed(new)

    def arrange(self, sources, prompts):
        self.texts = [
            self.texts[source] if source >= 0 else (self.prompts[prompt], [])
            for source, prompt in zip(sources, prompts, strict=True)
        ]
        self.cache.arrange(sources, prompts)
        self.prompts = [prompt for i, prompt in enumerate(self.prompts) if i in prompts]

    def step(self, width, kept):
        """Read `width` tokens of each row, keep so many of them; return the hidden states and what they should be."""
        tokens = [self.draw(width) for _ in self.texts]
        step = self.cache.step(width)
        hidden_TD = self.model(torch.tensor([*chain(*tokens)]), step.positions_T, step)
        every = [
            [*prompt, *own, *new[: w + 1]]
            for (prompt, own), new in zip(self.texts, tokens, strict=True)
            for w in range(width)
        ]
        self.cache.advance(kept)
        self.texts = [
            (prompt, own + new[:count]) for (prompt, own), new, count in zip(self.texts, tokens, kept, strict=True)
        ]
        return hidden_TD, self.recomputed(every)

    def recomputed(self, texts):
        """Return the last hidden state of every text, each read from its start."""
        lengths = [len(text) for text in texts]
        positions_T = torch.cat([torch.arange(length) for length in lengths])
        hidden_TD = self.model(torch.tensor([*chain(*texts)]), positions_T, PackedAttention(lengths))
        return hidden_TD[torch.tensor(lengths).cumsum(0) - 1]


def same(pair):
    torch.testing.assert_close(*pair, atol=1e-5, rtol=1e-5)


@pytest.fixture
def rows(config, model):
    with torch.no_grad():
        rows = Rows(config, model)
        same(rows.read(PROMPT_LENGTHS))
        yield rows


def test_steps_equal_recomputation(rows):
    rows.arrange([-1] * 6, [0, 0, 1, 1, 2, 2])
    for _ in range(GROWTH + 3):  # the last ones need new columns
        same(rows.step(1, [1] * 6))


def test_a_prompt_may_have_any_number_of_rows(rows):
    rows.arrange([-1] * 5, [0, 1, 1, 1, 2])
    for width in (1, 3, 1):
        same(rows.step(width, [width] * 5))


def test_rows_grow_at_their_own_pace(rows):
    rows.arrange([-1] * 5, [0, 0, 1, 2, 2])
    for width, kept in ((4, [1, 4, 2, 0, 3]), (2, [2, 1, 0, 1, 2]), (1, [1, 0, 1, 1, 0]), (20, [20, 1, 7, 3, 5])):
        same(rows.step(width, kept))
    same(rows.step(1, [1] * 5))


def test_arranging_moves_copies_and_begins_rows(rows):
    rows.arrange([-1] * 4, [0, 0, 1, 2])
    same(rows.step(3, [1, 3, 2, 3]))
    rows.arrange([1, 1, -1, 3], [0, 0, 0, 2])  # the second prompt goes
    assert rows.cache.num_prompts == 2 and rows.cache.prompt_keys[0].shape[2] == 5  # the longest prompt went
    same(rows.step(2, [2, 1, 2, 2]))
    same(rows.read([13, 4]))
    rows.arrange([0, 2, 3, -1, -1, -1], [0, 0, 1, 2, 3, 3])
    assert rows.cache.num_prompts == 4
    for width in (1, 5):
        same(rows.step(width, [1, 0, 1, 1, 1, 1]))
    rows.arrange([3], [2])
    same(rows.step(1, [1]))


def test_what_makes_no_sense_is_refused(rows):
    rows.arrange([-1, -1], [0, 1])
    with pytest.raises(AssertionError, match="sorted by prompt"):
        rows.cache.arrange([-1, -1], [1, 0])
    with pytest.raises(AssertionError, match="own prompt"):
        rows.cache.arrange([1, 0], [0, 1])


def test_bfloat16_decoding_is_near_float32(tiny_config, tiny_model):
    hidden = {}
    for dtype in (torch.float32, torch.bfloat16):
        with torch.no_grad():
            rows = Rows(tiny_config, tiny_model.to(dtype))
            rows.read(PROMPT_LENGTHS)
            rows.arrange([-1] * 6, [0, 0, 1, 1, 2, 2])
            for _ in range(3):
                hidden[dtype] = rows.step(2, [2, 1] * 3)[0].float()
    wide, narrow = hidden.values()
    assert (wide - narrow).norm() < 0.05 * wide.norm()
