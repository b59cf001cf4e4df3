"""The errors a user can cause, each naming what was found and the cure.

    ScilogosError
    ├── ParseError       (ValueError)         a text is not a sentence; carries text, position, found, expected
    ├── ObjectError      (ValueError)         a value cannot be an object of the language
    ├── InputError       (ValueError)         a file or an argument cannot be read; carries path and line where known
    ├── MissingError     (FileNotFoundError)  a file, model or optional tool is not there
    ├── RecipeError      (ValueError)         a recipe has an unknown key or a value out of range
    ├── CheckpointError  (ValueError)         weights, tokenizer or training state are broken or do not fit
    ├── PromptError      (ValueError)         the model's vocabulary or the constraint cannot serve a prompt
    └── StorageError     (OSError)            writing failed: disk full, no permission

The command line prints the message and exits with code 2; `assert` is for our own bugs.
"""

__all__ = [
    "CheckpointError",
    "InputError",
    "MissingError",
    "ObjectError",
    "ParseError",
    "PromptError",
    "RecipeError",
    "ScilogosError",
    "StorageError",
]


class ScilogosError(Exception):
    """The root: everything that a user's input or machine can cause."""


class ParseError(ScilogosError, ValueError):
    """A text that is not a sentence: `position` is the 0-based offset in `text` of the first bad character."""

    def __init__(self, text: str, position: int, expected: str, found: str | None = None) -> None:
        self.text, self.position, self.expected = text, position, expected
        self.found = found if found is not None else (text[position : position + 12] or "the end")
        super().__init__(f"position {position}: found {self.found!r}, expected {expected}")

    def __reduce__(self):
        return ParseError, (self.text, self.position, self.expected, self.found)


class ObjectError(ScilogosError, ValueError):
    """A value that cannot be an object of the language."""


class InputError(ScilogosError, ValueError):
    """A file or an argument that cannot be read, with the place where it goes wrong."""

    def __init__(self, message: str, *, path: object = None, line: int | None = None) -> None:
        self.path, self.line = path, line
        place = f"{path}:{line}: " if path is not None and line is not None else f"{path}: " if path is not None else ""
        super().__init__(place + message)


class MissingError(ScilogosError, FileNotFoundError):
    """A file, model or optional tool that is not there."""


class RecipeError(ScilogosError, ValueError):
    """A recipe with an unknown key or a value out of range."""


class CheckpointError(ScilogosError, ValueError):
    """Weights, tokenizer or training state that are broken or do not fit together."""


class PromptError(ScilogosError, ValueError):
    """A prompt that the model's vocabulary or the constraint cannot serve."""


class StorageError(ScilogosError, OSError):
    """Writing failed: disk full, no permission."""
