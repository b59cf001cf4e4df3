"""Llama-3 and Qwen tokenizers from their rank files (tiktoken's format) as Hugging Face tokenizers.

A rank file lists a token a line, in base64, with its number. Of two neighbours that make a token, those are merged
first whose token has the lowest number.
"""

import base64
from dataclasses import dataclass
from pathlib import Path

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers, processors

from scilogos.errors import CheckpointError

_PIECES = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}%s| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)


@dataclass(frozen=True)
class Family:
    """What a rank file does not say: how text is cut before merging, the special tokens, those before and behind it."""

    pieces: str
    specials: tuple[str, ...]
    end: str
    beginning: str | None = None


FAMILIES = {
    "llama3": Family(
        _PIECES % "{1,3}",
        (
            "<|begin_of_text|>", "<|end_of_text|>", "<|reserved_special_token_0|>", "<|reserved_special_token_1|>",
            "<|finetune_right_pad_id|>", "<|reserved_special_token_2|>", "<|start_header_id|>", "<|end_header_id|>",
            "<|eom_id|>", "<|eot_id|>", "<|python_tag|>", *(f"<|reserved_special_token_{n}|>" for n in range(3, 248)),
        ),
        end="<|end_of_text|>",
        beginning="<|begin_of_text|>",
    ),
    "qwen3": Family(
        _PIECES % "",
        (
            *(f"<|{name}|>" for name in (
                "endoftext", "im_start", "im_end", "object_ref_start", "object_ref_end", "box_start", "box_end",
                "quad_start", "quad_end", "vision_start", "vision_end", "vision_pad", "image_pad", "video_pad",
            )),
            "<tool_call>", "</tool_call>",
            *(f"<|{name}|>" for name in ("fim_prefix", "fim_middle", "fim_suffix", "fim_pad", "repo_name", "file_sep")),
            "<tool_response>", "</tool_response>", "<think>", "</think>",
        ),
        end="<|endoftext|>",
    ),
}  # fmt: skip


def read_ranks(path: Path, family: Family) -> Tokenizer:
    """Read a rank file; CheckpointError if it is none."""
    try:
        rows = (line.split() for line in path.read_bytes().splitlines() if line)
        ranks = {base64.b64decode(token, validate=True): int(rank) for token, rank in rows}
    except (OSError, ValueError) as error:
        raise CheckpointError(
            f"{path}: not a rank file ({error}); expected lines of a base64 token and a number"
        ) from None
    if sorted(ranks.values()) != list(range(len(ranks))) or not all(bytes([b]) in ranks for b in range(256)):
        raise CheckpointError(f"{path}: expected numbers 0 to {len(ranks) - 1}, each once, and a token for every byte")
    spelled = {token: "".join(map(_BYTES.__getitem__, token)) for token in ranks}
    ways = ((token[:n], token[n:]) for token in sorted(ranks, key=ranks.__getitem__) for n in range(1, len(token)))
    merges = [(spelled[left], spelled[right]) for left, right in ways if left in ranks and right in ranks]
    vocabulary = {spelled[token]: rank for token, rank in ranks.items()}
    tokenizer = Tokenizer(models.BPE(vocabulary, merges, ignore_merges=True))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(family.pieces), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_tokens([AddedToken(text, special=True, normalized=False) for text in family.specials])
    if family.beginning:
        number = tokenizer.token_to_id(family.beginning)
        tokenizer.post_processor = processors.TemplateProcessing(
            single=f"{family.beginning} $A", special_tokens=[(family.beginning, number)]
        )
    return tokenizer


def _byte_letters() -> tuple[str, ...]:
    """The letter that stands for each byte in a byte-level tokenizer: itself if it can be printed (Radford 2019)."""
    printed = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = iter(range(256, 512))
    return tuple(chr(b) if b in printed else chr(next(others)) for b in range(256))


_BYTES = _byte_letters()
