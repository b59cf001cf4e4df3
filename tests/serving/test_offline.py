"""vLLM's offline engine, on a checkpoint with a grown tokenizer."""

import pytest

from scilogos.decode.served import Local, ServedEngine
from scilogos.errors import CheckpointError, InputError, PromptError
from scilogos.grammar import Protein
from scilogos.grammar.constraints import Bounds
from scilogos.tasks import Logos
from tests.fakes import CODEC
from tests.serving import parity
from tests.serving.conftest import OPTIONS

pytest.importorskip("vllm", reason="vLLM is not installed here; `make test-vllm` has an environment for it")


@pytest.fixture(scope="module")
def served(published):
    """Give the engine; when it is closed, no thread of vLLM's is left for the interpreter's end to trip over."""
    local = Local(published.folder, **OPTIONS)
    assert local.threads
    yield ServedEngine(local, published.own.codec)
    local.close()
    assert not any(thread.is_alive() for thread in local.threads)


@pytest.fixture(scope="module")
def logos(served, published) -> Logos:
    return Logos(served, "grown", published.folder)


def test_without_chance_the_answers_are_the_same(published, served):
    parity.without_chance_the_answers_are_the_same(published.own, served)


def test_every_draw_is_legal_and_scored_by_the_unmasked_model(published, served):
    parity.every_draw_is_legal_and_scored_by_the_unmasked_model(published.own, served)


def test_the_same_seed_gives_the_same(served):
    parity.the_same_seed_gives_the_same(served)


def test_tables_are_the_same(published, served):
    parity.tables_are_the_same(published.own, served)


def test_tasks_do_not_know_the_difference(logos):
    assert logos.retrosynthesis("CCO", n=1, samples=2, num_roots=1).drawn == 2
    assert [len(p) for p in logos.sites(parity.CHAIN, samples=2).probabilities] == [len(parity.CHAIN)]
    bounds = Bounds(most_atoms=4, most_rings=0)
    assert logos.ligands([Protein(parity.CHAIN, (2, 5))], n=1, samples=2, bounds=bounds).drawn == 2
    assert logos.materials(n=1, nodes=["[Zn]"], known_nodes=frozenset({"[Zn]"}), linkers=["CC"], samples=1).drawn == 1


def test_what_the_vocabulary_or_the_place_cannot_serve_is_refused(logos, served):
    with pytest.raises(PromptError, match="no tag symbol '<Edit>'"):
        logos.edit(parity.CHAIN)
    with pytest.raises(InputError, match=r"grown@vllm: this needs the weights here"):
        logos.engine.model  # noqa: B018
    with pytest.raises(CheckpointError, match="another vocabulary"):
        ServedEngine(served.transport, CODEC)
