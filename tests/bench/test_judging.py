"""Judgements are streamed and resumed as answers are, for every arm; settings of a task come from NAME=VALUE."""

import shutil
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import pytest

from scilogos.bench import run
from scilogos.bench.figures import Figure, mean
from scilogos.bench.held_out import HeldOut, Item
from scilogos.bench.run import TASKS
from scilogos.bench.settings import settings_of
from scilogos.errors import InputError, ObjectError
from scilogos.model import fingerprint
from scilogos.tasks import Logos


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Of the task below."""

    factor: int = 2
    strict: bool = False
    name: str = "plain"


def number_of_lines(path: Path) -> int:
    return len(path.read_text().splitlines())


def counting() -> ModuleType:
    """A task whose answer is a number and whose judge multiplies it, and counts how often it is asked."""
    module = ModuleType("counting")
    module.Settings, module.SAMPLES, module.BATCH, module.JUDGING = Settings, 1, 2, ("factor",)
    module.FILES, module.HELD_OUT, module.METHOD, module.judged = (), "", "", []

    def predict(model, held, batch, *, samples, seed):
        if any(item.given == 3 for item in batch):
            raise ObjectError("three is refused")
        return [{"number": item.given} for item in batch]

    def judge(held, batch, answers):
        module.judged += [item.key for item in batch]
        assert held.settings.name == "plain"
        assert held.folder.name == held.shared.name == "counting" and held.folder.parents[1] == held.shared.parent
        return [{"product": answer["number"] * held.settings.factor} for answer in answers]

    def score(held, answers) -> dict[str, Figure]:
        return {"product": mean([answer.get("product", 0) for answer in answers], percent=False)}

    module.items = lambda data, *, limit, seed, settings: HeldOut(tuple(Item(str(i), i) for i in range(limit or 5)))
    module.predict, module.judge, module.score = predict, judge, score
    module.judged_by = lambda settings: {"factor": str(settings.factor)}
    module.baseline = lambda held, *, seed: {"tens": lambda batch: [{"number": 10} for _ in batch]}
    module.plots = lambda held, arms: {
        "numbers drawn": lambda axes: axes.plot([a.get("number", 0) for a in arms["model"]])
    }
    return module


@pytest.fixture
def task(monkeypatch) -> ModuleType:
    module = counting()
    monkeypatch.setitem(TASKS, "counting", module)
    return module


def test_answers_of_every_arm_are_judged_once(task, tiny, tmp_path):
    report = run("counting", tiny, tmp_path, tmp_path)
    assert report.figures["model"]["product"].value == (0 + 2 + 4 + 0 + 8) / 5, "what was refused is not judged"
    assert report.figures["tens"]["product"].value == 20
    assert report.refused == {"three is refused": ["3"]} and task.judged == ["0", "1", "2", "4", *"01234"]
    folder = tmp_path / fingerprint(tiny.folder)
    assert number_of_lines(folder / "counting.judged.jsonl") == 5
    assert number_of_lines(tmp_path / "counting" / "baselines.judged.jsonl") == 5
    again = run("counting", tiny, tmp_path, tmp_path)
    assert again.figures == report.figures and len(task.judged) == 9, "found again"
    assert report.pictures == {"numbers drawn": "counting-numbers-drawn.png"}
    assert (folder / "counting-numbers-drawn.png").read_bytes().startswith(b"\x89PNG")
    assert "![numbers drawn](counting-numbers-drawn.png)" in (folder / "counting.md").read_text()


def test_a_task_may_judge_its_first_items_alone(task, tiny, tmp_path, capsys):
    task.looked_at = lambda held: 3
    report = run("counting", tiny, tmp_path, tmp_path)
    assert task.judged == ["0", "1", "2"] * 2 and report.figures["model"]["product"].value == (0 + 2 + 4) / 5
    assert "counting, judging model: 3/3" in capsys.readouterr().err, "the time left is that of what is judged"


def test_what_a_baseline_refuses_is_named(task, tiny, tmp_path):
    def picky(batch):
        if any(item.given == 2 for item in batch):
            raise ObjectError("no pocket found")
        return [{"number": 10} for _ in batch]

    task.baseline = lambda held, *, seed: {"tens": picky}
    report = run("counting", tiny, tmp_path, tmp_path)
    assert report.refused == {"three is refused": ["3"], "tens: no pocket found": ["2"]}
    assert report.figures["tens"]["product"].value == 16, "counted as nothing"


def test_a_setting_of_the_judge_keeps_the_answers(task, tiny, tmp_path):
    run("counting", tiny, tmp_path, tmp_path)
    report = run("counting", tiny, tmp_path, tmp_path, options=["factor=3"])
    assert report.figures["tens"]["product"].value == 30
    assert "--set factor=3" in report.settings["command"] and report.settings["settings"]["factor"] == 3
    folder = tmp_path / fingerprint(tiny.folder)
    for answers in (folder / "counting", tmp_path / "counting" / "baselines"):
        assert number_of_lines(answers.with_name(f"{answers.name}.jsonl")) == 5
        assert number_of_lines(answers.with_name(f"{answers.name}.judged.jsonl")) == 10
    run("counting", tiny, tmp_path, tmp_path, options=["strict=true"])
    assert number_of_lines(folder / "counting.jsonl") == 10, "another setting, other answers"


def test_a_baseline_answers_once_for_all_models_and_a_control_for_each(task, tiny, tmp_path):
    def arm(batch):
        asked.append(len(batch))
        return [{"number": 10} for _ in batch]

    asked: list[int] = []
    task.baseline = lambda held, *, seed: {"tens": arm}
    task.control = lambda model, held, *, seed: {"its own tens": arm}
    other = Logos(tiny.engine, "other", shutil.copytree(tiny.folder, tmp_path / "other"))
    (other.folder / "config.json").write_text((other.folder / "config.json").read_text() + " ")
    for model, answered in ((tiny, 10), (other, 15), (tiny, 15)):
        report = run("counting", model, tmp_path, tmp_path)
        assert list(report.figures) == ["model", "its own tens", "tens"] and sum(asked) == answered


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["factor"], "--set factor: expected NAME=VALUE"),
        (["colour=red"], "unknown key 'colour'; expected one of factor, name, strict"),
        (["factor=many"], "factor: found 'many'; expected int"),
    ],
)
def test_faults_in_settings(task, options, message, tiny, tmp_path):
    with pytest.raises(InputError, match=message):
        run("counting", tiny, tmp_path, tmp_path, options=options)


def test_settings_are_read_as_toml_or_text(task):
    assert settings_of("counting", task, ["factor=4", "strict=true", "name=new one"]) == Settings(
        factor=4, strict=True, name="new one"
    )
