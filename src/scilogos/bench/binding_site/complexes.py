"""Structures with their ligands' coordinates: tables of ours, or a P2Rank data set that a user has.

Of the data folder: CrossDocked's hundred test receptors, twenty structures of COACH420 and HOLO4K, and the systems of
the FEP benchmark, of which only alpha carbons are there and one site is counted, their ligands being congeners.
"""

import gzip
import io
import tarfile
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from scilogos.bench.binding_site.chains import Reasons
from scilogos.bench.binding_site.criteria import relevant
from scilogos.data.tables import read_rows
from scilogos.errors import InputError, MissingError
from scilogos.science import Structure, read_structure
from scilogos.science.binding import CUTOFF

COMPLEXES = "struct/complexes_3d.jsonl.gz"
RECEPTORS, SAMPLES = "struct/crossdocked_test100_receptors.tar.gz", "struct/pdb_samples_whole.tar"
SETS = {
    "crossdocked_test100": "CrossDocked",
    "coach420": "20 structures",
    "holo4k": "20 structures",
    "fep_schrodinger": "FEP",
}


@dataclass(frozen=True, eq=False)
class Target:
    """Chains that a model is asked; with coordinates, their side chains' centroids and the ligands that count.

    centroids   one array [residues, 3] a chain
    labels      the author's numbers of each chain's residues, with the chain's name
    ligands     one array [L, 3] each
    text        the structure in PDB format, where there is one
    """

    chains: tuple[str, ...]
    centroids: tuple[np.ndarray, ...] | None = None
    labels: tuple[tuple[str, tuple[str, ...]], ...] = ()
    ligands: tuple[np.ndarray, ...] = ()
    text: str | None = None


Sites = tuple[tuple[int, ...], ...]  # of each chain


def complexes(data: Path, reasons: Reasons) -> Iterator[tuple[str, str, Target, Sites]]:
    """The structures of the data folder: group, key, target, residues within 4 Å of any ligand."""
    with _Archive(data / RECEPTORS) as receptors, _Archive(data / SAMPLES) as samples:
        for row in read_rows(data / COMPLEXES, ("set", "id", "chains", "ligands")):
            key, group = f"{row['set']}/{row['id']}", SETS[row["set"]]
            ligands = tuple(np.asarray(ligand["xyz"], float) for ligand in row["ligands"])
            archive = receptors if group == "CrossDocked" else samples
            text = None if group == "FEP" else archive.find(row["id"])
            if text is None and group != "FEP":
                reasons[f"{group}: no structure in {archive.path.name}"].append(key)
                continue
            if text is None:
                yield group, key, *_of_alpha_carbons(row, ligands[:1])
            else:
                yield group, key, *_of_structure(_parsed(text), ligands, text)


def data_set(path: Path, reasons: Reasons) -> Iterator[tuple[str, str, Target, Sites]]:
    """The structures of a P2Rank .ds file, whose lines name a file and perhaps the codes of its relevant ligands."""
    if not path.is_file():
        raise MissingError(f"{path}: no such data set; expected a .ds file of P2Rank beside its structures")
    columns = ["protein"]
    for number, line in enumerate(path.read_text().splitlines(), 1):
        words = line.split()
        if not words or line.startswith(("#", "PARAM")):
            continue
        if words[0] == "HEADER:":
            columns = words[1:]
            continue
        row = dict(zip(columns, words, strict=False))
        if "protein" not in row:
            raise InputError(f"found columns {', '.join(columns)}; expected protein among them", path=path, line=number)
        file = path.parent / row["protein"]
        try:
            structure = read_structure(file)
        except (InputError, MissingError, OSError) as error:
            reasons[f"unreadable: {error}"].append(row["protein"])
            continue
        codes = None if row.get("ligand_codes", "*") == "*" else set(row["ligand_codes"].split(","))
        groups = [(g.code, g.xyz) for g in structure.groups if codes is None or g.code in codes]
        ligands = relevant(groups, np.concatenate([chain.xyz for chain in structure.chains]))
        if not ligands:
            reasons["no relevant ligand"].append(row["protein"])
            continue
        yield path.stem, row["protein"], *_of_structure(structure, ligands, _text(file))


def _of_structure(structure: Structure, ligands: Sequence[np.ndarray], text: str) -> tuple[Target, Sites]:
    chains = structure.chains
    sites = tuple(
        tuple(sorted({int(chain.owner[i]) for ligand in ligands for i in _touching(chain.xyz, ligand)}))
        for chain in chains
    )
    target = Target(
        tuple(chain.residues for chain in chains),
        tuple(chain.side_chain_centroids() for chain in chains),
        tuple((chain.name, chain.labels) for chain in chains),
        tuple(ligands),
        text,
    )
    return target, sites


def _touching(xyz: np.ndarray, ligand: np.ndarray) -> np.ndarray:
    """The atoms within 4 Å of a ligand."""
    near = np.flatnonzero(((xyz > ligand.min(0) - CUTOFF) & (xyz < ligand.max(0) + CUTOFF)).all(1))
    return near[(np.linalg.norm(xyz[near, None] - ligand[None], axis=-1) <= CUTOFF).any(1)]


def _of_alpha_carbons(row: dict, ligands: Sequence[np.ndarray]) -> tuple[Target, Sites]:
    chains, whole = row["chains"], row["ligands"][0]["contacts"]["4.0"]
    begins = np.cumsum([0, *(len(chain["seq"]) for chain in chains)])
    sites = tuple(tuple(i - int(a) for i in whole if a <= i < b) for a, b in pairwise(begins))
    target = Target(
        tuple(chain["seq"] for chain in chains),
        tuple(np.asarray(chain["ca"], float) for chain in chains),
        tuple((chain["id"], tuple(chain["resnum"])) for chain in chains),
        tuple(ligands),
    )
    return target, sites


class _Archive:
    """The structures of a tar file, found by what their names hold; none where the file is missing."""

    def __init__(self, path: Path) -> None:
        self.path, self.tar = path, tarfile.open(path) if path.is_file() else None  # noqa: SIM115
        self.names = self.tar.getnames() if self.tar else []

    def __enter__(self) -> "_Archive":
        return self

    def __exit__(self, *_: object) -> None:
        if self.tar:
            self.tar.close()

    def find(self, name: str) -> str | None:
        """The structure's text: the file that a complex is named after, or the receptor of a docked pose's name."""
        receptor = name.partition("_rec_")[0]
        wanted = [n for n in self.names if name in n or (receptor != name and n.endswith(f"{receptor}_rec.pdb"))]
        file = self.tar.extractfile(wanted[0]) if self.tar and wanted else None
        if file is None:
            return None
        content = file.read()
        return (gzip.decompress(content) if wanted[0].endswith(".gz") else content).decode()


def _parsed(text: str) -> Structure:
    with tempfile.NamedTemporaryFile("w", suffix=".pdb") as file:
        file.write(text)
        file.flush()
        return read_structure(file.name)


def _text(path: Path) -> str:
    content = path.read_bytes()
    return io.TextIOWrapper(io.BytesIO(gzip.decompress(content) if path.suffix == ".gz" else content)).read()
