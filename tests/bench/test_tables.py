"""The page of tables, from reports alone."""

import json
from dataclasses import replace

import pytest

from scilogos.bench import TASKS, page
from scilogos.bench.figures import Figure
from scilogos.bench.report import Report
from scilogos.bench.tables import brief, renewed
from scilogos.bench.tables.runs import published
from scilogos.errors import InputError, MissingError
from scilogos.model import fingerprint
from scilogos.tasks import find


def report(task="retrosynthesis", checkpoint="logos-8m, 0123456789ab", **arms) -> Report:
    settings = {"checkpoint": checkpoint, "command": f"logos bench {task} --data data", "samples": 16, "seed": 0}
    return Report(task, arms, {"clean": 5}, {}, {}, 0.1, settings)


def test_a_row_for_each_system(tmp_path):
    right = {"top-1": Figure(0.5, 0.4, 0.6, 10), "top-10": Figure(0.75, 0.7, 0.8, 10)}
    report(model=right, shuffled={"top-1": Figure(0.01, 0.0, 0.02, 10)}).write(tmp_path / "0123456789ab")
    small = {"top-1": Figure(0.25, 0.2, 0.3, 10)}
    report(checkpoint="logos-1m, ba9876543210", model=small).write(tmp_path / "ba9876543210")
    wide = {"top-1": Figure(0.03, 0.0, 0.05, 5), "top-10": Figure(0.25, 0.2, 0.3, 5)}
    for differs, arm in ((["limit 3"], {"top-1": Figure(0.9)}), (["roots 4"], wide), (["seed 1", "roots 5"], wide)):
        replace(report(model=right, shuffled=arm), differs=differs).write(tmp_path / "0123456789ab")
    text = page(tmp_path)
    assert text.count("shuffled, run here") == 2, "as usual once, and once where another setting tells another thing"
    assert "| shuffled, run here, roots 4 | 3.0% (0.0–5.0) |  |  | 25.0% (20.0–30.0) |" in text
    assert "| LOGOS 8B [1] | 74.8% |" in text and "[1] LOGOS, arXiv 2606.16905" in text
    assert "| shuffled, run here | 1.0% (0.0–2.0) |" in text
    assert "| **logos-8m, 0123456789ab** | 50.0% (40.0–60.0) |  |  | 75.0% (70.0–80.0) |" in text
    assert text.index("logos-1m, ba9876543210") < text.index("logos-8m, 0123456789ab")
    assert "`logos bench retrosynthesis --data data`; 16 draws an item; seed 0; 5 clean" in text
    assert text.count("No result of ours") == len(published()) - 1


def test_another_question_has_a_table_of_its_own(tmp_path):
    own = {"GFP hard: fitness": Figure(0.25, percent=False)}
    told = {"GFP hard, all labels seen: fitness": Figure(0.75, percent=False)}
    report("editing", model=own).write(tmp_path / "0123456789ab")
    seen = replace(report("editing", model=told), differs=["labels all"], apart="all labels seen")
    seen.write(tmp_path / "0123456789ab")
    usual, apart = page(tmp_path).split("### Protein editing, another question: all labels seen")
    assert "| **logos-8m, 0123456789ab** |  | 0.250 |" in usual and "0.750" not in usual
    assert "| **logos-8m, 0123456789ab, labels all** |  | 0.750 |" in apart


def test_a_baseline_of_fewer_items_says_so(tmp_path):
    limited = report(model={"top-1": Figure(0.5)}, shuffled={"top-1": Figure(0.01)})
    replace(limited, differs=["limit 3"]).write(tmp_path / "0123456789ab")
    assert "| shuffled, run here, limit 3 | 1.0% |" in page(tmp_path)


def test_figures_in_brief_go_where_the_marks_are(tmp_path):
    right = {"top-1": Figure(0.5, 0.4, 0.6, 10), "top-10": Figure(0.75, 0.7, 0.8, 10)}
    report(checkpoint="mine, 0123456789ab", model=right, shuffled={"top-1": Figure(0.01, 0.0, 0.02, 10)}).write(
        tmp_path / "0123456789ab"
    )
    report(checkpoint="logos-1m, ba9876543210", model={"top-1": Figure(0.25, 0.2, 0.3, 10)}).write(tmp_path / "ba98")
    rows = brief(tmp_path, "mine").splitlines()
    assert rows[0] == "| | mine, 0123456789ab | beside it |" and rows[2:] == [
        "| Retrosynthesis, top-1 (5 clean) | 50.0% (40.0–60.0) | shuffled 1.0% (0.0–2.0) |",
        "| Retrosynthesis, top-10 (5 clean) | 75.0% (70.0–80.0) |  |",
    ]
    text = "before\n<!-- figures of mine -->\nold\n<!-- end of figures -->\nbehind\n"
    once = renewed(text, tmp_path)
    assert once == text.replace("old\n", brief(tmp_path, "mine")) and renewed(once, tmp_path) == once
    with pytest.raises(InputError, match="no place for figures"):
        renewed("before", tmp_path)
    with pytest.raises(MissingError, match="no report of `logos bench` for logos-3m"):
        renewed(text.replace("mine", "logos-3m"), tmp_path)
    report(checkpoint="mine, 00ff00ff00ff", model=right).write(tmp_path / "00ff00ff00ff")
    with pytest.raises(InputError, match="mine, 00ff00ff00ff; mine, 0123456789ab; expected one checkpoint"):
        renewed(text, tmp_path)


