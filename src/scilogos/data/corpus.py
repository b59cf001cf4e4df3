"""Recipe -> corpus: parts of the sources are made side by side, then put together; shards are named by their content.

However many parts there are, and whoever made them, the corpus is the same to the byte: their records are put together
in the order of the sources, and what depends on that order (duplicates, limits, numbers of legal sets) is decided then.
"""

import multiprocessing
import shutil
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from scilogos.data.joining import Joining
from scilogos.data.ledger import Ledger
from scilogos.data.parts import Part
from scilogos.data.readers import FORMS, READERS, SEQUENCES
from scilogos.data.shards import CorpusInfo
from scilogos.data.source import CorpusRecipe
from scilogos.errors import InputError, RecipeError, ScilogosError, StorageError
from scilogos.recipe import read_table, to_dataclass
from scilogos.tokens import Codec, GrownCodec


@dataclass(frozen=True, kw_only=True)
class Work:
    """How parts are made: how many of each source, by how many processes.

    `progress` is told how many are there, `warn` what this machine cannot do.
    """

    blocks: int = 8
    processes: int = 1
    progress: Callable[[int, int], None] = lambda done, number: None
    warn: Callable[[str], None] = lambda text: None


def read_recipe(path: Path) -> CorpusRecipe:
    """Read a corpus from the `[corpus]` table of a TOML file."""
    recipe = to_dataclass(CorpusRecipe, read_table(path, "corpus"), f"{path}: corpus")
    _check(recipe, f"{path}: corpus")
    return recipe


def _check(recipe: CorpusRecipe, where: str) -> None:
    for i, source in enumerate(recipe.sources):
        place = f"{where}.sources[{i}]"
        if source.reader not in READERS:
            raise RecipeError(f"{place}.reader: found {source.reader!r}; expected one of {', '.join(READERS)}")
        known = FORMS.get(source.reader, ())
        for form in source.forms:
            if form not in known:
                raise RecipeError(f"{place}.forms: found {form!r}; expected {', '.join(known) or 'none here'}")
        if (source.cluster or source.thin) and source.reader not in SEQUENCES:
            raise RecipeError(f"{place}: cluster and thin are for {', '.join(SEQUENCES)}; found {source.reader}")
        if source.reader == "mapped_reactions" and source.join is None:
            raise RecipeError(f"{place}: key 'join' is missing; mapped_reactions needs the map-free table")


def prepare(
    recipe: CorpusRecipe,
    data: Path,
    out: Path,
    codec: Codec | GrownCodec,
    work: Work = Work(),
) -> tuple[CorpusInfo, Ledger]:
    """Build the corpus of a recipe from the files below `data` in folder `out`, in place of an older corpus there.

    Parts are kept beside it, in `out`.parts, until the corpus is whole: interrupted, it goes on with those that are
    there. On failure the older corpus stays; a folder that holds anything else is refused.
    """
    old = out.with_name(out.name + ".old")
    if old.exists() and not out.exists():  # killed between two renames
        old.rename(out)
    if out.exists() and not (out / "corpus.json").is_file() and (not out.is_dir() or any(out.iterdir())):
        raise InputError("this is not a corpus and would be overwritten; name another folder", path=out)
    made = prepare_parts(recipe, data, out, codec, work)
    partial = _parts_folder(out) / f"corpus.{uuid4().hex[:8]}.partial"  # killed, it goes when the parts go
    try:
        with ExitStack() as undo:
            undo.callback(shutil.rmtree, partial, ignore_errors=True)
            partial.mkdir(parents=True)
            joining = Joining(recipe, partial, codec)
            info = joining.corpus([made[i : i + work.blocks] for i in range(0, len(made), work.blocks)])
            shutil.rmtree(old, ignore_errors=True)
            if out.exists():
                out.rename(old)
            partial.rename(out)
            undo.pop_all()
        for folder in (old, _parts_folder(out)):
            shutil.rmtree(folder, ignore_errors=True)
    except OSError as error:
        raise _not_written(out, error) from error
    return info, joining.ledger


def prepare_parts(
    recipe: CorpusRecipe,
    data: Path,
    out: Path,
    codec: Codec | GrownCodec,
    work: Work = Work(),
    *,
    share: tuple[int, int] = (1, 1),
) -> list[Path]:
    """Make the parts that are not there, or with share (i, n) every n-th from the i-th on; give their folders.

    They are made in `out`.parts, the only place where those who share the work must meet.
    """
    _check(recipe, recipe.name)
    sources, blocks = range(len(recipe.sources)), work.blocks
    if recipe.answers and not isinstance(codec, Codec):
        raise RecipeError(
            f"{recipe.name}: answers = true: only the from-scratch vocabulary has tables of legal symbols"
        )
    common = {"recipe": recipe, "blocks": blocks, "data": data, "vocabulary": codec.vocabulary.fingerprint}
    parts = [Part(source=i, block=b, **common) for i in sources for b in range(blocks)]
    parts, folder = parts[share[0] - 1 :: share[1]], _parts_folder(out)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _cluster(parts, folder, work)
        return _make(parts, folder, codec, work)
    except OSError as error:
        if isinstance(error, ScilogosError):  # an input that is missing or broken
            raise
        raise _not_written(out, error) from error
    finally:
        with suppress(OSError):
            folder.rmdir()  # if no part was made


def _cluster(parts: Sequence[Part], folder: Path, work: Work) -> None:
    """Find once, before the parts are handed out, what all of them look up."""
    for part in {part.source: part for part in parts}.values():
        for what in part.undone:
            work.warn(f"{part.of.reader} {part.of.path}: MMseqs2 is not installed: {what}")
        part.clusters(folder)


def _make(parts: Sequence[Part], folder: Path, codec: Codec | GrownCodec, work: Work) -> list[Path]:
    if work.processes == 1:
        found = []
        for part in parts:
            found.append(part.make(folder, codec))
            work.progress(len(found), len(parts))
        return found
    context = multiprocessing.get_context("fork" if sys.platform == "linux" else "spawn")
    with ProcessPoolExecutor(work.processes, context) as pool:
        waiting = [pool.submit(part.make, folder, codec) for part in parts]
        try:
            for number, made in enumerate(as_completed(waiting), 1):
                made.result()
                work.progress(number, len(parts))
        except BrokenProcessPool:
            killed = "a process that made a part was killed, perhaps for want of memory; --processes 1 takes least"
            raise StorageError(f"{folder}: {killed}; the parts that are done are kept") from None
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
        return [made.result() for made in waiting]


def _parts_folder(out: Path) -> Path:
    return out.with_name(out.name + ".parts")


def _not_written(out: Path, error: OSError) -> StorageError:
    return StorageError(f"{out}: the corpus could not be written: {error.strerror or error}")
