"""The from-scratch vocabulary as a Hugging Face fast tokenizer, for programs that know nothing of our grammar.

One letter has several numbers (residue C, atom C, a C in a spelled bracket atom), and a fast tokenizer sees text
only. So a normalizer puts a mark, a character of the private use area, before every letter of a kind other than
SMILES; a mark and its letter are then one piece, and the decoder takes the marks away. Where letters of a kind begin
is told by the tag before them (or by a bracket atom that the vocabulary lacks), and how far they reach by the anchor
`\\G`, the end of the match before: one pass from left to right, linear in the text, and beginnings of sentences are
cut as whole ones are.
"""

import json
import re
from pathlib import Path
from typing import Any

from scilogos.errors import MissingError
from scilogos.grammar.symbols import CONTEXTS
from scilogos.grammar.tags import POCKET_S, TAGS
from scilogos.tokens.codec import Codec
from scilogos.tokens.vocabulary import END

_MARKS = {"residue": "\ue000", "net": "\ue001", "spell": "\ue002"}  # SMILES symbols bear none


def save_hf_tokenizer(codec: Codec, folder: Path) -> None:
    """Write the files from which `AutoTokenizer.from_pretrained(folder)` cuts every valid sentence as the codec does.

    It puts the end symbol in front, as the model was trained: a row begins where the sentence before it ended. Decode
    with `skip_special_tokens=True`. A symbol that the vocabulary lacks raises: no number stands for the unknown.
    """
    try:
        import tokenizers
    except ImportError:
        raise MissingError("the package tokenizers is not installed; pip install tokenizers") from None

    pieces = {piece(s.kind, s.text) if s else END: i for i, s in enumerate(codec.vocabulary.symbols)}
    tokenizer = tokenizers.Tokenizer(tokenizers.models.WordLevel(pieces, unk_token="<unknown>"))
    tokenizer.normalizer = tokenizers.normalizers.Sequence(
        [tokenizers.normalizers.Replace(tokenizers.Regex(pattern), mark) for pattern, mark in _markings(codec)]
    )
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.Split(tokenizers.Regex(_cutting(codec)), "isolated")
    strip = [tokenizers.decoders.Replace(mark, "") for mark in _MARKS.values()]
    tokenizer.decoder = tokenizers.decoders.Sequence([*strip, tokenizers.decoders.Fuse()])
    tokenizer.post_processor = tokenizers.processors.TemplateProcessing(
        single=f"{END} $A", special_tokens=[(END, codec.vocabulary.end)]
    )
    tokenizer.add_special_tokens([tokenizers.AddedToken(END, special=True, normalized=False)])
    tokenizer.save(str(folder / "tokenizer.json"))
    ends: dict[str, Any] = {"bos_token": END, "eos_token": END, "pad_token": END}
    config = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "clean_up_tokenization_spaces": False,
        "model_input_names": ["input_ids", "attention_mask"],
        **ends,
    }
    (folder / "special_tokens_map.json").write_text(json.dumps(ends, indent=1) + "\n")
    (folder / "tokenizer_config.json").write_text(json.dumps(config, indent=1) + "\n")


def piece(kind: str, text: str) -> str:
    """A symbol as the exported tokenizer writes it: behind the mark of its kind, if letters of that kind have one."""
    return _MARKS.get(kind, "") + text


def _markings(codec: Codec) -> list[tuple[str, str]]:
    """For each kind a pattern that matches, without width, before each of its letters; unknown ones too, to raise."""
    on = "\\G(?<=[^<>])(?=[^<])"
    after = {kind: "|".join(tag for tag, held in CONTEXTS.items() if held == kind) for kind in ("residue", "net")}
    alone = f"(?<={POCKET_S})(?=[^<](?:<|\\z))"  # between Pocket tags a lone letter is a residue
    whole = "|".join(re.escape(text[1:]) for text in sorted(codec.vocabulary.whole))
    spelled = f"(?=\\[{f'(?!{whole})' if whole else ''}[^\\[\\]<]*\\])"
    return [
        (f"(?<={after['residue']})(?=[^<])|{alone}|{on}", _MARKS["residue"]),
        (f"(?<={after['net']})(?=[^<])|{on}", _MARKS["net"]),
        (f"{spelled}|(?<!\\]){on}", _MARKS["spell"]),
    ]


def _cutting(codec: Codec) -> str:
    """One pattern for every piece, longer ones first; what it does not match is left over and refused."""
    texts = (s.text for s in codec.vocabulary.symbols if s and s.kind == "smiles")
    smiles = "|".join(map(re.escape, sorted(texts, key=len, reverse=True)))
    return f"{'|'.join(TAGS)}|[{''.join(_MARKS.values())}].|{smiles}"
