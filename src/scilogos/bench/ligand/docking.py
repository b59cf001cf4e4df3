"""Dock ligands into receptors: many at once, each within a time limit, results kept by the content that made them.

Knows nothing of models or benchmarks. Affinities are Vina's, in kcal/mol.
"""

import hashlib
import json
import os
import subprocess
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field, replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock

from scilogos.bench.ligand.poses import broken_checks
from scilogos.bench.ligand.preparation import PREPARATION, Passing, Undocked, ligand_pdbqt, pose_sdf, receptor_pdbqt
from scilogos.bench.ligand.tools import versions, vina
from scilogos.errors import StorageError
from scilogos.science import read_text, replacing

SEED = 1
_RESULT = "REMARK VINA RESULT:"


@dataclass(frozen=True, kw_only=True)
class Box:
    """Where poses are looked for, in Å."""

    centre: tuple[float, float, float]
    size: tuple[float, float, float]

    def options(self) -> list[str]:
        """The box as Vina's command takes it."""
        values = {"center": self.centre, "size": self.size}
        return [
            f"--{what}_{axis}={v:.3f}" for what, three in values.items() for axis, v in zip("xyz", three, strict=True)
        ]


@dataclass(frozen=True, kw_only=True)
class Job:
    """A ligand (SMILES) for a receptor (text of a PDB file)."""

    receptor: str
    smiles: str
    box: Box


@dataclass(frozen=True, kw_only=True)
class Docked:
    """What came of a job: the affinity, the file of the pose and the PoseBusters checks that it breaks; or why not.

    A failure is `passing` if the machine was to blame, so that another time may tell otherwise.
    """

    affinity: float | None = None
    pose: str | None = None
    broken: tuple[str, ...] = ()
    failed: str | None = None
    passing: bool = False
    seconds: float | None = field(default=None, compare=False)  # by the clock, on one core


def _since(began: float) -> float:
    return round(time.monotonic() - began, 2)


class Docker:
    """Docks into a folder: receptors and results by content, poses as SDF."""

    def __init__(self, folder: Path, *, exhaustiveness: int = 8, timeout: int = 600, jobs: int = 0) -> None:
        self.folder, self.exhaustiveness, self.timeout = folder, exhaustiveness, timeout
        self.jobs = jobs or len(os.sched_getaffinity(0))
        self._made_by, self._receptor_lock = {**versions(), "preparation": PREPARATION}, Lock()
        self._receptor = cache(self._prepared)

    def dock(self, jobs: Sequence[Job]) -> list[Docked]:
        """Dock as many at once as this docker may; equal jobs are done once."""
        for name in ("receptors", "docked", "poses"):
            try:
                (self.folder / name).mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise StorageError(f"{self.folder}: cannot be written: {error.strerror or error}") from error
        with ThreadPoolExecutor(self.jobs) as pool:
            distinct = list(dict.fromkeys(jobs))
            found = dict(zip(distinct, pool.map(self._one, distinct), strict=True))
        return [found[job] for job in jobs]

    def _one(self, job: Job) -> Docked:
        key = _hash([_hash(job.receptor), job.smiles, job.box.options(), self.exhaustiveness, SEED, self._made_by])
        entry = self.folder / "docked" / f"{key}.json"
        if entry.exists():
            known = json.loads(read_text(entry))
            known = Docked(**{**known, "broken": tuple(known["broken"])})
            if known.pose is None or (self.folder / known.pose).exists():
                return known
        began = time.monotonic()
        try:
            with self._receptor_lock:
                prepared = self._receptor(job.receptor)
            began = time.monotonic()  # the wait for a receptor is not the ligand's
            found = self._dock(job, key, *prepared)
        except Passing as error:
            return Docked(failed=str(error), passing=True, seconds=_since(began))
        except Undocked as error:
            found = Docked(failed=str(error))
        found = replace(found, seconds=_since(began))
        with replacing(entry) as stream:
            json.dump(asdict(found), stream)
        return found

    def _dock(self, job: Job, key: str, pdb: Path, pdbqt: Path) -> Docked:
        with TemporaryDirectory() as folder:
            ligand, out = Path(folder, "ligand.pdbqt"), Path(folder, "out.pdbqt")
            ligand.write_text(ligand_pdbqt(job.smiles, self.timeout))
            options = {"receptor": pdbqt, "ligand": ligand, "out": out}
            options |= {"exhaustiveness": self.exhaustiveness, "num_modes": 1, "cpu": 1, "seed": SEED}
            self._run([*vina(), *(f"--{name}={value}" for name, value in options.items()), *job.box.options()])
            poses = out.read_text() if out.exists() else ""
        affinity = _affinity(poses)
        pose = Path("poses", f"{key}.sdf")
        with replacing(self.folder / pose) as stream:
            stream.write(pose_sdf(poses, job.smiles))
        return Docked(affinity=affinity, pose=str(pose), broken=broken_checks(self.folder / pose, pdb))

    def _run(self, command: list[str]) -> None:
        """Run Vina; in a session of its own, so that Ctrl-C ends us and not a docking that is then kept as failed."""
        options = {"capture_output": True, "text": True, "start_new_session": True, "check": False}
        environment = os.environ | {"OMP_NUM_THREADS": "1"}
        try:
            done = subprocess.run(command, timeout=self.timeout, env=environment, **options)
        except subprocess.TimeoutExpired:
            raise Passing("docking timed out") from None
        if done.returncode < 0:
            raise Passing("docking was killed")
        if done.returncode:
            said = (done.stderr.strip() or done.stdout.strip() or f"exit code {done.returncode}").splitlines()[-1]
            raise Undocked(f"Vina failed: {said[:80]}")

    def _prepared(self, pdb: str) -> tuple[Path, Path]:
        """The files of a receptor, as it came and prepared."""
        plain = self.folder / "receptors" / f"{_hash([pdb, self._made_by])}.pdb"
        prepared = plain.with_suffix(".pdbqt")
        if not prepared.exists():
            texts = {plain: pdb, prepared: receptor_pdbqt(pdb)}
            for path, text in texts.items():
                with replacing(path) as stream:
                    stream.write(text)
        return plain, prepared


def _affinity(poses: str) -> float:
    """The affinity of the first pose. Where nothing fits, Vina gives atoms that overlap, and millions of kcal/mol."""
    lines = (line for line in poses.splitlines() if line.startswith(_RESULT))
    found = [float(line.removeprefix(_RESULT).split()[0]) for line in lines]
    if not found or found[0] > 0:
        raise Undocked("no pose of negative affinity")
    return found[0]


def _hash(content: object) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]
