"""What is counted of drawn sentences; an engine that remembers draws the same as one that does not."""

from scilogos.bench.recorder import Recorder, tally
from scilogos.grammar import Complex, Material, Molecule, Protein, Retro
from scilogos.tasks import retrosynthesis

FIVE_BONDS = "C(C)(C)(C)(C)C"


def test_tally():
    acetic = (Molecule("CC(=O)Cl"), Molecule("Nc1ccccc1"))
    sentences = [
        Retro(Molecule("CC(=O)Nc1ccccc1"), acetic),
        Retro(Molecule("CC(=O)Nc1ccccc1"), (Molecule("CCO"), Molecule(FIVE_BONDS))),
        Complex((Protein("ACD", (1,)),), Molecule("CCO")),
        Material(("[Zn]",), (Molecule("n1ccncc1"),)),
        Protein("ACD"),
        None,
    ]
    assert tally(sentences) == {
        "drawn": 6, "parsed": 5, "sound": 4, "molecules": 6, "accepted": 5, "refused": [FIVE_BONDS],
    }  # fmt: skip


def test_recorder_draws_the_same(tiny):
    recorder = Recorder(tiny.engine)
    options = {"samples": 3, "num_roots": 2, "seed": 5}
    plain = retrosynthesis.propose(tiny.engine, "CC(=O)NC", **options)
    assert retrosynthesis.propose(recorder, "CC(=O)NC", **options) == plain
    assert [len(completions) for _, completions in recorder.drawn] == [3, 3]
    assert len(recorder.sentences(0, 1)) == 3 and None not in recorder.sentences()
