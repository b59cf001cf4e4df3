"""Binding sites: probabilities against an independent computation, pockets on coordinates made by hand."""

import numpy as np
import pytest
import torch

from scilogos.decode import Engine, Prompt
from scilogos.errors import PromptError, ScilogosError
from scilogos.grammar import Protein, Symbol
from scilogos.model import PackedAttention
from scilogos.science import read_structure
from scilogos.tasks import Logos
from scilogos.tasks.binding_site import constraint, locate, pockets, probabilities, prompt, read
from tests.fakes import CODEC, Scripted, random_engine
from tests.science.conftest import peptide, ring

IDS = CODEC.vocabulary.ids
MARK = IDS[Symbol("tag", "<PocketS>")]
CHAINS = ["MKVAX", "GC"]


@pytest.fixture(scope="module")
def engine() -> Engine:
    return random_engine()


def slow(engine: Engine, chains: list[str], texts: list[str]) -> list[float]:
    """For each residue the mean of p(mark) / (p(mark) + p(residue)), each beginning of each sample read on its own."""
    means = []
    for i, letter in enumerate("".join(chains)):
        seen = []
        for text in texts:
            plain = [part.replace("<PocketS>", "").replace("<PocketE>", "") for part in text.split("<ProteinE>")][:-1]
            assert [part.removeprefix("<ProteinS>") for part in plain] == chains
            begin, left = "", i
            for symbol in (CODEC.decode([t]) for t in CODEC.encode(text)):
                if len(symbol) == 1:
                    if left == 0:
                        break
                    left -= 1
                begin += symbol
            begin = begin.removesuffix("<PocketS>")
            tokens = torch.tensor([CODEC.vocabulary.end, *CODEC.encode(prompt(chains) + begin)])
            with torch.inference_mode():
                hidden = engine.model(tokens, torch.arange(len(tokens)), PackedAttention([len(tokens)]))
                p = engine.model.logits(hidden[-1]).double().softmax(-1)
            residue = IDS[Symbol("residue", letter)]
            seen.append(float(p[MARK] / (p[MARK] + p[residue])))
        means.append(float(np.mean(seen)))
    return means


def test_chains_too_long_together_are_read_in_parts():
    engine, chains = random_engine(longest=64), ["MKVAX" * 2, "GC", "ACDEF" * 3, "W" * 20]
    found = locate(engine, chains, samples=3, threshold=0.3, seed=2)
    assert found.parts == 3 and [p.shape for p in found.probabilities] == [(10,), (2,), (15,), (20,)]
    apart = [locate(engine, part, samples=3, threshold=0.3, seed=2) for part in (chains[:2], chains[2:3], chains[3:])]
    assert [one.parts for one in apart] == [1, 1, 1]
    for name in ("chains", "votes", "probabilities"):
        expected = [x for one in apart for x in getattr(one, name)]
        pairs = zip(getattr(found, name), expected, strict=True)
        assert all(a == b if name == "chains" else np.allclose(a, b, atol=1e-5) for a, b in pairs), name
    with pytest.raises(PromptError, match="this model reads 64 at most"):
        locate(engine, ["GC", "W" * 40], samples=1)
    with pytest.raises(PromptError, match="29 residues leave room for 0 marks; expected room for one residue in ten"):
        locate(engine, ["GC", "W" * 29], samples=1)


def test_probabilities_are_those_of_the_marks(engine):
    tokens = tuple(CODEC.encode(prompt(CHAINS)))
    request = Prompt(tokens, engine.guide(constraint(CHAINS)), 60, choices=True)
    completions = engine.complete([request], 5, seed=3)[0]
    assert len({completion.text for completion in completions}) > 1
    found = probabilities(engine, CHAINS, completions)
    assert [len(part) for part in found] == [5, 2]
    expected = slow(engine, CHAINS, [completion.text for completion in completions])
    np.testing.assert_allclose(np.concatenate(found), expected, atol=1e-4)
    for completion in completions:
        assert [chain.residues for chain in read(CHAINS, completion.text)] == CHAINS


def test_a_sure_mark_is_found():
    model = Scripted().raise_logit(Symbol("residue", "K"), Symbol("tag", "<PocketS>"), 60.0)
    model.raise_logit(Symbol("tag", "<PocketE>"), Symbol("residue", "A"), 60.0)
    sites = locate(Engine(model, CODEC), ["MKVA"], samples=3, threshold=0.6)
    assert sites.chains == (Protein("MKVA", (2,)),) and not sites.pockets
    np.testing.assert_allclose(sites.probabilities[0][2:], [1, 0], atol=1e-6)


def test_sites_of_a_structure_are_grouped_to_pockets(engine, tmp_path):
    path = tmp_path / "two.pdb"
    lines = peptide(["ALA", "GLY", "CYS", "SER"]) + ["TER"] + peptide(["LYS", "VAL"], chain="B", origin=(0, 40, 0))
    path.write_text("\n".join([*lines, "TER", *ring(), "END"]) + "\n")
    structure, logos = read_structure(path), Logos(engine, "tiny", tmp_path)
    sites = logos.sites(structure, samples=4, threshold=0.01)
    assert [chain.residues for chain in sites.chains] == ["AGCS", "KV"]
    assert sum(len(pocket.residues) for pocket in sites.pockets) == sum(len(chain.sites) for chain in sites.chains)
    assert len(sites.pockets) >= 2  # the chains lie 40 Å apart
    assert logos.sites("agcs", samples=2).chains[0].residues == "AGCS"


def test_pockets_are_linked_centred_and_ranked():
    chains = (Protein("MKVAC", (0, 1, 3, 4)), Protein("GG", (0, 1)))
    scores = [np.array([0.5, 0.9, 0.1, 0.8, 0.6]), np.array([0.9, 0.7])]
    line = np.array([[0.0, 0, 0], [6, 0, 0], [9, 0, 0], [30, 0, 0], [np.nan] * 3])
    first, second = pockets(chains, scores, [line, np.array([[13.0, 0, 0], [30, 7, 0]])], link=7.5)
    # by single linkage 0-6-13 hang together; the site without coordinates is left out; the unmarked one does not link
    assert first.residues == ((0, 0), (0, 1), (1, 0)) and first.score == pytest.approx(2.3)
    assert first.centre == pytest.approx(((6 * 0.9 + 13 * 0.9) / 2.3, 0, 0))
    assert second.residues == ((0, 3), (1, 1)) and second.score == pytest.approx(1.5)
    assert len(pockets(chains, scores, [line, np.array([[13.0, 0, 0], [30, 7, 0]])], link=6.5)) == 4
    assert pockets((Protein("MK"),), scores, [line]) == ()


@pytest.mark.parametrize(
    ("chains", "options", "told"),
    [
        ([], {}, "located"),
        ([""], {}, "at least one residue"),
        (["MK-V"], {}, "residue 3 is '-'"),
        (["MKV"], {"samples": 0}, "expected at least 1"),
        (["MKV"], {"threshold": 0.0}, "a probability above 0"),
        (["M" * 600], {}, "this model reads 1024 at most"),
    ],
)
def test_what_cannot_be_located_is_refused(engine, chains, options, told):
    with pytest.raises(ScilogosError, match=told):
        locate(engine, chains, **options)
