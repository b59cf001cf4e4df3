"""Small tables, the recipe that reads them, and what is looked at in the corpora that come out."""

from pathlib import Path

from scilogos.data.shards import Shard, read_corpus
from scilogos.data.source import CorpusRecipe, Source
from scilogos.grammar import parse, write
from scilogos.tokens import default

CODEC = default()
SMILES = ["C" * n + tail for n in range(1, 30) for tail in ("O", "N", "F", "c1ccccc1", "C(=O)O")]


def sources(*more: Source) -> CorpusRecipe:
    molecules = Source(reader="molecules", path=Path("m.csv"), modality="molecule", writings=2)
    return CorpusRecipe(name="small", sources=(molecules, *more), val_percent=10, val_limit=7, max_symbols=25)


PROTEINS = Source(reader="proteins", path=Path("p.csv"), modality="protein")
SITES = Source(reader="sites", path=Path("t.jsonl"), modality="site", writings=4)


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def sentences(folder: Path, modality: str, split: str) -> list:
    info = next(info for info in read_corpus(folder).shards if (info.modality, info.split) == (modality, split))
    shard = Shard(folder, info, verify=True)
    return [parse(CODEC.decode(shard.sentence(i).tokens)) for i in range(info.sentences)]


def only_whole_parts(out: Path) -> bool:
    """Whether nothing half-made lies beside a corpus folder."""
    beside = [path.name for path in out.parent.glob(out.name + ".*")]
    return beside in ([], [out.name + ".parts"]) and not list(out.parent.glob("**/*.partial*"))


def texts(records) -> str:
    return "\n".join(write(sentence) for record in records for sentence in record.sentences)


def sides(records, what) -> dict[str, set[str]]:
    """What the records of each split are about."""
    return {split: {what(r.sentences[0]) for r in records if r.split == split} for split in ("train", "val")}
