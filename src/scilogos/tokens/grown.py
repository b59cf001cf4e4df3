"""Text <-> integers with a Llama or Qwen tokenizer grown by the tags: tags are added tokens, payloads its own pieces.

Knows nothing of weights: of config.json only the rows of the embedding and the end token are read.
"""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scilogos.errors import CheckpointError
from scilogos.grammar.tags import PUBLISHED, TAGS
from scilogos.tokens.codec import Codec
from scilogos.tokens.vocabulary import Vocabulary, scratch

if TYPE_CHECKING:
    from tokenizers import Tokenizer

FILE_NAME, CONFIG_NAME = "tokenizer.json", "tokenizer_config.json"


@dataclass
class Node:
    """A text that some tokens begin with; `token` is the one that ends here."""

    children: dict[str, "Node"] = field(default_factory=dict)
    token: int | None = None


class GrownVocabulary:
    """A tokenizer whose added tokens are tags of the language; `size` are the rows of the embedding."""

    def __init__(self, tokenizer: "Tokenizer", end: int, size: int) -> None:
        self.tokenizer, self.end, self.size = tokenizer, end, size
        self.beginning: tuple[int, ...] = tuple(tokenizer.encode("").ids)
        added = {token.content: number for number, token in tokenizer.get_added_tokens_decoder().items()}
        self.tags = {tag: added[tag] for tag in TAGS if tag in added}
        last = max(tokenizer.get_vocab().values())
        if last >= size:
            raise CheckpointError(f"its last token is {last}, but the embedding has {size} rows")
        single = {letter for letter, node in self.trie.children.items() if node.token is not None}
        missing = sorted(self._letters - single)
        if missing:
            raise CheckpointError(f"the tokenizer has no tokens for {' '.join(missing)}")

    def __len__(self) -> int:
        return self.tokenizer.get_vocab_size()

    @cached_property
    def fingerprint(self) -> str:
        """First 12 hex digits of the SHA-256 of the tokenizer."""
        return hashlib.sha256(self.tokenizer.to_str().encode()).hexdigest()[:12]

    @cached_property
    def alphabet(self) -> Vocabulary:
        """The symbols that texts are made of: those of the from-scratch vocabulary, with this tokenizer's tags."""
        missing = set(TAGS) - set(self.tags)
        return Vocabulary(tuple(s for s in scratch().symbols if s is None or s.text not in missing))

    @property
    def whole(self) -> frozenset[str]:
        """The bracket atoms that an answer may contain."""
        return self.alphabet.whole

    @cached_property
    def wholes(self) -> dict[int, int]:
        """Token -> symbol of the alphabet, for the tags and the end."""
        ids = {symbol.text: number for symbol, number in self.alphabet.ids.items() if symbol.kind == "tag"}
        return {self.end: self.alphabet.end} | {token: ids[tag] for tag, token in self.tags.items()}

    @cached_property
    def _letters(self) -> frozenset[str]:
        return frozenset("".join(symbol.text for symbol in self.alphabet.ids if symbol.kind != "tag"))

    @cached_property
    def texts(self) -> dict[int, str]:
        """The tokens that are made of a payload's characters alone."""
        added, tokens = self.tokenizer.get_added_tokens_decoder(), self.tokenizer.get_vocab().items()
        return {token: text for text, token in tokens if text and token not in added and self._letters.issuperset(text)}

    @cached_property
    def trie(self) -> Node:
        """The same by their texts, character by character."""
        root = Node()
        for token, text in self.texts.items():
            node = root
            for character in text:
                node = node.children.setdefault(character, Node())
            node.token = token
        return root


