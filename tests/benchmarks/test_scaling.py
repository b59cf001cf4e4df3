"""Power laws that were put into runs are found again, and scores come from reports of one name."""

import json
from dataclasses import asdict, replace

import numpy as np
import pytest

from ladder.laws import common_tokens, exponent, fits, spreads
from ladder.runs import Run, read_run
from ladder.scores import scores, slope
from scilogos.bench.figures import Figure
from scilogos.errors import InputError

TOKENS = np.array([1e5, 1e6, 2e6, 4e6])


def run(name: str, parameters: int, *fingerprints: str) -> Run:
    losses = {"retro": 3.0 * parameters**-0.2 * TOKENS**-0.1, "site": np.full(4, 0.5)}
    return Run(name, parameters, TOKENS, losses, fingerprints)


RUNS = [run("small", 1_000_000, "aaaaaaaaaaaa"), run("large", 8_000_000, "bbbbbbbbbbbb")]


def test_exponents():
    assert exponent([1, 10, 100], [5, 0.5, 0.05]) == pytest.approx(-1)
    assert common_tokens([RUNS[0], replace(RUNS[1], tokens=np.array([1e5, 1e6, 3e6, 5e6]))]) == 1e6
    with pytest.raises(InputError, match="never validated after equal tokens"):
        common_tokens([RUNS[0], replace(RUNS[1], tokens=TOKENS + 1)])
    table = fits(RUNS, "size", 4_000_000)
    assert table["retro"]["exponent"] == pytest.approx(-0.2) and table["site"]["exponent"] == pytest.approx(0)
    bent = {"retro": {"small": 2.0, "large": 1.0, "huge": 1.0}}
    least, most = spreads([*RUNS, run("huge", 64_000_000)], "size", bent)["retro"]
    assert (least, most) == pytest.approx((-1 / 3, 0))


def test_runs_of_one_size_are_compared_at_their_ends():
    half = replace(RUNS[0], name="half", tokens=TOKENS / 2)  # the same losses after half the tokens
    short = replace(half, name="short", losses={"retro": RUNS[0].losses["retro"] * 2**0.3})
    table = fits([short, replace(RUNS[0], losses={"retro": RUNS[0].losses["retro"]})], "tokens")
    assert table["retro"]["exponent"] == pytest.approx(-0.3)
    gained = {"short": Figure(0.3), "small": Figure(0.4)}
    assert slope([short, RUNS[0]], "tokens", gained) == pytest.approx(0.1 / np.log10(2))
    assert slope(RUNS, "size", {"small": Figure(0.3), "large": Figure(0.6)}) == pytest.approx(0.3 / np.log10(8))


def write(folder, name: str, value: float | None, apart: str = "", samples: int = 8) -> None:
    folder.mkdir(exist_ok=True)
    figures = {"model": {"top-1": asdict(Figure(value))}}
    (folder / name).write_text(json.dumps({"figures": figures, "apart": apart, "settings": {"samples": samples}}))


def test_scores_are_of_equal_reports(tmp_path):
    small, large = (tmp_path / run.fingerprints[0] for run in RUNS)
    write(small, "retrosynthesis-limit-500.json", 0.3)
    write(large, "retrosynthesis-limit-500.json", 0.5)
    write(large, "retrosynthesis.json", 0.6)
    write(small, "retrosynthesis-split-val.json", 0.9, apart="validation split")
    write(large, "retrosynthesis-split-val.json", 0.9, apart="validation split")
    assert scores(RUNS, tmp_path) == {"retrosynthesis": {"small": Figure(0.3), "large": Figure(0.5)}}
    write(small, "retrosynthesis-limit-500.json", 0.3, samples=4)
    assert len(scores(RUNS, tmp_path)["retrosynthesis"]) == 1, "draws differ"
    other = {"figures": {"model": {"H1": {"value": 0.1}}}, "settings": {"samples": 1}}
    (small / "cdr-loops-H1.json").write_text(json.dumps(other))
    with pytest.raises(InputError, match="cdr-loops-H1.json: expected the figure"):
        scores(RUNS, tmp_path)
    other["figures"]["model"] = {"H3: AAR of the first": asdict(Figure(0.4))}
    (small / "cdr.json").write_text(json.dumps(other))
    assert scores(RUNS, tmp_path)["cdr"] == {"small": Figure(0.4)}, "a report of other loops stands beside"
    assert scores([run("new", 1_000_000)], tmp_path) == {}


def test_a_run_counts_the_tokens_of_those_it_started_from(write_run):
    falling = [2.0, 1.0]
    write_run("first.toml", [{"text": loss} for loss in falling])
    second = write_run("second.toml", [{"retro": loss} for loss in falling], "first")
    third = read_run(write_run("third.toml", [{"retro": loss} for loss in falling], "second"))
    assert third.tokens.tolist() == [12288, 16384, 20480, 24576]
    assert third.losses["retro"].tolist() == [2.0, 1.0, 2.0, 1.0]
    assert read_run(second).tokens.tolist() == [12288, 16384]
