"""Fine-tuning a tiny model on tables of a few rows, whole: figures before and after, weights that load, going on."""

import csv
import json
from dataclasses import asdict, replace
from pathlib import Path

import pytest
import torch

from scilogos.bench import Method, Tuning, tune
from scilogos.bench.tuning import LOSS, own
from scilogos.bench.tuning.recipes import TASKS, epoch_tokens, run_recipe
from scilogos.data.shards import CorpusInfo, ShardInfo
from scilogos.errors import InputError, MissingError, RecipeError
from scilogos.model import fingerprint, load_checkpoint
from scilogos.tasks import Logos, load
from scilogos.tasks.calibration import Calibration
from tests.bench.conftest import CHAIN, HEAVY, NATIVE

METHOD = Method(epochs=3)
TASK = "editing"  # of which nothing is measured but the loss


@pytest.fixture(autouse=True)
def few_draws(monkeypatch):
    """Random weights write what no table holds, and every new state costs its time."""
    monkeypatch.setattr(own, "PRODUCTS", 1)
    monkeypatch.setattr(own, "DRAWS", 1)
    monkeypatch.setattr(own, "MARKINGS", 1)


def rows(task: str) -> list[dict[str, str]]:
    """Twenty rows of a task's own columns."""
    turned = [CHAIN[i:] + CHAIN[:i] for i in range(20)]
    contacts = [" ".join(str(k) for k, residue in enumerate(chain) if residue == "R") for chain in turned]
    alkyls = ["C" * (i + 1) for i in range(20)]
    columns = {
        "retrosynthesis": [{"reactants": f"{a}O.CC(=O)Cl", "product": f"{a}OC(C)=O"} for a in alkyls],
        "binding-site": [{"sequence": s, "contacts": c} for s, c in zip(turned, contacts, strict=True)],
        "ligand": [
            {"sequence": s, "contacts": c, "smiles": a} for s, c, a in zip(turned, contacts, alkyls, strict=True)
        ],
        "material": [{"node": "[Zn]", "linkers": f"OC(=O){a}C(=O)O", "topology": "pcu"} for a in alkyls],
        "editing": [{"parent": s, "variant": "W" + s[1:]} for s in turned],
        "cdr": [{"sequence": HEAVY.format(NATIVE[:-3] + end)} for end in ("MDY", "LDV", "FDY", "MDV", "LDY", "FDV")],
    }
    return columns[task]


def write(path: Path, some: list[dict[str, str]]) -> Path:
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(some[0]))
        writer.writeheader()
        writer.writerows(some)
    return path


@pytest.fixture
def table(tmp_path) -> Path:
    return write(tmp_path / "mine.csv", rows(TASK))


def weights(folder: Path) -> dict[str, torch.Tensor]:
    return dict(load_checkpoint(folder)[0].named_parameters())


def equal(one: Path, other: Path) -> bool:
    ours, theirs = weights(one), weights(other)
    return all(torch.equal(ours[name], theirs[name]) for name in theirs)


