"""Text and integers: the from-scratch vocabulary and its codec."""

from scilogos.tokens.codec import Codec, default, load
from scilogos.tokens.vocabulary import END, Vocabulary, scratch

__all__ = ["END", "Codec", "Vocabulary", "default", "load", "scratch"]
