"""The shared loop: items, answers of model, controls and baselines, judgements of them, all streamed; the report."""

import hashlib
import json
import shlex
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, replace
from functools import partial
from importlib import metadata
from itertools import zip_longest
from pathlib import Path
from platform import python_version
from types import ModuleType
from typing import Any, NamedTuple

from scilogos.bench import binding_site, cdr, editing, ligand, material, retrosynthesis, validity
from scilogos.bench.held_out import Answer, HeldOut, Item, Predict
from scilogos.bench.leaks import told
from scilogos.bench.pictures import draw, drawable
from scilogos.bench.report import Report
from scilogos.bench.results import Results
from scilogos.bench.settings import Drawn, settings_of
from scilogos.data.tables import digest
from scilogos.decode.served import ServedEngine
from scilogos.errors import InputError, MissingError, ObjectError, PromptError
from scilogos.model import fingerprint
from scilogos.progress import Progress
from scilogos.tasks import Logos, installed
from scilogos.version import __version__

TASKS: dict[str, ModuleType] = {
    "retrosynthesis": retrosynthesis,
    "binding-site": binding_site,
    "ligand": ligand,
    "material": material,
    "editing": editing,
    "cdr": cdr,
    "validity": validity,
}
_PACKAGES = ("torch", "numpy", "rdkit", "immunum")
_SHOWN = ("gemmi", "scipy", "numba")  # beside them; a line is used again whatever these are
_OF_THE_MODEL = ("checkpoint", "precision", "samples")
Arms = Mapping[str, Sequence[Answer]]  # answers by arm, in the order of the items


def run(
    task: str,
    model: Logos,
    data: Path,
    out: Path,
    *,
    limit: int | None = None,
    samples: int | None = None,
    seed: int = 0,
    options: Sequence[str] = (),
) -> Report:
    """Measure a model on one task: `limit` items drawn by the seed (None: all), `samples` draws of each (None: usual).

    `options` are NAME=VALUE of the task's own settings. Answers go to out/<fingerprint>/<task>.jsonl and are found
    again; the summary to .md and .json beside, pictures to .png, under the task's name and what differs from the usual.
    PromptError where the model cannot serve the task at all.
    """
    module = _module(task)
    for name, value in (("limit", limit), ("samples", samples)):
        if value is not None and value < 1:
            raise InputError(f"{name}: found {value}; expected 1 or more")
    if seed < 0:
        raise InputError(f"seed: found {seed}; expected 0 or more")
    if samples is not None and module.SAMPLES is None:
        raise InputError(f"{task} takes no --samples; --limit and its own settings say how much is drawn")
    settings, name = settings_of(task, module, options), fingerprint(model.folder)
    numbers = {"limit": limit, "samples": samples, "seed": seed}
    judged_by = module.judged_by(settings) if hasattr(module, "judged_by") else {}
    shown = {key: str(value) if isinstance(value, Path) else value for key, value in asdict(settings).items()}
    # What answers depend on: these name the lines that may be used again.
    made_by = {
        "checkpoint": f"{model.name}, {name}",
        "precision": _precision(model),
        "samples": samples or module.SAMPLES or 1,
        "seed": seed,
        "settings": {key: value for key, value in shown.items() if key not in getattr(module, "JUDGING", ())},
        **({"sampling": str(settings.sampling(module.SAMPLING))} if isinstance(settings, Drawn) else {}),
        **(module.made_by(settings) if hasattr(module, "made_by") else {}),
        "method": module.METHOD,
        "files": _files(module, data, settings),
        "scilogos": __version__,
        "versions": _versions(_PACKAGES),
    }
    versions = _versions((*_PACKAGES, *getattr(module, "PACKAGES", ())))
    held = module.items(data, limit=limit, seed=seed, settings=settings)
    notes = (*held.notes, *told(model.folder, task))
    held = replace(held, settings=settings, notes=notes, folder=out / name / task, shared=out / task)
    _check_keys(held.items)
    mine = partial(_arm, task, module, held, _Kept.of(out / name / task, made_by, judged_by))
    ask = partial(module.predict, model, held, samples=samples or module.SAMPLES or 1, seed=seed)
    arms = {"model": mine("model", ask)}
    _check_answers(arms["model"])
    if hasattr(module, "control"):
        arms |= {arm: mine(arm, one) for arm, one in module.control(model, held, seed=seed).items()}
    if hasattr(module, "baseline"):
        without_model = {key: value for key, value in made_by.items() if key not in _OF_THE_MODEL}
        without_model["versions"] = versions
        common = partial(_arm, task, module, held, _Kept.of(out / task / "baselines", without_model, judged_by))
        arms |= {arm: common(arm, one) for arm, one in module.baseline(held, seed=seed).items()}
    settled = {
        "command": _command(task, model, data, out, numbers, options),
        **made_by,
        "settings": shown,
        **({"judged by": judged_by} if judged_by else {}),
        "held out": module.HELD_OUT,
        "versions": {"python": python_version(), **_versions(_SHOWN), **versions},
        **({"drawn": module.drawn(settings)} if hasattr(module, "drawn") else {}),
    }
    differs = [f"{what} {value}" for what, value in numbers.items() if value]
    differs += [option.replace("=", " ", 1) for option in options]
    report = _report(task, module, held, arms)
    report = replace(report, settings=settled, differs=differs, apart=getattr(settings, "apart", ""))
    report.write(out / name)
    plots = module.plots(held, arms) if hasattr(module, "plots") else {}
    if plots and not drawable():
        report = replace(report, notes=(*report.notes, "no pictures: matplotlib is not installed"))
    report = replace(report, pictures=draw(out / name, report.name, plots))
    report.write(out / name)
    return report


