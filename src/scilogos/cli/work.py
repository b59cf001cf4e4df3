"""Verbs about corpora, models and the machine: prepare, models, doctor."""

import os
import platform
import sys
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import App, Parameter
from cyclopts.validators import Number

from scilogos.cli.output import Result
from scilogos.errors import CheckpointError, InputError, MissingError
from scilogos.tasks import installed
from scilogos.tasks.registry import register

PACKAGES = ("torch", "numpy", "safetensors", "rdkit", "gemmi", "immunum", "tokenizers", "zstandard", "cyclopts", "rich")
OPTIONAL = ("transformers", "matplotlib", "vllm", "antiberty")


def prepare(
    recipe: Path,
    *,
    data: Path,
    out: Path,
    licence: Literal["any", "strict"] | None = None,
    tokenizer: Path | None = None,
    processes: Annotated[int | None, Parameter(validator=Number(gte=1))] = None,
    parts: Annotated[int, Parameter(validator=Number(gte=1))] = 8,
    shard: str | None = None,
) -> None:
    """Build the token shards of a corpus recipe; interrupted, it goes on where it stopped.

    Example: logos prepare recipes/pretrain.toml --data data --out runs/corpus

    Parameters
    ----------
    recipe
        A TOML file with a table [corpus].
    data
        The folder that the recipe's paths are below.
    out
        The folder of the corpus.
    licence
        Strict leaves out every row of a source without an open licence; default as the recipe says.
    tokenizer
        A folder that `logos models grow` wrote: its numbers instead of those of our own vocabulary.
    processes
        How many work side by side; default one a core. The corpus is the same.
    parts
        Of each source; each is made whole by one process. The corpus is the same.
    shard
        As 3/8: make every eighth part from the third on, and no corpus. When all shards are made, in the same folder
        and with the same --parts, run once more without --shard.
    """
    from scilogos.data import corpus
    from scilogos.tokens import default
    from scilogos.tokens import load as load_codec

    if not data.is_dir():
        raise MissingError(f"{data}: no such folder of source files")
    settings = corpus.read_recipe(recipe)
    if licence is not None:
        settings = replace(settings, licence=licence)
    work = corpus.Work(blocks=parts, processes=processes or os.cpu_count() or 1, progress=_show_parts, warn=_warn)
    codec = load_codec(tokenizer) if tokenizer else default()
    if shard is not None:
        made = corpus.prepare_parts(settings, data, out, codec, work, share=_share(shard))
        print(f"{len(made)} parts are made", file=sys.stderr)
        return
    info, ledger = corpus.prepare(settings, data, out, codec, work)
    print(ledger.markdown(), file=sys.stderr)
    rows = [
        {"modality": s.modality, "split": s.split, "records": s.records, "sentences": s.sentences, "tokens": s.tokens}
        for s in info.shards
    ]
    Result(rows, f"Corpus {info.fingerprint}").show(None)


def _share(text: str) -> tuple[int, int]:
    """Read i/n."""
    i, _, n = text.partition("/")
    if not (i.isdecimal() and n.isdecimal() and 1 <= int(i) <= int(n)):
        raise InputError(f"--shard {text}: expected a number and how many there are, as 3/8")
    return int(i), int(n)


def _show_parts(done: int, number: int) -> None:
    print(f"{done} of {number} parts", file=sys.stderr)


def _warn(text: str) -> None:
    print(text, file=sys.stderr)


models = App(name="models", help="List the models that are installed, or register one.\n\nExample: logos models")


@models.default
def list_models(*, out: Path | None = None) -> None:
    """List the models that are installed.

    Example: logos models
    """
    from scilogos.model import fingerprint

    rows = []
    for name, folder in installed():
        size = sum(f.stat().st_size for f in folder.glob("*.safetensors")) / 1e6
        try:
            weights = fingerprint(folder)
        except CheckpointError:
            weights = "no weights here"  # a tokenizer for a server, or a folder that is broken
        rows.append({"name": name, "MB": round(size, 1), "fingerprint": weights, "folder": str(folder)})
    Result(rows, "Models", footnote="more: logos models add PATH, or give a folder to --model").show(out)


@models.command(name="add")
def add_model(path: Path, /, *, name: str | None = None) -> None:
    """Register a checkpoint folder, one of the published LOGOS too, once its files prove whole.

    Example: logos models add checkpoints/LOGOS-8B --name logos-8b

    Parameters
    ----------
    path
        A folder with config.json, safetensors and tokenizer.json; it stays where it is.
    name
        What --model will call it; default the folder's name.
    """
    print(register(path, name))


@models.command(name="grow")
def grow_model(base: Path, /, *, out: Path) -> None:
    """Give a Llama or Qwen checkpoint the tags of our language, ready for continued pre-training.

    Example: logos models grow checkpoints/Llama-3.2-1B --out runs/llama-3.2-1b-grown

    Parameters
    ----------
    base
        A folder with config.json, safetensors and tokenizer.json; it stays as it is.
    out
        The folder to write.
    """
    from scilogos.train import grow_checkpoint

    grown = grow_checkpoint(base, out)
    print(f"{out}: {grown.rows} rows, new from row {grown.first} on; in a recipe: new_rows.first = {grown.first}")


def doctor() -> None:
    """Say what is installed and what this machine can do.

    Example: logos doctor
    """
    import torch

    from scilogos.model import has_bf16, has_bf16_tiles

    answers = "as fast as fp32 or faster" if has_bf16() else "not fast on this processor; fp32 is taken"
    training = "faster than fp32" if has_bf16_tiles() else "slower than fp32"
    facts = {
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, {torch.get_num_threads()} used",
        "bf16 for answers": answers,
        "bf16 for training": training,
        "gpu": torch.cuda.get_device_name(0) if torch.cuda.is_available() else "none",
        "models": ", ".join(name for name, _ in installed()) or "none",
    }
    rows = [{"what": name, "found": text} for name, text in facts.items()]
    rows += [{"what": name, "found": _version(name)} for name in PACKAGES]
    rows += [{"what": f"{name} (optional)", "found": _version(name)} for name in OPTIONAL]
    Result(rows, "Doctor").show(None)


def _version(name: str) -> str:
    try:
        return version(name) if find_spec(name) else "not installed"
    except PackageNotFoundError:
        return "not installed"
