"""Write the card of a model that a repository ships from its runs, leak audit and reports.

Prints what it wrote, and ends with one line RESULT and JSON.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from cyclopts import App

from command import run_app
from ladder.history import History, Stage, history_of, read_history
from ladder.runs import parameters_of
from result import show_result, spread
from scilogos.bench.figures import Figure
from scilogos.bench.leaks import kept
from scilogos.bench.tables import columns_of
from scilogos.errors import InputError, MissingError
from scilogos.model import ModelConfig, fingerprint
from scilogos.science import replacing
from scilogos.tokens import load as load_codec

TEXT = Path(__file__).with_name("card.md")
FROM_RANDOM = "The weights were made from random ones in these runs alone, on one processor core."

app = App(help=__doc__, help_format="plaintext", version_flags=())


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A Markdown table, all columns but the first to the right."""
    lines = [f"| {' | '.join(head)} |", "|---|" + "---:|" * (len(head) - 1)]
    return "\n".join([*lines, *(f"| {' | '.join(map(str, row))} |" for row in rows)])


def training(stages: Sequence[Stage]) -> str:
    """What each stage read and how."""
    facts = {
        "tokens (places read), million": lambda s: f"{s.tokens / 1e6:.1f}",
        "optimiser steps": lambda s: f"{s.steps:,} of {s.step_tokens:,} places",
        "learning rate": _rate,
        "loss": lambda s: "the answers, where there is a choice" if s.answers_only else "every symbol",
        "mixture, % of tokens": lambda s: _mixture(s.shares),
        "later": lambda s: "; ".join(f"from {after:.0%}: {_mixture(shares)}" for after, shares in s.later),
        "corpus": lambda s: s.corpus,
    }
    return table(["", *(s.run for s in stages)], ([name, *map(fact, stages)] for name, fact in facts.items()))


def _rate(stage: Stage) -> str:
    decay = f", linear to zero over the last {stage.decay_tokens / 1e6:.0f} M" if stage.decay_tokens else ""
    names = {"muon": "Muon (AdamW for embedding and norms)", "adamw": "AdamW"}
    return f"{stage.learning_rate:g}, {names[stage.optimiser]}{decay}"


def _mixture(shares: Mapping[str, float]) -> str:
    whole = sum(shares.values())
    ordered = sorted(shares.items(), key=lambda pair: -pair[1])
    return ", ".join(f"{name} {100 * share / whole:.0f}" for name, share in ordered)


def corpora(stages: Sequence[Stage]) -> str:
    """The records and tokens to train on, by modality, of each corpus once."""
    runs = {corpus: [s.run for s in stages if s.corpus == corpus] for corpus in dict.fromkeys(s.corpus for s in stages)}
    told = {stage.corpus: stage.told for stage in stages}
    rows = [
        (corpus, ", ".join(runs[corpus]), modality, f"{records:,}", f"{tokens / 1e6:.2f}")
        for corpus in runs
        for modality, (records, tokens) in told[corpus].items()
    ]
    return table(["corpus", "read by", "modality", "records", "million tokens"], rows)


def losses(stages: Sequence[Stage]) -> str:
    """The last validation losses, a column for each run."""
    last = [stage.validation[-1][1] for stage in stages]
    names = sorted({name for found in last for name in found})
    rows = [[name, *(f"{found[name]:.3f}" if name in found else "" for found in last)] for name in names]
    return table(["modality", *(stage.run for stage in stages)], rows)


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
        The recipes of the runs that led to them, in order; their runs lie in runs/NAME, and what the card tells of
        them is kept in MODEL/training.json. Without recipes that is read.
    results
        The folder of `logos bench`.
    """
    history = history_of(model, recipes) if recipes else read_history(model)
    text = written(model, history, results)
    history.keep(model)
    with replacing(model / "README.md") as stream:
        stream.write(text)
    print(f"wrote {model / 'README.md'}")
    settings = {"recipes": [path.stem for path in recipes], "model": model.name, "fingerprint": history.fingerprint}
    told = [losses for stage in history.stages for _, losses in stage.validation]
    last = told[-1]
    first = next(losses for losses in told if losses.keys() == last.keys())
    gained = spread([last[name] / first[name] for name in last])
    show_result("card", settings=settings, ratios={"loss, last / first validation of these modalities": gained})


def written(model: Path, history: History, results: Path) -> str:
    """The card."""
    stages, weights = history.stages, history.fingerprint
    config = ModelConfig.from_hf(json.loads((model / "config.json").read_text()))
    kv_heads = config.num_key_value_heads
    return TEXT.read_text(encoding="utf-8").format(
        name=model.name,
        parameters=f"{parameters_of(config) / 1e6:.2f}",
        layers=config.num_hidden_layers,
        width=config.hidden_size,
        heads=config.num_attention_heads,
        head_dim=config.head_dim,
        kv_heads="one key-value head" if kv_heads == 1 else f"{kv_heads} key-value heads",
        symbols=load_codec(model).vocabulary.size,
        fingerprint=weights,
        training=training(stages),
        origin=history.origin or FROM_RANDOM,
        leaks=leaks(model),
        corpora=corpora(stages),
        losses=losses(stages),
        figures=figures(results / weights),
    )


if __name__ == "__main__":
    run_app(app, "card.py")