def _versions(packages: Sequence[str]) -> dict[str, str]:
    """The versions of the packages that are installed."""
    found = {}
    for package in packages:
        with suppress(metadata.PackageNotFoundError):
            found[package] = metadata.version(package)
    return found


def _files(module: ModuleType, data: Path, settings: Any) -> dict[str, str]:
    """The digests of the files that are read; MissingError names one that must be there."""
    more = [name for name in getattr(module, "OPTIONAL", ()) if (data / name).is_file()]
    more += module.files(data, settings) if hasattr(module, "files") else []
    needed = {name: digest(_found(data, name)) for name in module.FILES}
    return needed | {_name(name): digest(data / name) for name in more}


def _name(path: str) -> str:
    """A file as it is called below the data folder; one from elsewhere without its place."""
    return Path(path).name if Path(path).is_absolute() else str(path)


class _Kept(NamedTuple):
    """Where the answers of arms and their judgements are kept."""

    answers: Results
    judgements: Results

    @classmethod
    def of(cls, place: Path, made_by: dict[str, Any], judged_by: dict[str, str]) -> "_Kept":
        answers = Results(place.with_name(f"{place.name}.jsonl"), _short_hash(made_by))
        judged = {**made_by, "judged by": judged_by}
        return cls(answers, Results(place.with_name(f"{place.name}.judged.jsonl"), _short_hash(judged)))


def _arm(task: str, module: ModuleType, held: HeldOut, kept: _Kept, arm: str, ask: Predict) -> list[Answer]:
    """What an arm answers, with the judgement where the task has a judge."""
    given = _answered(f"{task}, {arm}", arm, lambda batch, _: ask(batch), held, kept.answers, module.BATCH)
    if not hasattr(module, "judge"):
        return given
    judge = partial(_judged, module.judge, held)
    size = getattr(module, "JUDGE_BATCH", module.BATCH)
    first = held.items[: module.looked_at(held)] if hasattr(module, "looked_at") else held.items
    some, answers = replace(held, items=first), given[: len(first)]
    judged = _answered(f"{task}, judging {arm}", arm, judge, some, kept.judgements, size, answers)
    return [
        {**judgement, **answer, "judging": judgement.get("seconds", 0.0)}
        for answer, judgement in zip_longest(given, judged, fillvalue={})
    ]


def _command(
    task: str, model: Logos, data: Path, out: Path, numbers: Mapping[str, int | None], options: Sequence[str]
) -> str:
    known = dict(installed()).get(model.name, Path()).resolve() == model.folder.resolve()
    words = ["logos", "bench", task, "--model", model.name if known else str(model.folder)]
    words += ["--data", str(data), "--out", str(out)]
    for name, value in numbers.items():
        words += [f"--{name}", str(value)] if value else []
    for option in options:
        words += ["--set", option]
    return shlex.join(words)


