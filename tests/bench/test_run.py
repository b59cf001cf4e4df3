"""Each benchmark from tables to report with a tiny random model; resumed runs; faults of the caller."""

import json
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

import pytest

from scilogos.bench import TASKS, Report, page, run
from scilogos.bench.held_out import HeldOut, Item
from scilogos.bench.settings import settings_of
from scilogos.bench.tables.runs import published
from scilogos.errors import InputError, MissingError, PromptError
from scilogos.model import fingerprint
from scilogos.tasks.retrosynthesis import ROOTS

EDITING = (
    *("tokens=2000", "rounds=1", "parents=2", "children=4", "calls=200"),
    f"recipe={Path(__file__).parent / 'editing' / 'tiny.toml'}",
)
SMALL = {
    "retrosynthesis": {"samples": 2},
    "binding-site": {"samples": 2},
    "material": {"limit": 6},
    "cdr": {"samples": 3, "options": ["plausibility=false"]},
    "editing": {"limit": 2, "options": EDITING},
    "validity": {"limit": 6, "samples": 2},
}
# figures that need what the small tables or this machine lack
NOT_HERE = (
    "data set",
    "LIGYSIS",
    "CrossDocked",
    "whole structures",
    "FEP",
    "oracle of",
    "H3: plausibility",
    "H1:",
    "H2:",
    "L1:",
    "L2:",
    "L3:",
    "VNU, stage 2",
    "GFP hard",
    "AAV hard",
)
ARMS = {
    "retrosynthesis": ["model", *["similar products (RetroSim)"] * bool(find_spec("rdchiral"))],
    "binding-site": ["model", "letter frequency", "letters within 3", "nearest training chains"],
    "material": ["model", "untrained", "shuffled"],
    "cdr": ["model", "most frequent residue", "nearest training loop", "native"],
    "editing": [
        "model",
        "AdaLead",
        "genetic algorithm",
        "random substitutions",
        "consensus",
        "best of the start set",
    ],
    "validity": ["model"],
}


@pytest.fixture(scope="module")
def reports(tiny, tables, tmp_path_factory) -> tuple[dict[str, Report], object]:
    out = tmp_path_factory.mktemp("results")
    return {task: run(task, tiny, tables, out, **options) for task, options in SMALL.items()}, out


def test_table_of_tasks():
    assert list(TASKS) == ["retrosynthesis", "binding-site", "ligand", "material", "editing", "cdr", "validity"]
    assert set(TASKS) == {*SMALL, "ligand"}, "which needs structures: tests/bench/ligand"
    for module in TASKS.values():
        assert all(callable(getattr(module, name)) for name in ("items", "predict", "score"))
        beside = [callable(getattr(module, name)) for name in ("control", "baseline") if hasattr(module, name)]
        assert all(beside) and bool(beside) == (module is not TASKS["validity"]), "something stands beside the model"
        assert all(hasattr(module, name) for name in ("FILES", "HELD_OUT", "METHOD", "SAMPLES", "BATCH"))
        assert hasattr(module, "judge") == hasattr(module, "judged_by")
        assert set(getattr(module, "JUDGING", ())) <= set(vars(settings_of("", module, [])))


@pytest.mark.parametrize("task", SMALL)
def test_from_tables_to_report(task, reports, tiny):
    report, folder = reports[0][task], reports[1] / fingerprint(tiny.folder)
    assert list(report.figures) == ARMS[task]
    lines = [json.loads(line) for line in (folder / f"{task}.jsonl").read_text().splitlines()]
    kept = folder.parent / task / "baselines.jsonl"
    common = [json.loads(line) for line in kept.read_text().splitlines()] if kept.is_file() else []
    assert len(lines) + len(common) == sum(report.items.values()) * len(ARMS[task])
    assert {line["arm"] for line in lines} <= {"model", "untrained"}, "what no model changes is kept for all"
    assert not report.refused
    text = (folder / f"{report.name}.md").read_text()
    for wanted in ("logos bench", fingerprint(tiny.folder), "seed: 0", "95% intervals", "torch"):
        assert wanted in text
    stored = json.loads((folder / f"{report.name}.json").read_text())
    assert stored["figures"].keys() == report.figures.keys() and stored["settings"]["seed"] == 0
    for reason, keys in report.skipped.items():
        assert reason in text and keys[0] in text, "left out, and named"


def test_settings_do_not_write_over_each_other(tiny, tables, tmp_path):
    folder, options = tmp_path / fingerprint(tiny.folder), ["plausibility=false"]
    run("cdr", tiny, tables, tmp_path, samples=2, options=options)
    other = run("cdr", tiny, tables, tmp_path, samples=2, seed=1, limit=1, options=[*options, "split=val"])
    assert other.apart == "validation split" and "# cdr, validation split" in other.markdown()
    assert {path.name for path in folder.glob("*.md")} == {
        "cdr-samples-2-plausibility-false.md", "cdr-limit-1-samples-2-seed-1-plausibility-false-split-val.md",
    }  # fmt: skip
    text = page(tmp_path)
    usual, heading, apart = text.partition("\n### Antibody CDR-H3, another question: validation split\n")
    assert "samples 2, plausibility false**" in usual and "split val" not in usual, "the table is of RAbD"
    assert heading and "split val**" in apart and "LOGOS 8B" not in apart.partition("\n## ")[0]


