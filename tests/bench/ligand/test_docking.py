"""Docking is repeatable, kept by content, limited in time; against a crystal pose and Vina's scores made elsewhere."""

import csv
import json
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from rdkit import Chem
from rdkit.Chem import rdMolAlign

from scilogos.bench.ligand import docking, tools
from scilogos.bench.ligand.docking import Box, Docked, Docker, Job
from scilogos.bench.ligand.poses import broken_checks
from scilogos.bench.ligand.preparation import receptor_pdbqt
from scilogos.science import canonical, parse_ligand, read_ligand
from tests.bench.ligand.conftest import LIGAND, ligand

pytestmark = pytest.mark.usefixtures("versions")


def entries(docker: Docker) -> list[dict]:
    return [json.loads(path.read_text()) for path in sorted((docker.folder / "docked").iterdir())]


def test_a_ligand_docks(docker, job, tmp_path):
    (found,) = docker.dock([job])
    assert found.affinity is not None and -8 < found.affinity < 0 and found.failed is None
    pose = parse_ligand((docker.folder / found.pose).read_text(), "pose.sdf")
    assert pose.smiles == canonical(job.smiles)
    assert (np.abs(pose.xyz) <= 7.5).all(), "within the box of 14 Å"
    again = Docker(tmp_path / "again", exhaustiveness=1, timeout=60, jobs=2)
    assert again.dock([job]) == [found], "the same elsewhere"
    assert (again.folder / found.pose).read_bytes() == (docker.folder / found.pose).read_bytes()


def test_results_are_kept_by_content(docker, job, monkeypatch):
    (found,) = docker.dock([job])
    with monkeypatch.context() as without:
        without.setattr(docking, "vina", lambda: ["false"])
        assert docker.dock([job]) == [found], "no Vina was needed"
        moved = replace(job, box=Box(centre=(0.0, 0.0, 1.0), size=job.box.size))
        assert docker.dock([moved]) == [Docked(failed="Vina failed: exit code 1")]
    (docker.folder / found.pose).unlink()
    assert docker.dock([job]) == [found] and (docker.folder / found.pose).exists(), "a lost pose is made anew"


def test_failures_have_their_reason_and_hinder_nobody(docker, job):
    odd = [replace(job, smiles=smiles) for smiles in ("C1#CC1", "CCO.CCO")]
    broken = replace(job, receptor="HEADER    NOTHING\n")
    found = docker.dock([odd[0], job, odd[1], broken, job])
    assert [result.failed for result in found] == [
        "no 3D coordinates", None, "several molecules in one", "receptor that Open Babel cannot prepare", None,
    ]  # fmt: skip
    assert found[1] == found[4] and len(entries(docker)) == 4


def test_a_time_limit_ends_a_docking_and_is_not_kept(job, versions, tmp_path):
    slow = Docker(tmp_path, exhaustiveness=5000, timeout=5, jobs=1)
    (found,) = slow.dock([job])
    assert found == Docked(failed="docking timed out", passing=True) and found.seconds >= 5
    assert not entries(slow)


def test_a_docking_that_was_killed_is_not_kept(docker, job, monkeypatch):
    monkeypatch.setattr(docking, "vina", lambda: ["sh", "-c", "kill -9 $$"])
    assert docker.dock([job]) == [Docked(failed="docking was killed", passing=True)]
    assert not entries(docker)


def test_a_pose_far_from_the_receptor_breaks_a_check(receptor, tmp_path):
    (tmp_path / "receptor.pdb").write_text(receptor)
    (tmp_path / "pose.sdf").write_text(ligand(LIGAND, (80.0, 0.0, 0.0)))
    assert "protein-ligand_maximum_distance" in broken_checks(tmp_path / "pose.sdf", tmp_path / "receptor.pdb")
    (tmp_path / "pose.sdf").write_text("no molecule")
    assert broken_checks(tmp_path / "pose.sdf", tmp_path / "receptor.pdb")


def test_a_ligand_that_does_not_fit_the_box_has_no_affinity(docker, job):
    tight = replace(job, box=Box(centre=(500.0, 0.0, 0.0), size=(1.0, 1.0, 1.0)))
    assert docker.dock([tight]) == [Docked(failed="no pose of negative affinity")]


def rmsd(pose: str, crystal: Path) -> float:
    probe, truth = Chem.MolFromMolBlock(pose), Chem.MolFromMolFile(str(crystal))
    return rdMolAlign.CalcRMS(probe, truth)


@pytest.mark.slow
def test_a_crystal_pose_is_found_again(versions, tmp_path):
    """1IA1, dihydrofolate reductase with a small antifolate, as posebusters ships it."""
    folder = Path(find_spec("posebusters").origin).parent / "datasets" / "pdb" / "1ia1"
    crystal = folder / "1ia1_ligand.sdf"
    known = read_ligand(crystal)
    box = Box(centre=tuple(map(float, known.centre)), size=(20.0, 20.0, 20.0))
    receptor = (folder / "1ia1_protein_one_lig_removed.pdb").read_text()
    (found,) = Docker(tmp_path, exhaustiveness=4, timeout=900).dock(
        [Job(receptor=receptor, smiles=known.smiles, box=box)]
    )
    assert found.failed is None and found.affinity < -7 and found.broken == ()
    assert rmsd((tmp_path / found.pose).read_text(), crystal) < 2


@pytest.mark.slow
def test_scores_of_reference_poses(data, versions, tmp_path):
    """Against scores made from the same files by Debian's Open Babel 3.1.1: `vina_score_only`, `vina_minimize`."""
    vina = pytest.importorskip("vina")
    from meeko import MoleculePreparation, PDBQTWriterLegacy

    from scilogos.bench.ligand import Settings, items

    rows = csv.DictReader((data / "struct/crossdocked_test100_reference_vina.csv").open())
    told = {row["name"]: (float(row["vina_score_only"]), float(row["vina_minimize"])) for row in rows}
    small = sorted(items(data, limit=None, seed=0, settings=Settings()).items, key=lambda item: len(item.truth))[:6]
    for item in small:
        (tmp_path / "receptor.pdbqt").write_text(receptor_pdbqt(item.given.receptor))
        pose = Chem.AddHs(Chem.MolFromMolBlock(pose_of(data, item.key)), addCoords=True)
        (setup,) = MoleculePreparation().prepare(pose)
        engine = vina.Vina(sf_name="vina", cpu=1, seed=1, verbosity=0)
        engine.set_receptor(str(tmp_path / "receptor.pdbqt"))
        engine.set_ligand_from_string(PDBQTWriterLegacy.write_string(setup)[0])
        engine.compute_vina_maps(center=list(item.given.centre), box_size=[20.0, 20.0, 20.0])
        scored, minimised = engine.score()[0], engine.optimize()[0]
        assert (scored, minimised) == pytest.approx(told[item.key], abs=0.3), item.key


def pose_of(data: Path, name: str) -> str:
    import tarfile

    with tarfile.open(data / "struct/crossdocked_test100_pocket10.tar.gz") as archive:
        (member,) = [member for member in archive if Path(member.name).name == f"{name}.sdf"]
        return archive.extractfile(member).read().decode()


def test_the_program_and_the_package_say_their_version(versions):
    assert versions["vina"].startswith("AutoDock Vina") and versions["openbabel"].startswith("Open Babel")
    assert tools.vina()[0]
