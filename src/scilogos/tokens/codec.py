"""Text <-> integers with the from-scratch vocabulary, lossless for every valid sentence.

Knows nothing about sentence forms: a text is cut by its tags alone, so prompts and answers encode on their own.
"""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path

from scilogos.errors import CheckpointError, PromptError
from scilogos.grammar.symbols import Symbol, symbols
from scilogos.tokens.vocabulary import END, Vocabulary, scratch

FILE_NAME = "symbols.json"


class Codec:
    """Encode and decode texts with one vocabulary."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary
        self._texts = [END if symbol is None else symbol.text for symbol in vocabulary.symbols]

    def encode(self, text: str) -> list[int]:
        """Encode a sentence or its beginning, without the end symbol.

        Raises ParseError where the text cannot be cut, PromptError for a symbol the vocabulary lacks.
        """
        ids = self.vocabulary.ids
        try:
            return [ids[symbol] for symbol in symbols(text, self.vocabulary.whole)]
        except KeyError as error:
            missing: Symbol = error.args[0]
            raise PromptError(f"this model's vocabulary has no {missing.kind} symbol {missing.text!r}") from None

    def decode(self, ids: Iterable[int]) -> str:
        """Decode numbers to text; end symbols are left out."""
        return "".join(self._texts[i] for i in ids if i != self.vocabulary.end)

    def begun(self, tokens: Sequence[int]) -> list[int]:
        """The numbers behind the end symbol: a text begins where the one before it ended."""
        return [self.vocabulary.end, *tokens]

    def save(self, folder: Path) -> None:
        """Write the numbering as JSON beside a checkpoint."""
        rows = [[END, ""] if s is None else [s.kind, s.text] for s in self.vocabulary.symbols]
        payload = {"fingerprint": self.vocabulary.fingerprint, "symbols": rows}
        (folder / FILE_NAME).write_text(json.dumps(payload, ensure_ascii=False) + "\n")


def load_scratch(folder: Path) -> Codec:
    """Read the numbering beside a checkpoint; CheckpointError if it is missing or broken."""
    path = folder / FILE_NAME
    try:
        payload = json.loads(path.read_text())
        rows = [None if kind == END else Symbol(kind, text) for kind, text in payload["symbols"]]
        vocabulary = Vocabulary(tuple(rows))
    except FileNotFoundError:
        raise CheckpointError(f"{path}: not found; a checkpoint needs its symbol table") from None
    except (ValueError, KeyError, TypeError) as error:
        raise CheckpointError(f"{path}: not a symbol table ({error})") from None
    if vocabulary.fingerprint != payload.get("fingerprint"):
        raise CheckpointError(f"{path}: the fingerprint does not match the symbols; the file was changed")
    return Codec(vocabulary)


def default() -> Codec:
    """The codec of the models trained from scratch."""
    return Codec(scratch())