def test_a_figure_in_brief_counts_the_items_of_its_own_group(tmp_path):
    right = {"COACH420, MCC": Figure(0.5), "COACH420, AUPRC": Figure(0.25)}
    told = replace(report("binding-site", "mine, 0123456789ab", model=right), items={"HOLO4K": 3, "COACH420": 1640})
    replace(told, differs=["limit 1640", "roots 4"]).write(tmp_path / "0123456789ab")
    row = brief(tmp_path, "mine").splitlines()[2]
    assert row == "| Binding sites, COACH420, MCC (1,640 COACH420, roots 4) | 50.0% |  |"


def test_a_quick_look_does_not_stand_for_the_whole_run(tmp_path):
    for value, number, differs in ((0.5, 500, ["limit 500"]), (0.25, 10, ["limit 10"]), (0.75, 900, ["forward 0.5"])):
        told = replace(report(checkpoint="mine, 0123456789ab", model={"top-1": Figure(value)}), items={"clean": number})
        replace(told, differs=differs).write(tmp_path / "0123456789ab")
    assert "| Retrosynthesis, top-1 (500 clean) | 50.0% |" in brief(tmp_path, "mine")


def test_a_baseline_that_only_a_smaller_run_met_stands_beside_with_its_items(tmp_path):
    whole = replace(report(checkpoint="mine, 0123456789ab", model={"top-1": Figure(0.5)}), items={"clean": 5007})
    whole.write(tmp_path / "0123456789ab")
    small = report(checkpoint="mine, 0123456789ab", model={"top-1": Figure(0.4)}, shuffled={"top-1": Figure(0.01)})
    replace(small, differs=["limit 5"]).write(tmp_path / "0123456789ab")
    row = brief(tmp_path, "mine").splitlines()[2]
    assert row == "| Retrosynthesis, top-1 (5,007 clean) | 50.0% | shuffled 1.0%, of 5 clean |"


def test_other_draws_stand_back_and_say_so(tmp_path):
    few = replace(report(checkpoint="mine, 0123456789ab", model={"top-1": Figure(0.2)}), items={"clean": 5007})
    replace(few, differs=["samples 1", "seed 3"]).write(tmp_path / "0123456789ab")
    assert "| Retrosynthesis, top-1 (5,007 clean, samples 1, seed 3) | 20.0% |" in brief(tmp_path, "mine")
    usual = replace(report(checkpoint="mine, 0123456789ab", model={"top-1": Figure(0.5)}), items={"clean": 500})
    replace(usual, differs=["limit 500"]).write(tmp_path / "0123456789ab")
    assert "| Retrosynthesis, top-1 (500 clean) | 50.0% |" in brief(tmp_path, "mine")


def test_figures_in_brief_are_those_of_the_installed_weights(tmp_path):
    own = f"logos-8m, {fingerprint(find('logos-8m'))}"
    report(checkpoint="logos-8m, 0123456789ab", model={"top-1": Figure(0.5)}).write(tmp_path / "0123456789ab")
    with pytest.raises(MissingError, match="no report of `logos bench` for logos-8m"):
        brief(tmp_path, "logos-8m")
    report(checkpoint=own, model={"top-1": Figure(0.25)}).write(tmp_path / "own")
    assert "25.0%" in brief(tmp_path, "logos-8m") and f"| {own} |" in brief(tmp_path, "logos-8m")


def test_what_scoring_costs(tmp_path):
    right = report(model={"top-1": Figure(0.5)})
    replace(right, seconds=2.0, scoring=0.5, items={"clean": 100}, differs=["limit 100"]).write(tmp_path / "a")
    replace(right, seconds=9.0, items={"clean": 10}, differs=["limit 10"]).write(tmp_path / "a")
    judged = report("cdr", model={"H3: AAR of the first": Figure(0.5)})
    replace(judged, seconds=4.0, judging=3.0, scoring=1.0, items={"H3": 50}).write(tmp_path / "a")
    pace = {"tried a minute and core, by the clock": Figure(2.5, percent=False)}
    replace(report("ligand", model=pace), seconds=1.0, judging=99.0, scoring=0.0, items={"pockets": 50}).write(
        tmp_path / "a"
    )
    rows = page(tmp_path).partition("## What scoring costs")[2]
    assert "| logos-8m, 0123456789ab, retrosynthesis | 100 | 2.000 | 0.500 | 25% |  |" in rows, "of the larger run"
    assert "| logos-8m, 0123456789ab, cdr | 50 | 4.000 | 4.000 | 100% |  |" in rows
    assert "| logos-8m, 0123456789ab, ligand | 50 | 1.000 | 0.000 | 0% | 2.500 |" in rows, "docking is apart"
    assert "| **logos-8m, 0123456789ab, together** | 200 | 2.250 | 1.250 | 56% |  |" in rows


def test_every_table_belongs_to_a_task():
    for name, table in published().items():
        assert table["task"] in TASKS and table["note"] and table["title"]
        assert name != table["task"] or table["brief"], "the first table of a task has figures in brief"
        assert set(table.get("brief", ())) <= set(table["columns"])
        for row in table.get("published", ()):
            assert set(row) - {"system", "source"} <= set(table["columns"]), row


def test_faults(tmp_path):
    with pytest.raises(MissingError, match="no report of `logos bench`"):
        page(tmp_path)
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "cdr.json").write_text(json.dumps({"task": "cdr"}))
    with pytest.raises(InputError, match=r"cdr.json: not a report"):
        page(tmp_path)
