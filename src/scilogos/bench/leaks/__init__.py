"""The leak audit: does a training corpus tell what the benchmarks ask?"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from scilogos.bench.leaks.checks import Check, check, there
from scilogos.bench.leaks.seen import Seen
from scilogos.bench.results import write_text
from scilogos.data.shards import CorpusInfo, Shards, read_corpus, token_type
from scilogos.errors import CheckpointError, MissingError
from scilogos.grammar import tags
from scilogos.model import fingerprint
from scilogos.progress import Progress
from scilogos.tokens import Codec, GrownCodec

__all__ = ["Audit", "Check", "audit", "kept", "told"]

_KEPT = "leaks.json"
_NAMED = 5  # keys written out of each check
_EVERY = 1000  # sentences between lines of progress


@dataclass(frozen=True)
class Audit:
    """The checks of the corpora that a model was trained on, by fingerprint, and what was read of them."""

    corpora: tuple[str, ...]
    sentences: int
    checks: tuple[Check, ...]

    @property
    def leaks(self) -> int:
        """Items of all checks that training saw; an item may stand in several."""
        return sum(len(check.found) for check in self.checks)

    def markdown(self) -> str:
        """The audit for people."""
        lines = [
            f"# Leaks of corpus {' and '.join(self.corpora)}",
            "",
            f"{self.sentences:,} training sentences were read: one of each record, whose others tell the same; all of "
            "designs.",
            "",
            "| test set | compared | items | seen in training | such as |",
            "|---|---|---:|---:|---|",
        ]
        for row in self.checks:
            named = ", ".join(row.found[:_NAMED])
            items = f"{row.items:,}" + (f", {row.unread:,} more unreadable" if row.unread else "")
            lines.append(f"| {row.name} | {row.compared} | {items} | {len(row.found):,} | {named} |")
        return "\n".join(lines) + "\n"

    def write(self, folder: Path) -> None:
        """Write leaks-<corpora>.md and .json."""
        name = f"leaks-{'-'.join(self.corpora)}"
        write_text(folder / f"{name}.md", self.markdown())
        write_text(folder / f"{name}.json", json.dumps(asdict(self), indent=1) + "\n")

    def keep(self, model: Path) -> None:
        """Keep what was counted in a model's folder, for the reports of it."""
        counts = [{**asdict(one), "found": len(one.found)} for one in self.checks]
        told = {"weights": fingerprint(model), "corpora": self.corpora, "checks": counts}
        write_text(model / _KEPT, json.dumps(told, indent=1) + "\n")


def audit(corpora: Sequence[Path], data: Path, codec: Codec | GrownCodec) -> Audit:
    """Compare all training sentences of corpora with every test set that the data folder has."""
    if not data.is_dir():
        raise MissingError(f"{data}: no such folder; name the folder of the benchmark tables with --data")
    infos = [read_corpus(corpus) for corpus in corpora]
    for corpus, info in zip(corpora, infos, strict=True):
        if info.vocabulary != codec.vocabulary.fingerprint:
            raise CheckpointError(
                f"{corpus}: another vocabulary than {codec.vocabulary.fingerprint}; name the --model it was made for"
            )
    seen = Seen()
    for corpus, info in zip(corpora, infos, strict=True):
        for text in _sentences(corpus, info, codec):
            seen.add(text)
    progress = Progress("leaks, comparing", len(there(data)))
    found = tuple(check(data, seen, progress.advance))
    return Audit(tuple(info.fingerprint for info in infos), seen.sentences, found)


def kept(model: Path) -> tuple[str, list[dict[str, Any]]] | None:
    """The audit in a model's folder: the weights that it is of, its checks, counted; None where there is none."""
    path = model / _KEPT
    if not path.is_file():
        return None
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        return found["weights"], found["checks"]
    except (ValueError, KeyError, TypeError) as error:
        raise CheckpointError(f"{path}: not a leak audit ({error!r}); remove it or make it anew") from None


def told(model: Path, task: str) -> tuple[str, ...]:
    """What the audit in a model's folder says of a task's test sets, for its report; or that none is kept."""
    found = kept(model)
    if found is None:
        return ("no leak audit is kept with this model; `logos bench leaks --keep` makes one",)
    weights, checks = found
    if weights != fingerprint(model):
        return (f"the leak audit kept with this model is of other weights, {weights}",)
    return tuple(
        f"leak audit, {one['name']}, {one['compared']}: training saw {one['found']:,} of {one['items']:,}"
        + (f"; {one['unread']:,} more cannot be read" if one.get("unread") else "")
        for one in checks
        if task in one["tasks"]
    )


def _sentences(corpus: Path, info: CorpusInfo, codec: Codec | GrownCodec) -> Iterator[str]:
    """The first sentence of each training record; of a design all, for its partner chain is not in each."""
    mine = [shard for shard in info.shards if shard.split == "train"]
    progress, done = Progress("leaks, reading", sum(shard.records for shard in mine)), 0
    for shards in _by_modality(corpus, mine, info.vocabulary_size):
        for record in range(len(shards)):
            texts = (codec.decode(text.tokens.tolist()) for text in shards.sentences(record))
            yield (first := next(texts))
            if tags.DESIGN in first:
                yield from texts
            done += 1
            if done % _EVERY == 0:
                progress.advance(_EVERY)


def _by_modality(corpus: Path, infos: Sequence, size: int) -> Iterator[Shards]:
    for name in dict.fromkeys(info.modality for info in infos):
        yield Shards(corpus, [info for info in infos if info.modality == name], token_type(size))
