"""What a record of a corpus costs: processor time, memory and disk, from tables of one, two and four times the rows.

Each size is prepared by a process of its own, as `logos prepare` with one process. Time is that of the processor, so
that neighbours on the machine matter little; what a record adds is the slope over the sizes, the rest is the start.
"""

import csv
import json
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import asdict, replace
from itertools import islice, pairwise
from pathlib import Path
from typing import Annotated

import numpy as np
from cyclopts import App, Parameter
from cyclopts.validators import Number

from command import run_app
from result import show_result, spread
from scilogos.data.corpus import read_recipe
from scilogos.data.shards import read_corpus
from scilogos.data.source import CorpusRecipe, Source
from scilogos.data.tables import read_rows
from scilogos.errors import InputError

SIZES = (1, 2, 4)
CODE = "import sys; from scilogos.cli import main; sys.exit(main())"

app = App(help=__doc__, help_format="plaintext", version_flags=())


def cut(table: Path, rows: int, folder: Path) -> Path:
    """A table of the first rows of another."""
    first, path = list(islice(read_rows(table), rows)), folder / table.name.partition(".")[0]
    if len(first) < rows:
        raise InputError(f"found {len(first)} rows; expected {rows} or more, see --rows", path=table)
    if ".jsonl" in table.suffixes:
        path = path.with_suffix(".jsonl")
        path.write_text("".join(json.dumps(row) + "\n" for row in first))
    else:
        path = path.with_suffix(".csv")
        with path.open("w", newline="") as file:
            writer = csv.DictWriter(file, list(first[0]))
            writer.writeheader()
            writer.writerows(first)
    return path


def as_toml(recipe: CorpusRecipe) -> str:
    """The recipe as a file; JSON's values are TOML's too."""
    settings = {key: value for key, value in asdict(recipe).items() if key != "sources"}
    tables = [("[corpus]", settings), *(("[[corpus.sources]]", asdict(source)) for source in recipe.sources)]
    lines = []
    for name, table in tables:
        lines += [name, *(f"{k} = {json.dumps(v, default=str)}" for k, v in table.items() if v is not None)]
    return "\n".join(lines) + "\n"


def measure(recipe: CorpusRecipe, source: Source, data: Path, rows: int, parts: int) -> dict[str, float]:
    """Prepare the first rows of one source in a fresh process."""
    with tempfile.TemporaryDirectory() as name:
        folder, out = Path(name), Path(name) / "corpus"
        alone = replace(source, path=cut(data / source.path, rows, folder), limit=0)
        (folder / "recipe.toml").write_text(as_toml(replace(recipe, sources=(alone,))))
        words = ["prepare", folder / "recipe.toml", "--data", data, "--out", out, "--processes", 1, "--parts", parts]
        with (folder / "errors").open("w") as errors:
            command = [sys.executable, "-c", CODE, *map(str, words)]
            child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=errors)
            _, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode:
            raise InputError((folder / "errors").read_text().strip().rpartition("\n")[2], path=source.path)
        shards = read_corpus(out).shards
        sizes = [path.stat().st_size for shard in shards for path in out.glob(f"{shard.stem}.*")]
        return {
            "rows": rows,
            "records": sum(shard.records for shard in shards),
            "tokens": sum(shard.tokens for shard in shards),
            "bytes": sum(sizes),
            "cpu_s": round(used.ru_utime + used.ru_stime, 2),
            "peak_mb": round(used.ru_maxrss / 1024, 1),
        }


def slope(runs: list[dict[str, float]], what: str, over: str) -> tuple[float, float]:
    """What one more adds, and what none takes."""
    more, none = np.polyfit([run[over] for run in runs], [run[what] for run in runs], 1)
    return float(more), float(none)


@app.default
def prepare(
    data: Path,
    recipe: Path,
    /,
    *,
    sources: str = "",
    rows: Annotated[int, Parameter(validator=Number(gte=1))] = 1000,
    parts: Annotated[int, Parameter(validator=Number(gte=1))] = 8,
) -> None:
    """Measure, and end with one line RESULT and JSON, whose ratios are 1 where time is linear.

    Parameters
    ----------
    data
        The folder that the recipe's paths are below.
    recipe
        A TOML file with a table [corpus].
    sources
        Which of its sources, counted from 0, as 0,3,5; all without it.
    rows
        Of the smallest table; then twice and four times as many.
    parts
        Of a source, as for `logos prepare`: each of them reads the whole table.
    """
    settings, found, linear = read_recipe(recipe), [], {}
    wanted = [int(number) for number in sources.split(",")] if sources else range(len(settings.sources))
    for source in (settings.sources[i] for i in wanted):
        name = f"{source.reader} {source.path}"
        runs = [measure(settings, source, data, size * rows, parts) for size in SIZES]
        cpu, start = slope(runs, "cpu_s", "rows")
        steps = [1e3 * (b["cpu_s"] - a["cpu_s"]) / (b["rows"] - a["rows"]) for a, b in pairwise(runs)]
        grown, _ = slope(runs, "peak_mb", "rows")
        last = runs[-1]
        result = {
            "source": name,
            "ms_a_row": round(cpu * 1e3, 3),
            "us_a_token": round(cpu * last["rows"] / max(1, last["tokens"]) * 1e6, 2),
            "ms_a_row_between": [round(ms, 3) for ms in steps],
            "start_s": round(start, 2),
            "bytes_a_token": round(last["bytes"] / max(1, last["tokens"]), 3),
            "bytes_of_memory_a_row": round(grown * 2**20),
            "runs": runs,
        }
        found.append(result)
        linear[f"{name}, ms a row between sizes / over all"] = spread([ms / (cpu * 1e3) for ms in steps])
        print(name)
        for run in runs:
            print("  {rows:,} rows: {records:,} records, {tokens:,} tokens, {cpu_s} s, {peak_mb} MB".format(**run))
        print("  a row {ms_a_row} ms, a token {us_a_token} us and {bytes_a_token} bytes".format(**result), flush=True)
    described = {
        "recipe": recipe.name,
        "sources": sources or "all",
        "rows": rows,
        "parts": parts,
        "mmseqs": shutil.which("mmseqs") is not None,
    }
    show_result("prepare", settings=described, ratios=linear, sources=found)


if __name__ == "__main__":
    run_app(app, "prepare.py")
