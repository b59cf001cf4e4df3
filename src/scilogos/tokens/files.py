"""Which tokenizer a checkpoint folder holds: our symbol table, or a published Llama or Qwen one."""

from pathlib import Path

from scilogos.errors import CheckpointError
from scilogos.tokens import codec, grown
from scilogos.tokens.codec import Codec
from scilogos.tokens.grown import GrownCodec


def load(folder: Path) -> Codec | GrownCodec:
    """Read the symbol table if there is one, else the grown tokenizer; CheckpointError where neither is whole."""
    if (folder / codec.FILE_NAME).exists():
        return codec.load_scratch(folder)
    if (folder / grown.FILE_NAME).exists():
        return grown.load_grown(folder)
    raise CheckpointError(f"{folder}: {codec.FILE_NAME} or {grown.FILE_NAME} not found; a checkpoint needs one of them")
