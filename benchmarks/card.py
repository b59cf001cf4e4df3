"""Write the card of a model that a repository ships from its recipes, runs, leak audit and reports.

Prints what it wrote, and ends with one line RESULT and JSON.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from cyclopts import App

from command import run_app
from ladder.runs import METRICS, journal
from result import show_result, spread
from scilogos.bench.figures import Figure
from scilogos.bench.leaks import kept
from scilogos.bench.tables import columns_of
from scilogos.data.shards import CorpusInfo, read_corpus
from scilogos.errors import InputError, MissingError
from scilogos.model import ModelConfig, Transformer, fingerprint
from scilogos.science import replacing
from scilogos.tokens import load as load_codec
from scilogos.train import TrainRecipe, read_recipe, recorded

TEXT = Path(__file__).with_name("card.md")

app = App(help=__doc__, help_format="plaintext", version_flags=())


@dataclass(frozen=True)
class Stage:
    """A run that led to the weights: its recipe, its corpus, the lines of its metrics."""

    recipe: TrainRecipe
    corpus: CorpusInfo
    lines: Sequence[Mapping[str, Any]]

    @property
    def losses(self) -> Mapping[str, float]:
        """The last validation loss by modality."""
        return [line["validation"] for line in self.lines if "validation" in line][-1]


def read_stage(path: Path) -> Stage:
    """Read a recipe and its run in runs/NAME; MissingError where the run or its corpus is not there."""
    recipe = read_recipe(path)
    folder = Path("runs") / recipe.name
    recipe = recorded(folder) or recipe
    if not (folder / METRICS).is_file():
        raise MissingError(f"{folder / METRICS}: not there; train {path} first")
    return Stage(recipe, read_corpus(recipe.corpus), journal(folder))


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A Markdown table, all columns but the first to the right."""
    lines = [f"| {' | '.join(head)} |", "|---|" + "---:|" * (len(head) - 1)]
    return "\n".join([*lines, *(f"| {' | '.join(map(str, row))} |" for row in rows)])


def training(stages: Sequence[Stage]) -> str:
    """What each stage read and how."""
    facts = {
        "tokens (places read), million": lambda s: f"{(s.lines[-1]['step'] + 1) * s.recipe.step_tokens / 1e6:.1f}",
        "optimiser steps": lambda s: f"{s.lines[-1]['step'] + 1:,} of {s.recipe.step_tokens:,} places",
        "learning rate": _rate,
        "loss": lambda s: "the answers, where there is a choice" if s.recipe.answers_only else "every symbol",
        "mixture, % of tokens": lambda s: _mixture(s.recipe.shares),
        "later": lambda s: "; ".join(f"from {p.after:.0%}: {_mixture(p.shares)}" for p in s.recipe.later),
        "corpus": lambda s: s.corpus.fingerprint,
    }
    return table(["", *(s.recipe.name for s in stages)], ([name, *map(fact, stages)] for name, fact in facts.items()))


def origin(first: TrainRecipe) -> str:
    """Where the first run began: at random weights, or at weights whose card told of their training."""
    if first.start is None:
        return "The weights were made from random ones in these runs alone, on one processor core."
    if not (first.start / "README.md").is_file():
        raise MissingError(f"{first.start / 'README.md'}: not there; it would tell how the first weights came about")
    told = (first.start / "README.md").read_text(encoding="utf-8")
    part = told.partition("\n## Training\n")[2].partition("\n## ")[0].strip()
    if not part:
        raise InputError("a card without a part ## Training", path=first.start / "README.md")
    weights = fingerprint(first.start)
    quoted = "\n".join(f"> {line}".rstrip() for line in part.splitlines())
    begun = f"The first of these runs, on one processor core, went on from weights with the fingerprint {weights}"
    return f"{begun}, of which their card says:\n\n{quoted}"


def _rate(stage: Stage) -> str:
    recipe = stage.recipe
    decay = f", linear to zero over the last {recipe.decay_tokens / 1e6:.0f} M" if recipe.decay_tokens else ""
    names = {"muon": "Muon (AdamW for embedding and norms)", "adamw": "AdamW"}
    return f"{recipe.learning_rate:g}, {names[recipe.optimiser]}{decay}"


