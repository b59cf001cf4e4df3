"""Decoding with cached prompts equals reading everything again."""

from itertools import chain

import pytest
import torch

from scilogos.model import PackedAttention, PromptCache
from scilogos.model.cache import GROWTH

PROMPT_LENGTHS = [5, 11, 2]
n = 4


class Rows:
    """The texts of all rows as plain lists, which the cache must follow."""

    def __init__(self, config):
        self.generator = torch.Generator().manual_seed(8)
        self.vocab_size = config.vocab_size
        self.prompts = [self.draw(length) for length in PROMPT_LENGTHS]
        self.texts = [prompt for prompt in self.prompts for _ in range(n)]

    def draw(self, count):
        return torch.randint(0, self.vocab_size, (count,), generator=self.generator).tolist()

    def recomputed(self, model):
        """Return the last hidden state of every row [R, D], each read from its start."""
        lengths = [len(text) for text in self.texts]
        positions_T = torch.cat([torch.arange(length) for length in lengths])
        hidden_TD = model(torch.tensor([*chain(*self.texts)]), positions_T, PackedAttention(lengths))
        return hidden_TD[torch.tensor(lengths).cumsum(0) - 1]


@pytest.fixture
def rows(config):
    return Rows(config)


@pytest.fixture
def cache(config, model, rows):
    cache = PromptCache(config, PROMPT_LENGTHS, n, 6, dtype=torch.float32)
    reading = cache.reading()
    with torch.no_grad():
        hidden_TD = model(torch.tensor([*chain(*rows.prompts)]), reading.positions_T, reading)
        expected_RD = rows.recomputed(model)
    torch.testing.assert_close(hidden_TD[reading.last_P].repeat_interleave(n, 0), expected_RD, atol=1e-5, rtol=1e-5)
    return cache


@torch.no_grad()
def advance(model, cache, rows):
    tokens = rows.draw(len(rows.texts))
    rows.texts = [[*text, token] for text, token in zip(rows.texts, tokens, strict=True)]
    step = cache.step()
    hidden_RD = model(torch.tensor(tokens), step.positions_R, step)
    torch.testing.assert_close(hidden_RD, rows.recomputed(model), atol=1e-5, rtol=1e-5)


def test_steps_equal_recomputation(model, cache, rows):
    for _ in range(6):
        advance(model, cache, rows)
    with pytest.raises(AssertionError, match="6 steps"):
        cache.step()


def test_select_keeps_the_named_prompts(model, cache, rows):
    advance(model, cache, rows)
    for kept in ([2, 0], [1]):
        cache.select(kept)
        rows.texts = [text for p in kept for text in rows.texts[p * n : p * n + n]]
        assert cache.num_prompts == len(kept)
        advance(model, cache, rows)
    assert cache.prompt_keys[0].shape[2] == 5  # the longest prompt went


def test_reorder_copies_rows_within_a_prompt(model, cache, rows):
    orders = [[3, 3, 0, 1, 4, 7, 6, 5, 9, 9, 9, 8], [0, 2, 1, 3, 5, 5, 5, 5, 11, 10, 9, 8]]
    advance(model, cache, rows)
    for order in orders:
        advance(model, cache, rows)
        cache.reorder(torch.tensor(order))
        rows.texts = [rows.texts[row] for row in order]
    advance(model, cache, rows)
    cache.select([2, 1])
    rows.texts = rows.texts[8:12] + rows.texts[4:8]
    cache.reorder([1, 0, 3, 2, 4, 4, 7, 7])
    rows.texts = [rows.texts[row] for row in [1, 0, 3, 2, 4, 4, 7, 7]]
    advance(model, cache, rows)


def test_reorder_refuses_rows_of_another_prompt(cache):
    with pytest.raises(AssertionError, match="own prompt"):
        cache.reorder([4, 1, 2, 3, 0, 5, 6, 7, 8, 9, 10, 11])


def test_bfloat16_decoding_is_near_float32(tiny_config, tiny_model):
    hidden = {}
    for dtype in (torch.float32, torch.bfloat16):
        rows, model = Rows(tiny_config), tiny_model.to(dtype)
        cache = PromptCache(tiny_config, PROMPT_LENGTHS, n, 3, dtype=dtype)
        with torch.no_grad():
            reading = cache.reading()
            model(torch.tensor([*chain(*rows.prompts)]), reading.positions_T, reading)
            for _ in range(3):
                step = cache.step()
                hidden[dtype] = model(torch.tensor(rows.draw(3 * n)), step.positions_R, step).float()
    wide, narrow = hidden.values()
    assert (wide - narrow).norm() < 0.05 * wide.norm()


def test_growing_loses_nothing(tiny_config, tiny_model):
    rows = Rows(tiny_config)
    cache = PromptCache(tiny_config, PROMPT_LENGTHS, n, GROWTH + 3, dtype=torch.float32)
    reading = cache.reading()
    with torch.no_grad():
        tiny_model(torch.tensor([*chain(*rows.prompts)]), reading.positions_T, reading)
    for _ in range(GROWTH + 3):
        advance(tiny_model, cache, rows)
