"""A task's own settings, from `NAME=VALUE` as the command line gives them."""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from scilogos.errors import InputError, RecipeError
from scilogos.recipe import to_dataclass


@dataclass(frozen=True, kw_only=True)
class NoSettings:
    """A task without settings of its own."""


def settings_of(task: str, module: ModuleType, options: Sequence[str]) -> Any:
    """The module's Settings with these options; InputError names one that it lacks or a value that does not fit."""
    table = {}
    for option in options:
        name, equals, value = option.partition("=")
        if not equals:
            raise InputError(f"--set {option}: expected NAME=VALUE")
        table[name] = _value(value)
    try:
        return to_dataclass(getattr(module, "Settings", NoSettings), table, f"--set of {task}")
    except RecipeError as error:
        raise InputError(str(error)) from None


def _value(text: str) -> Any:
    """A number, true, false or a list as TOML writes them; anything else is a text."""
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text
