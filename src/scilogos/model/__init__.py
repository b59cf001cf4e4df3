"""The transformer: its config, its attention over packed rows and over cached prompts, its files.

Runs with torch, numpy and safetensors alone; knows nothing about text.
"""

from scilogos.model.adapters import adapt, merge
from scilogos.model.attention import PackedAttention, RectangleAttention
from scilogos.model.cache import PromptCache
from scilogos.model.config import ModelConfig, RopeScaling
from scilogos.model.fastest import fastest, has_bf16, has_bf16_tiles
from scilogos.model.files import fingerprint
from scilogos.model.rectangles import plan_rectangles
from scilogos.model.transformer import Attention, Transformer
from scilogos.model.weights import check_checkpoint, load_checkpoint, save_checkpoint

__all__ = [
    "Attention",
    "ModelConfig",
    "PackedAttention",
    "PromptCache",
    "RectangleAttention",
    "RopeScaling",
    "Transformer",
    "adapt",
    "check_checkpoint",
    "fastest",
    "fingerprint",
    "has_bf16",
    "has_bf16_tiles",
    "load_checkpoint",
    "merge",
    "plan_rectangles",
    "save_checkpoint",
]
