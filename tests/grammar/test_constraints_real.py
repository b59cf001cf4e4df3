"""Answers of the real tables lie within the constraints under which the model is to write them."""

from itertools import islice
from pathlib import Path

import pytest

from scilogos.data.answers import LegalTable
from scilogos.data.corpus import read_recipe
from scilogos.data.ledger import Ledger
from scilogos.data.readers import READERS
from scilogos.data.shards import FREE
from scilogos.data.source import Reading
from scilogos.data.tables import numbered_rows
from scilogos.grammar import parse, split, write
from scilogos.tokens import default

RECIPE = Path(__file__).resolve().parents[2] / "recipes" / "posttrain.toml"
CODEC = default()
SENTENCES = 300


@pytest.mark.parametrize("modality", sorted({source.modality for source in read_recipe(RECIPE).sources}))
def test_real_answers_lie_within_their_constraint(data, monkeypatch, modality):
    monkeypatch.setattr("scilogos.data.source.numbered_rows", lambda *a: islice(numbered_rows(*a), 400))
    table, refused, seen = LegalTable(CODEC), [], []
    sources = [source for source in read_recipe(RECIPE).sources if source.modality == modality]
    for source in sources:
        if not (data / source.path).is_file():
            continue
        reading = Reading(source=source, data=data, ledger=Ledger(), seed=1, val_percent=1.0)
        told = (sentence for record in READERS[source.reader](reading) for sentence in record.sentences)
        for sentence in islice(told, SENTENCES // len(sources)):
            prompt, answer = split(write(sentence))
            head, tail = CODEC.encode(prompt), CODEC.encode(answer)
            rows, within = table.rows(sentence, head + tail, len(head))
            seen.append((rows, head + tail))
            refused += [] if within else [write(sentence)]
            assert rows[: len(head)] == [FREE] * len(head)
    legal = table.table()
    assert all(legal[rows, tokens].all() for rows, tokens in seen)
    if not seen:
        pytest.skip(f"no table of {modality} is here")
    assert len(refused) <= 0.005 * len(seen), (len(refused), len(seen), refused[:3])


def test_an_answer_that_leaves_out_an_element_is_not_within():
    table, text = LegalTable(CODEC), "<MoleculeS>CCBr<MoleculeE><ReverseReact><MoleculeS>CC<MoleculeE>"
    prompt, answer = map(CODEC.encode, split(text))
    rows, within = table.rows(parse(text), prompt + answer, len(prompt))
    assert not within and FREE not in rows[len(prompt) :]