def _precision(model: Logos) -> str:
    if isinstance(model.engine, ServedEngine):
        return "that of vLLM"
    return str(model.engine.dtype).removeprefix("torch.")


def _module(task: str) -> ModuleType:
    if task not in TASKS:
        raise InputError(f"no benchmark {task!r}; expected one of {', '.join(TASKS)}")
    return TASKS[task]


def _found(data: Path, name: str) -> Path:
    if not data.is_dir():
        raise MissingError(f"{data}: no such folder; name the folder of the benchmark tables with --data")
    if not (data / name).is_file():
        raise MissingError(f"{data / name}: no such file; --data must name the folder that holds {name}")
    return data / name


def _check_keys(items: Sequence[Item]) -> None:
    twice = [key for key, number in Counter(item.key for item in items).items() if number > 1]
    if twice or not items:
        raise InputError(f"items named twice: {', '.join(twice[:5])}" if twice else "the tables hold no usable item")


def _check_answers(answers: Sequence[Answer]) -> None:
    """PromptError where every item was refused for one reason: there is nothing to measure, and zeros would mislead."""
    reasons = {answer.get("error") for answer in answers}
    if len(reasons) == 1 and None not in reasons:
        raise PromptError(f"every item was refused: {reasons.pop()}")


def _short_hash(values: dict) -> str:
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()[:8]


Work = Callable[[Sequence[Item], Sequence[Answer]], list[Answer]]  # on a batch, and what is known of it


def _answered(
    title: str,
    arm: str,
    work: Work,
    held: HeldOut,
    results: Results,
    size: int,
    before: Sequence[Answer] | None = None,
) -> list[Answer]:
    """Answer every item that has no answer yet; always in the same batches, so that a resumed run draws the same."""
    known, items = results.answers(arm), held.items
    given = before or [{}] * len(items)
    progress = Progress(title, len(items), sum(item.key in known for item in items))
    for start in range(0, len(items), size):
        batch, mine = items[start : start + size], given[start : start + size]
        lacking = [item.key for item in batch if item.key not in known]
        if not lacking:
            continue
        began = time.monotonic()
        answers = dict(zip((item.key for item in batch), _answers(work, batch, mine), strict=True))
        seconds = round((time.monotonic() - began) / len(batch), 4)
        results.add(arm, {key: {**answers[key], "seconds": seconds} for key in lacking})
        progress.advance(len(lacking))
    return [known[item.key] for item in items]


def _answers(work: Work, batch: Sequence[Item], given: Sequence[Answer]) -> list[Answer]:
    """The answers of a batch; where something in it is refused, one by one, with the reason instead of an answer."""
    try:
        return work(batch, given)
    except (PromptError, InputError, ObjectError) as error:
        if len(batch) == 1:
            return [{"error": str(error)}]
        return [answer for item, one in zip(batch, given, strict=True) for answer in _answers(work, [item], [one])]


def _judged(judge: Callable, held: HeldOut, batch: Sequence[Item], answers: Sequence[Answer]) -> list[Answer]:
    """The judgements of a batch; none of an item that was refused."""
    there = [(item, answer) for item, answer in zip(batch, answers, strict=True) if "error" not in answer]
    found = iter(judge(held, [item for item, _ in there], [answer for _, answer in there]) if there else ())
    return [{} if "error" in answer else next(found) for answer in answers]


def _report(task: str, module: ModuleType, held: HeldOut, arms: Arms) -> Report:
    refused = defaultdict(list)
    for arm, answers in arms.items():
        for item, answer in zip(held.items, answers, strict=True):
            if "error" in answer:
                refused[answer["error"] if arm == "model" else f"{arm}: {answer['error']}"].append(item.key)
    began = time.monotonic()
    figures = {arm: module.score(held, answers) for arm, answers in arms.items()}
    scoring = (time.monotonic() - began) / len(arms)
    return Report(
        task=task,
        figures=figures,
        items=dict(Counter(item.group for item in held.items)),
        skipped=held.skipped,
        notes=held.notes,
        refused=dict(refused),
        seconds=sum(answer["seconds"] for answer in arms["model"]) / max(1, len(held.items)),
        judging=sum(answer.get("judging", 0.0) for answer in arms["model"]) / max(1, len(held.items)),
        scoring=scoring / max(1, len(held.items)),
    )
