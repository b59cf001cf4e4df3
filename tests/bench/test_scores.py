"""Every score against a value worked out by hand, and against scikit-learn and SciPy on anything."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from sklearn import metrics

from scilogos.bench import scores

PAIRS = st.lists(st.tuples(st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.9, 1.0]), st.booleans()), min_size=2, max_size=40)


@pytest.mark.filterwarnings("ignore:A single label was found")
@given(PAIRS, st.sampled_from([0.1, 0.5, 0.9]))
def test_scikit_learn_says_the_same(pairs, threshold):
    marks, truth = map(np.array, zip(*pairs, strict=True))
    called = marks >= threshold
    counts = scores.confusion(called, truth)
    assert counts.tolist() == metrics.confusion_matrix(truth, called, labels=[True, False]).T.ravel().tolist()
    assert scores.mcc(counts) == pytest.approx(metrics.matthews_corrcoef(truth, called))
    assert scores.f1(counts) == pytest.approx(metrics.f1_score(truth, called, zero_division=0))
    if truth.any():
        assert scores.average_precision(marks, truth) == pytest.approx(metrics.average_precision_score(truth, marks))
    if truth.any() and not truth.all():
        assert scores.auroc(marks, truth) == pytest.approx(metrics.roc_auc_score(truth, marks))


@given(PAIRS, st.randoms(use_true_random=False))
def test_scipy_says_the_same(pairs, random):
    one = [mark for mark, _ in pairs]
    other = random.sample(one, len(one))
    if len(set(one)) > 1:
        assert scores.spearman(one, other) == pytest.approx(stats.spearmanr(one, other).statistic)


def test_confusion_counts():
    predicted, truth = np.array([1, 1, 1, 0, 0, 0]), np.array([1, 0, 1, 1, 0, 0])
    assert scores.confusion(predicted, truth).tolist() == [2, 1, 1, 2]


def test_mcc():
    # (2*2 - 1*1) / sqrt(3*3*3*3)
    assert scores.mcc([2, 1, 1, 2]) == pytest.approx(3 / 9)
    # (90*80 - 20*10) / sqrt(110*100*100*90)
    assert scores.mcc([90, 20, 10, 80]) == pytest.approx(7000 / math.sqrt(110 * 100 * 100 * 90))
    assert scores.mcc([3, 0, 0, 4]) == 1 and scores.mcc([0, 4, 3, 0]) == -1
    assert scores.mcc([0, 0, 3, 4]) == 0, "nothing called"
    assert scores.mcc(np.array([50_000, 1, 1, 50_000])) > 0.99, "products that 32 bits cannot hold"


def test_f1():
    assert scores.f1([2, 1, 1, 2]) == pytest.approx(2 / 3)
    assert scores.f1([0, 0, 0, 5]) == 0


def test_average_precision():
    # hits at ranks 1 and 3: (1/1 + 2/3) / 2
    assert scores.average_precision([0.9, 0.8, 0.7, 0.1], [1, 0, 1, 0]) == pytest.approx((1 + 2 / 3) / 2)
    # all tied: precision is the share of positives
    assert scores.average_precision([0.5] * 4, [1, 0, 0, 0]) == pytest.approx(1 / 4)
    # a tie of a hit and a miss at the top, then a hit: 1/2 * 1/2 + 1/2 * 2/3
    assert scores.average_precision([0.9, 0.9, 0.2], [0, 1, 1]) == pytest.approx(1 / 4 + 1 / 3)
    assert math.isnan(scores.average_precision([0.9, 0.2], [0, 0]))


def test_spearman():
    assert scores.spearman([1, 2, 3, 4], [10, 20, 30, 40]) == pytest.approx(1)
    # ranks 0 1 2 and 0 2 1: 1 - 6 * 2 / (3 * 8)
    assert scores.spearman([1, 5, 9], [1, 7, 3]) == pytest.approx(0.5)
    # ranks -0.5 -0.5 1 and -1 0 1: 1.5 / sqrt(1.5 * 2)
    assert scores.spearman([1, 1, 2], [1, 2, 3]) == pytest.approx(1.5 / math.sqrt(3)), "equal values share a rank"
    assert math.isnan(scores.spearman([1, 1], [1, 2]))


def test_auroc():
    assert scores.auroc([3, 1, 2, 0], [True, False, False, True]) == (2 + 0) / 4
    assert scores.auroc([1, 1, 0], [True, False, False]) == (0.5 + 1) / 2, "a tie counts half"
    assert math.isnan(scores.auroc([1, 2], [True, True])) and math.isnan(scores.auroc([], []))


def test_best_threshold():
    assert scores.best_threshold([0.9, 0.8, 0.7, 0.1], [1, 1, 0, 0]) == 0.8
    assert scores.best_threshold([0.9, 0.8, 0.7, 0.1], [0, 0, 0, 0]) == 0.9, "all equal: the highest"
    assert scores.best_threshold([0.2, 0.0, 0.0], [0, 1, 0]) == 0.2, "what has no probability is never called"
    assert scores.best_threshold([0.0, 0.0], [0, 1]) == 1.0


def test_best_threshold_is_the_best_of_all():
    rng = np.random.default_rng(0)
    for _ in range(20):
        p, truth = rng.integers(0, 8, 40) / 8, rng.random(40) < 0.3
        values = {t: scores.mcc(scores.confusion(p >= t, truth)) for t in p if t > 0}
        assert values[scores.best_threshold(p, truth)] == pytest.approx(max(values.values()))


def test_rank_and_top_k():
    assert scores.rank_of("b", ["a", "a", "b"]) == 2, "an equal answer counts once"
    assert scores.rank_of("z", ["a"]) is None
    assert scores.top_k([1, 3, None, 11], 3).tolist() == [True, True, False, False]


def test_recovery():
    assert scores.recovery("ARDYW", "ARGYF") == pytest.approx(3 / 5)
    assert scores.recovery("AR", "ARGY") == pytest.approx(1 / 2)
    assert scores.recovery("", "ARGY") == 0


def test_first_seen():
    assert scores.first_seen(["a", None, "b", "a", None]) == [True, False, True, False, False]


def test_reciprocal_ranks_by_hand():
    found = scores.reciprocal_ranks([["a", "b", "a", "c"], ["b", "c"], ["c", "b"]])
    order = sorted(found, key=found.get, reverse=True)
    # b and c and a were first once each: sums 1/2 + 1 + 1/2, 1/3 + 1/2 + 1, 1
    assert order == ["b", "c", "a"]
    assert [round(found[x], 6) for x in order] == [2.0, round(11 / 6, 6), 1.0]
    assert scores.reciprocal_ranks([["a", "b"], ["a"]])["b"] == pytest.approx(0.5 - 1e6), "never first"
