"""Text and integers: the from-scratch vocabulary, Llama and Qwen tokenizers grown by the tags, guides over both."""

from scilogos.tokens.codec import Codec, default
from scilogos.tokens.export import save_hf_tokenizer
from scilogos.tokens.files import load
from scilogos.tokens.grown import GrownCodec, GrownVocabulary, grow, grow_folder
from scilogos.tokens.guide import Guide
from scilogos.tokens.guides import Guides
from scilogos.tokens.text_guide import TextGuide
from scilogos.tokens.vocabulary import END, Vocabulary, scratch

__all__ = [
    "END",
    "Codec",
    "GrownCodec",
    "GrownVocabulary",
    "Guide",
    "Guides",
    "TextGuide",
    "Vocabulary",
    "default",
    "grow",
    "grow_folder",
    "load",
    "save_hf_tokenizer",
    "scratch",
]
