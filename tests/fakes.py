"""Small engines: a tiny random transformer, and a model whose next symbol is scripted by the last one."""

from dataclasses import replace

import torch

from scilogos.decode import Engine
from scilogos.grammar import Symbol
from scilogos.model import ModelConfig, Transformer
from scilogos.tokens import Codec, GrownCodec, default

CODEC = default()
TINY = ModelConfig(
    family="qwen3",
    vocab_size=CODEC.vocabulary.size,
    hidden_size=32,
    intermediate_size=48,
    num_hidden_layers=2,
    num_attention_heads=4,
    num_key_value_heads=2,
    head_dim=8,
    max_position_embeddings=1024,
    bos_token_id=0,
    eos_token_id=0,
)


def random_engine(
    family: str = "qwen3", *, seed: int = 0, longest: int = 1024, codec: Codec | GrownCodec = CODEC
) -> Engine:
    """A real engine over a random model, of so large weights that what it has read shows in what it writes."""
    shape = replace(TINY, family=family, max_position_embeddings=longest, vocab_size=codec.vocabulary.size)
    model = Transformer(shape)
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in model.parameters():
            noise = torch.randn(parameter.shape, generator=generator)
            parameter.copy_(1 + 0.3 * noise if parameter.ndim == 1 else 0.3 * noise)
    return Engine(model, codec)


class Scripted:
    """What a transformer is to the engine; its logits depend on the last symbol alone, and count how often it ran."""

    def __init__(self, codec: Codec = CODEC, *, longest: int = 1024) -> None:
        self.config = replace(TINY, vocab_size=codec.vocabulary.size, max_position_embeddings=longest)
        self.codec, self.runs = codec, 0
        self.table_VV = torch.zeros(codec.vocabulary.size, codec.vocabulary.size)

    def prefer(self, text: str, by: float) -> "Scripted":
        """Raise every step of a text, its end included."""
        tokens = [*self.codec.encode(text), self.codec.vocabulary.end]
        self.table_VV[tokens[:-1], tokens[1:]] += by
        return self

    def raise_logit(self, before: Symbol, after: Symbol, by: float) -> "Scripted":
        """Raise one symbol behind another."""
        ids = self.codec.vocabulary.ids
        self.table_VV[ids[before], ids[after]] += by
        return self

    def eval(self) -> "Scripted":
        return self

    def parameters(self):
        yield self.table_VV

    def __call__(self, tokens_T, positions_T, attention):
        self.runs += 1
        return tokens_T[:, None].float()

    def logits(self, hidden_TD):
        return self.table_VV[hidden_TD[:, 0].long()]
