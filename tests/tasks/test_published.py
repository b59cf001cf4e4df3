"""The tasks on folders as published: four run by the sixteen tags, the others are refused before the model runs."""

import pytest

from scilogos.decode import Engine
from scilogos.errors import PromptError
from scilogos.grammar import Protein
from scilogos.grammar.constraints import Bounds
from scilogos.tasks import load
from tests.published import save_published, small_codec, true_codec

CHAIN = "MKVLAAGIVGLLLAQWERTY"
HEAVY = (
    "EVQLVESGGGLVQPGGSLRLSCAASGFNIKDTYIHWVRQAPGKGLEWVARIYPTNGYTRYADSVKG"
    "RFTISADTSKNTAYLQMNSLRAEDTAVYYCSRWGGDGFYAMDYWGQGTLVTVSS"
)


def opened(folder, codec, family):
    return load(save_published(folder, codec, family), dtype="fp32")


@pytest.fixture(scope="module")
def logos(tmp_path_factory):
    return opened(tmp_path_factory.mktemp("published"), small_codec(), "llama")


@pytest.fixture(scope="module", params=["llama3", "qwen3"])
def true(request, tmp_path_factory):
    family = {"llama3": "llama"}.get(request.param, request.param)
    return opened(tmp_path_factory.mktemp(request.param), true_codec(request.param), family)


def run_the_four(logos) -> None:
    assert logos.retrosynthesis("CCO", n=1, samples=2, num_roots=1).drawn == 2
    sites = logos.sites(CHAIN, samples=2)
    assert [len(p) for p in sites.probabilities] == [len(CHAIN)]
    assert logos.ligands([Protein(CHAIN, (2, 5))], n=1, samples=2, bounds=Bounds(most_atoms=4, most_rings=0)).drawn == 2
    for nodes in ([], ["[Zn]"]):
        assert logos.materials(n=1, nodes=nodes, known_nodes=frozenset({"[Zn]"}), linkers=["CC"], samples=1).drawn == 1


def test_four_tasks_run(logos):
    run_the_four(logos)


@pytest.mark.slow
def test_four_tasks_run_with_the_true_tokenizers(true):
    run_the_four(true)


def test_site_probabilities_are_the_share_of_samples_that_mark(logos):
    sites = logos.sites(CHAIN, samples=4)
    assert set(sites.probabilities[0] * 4) <= {0.0, 1.0, 2.0, 3.0, 4.0}


def test_what_the_tags_do_not_allow_is_refused_before_the_model_runs(logos, monkeypatch):
    monkeypatch.setattr(Engine, "read", lambda *_: pytest.fail("the model ran"))
    with pytest.raises(PromptError, match="no tag symbol '<Edit>'"):
        logos.edit(CHAIN)
    with pytest.raises(PromptError, match="no tag symbol '<CdrS>'"):
        logos.cdr([HEAVY], ["H3"])
    with pytest.raises(PromptError, match="no residue symbol"):
        logos.engine.codec.encode("<ProteinS>MBK<ProteinE>")


def test_prompts_are_read_behind_the_tokenizers_own_beginning(logos, monkeypatch):
    codec, seen = logos.engine.codec, []
    forward = type(logos.engine.model).forward
    monkeypatch.setattr(
        type(logos.engine.model), "forward", lambda self, *a: seen.append(a[0].tolist()) or forward(self, *a)
    )
    logos.engine.read(logos.engine.cache(), [codec.encode("<MoleculeS>C<MoleculeE>")])
    assert seen[0] == codec.vocabulary.tokenizer.encode("<MoleculeS>C<MoleculeE>").ids


def test_scores_are_those_of_the_sampling(logos):
    scored = logos.score("<MoleculeS>CCO<MoleculeE><ReverseReact><MoleculeS>CC<MoleculeE>")
    assert [text for text, _ in scored] == ["<MoleculeS>", "CC", "<MoleculeE>", "<end>"]
    assert all(score < 0 for _, score in scored)
