"""Text and integers: the from-scratch vocabulary, its codec, and constraints over its numbers."""

from scilogos.tokens.codec import Codec, default, load
from scilogos.tokens.export import save_hf_tokenizer
from scilogos.tokens.guide import Guide, Guides
from scilogos.tokens.vocabulary import END, Vocabulary, scratch

__all__ = ["END", "Codec", "Guide", "Guides", "Vocabulary", "default", "load", "save_hf_tokenizer", "scratch"]
