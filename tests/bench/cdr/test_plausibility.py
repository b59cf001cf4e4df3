"""AntiBERTy read from its package: the same log-probabilities as its own runner's formula, residue by residue."""

import numpy as np
import pytest
import torch

from scilogos.bench.cdr import plausibility
from tests.bench.conftest import LIGHT

pytestmark = pytest.mark.skipif(not plausibility.is_there(), reason=plausibility.MISSING)


ORIGINAL = {  # AntiBERTyRunner().pseudo_log_likelihood of antiberty 0.1.3, run with transformers 4.30.2
    LIGHT[:40]: -0.73115,
    "AVYYCSRWGGDGFYAMDYWGQGTLVTVSS": -3.59861,
    "CARDYW": -3.24681,
}


@pytest.mark.parametrize("chain", ORIGINAL)
def test_the_original_runner_says_the_same(chain):
    assert plausibility.plausibility(chain, (0, 1))[0] == pytest.approx(ORIGINAL[chain], abs=1e-3)


def test_one_residue_by_one_pass():
    """Mask a residue, read the chain alone, and compare: batches of masked copies change nothing."""
    chain = LIGHT[:20]
    model, symbols = plausibility._model()
    scores = plausibility.residue_scores(chain)
    for place in (0, 7, 19):
        text = [symbols["[CLS]"], *(symbols[residue] for residue in chain), symbols["[SEP]"]]
        text[place + 1] = symbols["[MASK]"]
        with torch.inference_mode():
            logits = model(input_ids=torch.tensor([text])).logits[0, place + 1].clone()
            logits[:5] = -torch.inf
        assert scores[place] == pytest.approx(logits.log_softmax(-1)[symbols[chain[place]]].item(), abs=0.05)


def test_a_native_chain_is_likelier_than_a_shuffled_one():
    shuffled = "".join(np.random.default_rng(0).permutation(list(LIGHT[:40])))
    (native, _), (other, _) = plausibility.plausibilities([(LIGHT[:40], (0, 4)), (shuffled, (0, 4))])
    assert native > other + 1
    whole, loop = plausibility.plausibility(LIGHT[:12], (0, 12))
    assert whole == pytest.approx(loop)