@pytest.mark.parametrize("task", TASKS)
def test_every_task_from_table_to_model(tiny, tmp_path, task):
    table = write(tmp_path / "mine.csv", rows(task))
    found = tune(tiny, task, table, tmp_path / "out", METHOD, quiet=True)
    number = len(rows(task))
    assert found.records == {"train": number - max(1, number // 10), "val": max(1, number // 10)}
    assert found.before.keys() == found.after.keys()
    assert {"retrosynthesis": "top-10", "binding-site": "AUPRC"}.get(task, LOSS) in found.after
    assert found.after[LOSS].value < found.before[LOSS].value
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    assert report["asked"]["task"] == task and report["after"][LOSS] == asdict(found.after[LOSS])
    assert load(found.model).folder == tmp_path / "out" / "model" and (found.model / "tokenizer.json").is_file()


def test_adapters_leave_what_they_do_not_touch(tiny, table, tmp_path):
    found = tune(tiny, TASK, table, tmp_path / "out", Method(kind="lora", rank=4, epochs=3), quiet=True)
    before, after = weights(tiny.folder), weights(found.model)
    # The weights of the start are fp32 here, those of a fine-tuning bf16 where the processor has it.
    assert torch.equal(after["embedding_VD"], before["embedding_VD"].to(torch.bfloat16).float()) or torch.equal(
        after["embedding_VD"], before["embedding_VD"]
    )
    assert found.after[LOSS].value < found.before[LOSS].value


def test_interrupted_the_same_request_goes_on(tiny, table, tmp_path, monkeypatch):
    """Stopped before, within and after training, it ends as if it never was."""
    whole = tune(tiny, TASK, table, tmp_path / "whole", METHOD, quiet=True)
    told: list[str] = []

    def stop_at(word: str):
        def say(line: str) -> None:
            told.append(line)
            if word in line:
                raise KeyboardInterrupt

        return say

    for word in ("writing", "before", "steps", "after"):
        with pytest.raises(KeyboardInterrupt):
            tune(tiny, TASK, table, tmp_path / "cut", METHOD, quiet=True, say=stop_at(word))
    cut = tune(tiny, TASK, table, tmp_path / "cut", METHOD, quiet=True, say=told.append)
    assert replace(cut, model=whole.model) == whole
    assert equal(cut.model, whole.model)
    assert sum("measuring before" in line for line in told) == 2  # the first was stopped
    assert tune(tiny, TASK, table, tmp_path / "cut", METHOD, quiet=True) == cut


def test_calibration_comes_along(tiny, table, tmp_path):
    import shutil

    folder = tmp_path / "calibrated"
    shutil.copytree(tiny.folder, folder)
    Calibration(weights=fingerprint(folder), site_threshold=0.25).write(folder)
    table = write(table, rows("binding-site"))
    found = tune(load(folder), "binding-site", table, tmp_path / "out", METHOD, quiet=True)
    assert load(found.model).calibration.site_threshold == 0.25 and "MCC at 0.25" in found.after


@pytest.mark.parametrize("change", [{"seed": 2}, {"kind": "lora"}, {"epochs": 4}, "task", "table"])
def test_another_request_needs_another_folder(tiny, table, tmp_path, change):
    out = tmp_path / "out"
    tune(tiny, TASK, table, out, METHOD, quiet=True)
    method = replace(METHOD, **change) if isinstance(change, dict) else METHOD
    task = "material" if change == "task" else TASK
    if isinstance(change, str):
        write(table, rows(task)[1:])
    with pytest.raises(InputError, match="out: was begun with .*; name another folder"):
        tune(tiny, task, table, out, method, quiet=True)


@pytest.mark.parametrize(
    ("some", "says"),
    [
        ([{"reactants": "CC(", "product": "CC"}], "mine.csv:2: SMILES 'CC\\('"),
        ([{"reactants": "CO.CC(=O)Cl", "product": "COC(C)=O"}], "found 0 records to train on and 1 held out"),
        ([{"reactants": "CO", "product": "CCO", "split": "train"}], "found 1 records to train on and 0 held out"),
        ([{"smiles": "CC"}], "mine.csv:2: found no reactants and no product"),
    ],
)
def test_a_table_that_cannot_be_used_leaves_nothing(tiny, tmp_path, some, says):
    table = write(tmp_path / "mine.csv", some)
    with pytest.raises(InputError, match=says):
        tune(tiny, "retrosynthesis", table, tmp_path / "out", METHOD, quiet=True)
    assert not (tmp_path / "out").exists()


def test_what_else_is_refused(tiny: Logos, table, tmp_path):
    with pytest.raises(MissingError, match="none.csv: no such file"):
        tune(tiny, TASK, tmp_path / "none.csv", tmp_path / "out")
    with pytest.raises(InputError, match="task 'retro': expected one of retrosynthesis, binding-site"):
        tune(tiny, "retro", table, tmp_path / "out")
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "thesis.docx").touch()
    with pytest.raises(InputError, match="holds no fine-tuning"):
        tune(tiny, TASK, table, tmp_path / "taken")
    for wrong in ({"kind": "qlora"}, {"rank": 0}, {"epochs": 0}, {"seed": -1}):
        with pytest.raises(RecipeError, match=str(next(iter(wrong.values())))):
            Method(**wrong)


@pytest.mark.parametrize("records", [20, 1_000, 50_000, 1_000_000])
def test_a_run_fits_its_table(records):
    shards = [
        ShardInfo(modality="m", split=split, records=n, sentences=4 * n, tokens=4 * n * 99, sha256={})
        for split, n in (("train", records), ("val", 10))
    ]
    info = CorpusInfo(vocabulary="v", vocabulary_size=512, recipe="r", shards=tuple(shards))
    assert epoch_tokens(info) == 100 * records
    run = run_recipe(Path("m"), info, Path("c"), Method(), bf16=True)
    epochs = run.tokens / epoch_tokens(info)
    assert 1 <= epochs <= 20 and (run.rows_per_step == 1) == (records <= 1_000)
    assert run.rate(0) <= run.learning_rate and run.rate(run.steps - 1) <= run.learning_rate / run.steps * 2
    assert run_recipe(Path("m"), info, Path("c"), Method(epochs=2), bf16=True).tokens == 2 * 100 * records


def test_python_users_call_what_the_command_line_calls():
    import scilogos

    assert scilogos.tune is tune and scilogos.Method is Method and Tuning.__doc__
