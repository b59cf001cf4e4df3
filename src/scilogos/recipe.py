"""A recipe: a TOML file whose tables become frozen dataclasses. Unknown keys and wrong types are refused by name.

A recipe that differs from another in a few keys names it as its `base`, a path beside it, and gives those keys alone.
"""

import dataclasses
import tomllib
import types
import typing
from pathlib import Path
from typing import Any, TypeVar

from scilogos.errors import MissingError, RecipeError

T = TypeVar("T")

__all__ = ["read_table", "read_toml", "to_dataclass", "value_of"]

TABLES = ("corpus", "train", "oracle", "predictor")
BASE = "base"
_LONGEST_CHAIN = 8  # of bases


def read_toml(path: Path) -> dict[str, Any]:
    """Read a TOML file; RecipeError names the file and the place of a syntax error."""
    try:
        return tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise MissingError(f"{path}: no such recipe") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise RecipeError(f"{path}: not TOML: {error}") from None
    except OSError as error:
        raise RecipeError(f"{path}: cannot be read: {error.strerror}") from None


def read_table(path: Path, name: str) -> dict[str, Any]:
    """Read one table of a recipe, over the same table of its base; a file may hold a corpus and its training."""
    found: dict[str, Any] = {}
    file: Path | None = Path(path)
    for _ in range(_LONGEST_CHAIN):
        if file is None:
            break
        tables, base = _read_tables(file)
        found = {**tables.get(name, {}), **found}
        file = base
    else:
        raise RecipeError(f"{path}: more than {_LONGEST_CHAIN} recipes, each the base of the one before")
    if not found:
        raise RecipeError(f"{path}: table [{name}] is missing")
    return found


def _read_tables(path: Path) -> tuple[dict[str, dict[str, Any]], Path | None]:
    tables = read_toml(path)
    base = tables.pop(BASE, None)
    if not isinstance(base, str | None):
        raise RecipeError(f"{path}: base: found {base!r}; expected the path of a recipe, counted from this one")
    for key, table in tables.items():
        if key not in TABLES or not isinstance(table, dict):
            expected = " or ".join(f"[{name}]" for name in TABLES)
            raise RecipeError(f"{path}: unknown key {key!r}; expected {expected}, or `{BASE}`")
    return tables, None if base is None else path.parent / base


def value_of(text: str) -> Any:
    """A number, true, false or a list as TOML writes them; anything else is a text."""
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def to_dataclass(kind: type[T], table: dict[str, Any], where: str) -> T:
    """Build a dataclass from a table; nested dataclasses and lists of them from nested tables.

    RecipeError says `where`, and which key; so does one that the dataclass raises itself.
    """
    hints = typing.get_type_hints(kind)
    fields = {field.name: field for field in dataclasses.fields(kind)}  # type: ignore[arg-type]
    for key in table:
        if key not in fields:
            raise RecipeError(f"{where}: unknown key {key!r}; expected one of {', '.join(sorted(fields))}")
    missing = (dataclasses.MISSING, dataclasses.MISSING)
    for name, field in fields.items():
        if name not in table and (field.default, field.default_factory) == missing:
            raise RecipeError(f"{where}: key {name!r} is missing")
    values = {key: _convert(hints[key], value, f"{where}.{key}") for key, value in table.items()}
    try:
        return kind(**values)
    except RecipeError as error:
        raise RecipeError(f"{where}: {error}") from None


def _convert(hint: Any, value: Any, where: str) -> Any:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if dataclasses.is_dataclass(hint) and isinstance(value, dict):
        return to_dataclass(typing.cast(type, hint), value, where)
    if origin in (types.UnionType, typing.Union):
        inner = [a for a in arguments if a is not type(None)]
        return _convert(inner[0], value, where) if len(inner) == 1 else value
    if origin is tuple and isinstance(value, list):
        return tuple(_convert(arguments[0], item, f"{where}[{i}]") for i, item in enumerate(value))
    if origin is dict and isinstance(value, dict):
        return {key: _convert(arguments[1], item, f"{where}.{key}") for key, item in value.items()}
    if origin is typing.Literal:
        if value not in arguments:
            raise RecipeError(f"{where}: found {value!r}; expected one of {', '.join(map(str, arguments))}")
        return value
    if hint is Path and isinstance(value, str):
        return Path(value)
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if not isinstance(hint, type) or not isinstance(value, hint) or (hint is not bool and isinstance(value, bool)):
        raise RecipeError(f"{where}: found {value!r}; expected {getattr(hint, '__name__', hint)}")
    return value