def test_another_rule_of_drawing(tiny, tables, tmp_path):
    one = run("retrosynthesis", tiny, tables, tmp_path, samples=3, options=["temperature=0", "precedents=0"])
    rows = (tmp_path / fingerprint(tiny.folder) / "retrosynthesis.jsonl").read_text().splitlines()
    assert one.settings["settings"]["temperature"] == 0
    assert all(len(json.loads(row)["answers"]) <= ROOTS for row in rows), "greedily, one answer for each writing"
    for task, option in (("cdr", "temperature=-1"), ("binding-site", "top_p=0"), ("ligand", "top_p=2")):
        with pytest.raises(InputError, match="temperature, top_p: "):
            settings_of(task, TASKS[task], [option])


def test_columns_of_the_tables_are_figures(reports):
    for table in published().values():
        task = table["task"]
        mine = {name for arm in reports[0][task].figures.values() for name in arm} if task in SMALL else set()
        if not mine:
            continue  # ligands need structures
        lacking = [name for name in table["columns"] if name not in mine and not name.startswith(NOT_HERE)]
        assert lacking == [], task
        assert set(table.get("of_model", ())) <= set(reports[0][task].figures)


def test_constrained_sampling_always_parses(reports):
    validity, retro = reports[0]["validity"].figures["model"], reports[0]["retrosynthesis"].figures["model"]
    assert validity["all: completions that parse"].value == 1
    assert retro["completions that parse"].value == 1
    assert reports[0]["material"].figures["model"]["valid"].value > 0


def test_a_refused_prompt_is_in_no_share_and_counted():
    held = HeldOut((Item("site/0", (), group="site"), Item("site/1", (), group="site")))
    drawn = {"drawn": 2, "parsed": 2, "molecules": 0, "accepted": 0}
    found = TASKS["validity"].score(held, [drawn, {"error": "too long"}])
    assert found["site: completions that parse"].value == 1
    assert found["site: prompts refused, in no share"].value == found["all: prompts refused, in no share"].value == 1


@pytest.mark.parametrize("task", SMALL)
def test_a_run_cut_short_goes_on_to_the_same_report(task, reports, tiny, tables, tmp_path):
    whole = (reports[1] / fingerprint(tiny.folder) / f"{task}.jsonl").read_text()
    lines = whole.splitlines(keepends=True)
    path = tmp_path / fingerprint(tiny.folder) / f"{task}.jsonl"
    path.parent.mkdir()
    path.write_text("".join(lines[: len(lines) // 2]) + lines[-1][:20])
    resumed = run(task, tiny, tables, tmp_path, **SMALL[task])
    assert resumed.figures == reports[0][task].figures
    without_time = [[{**json.loads(x), "seconds": 0} for x in text.splitlines()] for text in (path.read_text(), whole)]
    assert without_time[0] == without_time[1]


def test_other_settings_are_asked_anew(tiny, tables, tmp_path):
    run("cdr", tiny, tables, tmp_path, samples=2, options=["plausibility=false"])
    run("cdr", tiny, tables, tmp_path, samples=2, seed=1, options=["plausibility=false"])
    for name, number in ((f"{fingerprint(tiny.folder)}/cdr", 4), ("cdr/baselines", 12)):
        rows = [json.loads(line) for line in (tmp_path / f"{name}.jsonl").read_text().splitlines()]
        assert len({row["settings"] for row in rows}) == 2 and len(rows) == number


def test_other_packages_are_asked_anew(tiny, tables, tmp_path, monkeypatch):
    options = {"samples": 1, "options": ["plausibility=false"]}
    run("cdr", tiny, tables, tmp_path, **options)
    installed = metadata.version
    monkeypatch.setattr(metadata, "version", lambda name: "2099.1" if name == "rdkit" else installed(name))
    report = run("cdr", tiny, tables, tmp_path, **options)
    rows = (tmp_path / fingerprint(tiny.folder) / "cdr.jsonl").read_text().splitlines()
    assert report.settings["versions"]["rdkit"] == "2099.1" and len({json.loads(row)["settings"] for row in rows}) == 2


def test_an_item_that_the_model_refuses_is_named(tiny, tables, tmp_path, monkeypatch):
    module = TASKS["retrosynthesis"]
    propose = module.retrosynthesis.propose_all

    def picky(engine, products, **options):
        if "CCOC" in products:
            raise PromptError("too long")
        return propose(engine, products, **options)

    monkeypatch.setattr(module.retrosynthesis, "propose_all", picky)
    report = run("retrosynthesis", tiny, tables, tmp_path, samples=2)
    assert report.refused == {"too long": ["2"]}
    assert "refused, counted as no answer: 1, too long: 2" in report.markdown()
    assert report.figures["model"]["top-1"].count == 2


@pytest.mark.parametrize(
    ("task", "options", "error", "message"),
    [
        ("folding", {}, InputError, "expected one of retrosynthesis"),
        ("cdr", {"limit": 0}, InputError, "limit: found 0"),
        ("cdr", {"samples": -1}, InputError, "samples: found -1"),
        ("cdr", {"seed": -1}, InputError, "seed: found -1"),
        ("material", {"samples": 3}, InputError, "takes no --samples; --limit"),
    ],
)
def test_faults_of_the_caller(task, options, error, message, tiny, tables, tmp_path):
    with pytest.raises(error, match=message):
        run(task, tiny, tables, tmp_path, **options)
    assert not list(tmp_path.iterdir())


def test_missing_data(tiny, tables, tmp_path):
    with pytest.raises(MissingError, match="no such folder; name the folder of the benchmark tables with --data"):
        run("cdr", tiny, tmp_path / "nowhere", tmp_path)
    with pytest.raises(MissingError, match="rabd_benchmark.jsonl: no such file; --data must name"):
        run("cdr", tiny, tmp_path, tmp_path)