def _mixture(shares: Mapping[str, float]) -> str:
    whole = sum(shares.values())
    ordered = sorted(shares.items(), key=lambda pair: -pair[1])
    return ", ".join(f"{name} {100 * share / whole:.0f}" for name, share in ordered)


def corpora(stages: Sequence[Stage]) -> str:
    """The records and tokens to train on, by modality."""
    rows = [
        (stage.recipe.name, shard.modality, f"{shard.records:,}", f"{shard.tokens / 1e6:.2f}")
        for stage in stages
        for shard in stage.corpus.shards
        if shard.split == "train"
    ]
    return table(["run", "modality", "records", "million tokens"], rows)


def losses(stages: Sequence[Stage]) -> str:
    """The last validation losses."""
    rows = [(s.recipe.name, name, f"{loss:.3f}") for s in stages for name, loss in sorted(s.losses.items())]
    return table(["run", "modality", "loss"], rows)


def leaks(model: Path) -> str:
    """The counts of the audit that is kept with the model."""
    found = kept(model)
    if found is None:
        raise MissingError(f"{model / 'leaks.json'}: not there; make it by `logos bench leaks --keep`")
    weights, checks = found
    if weights != fingerprint(model):
        raise InputError(f"{model / 'leaks.json'}: an audit of other weights, {weights}; make it anew")
    rows = [(one["name"], one["compared"], f"{one['items']:,}", f"{one['found']:,}") for one in checks]
    return table(["test set", "compared", "items", "seen in training"], rows)


def figures(folder: Path) -> str:
    """A table for each report of these weights that asks the task's own question: the figures of the page of tables."""
    parts = []
    for path in sorted(folder.glob("*.json")):
        report = json.loads(path.read_text())
        names = [name for name in columns_of(report["task"]) if name in report["figures"]["model"]]
        if report.get("apart") or not names:
            continue
        arms = list(report["figures"])
        rows = [
            [
                name,
                *(
                    str(Figure(**report["figures"][arm][name])) if name in report["figures"][arm] else ""
                    for arm in arms
                ),
            ]
            for name in names
        ]
        items = ", ".join(f"{number:,} {group}" for group, number in report["items"].items())
        parts.append(f"`{report['settings']['command']}` ({items})\n\n{table(['', *arms], rows)}")
    return "\n\n".join(parts) or "None was measured yet."


@app.default
def card(model: Path, *recipes: Path, results: Path = Path("results")) -> None:
    """Write MODEL/README.md.

    Parameters
    ----------
    model
        The folder of the weights.
    recipes
        The recipes of the runs that led to them, in order; their runs lie in runs/NAME.
    results
        The folder of `logos bench`.
    """
    if not recipes:
        raise InputError("give the recipes of the runs, in order")
    stages = [read_stage(path) for path in recipes]
    config, weights = ModelConfig.from_hf(json.loads((model / "config.json").read_text())), fingerprint(model)
    with torch.device("meta"):
        parameters = sum(parameter.numel() for parameter in Transformer(config, device="meta").parameters())
    kv_heads = config.num_key_value_heads
    text = TEXT.read_text(encoding="utf-8").format(
        name=model.name,
        parameters=f"{parameters / 1e6:.2f}",
        layers=config.num_hidden_layers,
        width=config.hidden_size,
        heads=config.num_attention_heads,
        head_dim=config.head_dim,
        kv_heads="one key-value head" if kv_heads == 1 else f"{kv_heads} key-value heads",
        symbols=load_codec(model).vocabulary.size,
        fingerprint=weights,
        training=training(stages),
        origin=origin(stages[0].recipe),
        leaks=leaks(model),
        corpora=corpora(stages),
        losses=losses(stages),
        figures=figures(results / weights),
    )
    with replacing(model / "README.md") as stream:
        stream.write(text)
    print(f"wrote {model / 'README.md'}")
    settings = {"recipes": [path.stem for path in recipes], "model": model.name, "fingerprint": weights}
    told = [line["validation"] for line in stages[-1].lines if "validation" in line]
    gained = spread([told[-1][name] / told[0][name] for name in told[0]])
    show_result("card", settings=settings, ratios={"loss, last / first validation": gained})


if __name__ == "__main__":
    run_app(app, "card.py")
