"""The whole run with docking: four arms, poses on disk, everything found again."""

import pytest

from scilogos.bench import run
from scilogos.bench.ligand import docking
from scilogos.bench.tables.runs import published
from scilogos.model import fingerprint


def test_a_run_is_made_and_found_again(versions, tiny, pockets, tmp_path, monkeypatch):
    options = ["molecules=1", "draws=1", "exhaustiveness=1", "timeout=20", "jobs=2"]
    report = run("ligand", tiny, pockets, tmp_path, limit=1, options=options)
    arms = report.figures
    assert list(arms) == ["model", "wrong pocket", "training ligands", "reference"]
    reference = arms["reference"]
    assert reference["ligands"].value == 1 and reference["high affinity"].value == 1, "it is as good as itself"
    assert reference["Vina dock, mean"].value < 0 and reference["heavy atoms"].value == 8
    folder = tmp_path / fingerprint(tiny.folder)
    assert list((tmp_path / "ligand" / "poses").glob("*.sdf"))
    assert "vina" in report.settings["judged by"] and report.settings["settings"]["exhaustiveness"] == 1
    written = (folder / f"{report.name}.md").read_text()
    assert "unreadable" in written and "failed" in written
    table = published()["ligand"]
    assert set(table["columns"]) <= set(arms["model"]) and set(table["of_model"]) <= set(arms)
    with monkeypatch.context() as without:
        without.setattr(docking.Docker, "dock", lambda *_: pytest.fail("docked again"))
        again = run("ligand", tiny, pockets, tmp_path, limit=1, options=options)
    assert again.figures == report.figures
