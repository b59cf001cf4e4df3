"""The leak audit: does a training corpus tell what the benchmarks ask?"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from scilogos.bench.leaks.checks import Check, check
from scilogos.bench.leaks.seen import Seen
from scilogos.bench.progress import Progress
from scilogos.bench.results import write_text
from scilogos.data.shards import CorpusInfo, Shards, read_corpus, token_type
from scilogos.errors import CheckpointError, MissingError
from scilogos.tokens import Codec, GrownCodec

__all__ = ["Audit", "Check", "audit"]

_NAMED = 5  # keys written out of each check
_EVERY = 1000  # sentences between lines of progress


@dataclass(frozen=True)
class Audit:
    """The checks of one corpus, and what was read of it."""

    corpus: str  # its fingerprint
    sentences: int
    checks: tuple[Check, ...]

    @property
    def leaks(self) -> int:
        """Items of all checks that training saw; an item may stand in several."""
        return sum(len(check.found) for check in self.checks)

    def markdown(self) -> str:
        """The audit for people."""
        lines = [
            f"# Leaks of corpus {self.corpus}",
            "",
            f"{self.sentences:,} training sentences were read, one of each record: its others tell the same.",
            "",
            "| test set | compared | items | seen in training | such as |",
            "|---|---|---:|---:|---|",
        ]
        for row in self.checks:
            named = ", ".join(row.found[:_NAMED])
            lines.append(f"| {row.name} | {row.compared} | {row.items:,} | {len(row.found):,} | {named} |")
        return "\n".join(lines) + "\n"

    def write(self, folder: Path) -> None:
        """Write leaks-<corpus>.md and .json."""
        write_text(folder / f"leaks-{self.corpus}.md", self.markdown())
        write_text(folder / f"leaks-{self.corpus}.json", json.dumps(asdict(self), indent=1) + "\n")


def audit(corpus: Path, data: Path, codec: Codec | GrownCodec) -> Audit:
    """Compare all training sentences of a corpus with every test set that the data folder has."""
    info = read_corpus(corpus)
    if info.vocabulary != codec.vocabulary.fingerprint:
        raise CheckpointError(f"{corpus}: another vocabulary than {codec.vocabulary.fingerprint}; name its --tokenizer")
    if not data.is_dir():
        raise MissingError(f"{data}: no such folder; name the folder of the benchmark tables with --data")
    seen = Seen()
    for text in _sentences(corpus, info, codec):
        seen.add(text)
    return Audit(info.fingerprint, seen.sentences, tuple(check(data, seen)))


def _sentences(corpus: Path, info: CorpusInfo, codec: Codec | GrownCodec) -> Iterator[str]:
    """The first sentence of each training record."""
    mine = [shard for shard in info.shards if shard.split == "train"]
    progress, done = Progress("leaks, reading", sum(shard.records for shard in mine)), 0
    for shards in _by_modality(corpus, mine, info.vocabulary_size):
        for record in range(len(shards)):
            yield codec.decode(shards.tell(record, 0).tokens.tolist())
            done += 1
            if done % _EVERY == 0:
                progress.advance(_EVERY)


def _by_modality(corpus: Path, infos: Sequence, size: int) -> Iterator[Shards]:
    for name in dict.fromkeys(info.modality for info in infos):
        yield Shards(corpus, [info for info in infos if info.modality == name], token_type(size))
