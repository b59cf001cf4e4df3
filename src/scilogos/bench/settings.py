"""A task's own settings, from `NAME=VALUE` as the command line gives them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from types import ModuleType
from typing import Any

from scilogos.decode import Sampling
from scilogos.errors import InputError, PromptError, RecipeError
from scilogos.recipe import to_dataclass, value_of


@dataclass(frozen=True, kw_only=True)
class NoSettings:
    """A task without settings of its own."""


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """Settings of a task that samples: another temperature or top-p than the task's own, which None leaves."""

    temperature: float | None = None
    top_p: float | None = None

    def __post_init__(self) -> None:
        try:
            self.sampling(Sampling())
        except PromptError as error:
            raise InputError(f"temperature, top_p: {error}") from None

    def sampling(self, usual: Sampling) -> Sampling:
        """The task's own rule, changed as it is set here."""
        changed = {"temperature": self.temperature, "top_p": self.top_p}
        return replace(usual, **{name: value for name, value in changed.items() if value is not None})


def settings_of(task: str, module: ModuleType, options: Sequence[str]) -> Any:
    """The module's Settings with these options; InputError names one that it lacks or a value that does not fit."""
    table = {}
    for option in options:
        name, equals, value = option.partition("=")
        if not equals:
            raise InputError(f"--set {option}: expected NAME=VALUE")
        table[name] = value_of(value)
    try:
        return to_dataclass(getattr(module, "Settings", NoSettings), table, f"--set of {task}")
    except RecipeError as error:
        raise InputError(str(error)) from None
