"""The shared loop: items, then the answers of the model and of each baseline, streamed and resumed, then the report."""

import hashlib
import json
import shlex
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from functools import partial
from importlib import metadata
from pathlib import Path
from types import ModuleType

from scilogos import __version__
from scilogos.bench import binding_site, cdr, material, retrosynthesis, validity
from scilogos.bench.held_out import Answer, HeldOut, Item, Predict
from scilogos.bench.progress import Progress
from scilogos.bench.report import Report
from scilogos.bench.results import Results
from scilogos.errors import InputError, MissingError, ObjectError, PromptError
from scilogos.model import fingerprint
from scilogos.tasks import Logos

TASKS: dict[str, ModuleType] = {
    "retrosynthesis": retrosynthesis,
    "binding-site": binding_site,
    "material": material,
    "cdr": cdr,
    "validity": validity,
}
_PACKAGES = ("torch", "numpy", "rdkit", "immunum")


def run(
    task: str,
    model: Logos,
    data: Path,
    out: Path,
    *,
    limit: int | None = None,
    samples: int | None = None,
    seed: int = 0,
) -> Report:
    """Measure a model on one task: `limit` items drawn by the seed (None: all), `samples` draws of each (None: usual).

    Answers go to out/<fingerprint>/<task>.jsonl and are found again; the summary to <task>.md and <task>.json beside.
    """
    module = _module(task)
    for name, value in (("limit", limit), ("samples", samples)):
        if value is not None and value < 1:
            raise InputError(f"{name}: found {value}; expected 1 or more")
    if samples is not None and module.SAMPLES is None:
        raise InputError(f"{task} draws one sample an item; say how many with --limit")
    files = {name: _digest(_found(data, name)) for name in module.FILES}
    name = fingerprint(model.folder)
    # What answers depend on: these name the lines that may be used again.
    made_by = {
        "checkpoint": f"{model.name}, {name}",
        "precision": str(model.engine.dtype).removeprefix("torch."),
        "samples": samples or module.SAMPLES or 1,
        "seed": seed,
        "method": module.METHOD,
        "files": files,
        "scilogos": __version__,
    }
    held = module.items(data, limit=limit, seed=seed)
    _check_keys(held.items)
    results = Results(out / name / f"{task}.jsonl", _short_hash(made_by))
    ask = partial(module.predict, model, held, samples=samples or module.SAMPLES or 1, seed=seed)
    arms: dict[str, Predict] = {"model": lambda batch: ask(batch), **module.baseline(model, held, seed=seed)}
    for arm, predict in arms.items():
        _answer_all(f"{task}, {arm}", arm, predict, held.items, results, module.BATCH)
    command = ["logos", "bench", task, "--model", model.name, "--data", str(data), "--out", str(out)]
    for option, value in (("--limit", limit), ("--samples", samples), ("--seed", seed or None)):
        command += [option, str(value)] if value is not None else []
    settings = {
        "command": shlex.join(command),
        **made_by,
        "held out": module.HELD_OUT,
        "versions": {package: metadata.version(package) for package in _PACKAGES},
    }
    report = _report(task, module, held, {arm: results.answers(arm) for arm in arms}, settings)
    report.write(out / name)
    return report


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


def _digest(path: Path) -> str:
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()[:12]


def _short_hash(values: dict) -> str:
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()[:8]


def _answer_all(title: str, arm: str, predict: Predict, items: Sequence[Item], results: Results, size: int) -> None:
    """Answer every item that has no answer yet; always in the same batches, so that a resumed run draws the same."""
    known = results.answers(arm)
    progress = Progress(title, len(items), sum(item.key in known for item in items))
    for start in range(0, len(items), size):
        batch = items[start : start + size]
        lacking = [item.key for item in batch if item.key not in known]
        if not lacking:
            continue
        began = time.monotonic()
        answers = dict(zip((item.key for item in batch), _answers(predict, batch), strict=True))
        seconds = round((time.monotonic() - began) / len(batch), 4)
        results.add(arm, {key: {**answers[key], "seconds": seconds} for key in lacking})
        progress.advance(len(lacking))


def _answers(predict: Predict, batch: Sequence[Item]) -> list[Answer]:
    """The answers of a batch; where something in it is refused, one by one, with the reason instead of an answer."""
    try:
        return predict(batch)
    except (PromptError, InputError, ObjectError) as error:
        if len(batch) == 1:
            return [{"error": str(error)}]
        return [answer for item in batch for answer in _answers(predict, [item])]


def _report(task: str, module: ModuleType, held: HeldOut, answers: dict[str, dict], settings: dict) -> Report:
    refused, model = defaultdict(list), [answers["model"][item.key] for item in held.items]
    for item, answer in zip(held.items, model, strict=True):
        if "error" in answer:
            refused[answer["error"]].append(item.key)
    return Report(
        task=task,
        settings=settings,
        figures={arm: module.score(held, [some[item.key] for item in held.items]) for arm, some in answers.items()},
        items=dict(Counter(item.group for item in held.items)),
        skipped=held.skipped,
        refused=dict(refused),
        seconds=sum(answer["seconds"] for answer in model) / max(1, len(model)),
    )
