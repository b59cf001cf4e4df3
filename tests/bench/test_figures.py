"""Intervals: known distributions, and no figure without items."""

import math

import numpy as np
import pytest

from scilogos.bench.figures import Figure, bootstrap, mean, ratio


def test_interval_of_a_share_is_binomial():
    figure = mean([1] * 30 + [0] * 70)
    assert figure.value == pytest.approx(0.3) and figure.count == 100
    spread = 1.96 * math.sqrt(0.3 * 0.7 / 100)
    assert figure.low == pytest.approx(0.3 - spread, abs=0.02)
    assert figure.high == pytest.approx(0.3 + spread, abs=0.02)
    assert mean([1] * 30 + [0] * 70) == figure, "the same answers give the same interval"


def test_ratio_sums_before_it_divides():
    assert ratio([1, 9], [10, 10]).value == pytest.approx(0.5)
    assert ratio([1, 9, 0], [2, 98, 0]) == ratio([1, 9], [2, 98])
    assert ratio([1, 9], [2, 98]).value == pytest.approx(0.1)


def test_resampling_cannot_tell_of_equal_items_or_of_few():
    figure = bootstrap(lambda units: 2.5, 7, percent=False)
    assert figure == Figure(2.5, count=7, percent=False) and str(figure) == "2.500"
    assert mean([0] * 11) == Figure(0.0, count=11), "0 of 11 says little of the twelfth"
    assert mean([0.5, 0.7], percent=False) == Figure(0.6, count=2, percent=False)
    assert mean([1, 0, 1, 1, 0]).low is not None


def test_statistic_sees_units():
    seen = []
    bootstrap(lambda units: seen.append(units) or 0.0, 5)
    assert seen[0].tolist() == [0, 1, 2, 3, 4]
    assert all(len(units) == 5 and 0 <= units.min() <= units.max() < 5 for units in seen)


def test_nothing_measured():
    assert str(mean([])) == "–" and ratio([0], [0]).value is None
    assert str(Figure(0.25, 0.2, 0.3, 10)) == "25.0% (20.0–30.0)"
    assert str(Figure(2040, percent=False)) == "2,040" and str(Figure(0.81, percent=False)) == "0.810"
    assert str(bootstrap(lambda units: np.nan, 3)) == "–"
