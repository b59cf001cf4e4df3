"""Variants as nn4dms writes them, and a whole run on a table of its own."""

import json

import pytest
import zstandard

import command
import gains
from gains import PARENTS, TABLE, substituted, variants
from scilogos.errors import InputError


def test_substitutions_are_counted_from_the_offset():
    assert substituted("GNIF", "G126A,F129W", 126) == "ANIW"
    for wrong in ("N126A", "G130A", "G126", "126A"):
        with pytest.raises(InputError, match="expected a residue of the parent"):
            substituted("GNIF", wrong, 126)


def written(folder, rows):
    (folder / TABLE).parent.mkdir(parents=True)
    text = "dataset,variant,score\n" + "".join(f'{name},"{variant}",{score}\n' for name, variant, score in rows)
    (folder / TABLE).write_bytes(zstandard.compress(text.encode()))
    (folder / PARENTS).write_text(json.dumps({"small": {"wt": "MKTAYIAKQR", "wt_offset": 0}}))


def test_a_run_ends_with_its_result(tiny, tmp_path, monkeypatch, capsys):
    """Here each substitution costs one, so that fewest changes is the true order."""
    some = [f"K1{letter}" for letter in "ACDEFG"] + [f"K1{letter},Q8{letter}" for letter in "ACDEFG"]
    written(tmp_path, [("small", variant, -1 - variant.count(",")) for variant in some] + [("small", "K1*", 9.0)])
    parent, found, scores = variants(tmp_path, 20, 0)["small"]
    assert set(found) == {substituted(parent, variant, 0) for variant in some}, "none ends the chain"
    assert all(
        score == -sum(a != b for a, b in zip(parent, v, strict=True)) for v, score in zip(found, scores, strict=True)
    )
    monkeypatch.setattr("sys.argv", ["gains.py", str(tmp_path), "--model", str(tiny), "--number", "12"])
    with pytest.raises(SystemExit) as ended:
        command.run_app(gains.app, "gains.py")
    out, err = capsys.readouterr()
    assert not ended.value.code, err
    result = json.loads(out.splitlines()[-1].removeprefix("RESULT "))
    orders = {name.removeprefix("small, Spearman of "): ratio["median"] for name, ratio in result["ratios"].items()}
    assert orders["fewest changes"] == pytest.approx(1)
    assert orders["likelihood"] < 1
    (tmp_path / PARENTS).write_text('{"other": {}}')
    with pytest.raises(InputError, match="found other; expected small"):
        variants(tmp_path, 20, 0)
    assert set(orders) == {"likelihood", "gain", "likelihood back", "fewest changes"} and -1 <= orders["gain"] < 1
