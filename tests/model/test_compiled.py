"""Compiled loops where no folder can keep their code."""

import numpy as np
import pytest
from numba import njit

from scilogos.model.compiled import compiled

SOURCE = "def total(values):\n    s = 0.0\n    for v in values:\n        s += v\n    return s\n"


def test_a_loop_that_cannot_be_kept_is_compiled_all_the_same():
    """Code without a file has no place beside it, as a package on a read-only disk without a home has none."""
    names: dict = {}
    exec(SOURCE, names)
    with pytest.raises(RuntimeError, match="no locator"):
        njit(cache=True)(names["total"])
    assert compiled(error_model="numpy")(names["total"])(np.arange(4.0)) == 6