class GrownCodec:
    """Encode and decode texts as the grown tokenizer does."""

    def __init__(self, vocabulary: GrownVocabulary) -> None:
        self.vocabulary = vocabulary
        self._symbols = Codec(vocabulary.alphabet)

    def encode(self, text: str) -> list[int]:
        """Encode a sentence or its beginning, without a beginning or end token.

        Raises ParseError where the text cannot be cut, PromptError for a tag that the tokenizer lacks.
        """
        self._symbols.encode(text)
        return self.vocabulary.tokenizer.encode(text, add_special_tokens=False).ids

    def decode(self, tokens: Iterable[int]) -> str:
        """Decode tokens to text; end tokens are left out."""
        kept = [token for token in tokens if token != self.vocabulary.end]
        return self.vocabulary.tokenizer.decode(kept, skip_special_tokens=False)

    def begun(self, tokens: Sequence[int]) -> list[int]:
        """The tokens behind the beginning that the tokenizer adds; nothing at all: the end of the text before."""
        return [*self.vocabulary.beginning, *tokens] or [self.vocabulary.end]

    def save(self, folder: Path) -> None:
        """Write tokenizer.json, and tokenizer_config.json with the names of the end and the beginning."""
        tokenizer = self.vocabulary.tokenizer
        tokenizer.save(str(folder / FILE_NAME))
        names = {
            "tokenizer_class": "PreTrainedTokenizerFast",
            "clean_up_tokenization_spaces": False,
            "eos_token": tokenizer.id_to_token(self.vocabulary.end),
            "bos_token": next(map(tokenizer.id_to_token, self.vocabulary.beginning), None),
        }
        (folder / CONFIG_NAME).write_text(json.dumps(names, indent=1) + "\n")


def grow(tokenizer: "Tokenizer", tags: Sequence[str] = PUBLISHED) -> "Tokenizer":
    """Give a copy of a tokenizer with the tags as added tokens behind all others; those that it has stay."""
    from tokenizers import AddedToken, Tokenizer

    grown = Tokenizer.from_str(tokenizer.to_str())
    grown.add_tokens([AddedToken(tag, normalized=False) for tag in tags])
    return grown


def grow_folder(folder: Path, tags: Sequence[str] = TAGS) -> tuple[GrownCodec, int]:
    """Grow the tokenizer of a Llama or Qwen checkpoint by the tags; give its codec, and the first token that is new.

    The rows are those of the embedding, or more, in multiples of 64, where the tokens exceed them.
    """
    base, config = _read_tokenizer(folder), _read(folder / "config.json")
    first, grown = base.get_vocab_size(), grow(base, tags)
    rows = max(-(-grown.get_vocab_size() // 64) * 64, config.get("vocab_size", 0))
    return GrownCodec(GrownVocabulary(grown, _end(folder, grown, config), rows)), first


def _read_tokenizer(folder: Path) -> "Tokenizer":
    from tokenizers import Tokenizer

    try:
        return Tokenizer.from_file(str(folder / FILE_NAME))
    except Exception as error:  # the only class that tokenizers raises
        raise CheckpointError(f"{folder / FILE_NAME}: not a tokenizer ({error})") from None


def load_grown(folder: Path) -> GrownCodec:
    """Read the tokenizer of a published folder, its end token and its rows; CheckpointError names what is broken."""
    path, tokenizer = folder / FILE_NAME, _read_tokenizer(folder)
    added = {token.content for token in tokenizer.get_added_tokens_decoder().values()}
    missing = [tag for tag in PUBLISHED if tag not in added]
    if missing:
        raise CheckpointError(
            f"{path}: lacks {len(missing)} of the {len(PUBLISHED)} published tags, first {missing[0]}"
        )
    config = _read(folder / "config.json")
    try:
        return GrownCodec(GrownVocabulary(tokenizer, _end(folder, tokenizer, config), config["vocab_size"]))
    except (CheckpointError, KeyError, TypeError) as error:
        raise CheckpointError(f"{path}: does not fit config.json ({error})") from None


def _end(folder: Path, tokenizer: "Tokenizer", config: dict[str, Any]) -> int:
    """The end token: by name in tokenizer_config.json, else by number in config.json."""
    named = _read(folder / CONFIG_NAME).get("eos_token") if (folder / CONFIG_NAME).exists() else None
    name = named.get("content") if isinstance(named, dict) else named
    listed = config.get("eos_token_id")
    number = tokenizer.token_to_id(name) if isinstance(name, str) else listed[0] if isinstance(listed, list) else listed
    if not isinstance(number, int) or tokenizer.id_to_token(number) is None:
        raise CheckpointError(f"end token {name or listed!r}: expected a token of the tokenizer")
    return number


def _read(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise CheckpointError(f"{path}: cannot be read as JSON ({error})") from None
    if not isinstance(found, dict):
        raise CheckpointError(f"{path}: expected an object of keys and values")
    return found
