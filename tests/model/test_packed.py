"""The compiled loops and packed products for bf16 on a CPU give what plain torch gives, as near to the truth."""

import itertools

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from scilogos.model import PackedAttention, PromptCache, fastest, kernels
from scilogos.model.bf16 import bits
from scilogos.model.packed import PackedTransformer

pytestmark = pytest.mark.skipif(
    not torch.ops.mkldnn._is_mkldnn_bf16_supported(), reason="this processor has no products in bf16"
)
BF16, EPS = torch.bfloat16, np.float32(1e-6)
ONE_STEP = {"atol": 1e-6, "rtol": 2.0**-7}  # of rounding


def noise(*shape, scale=1.0, seed=0):
    return (scale * torch.randn(*shape, generator=torch.Generator().manual_seed(seed))).to(BF16)


@pytest.mark.parametrize("scale", [1e-3, 1.0, 300.0])
def test_rms_norm(scale):
    x, weight = noise(7, 45, scale=scale), noise(45, seed=1)
    out = torch.empty_like(x)
    kernels.rms_norm(bits(x), bits(weight), EPS, bits(out))
    torch.testing.assert_close(out, F.rms_norm(x, (45,), weight, 1e-6), **ONE_STEP)


@pytest.mark.parametrize("scale", [0.1, 3.0, 200.0])
def test_swiglu(scale):
    both = noise(5, 66, scale=scale)
    out = torch.empty(5, 33, dtype=BF16)
    kernels.swiglu(bits(both), bits(out))
    gate, up = both.float().chunk(2, -1)
    torch.testing.assert_close(out.float(), F.silu(gate) * up, **ONE_STEP)


@pytest.mark.parametrize("scale", [0.3, 20.0, 2000.0])
@pytest.mark.parametrize("given", [True, False], ids=["products with the prompt given", "all in the loop"])
def test_attention_to_what_is_seen(scale, given):
    prompt_R, first_R, start_R, lengths_P = [0, 0, 1], [0, 0, 2], [2, 0, 4], [5, 3]
    W, r, L, C, K = 2, 2, 5, 6, 8  # two prompts of one key head, two and one rows, whose groups have room for two
    q, k, v = (noise(6, heads, K, scale=scale, seed=heads) for heads in (r, 1, 1))
    (keys, values), prompts = [noise(3, 1, C, K, seed=s) for s in (5, 6)], [noise(2, 1, L, K, seed=s) for s in (7, 8)]
    queries_NMK = torch.zeros(2, 2 * W * r, K, dtype=BF16)
    queries_NMK[0], queries_NMK[1, : W * r] = q[: 2 * W].flatten(0, 1), q[2 * W :].flatten(0, 1)
    to_prompt = queries_NMK @ prompts[0][:, 0].mT
    weights, out = to_prompt.clone() if given else to_prompt[..., :0].clone(), torch.empty(2, 2 * W * r, K, dtype=BF16)
    counts = tuple(np.array(counted) for counted in (prompt_R, first_R, start_R, lengths_P))
    held = [tuple(map(bits, both)) for both in ((keys, values), prompts)]
    new = tuple(map(bits, (q, k, v)))
    kernels.attend(new, *held, *map(bits, (weights, out)), counts, np.float32(0.25))
    for row, w, j in itertools.product(range(3), range(W), range(r)):
        length, own = lengths_P[prompt_R[row]], start_R[row] + w + 1
        at = prompt_R[row], ((row - first_R[row]) * W + w) * r + j
        assert torch.equal(keys[row, 0, own - 1], k[row * W + w, 0])
        assert torch.equal(values[row, 0, own - 1], v[row * W + w, 0])
        query, far = q[row * W + w, j].float(), prompts[0][prompt_R[row], 0, :length].float()
        scores = to_prompt[at][:length].float() if given else far @ query
        expected = (torch.cat((scores, keys[row, 0, :own].float() @ query)) * 0.25).softmax(-1)
        summed = expected[length:] @ values[row, 0, :own].float()
        if given:
            torch.testing.assert_close(weights[at][:length].float(), expected[:length], **ONE_STEP)
            assert not weights[at][length:].any()
        else:
            summed += expected[:length] @ prompts[1][prompt_R[row], 0, :length].float()
        torch.testing.assert_close(out[at].float(), summed, atol=scale * 2.0**-9, rtol=2.0**-7)


def far(found, truth):
    return ((found.float() - truth).norm() / truth.norm()).item()


def test_the_packed_model_is_as_near_to_the_truth_as_the_plain_one(model):
    tokens_T, positions_T = torch.arange(40), torch.arange(200, 240)
    with torch.inference_mode():
        attention = PackedAttention([25, 15])
        truth = model.logits(model(tokens_T, positions_T, attention))
        plain = model.to(BF16)
        packed = fastest(plain)
        assert isinstance(packed, PackedTransformer)
        far_plain, far_packed = (far(m.logits(m(tokens_T, positions_T, attention)), truth) for m in (plain, packed))
    assert far_packed < 1.5 * far_plain < 0.1


@pytest.mark.parametrize("width", [1, 3])
def test_compiled_steps_are_as_near_to_the_truth_as_plain_ones(config, model, width):
    """Prompts of different lengths, groups of different sizes, rows of different lengths."""
    hidden = {}
    for name, dtype, compiled in (("truth", torch.float32, False), ("plain", BF16, False), ("compiled", BF16, True)):
        generator = torch.Generator().manual_seed(3)
        tokens = lambda count: torch.randint(0, config.vocab_size, (count,), generator=generator)  # noqa: B023, E731
        model = model.to(dtype)
        cache = PromptCache(config, dtype=dtype)
        cache.compiled = compiled
        with torch.inference_mode():
            reading = cache.read([6, 9])
            model(tokens(15), reading.positions_T, reading)
            cache.arrange([-1] * 3, [0, 1, 1])
            for kept in ([1, 1, 1], [1, width, 1], [1, 1, 1]):
                step = cache.step(width)
                hidden[name] = model(tokens(3 * width), step.positions_T, step)
                cache.advance(kept)
    assert far(hidden["compiled"], hidden["truth"]) < 1.5 * far(hidden["plain"], hidden["truth"]) < 0.1


def test_a_model_that_is_not_in_bf16_stays_as_it_is(model):
    assert fastest(model) is model


def test_nothing_is_compiled_but_at_the_start(tiny_model):
    """A loop that meets arrays laid out otherwise would be compiled in the midst of the work."""
    kernels.compile_loops()
    loops = (kernels.rms_norm, kernels.swiglu, kernels.turn_heads, kernels.attend)
    before = [len(loop.signatures) for loop in loops]
    model = fastest(tiny_model.to(BF16))
    with torch.inference_mode():
        for rows in (1, 3):
            cache = PromptCache(tiny_model.config, dtype=BF16)
            reading = cache.read([4, 7])
            model(torch.arange(11), reading.positions_T, reading)
            cache.arrange([-1] * rows, [0] * (rows - 1) + [1])
            for width in (1, 2):
                step = cache.step(width)
                model(torch.arange(rows * width), step.positions_T, step)
                cache.advance(width)
    assert [len(loop.signatures) for loop in loops] == before
