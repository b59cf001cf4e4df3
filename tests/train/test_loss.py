"""The loss of a packed row is that of its sentences one by one, with the softmax over what decoding would allow."""

import numpy as np
import pytest
import torch

from scilogos.data.batches import Mixture
from scilogos.model import ModelConfig, PackedAttention, Transformer
from scilogos.train.loss import Batch, summed_loss


@pytest.fixture(scope="module")
def model() -> Transformer:
    config = ModelConfig(
        family="qwen3", vocab_size=32, hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=2,
        num_key_value_heads=1, head_dim=16, max_position_embeddings=64, tie_word_embeddings=True,
    )  # fmt: skip
    model, generator = Transformer(config), torch.Generator().manual_seed(3)
    with torch.no_grad():
        for parameter in model.parameters():
            noise = torch.randn(parameter.shape, generator=generator)
            parameter.copy_(1 + 0.3 * noise if parameter.ndim == 1 else 0.3 * noise)
    return model


def rows(folder, **options) -> Mixture:
    return Mixture(folder, split="train", shares={"up": 1, "down": 1}, row_length=96, seed=1, **options)


def alone(model: Transformer, tokens: list[int]) -> torch.Tensor:
    """Logits [T + 1, V] of one sentence, by itself."""
    inputs = torch.tensor([0, *tokens])
    return model.logits(model(inputs, torch.arange(len(inputs)), PackedAttention((len(inputs),))))


def test_a_row_is_its_sentences_one_by_one(corpus, model):
    row = rows(corpus).next()
    batch = Batch.of(row)
    laid = model.logits(model(batch.inputs_M, batch.positions_M, batch.attention))
    packed = laid[batch.places_S]
    assert len(laid) % 64 == 0 and len(packed) == sum(row.lengths)
    at, total = 0, 0.0
    assert len(row.lengths) > 4
    for length in row.lengths:
        targets = torch.from_numpy(row.targets[at : at + length])
        logits = alone(model, targets[:-1].tolist())
        torch.testing.assert_close(packed[at : at + length], logits, atol=1e-5, rtol=1e-5)
        total -= float(logits.detach().log_softmax(-1).gather(1, targets[:, None]).sum())
        at += length
    loss, count = summed_loss(model, batch, None)
    assert count == at == sum(row.lengths) and float(loss.detach()) == pytest.approx(total, rel=1e-5)


def test_gradients_are_those_of_the_sentences_one_by_one(corpus, model):
    row = rows(corpus).next()

    def gradients() -> list[torch.Tensor]:
        found = [parameter.grad.clone() for parameter in model.parameters()]
        model.zero_grad(set_to_none=True)
        return found

    summed_loss(model, Batch.of(row), None)[0].backward()
    packed, at = gradients(), 0
    for length in row.lengths:
        targets = torch.from_numpy(row.targets[at : at + length])
        torch.nn.functional.cross_entropy(alone(model, targets[:-1].tolist()), targets, reduction="sum").backward()
        at += length
    for ours, summed in zip(packed, gradients(), strict=True):
        torch.testing.assert_close(ours, summed, atol=2e-3, rtol=1e-4)


@pytest.mark.parametrize("answers_only", [False, True])
def test_the_softmax_is_over_the_legal_symbols(legal_corpus, model, answers_only):
    mixture = rows(legal_corpus, answers_only=answers_only)
    row, table = mixture.next(), mixture.legal_table
    loss, count = summed_loss(model, Batch.of(row), torch.from_numpy(table))
    at, total, counted = 0, 0.0, 0
    for length in row.lengths:
        logits = alone(model, row.targets[at : at + length - 1].tolist()).detach().double().numpy()
        for place in range(length):
            if row.weights[at + place]:
                scores = np.exp(logits[place] - logits[place].max()) * table[row.legal[at + place]]
                total -= np.log(scores[row.targets[at + place]] / scores.sum())
                counted += 1
        at += length
    assert count == counted and (counted < at) == answers_only
    assert float(loss.detach()) == pytest.approx(total, rel=1e-5)
    free, _ = summed_loss(model, Batch.of(row), None)
    assert float(loss.detach()) < float(free.detach()) - 1  # fewer symbols to choose from


def test_a_row_on_which_nothing_counts(legal_corpus, model):
    row = rows(legal_corpus).next()
    row.weights[:] = 0
    loss, count = summed_loss(model, Batch.of(row), None)
    loss.backward()
    assert (float(loss.detach()), count) == (0.0, 0)
    assert all(not parameter.grad.any() for parameter in model.parameters() if parameter.grad is not None)
    model.zero_grad(set_to_none=True)
