"""Compiled loops whose code is kept for the next process, where there is a folder that can keep it."""

from collections.abc import Callable
from typing import Any

from numba import njit


def compiled(**options: Any) -> Callable[[Callable], Any]:
    """Compile a function by numba, without the interpreter's lock; `options` are those of numba.njit."""

    def decorate(function: Callable) -> Any:
        try:
            return njit(nogil=True, cache=True, **options)(function)
        except RuntimeError:  # neither the package's folder nor the user's can be written
            return njit(nogil=True, **options)(function)

    return decorate
