"""Published checkpoints with their sixteen tags, and a model that vLLM serves: measured where they can be, or refused.

And the run for every day.
"""

import gzip
import shutil

import pytest

from scilogos.bench import TASKS, retrosynthesis, run
from scilogos.bench.settings import settings_of
from scilogos.cli import app
from scilogos.decode.served import ServedEngine
from scilogos.errors import MissingError, PromptError
from scilogos.model import fingerprint
from scilogos.tasks import Logos, load
from tests.bench.test_run import EDITING
from tests.decode.naive import Naive
from tests.fakes import CODEC
from tests.published import save_published, small_codec


@pytest.fixture(scope="module")
def published(tmp_path_factory) -> Logos:
    folder = tmp_path_factory.mktemp("published") / "LOGOS-1B"
    return load(save_published(folder, small_codec(), "llama"), dtype="fp32")


@pytest.mark.parametrize(
    ("task", "options"),
    [("retrosynthesis", ["roots=1"]), ("binding-site", ['sets=["coach420"]']), ("material", ["structures=0"])],
)
def test_what_the_tags_allow_is_measured(task, options, published, tables, tmp_path):
    samples = None if task == "material" else 2
    report = run(task, published, tables, tmp_path, limit=1, samples=samples, options=options)
    assert not report.refused and report.figures["model"]
    assert f"checkpoint: LOGOS-1B, {fingerprint(published.folder)}" in report.markdown()


@pytest.mark.parametrize(
    ("task", "options", "reason"),
    [
        ("cdr", ["plausibility=false"], "no tag symbol '<CdrS>'"),
        ("editing", EDITING, "fine-tuning needs a model of our own vocabulary"),
    ],
)
def test_what_they_do_not_is_refused_and_no_report_says_zero(task, options, reason, published, tables, tmp_path):
    with pytest.raises(PromptError, match=f"every item was refused: .*{reason}"):
        run(task, published, tables, tmp_path, limit=1, options=options)
    assert not list(tmp_path.glob("**/*.md"))


def test_of_all_tasks_those_that_cannot_be_measured_are_named(published, tables, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("scilogos.bench.TASKS", {name: TASKS[name] for name in ("cdr", "retrosynthesis")})
    words = ["--model", str(published.folder), "--data", str(tables), "--out", str(tmp_path)]
    with pytest.raises(MissingError, match="^not measured: cdr: every item was refused: .*<CdrS>"):
        app(["bench", "all", "--limit", "1", "--samples", "1", *words])
    assert "# retrosynthesis" in capsys.readouterr().out


def test_a_broken_table_stops_its_own_task_alone(tiny, tables, tmp_path, monkeypatch, capsys):
    data = shutil.copytree(tables, tmp_path / "data")
    (data / retrosynthesis.FILES[0]).write_bytes(gzip.compress(b"a,b\n1,2\n"))
    monkeypatch.setattr("scilogos.bench.TASKS", {name: TASKS[name] for name in ("retrosynthesis", "material")})
    words = ["--model", str(tiny.folder), "--data", str(data), "--out", str(tmp_path / "out")]
    with pytest.raises(MissingError, match="^not measured: retrosynthesis: .*uspto50k"):
        app(["bench", "all", "--limit", "1", "--samples", "1", *words])
    assert "# material" in capsys.readouterr().out


def test_without_matplotlib_the_report_says_so(tiny, tables, tmp_path, monkeypatch):
    monkeypatch.setattr("scilogos.bench.pictures.find_spec", lambda name: None)
    report = run("material", tiny, tables, tmp_path, limit=2, options=["structures=0"])
    assert not report.pictures and "no pictures: matplotlib is not installed" in report.notes


@pytest.mark.parametrize(
    ("task", "options"),
    [
        ("retrosynthesis", ["roots=1", "round_trip=false"]),
        ("binding-site", ['sets=["holo4k"]']),
        ("material", []),
        ("cdr", ["plausibility=false"]),
    ],
)
def test_a_served_model_is_measured(task, options, tiny, tables, tmp_path):
    served = Logos(ServedEngine(Naive(tiny.engine), CODEC), "tiny@vllm", tiny.folder)
    samples = None if task == "material" else 1
    report = run(task, served, tables, tmp_path, limit=1, samples=samples, options=options)
    assert not report.refused and report.settings["precision"] == "that of vLLM"
    assert "untrained" not in report.figures, "whose weights would be here"


def test_the_run_for_every_day(tiny, tables, tmp_path, capsys):
    words = ["--model", str(tiny.folder), "--data", str(tables), "--out", str(tmp_path), "--samples", "1"]
    with pytest.raises(SystemExit, match="0"):
        app(["bench", "cdr", "--quick", "--set", "plausibility=false", *words])
    assert "--limit 5 --samples 1 --set plausibility=false" in capsys.readouterr().out
    for task, module in TASKS.items():
        few, preset = module.QUICK
        assert few >= 1 and settings_of(task, module, preset), task
