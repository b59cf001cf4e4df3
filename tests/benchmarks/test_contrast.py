"""Orders of ligands by hand, and a whole run on complexes of its own."""

import gzip
import json

import numpy as np
import pytest

import command
import contrast
from contrast import contrasted, reciprocal_rank
from scilogos.bench.binding_site.chains import TRAINING

LIKELY = np.array([[-1.0, -5.0, -2.0], [-1.0, -4.0, -9.0], [-1.0, -6.0, -9.0]])  # [pockets, ligands]


def test_orders_by_hand():
    """The first ligand is likely everywhere; of the second the second pocket is fondest."""
    assert contrasted(LIKELY, 1).tolist() == [0.0, 1.5, -3.5]
    assert reciprocal_rank(LIKELY[1], 1) == 0.5 and reciprocal_rank(contrasted(LIKELY, 1), 1) == 1
    assert reciprocal_rank(np.array([3.0, 2.0, 1.0]), 2) == pytest.approx(1 / 3)


def test_a_run_ends_with_its_result(tiny, tmp_path, monkeypatch, capsys):
    letters = "ACDEFGHIKLMNPQRSTVWY"
    ligands = ["CCO", "CCN", "CCC", "OCCO", "CCS", "CC=O", "NCCO", "CCCl", "CCF", "CCBr"]
    rows = [
        {
            "pdb": f"{number:04}", "chain": "A", "ccd": f"L{number}", "category": "small_molecule",
            "smiles": ligands[number % len(ligands)], "contacts": [1, 3],
            "seq": letters[number % 20] * (3 + number // 20) + letters,
            "cluster30": f"c{number}", "pdb_in_coach420": 0, "pdb_in_holo4k_mlig": 0,
            **dict.fromkeys(("id_coach420", "id_holo4k", "id_posebusters", "id_astex", "id_crossdocked"), 0),
        }
        for number in range(600)
    ]  # fmt: skip
    path = tmp_path / TRAINING
    path.parent.mkdir(parents=True)
    path.write_bytes(gzip.compress("".join(json.dumps(row) + "\n" for row in rows).encode()))
    words = [str(tmp_path), "--model", str(tiny), "--number", "3", "--others", "1", "--draws", "12"]
    monkeypatch.setattr("sys.argv", ["contrast.py", *words])
    with pytest.raises(SystemExit) as ended:
        command.run_app(contrast.app, "contrast.py")
    out, err = capsys.readouterr()
    assert not ended.value.code, err
    result = json.loads(out.splitlines()[-1].removeprefix("RESULT "))
    assert 1 / 3 <= result["ratios"]["own ligand, reciprocal rank by contrast"]["median"] <= 1
    assert result["settings"]["number"] == 3
    monkeypatch.setattr("sys.argv", ["contrast.py", *words[:3], "--number", "500"])
    with pytest.raises(SystemExit) as ended:
        command.run_app(contrast.app, "contrast.py")
    assert ended.value.code == 2 and "validation complexes; expected 500 or more" in capsys.readouterr().err
