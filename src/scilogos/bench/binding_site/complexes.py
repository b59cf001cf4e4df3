"""Structures with their ligands' coordinates: tables of ours, or a P2Rank data set that a user has.

Of the data folder: CrossDocked's hundred test receptors, twenty structures of COACH420 and HOLO4K, and the systems of
the FEP benchmark, of which only alpha carbons are there and one site is counted, their ligands being congeners.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from scilogos.bench.archives import archived
from scilogos.bench.binding_site.chains import Reasons
from scilogos.bench.binding_site.criteria import merged, relevant
from scilogos.data.tables import read_rows
from scilogos.errors import InputError, MissingError, ScilogosError
from scilogos.science import Structure, contacts, parse_structure, pdb_text, read_structure

COMPLEXES = "struct/complexes_3d.jsonl.gz"
RECEPTORS, SAMPLES = "struct/crossdocked_test100_receptors.tar.gz", "struct/pdb_samples_whole.tar"
COLUMNS = {"protein", "ligand_codes"}
SETS = {
    "crossdocked_test100": "CrossDocked",
    "coach420": "whole structures",
    "holo4k": "whole structures",
    "fep_schrodinger": "FEP",
}


@dataclass(frozen=True, eq=False)
class Target:
    """Chains that a model is asked; with coordinates, their side chains' centroids and the ligands that count.

    centroids   one array [residues, 3] a chain
    labels      the author's numbers of each chain's residues, with the chain's name
    ligands     one array [L, 3] each
    text        the structure in PDB format, where there is one and that format can hold it
    """

    chains: tuple[str, ...]
    centroids: tuple[np.ndarray, ...] | None = None
    labels: tuple[tuple[str, tuple[str, ...]], ...] = ()
    ligands: tuple[np.ndarray, ...] = ()
    text: str | None = None


Sites = tuple[tuple[int, ...], ...]  # of each chain


def complexes(data: Path, reasons: Reasons) -> Iterator[tuple[str, str, Target, Sites]]:
    """The structures of the data folder: group, key, target, residues within 4 Å of any ligand."""
    receptors, samples = (_texts(data / name, ending) for name, ending in ((RECEPTORS, ".pdb"), (SAMPLES, ".gz")))
    for row in read_rows(data / COMPLEXES, ("set", "id", "chains", "ligands")):
        key, group = f"{row['set']}/{row['id']}", SETS[row["set"]]
        ligands = tuple(np.asarray(ligand["xyz"], float) for ligand in row["ligands"])
        if group == "FEP":
            yield group, key, *_of_alpha_carbons(row, ligands[:1])
            continue
        docked = group == "CrossDocked"  # a pose is named after its receptor
        text = receptors.get(f"{row['id'].partition('_rec_')[0]}_rec.pdb") if docked else samples.get(f"{key}.pdb.gz")
        if text is None:
            reasons[f"{group}: no structure in {Path(RECEPTORS if docked else SAMPLES).name}"].append(key)
            continue
        try:
            structure = parse_structure(text, key)
        except ScilogosError as error:
            reasons[f"{group}: {error}"].append(key)
        else:
            yield group, key, *_of_structure(structure, ligands, text)


def data_set(path: Path, reasons: Reasons) -> Iterator[tuple[str, str, Target, Sites]]:
    """The structures of a P2Rank .ds file, whose lines name a file and perhaps the codes of its relevant ligands.

    As in P2Rank's Ligands.groovy, ligands that are named all count, merged; else those of `relevant`. Columns and
    parameters that would choose chains or ligands in another way are refused.
    """
    if not path.is_file():
        raise MissingError(f"{path}: no such data set; expected a .ds file of P2Rank beside its structures")
    columns = ["protein"]
    for number, line in enumerate(path.read_text().splitlines(), 1):
        words = line.split()
        if not words or line.startswith("#"):
            continue
        if line.startswith("PARAM"):
            raise InputError(f"found {line.strip()!r}; parameters of a data set are not read", path=path, line=number)
        if words[0] == "HEADER:":
            columns = words[1:]
            if "protein" not in columns or not set(columns) <= COLUMNS:
                told = f"found columns {', '.join(columns)}; expected protein and perhaps ligand_codes"
                raise InputError(told, path=path, line=number)
            continue
        row = dict(zip(columns, words, strict=False))
        file = path.parent / row["protein"]
        try:
            structure = read_structure(file)
        except (InputError, MissingError) as error:
            reasons[f"unreadable: {error}"].append(row["protein"])
            continue
        if row.get("ligand_codes", "*") == "*":
            protein = np.concatenate([chain.xyz for chain in structure.chains])
            ligands = relevant([(group.code, group.xyz) for group in structure.groups], protein)
        else:
            codes = row["ligand_codes"].split(",")
            ligands = merged([group.xyz for group in structure.groups if group.code in codes])
        if not ligands:
            reasons["no relevant ligand"].append(row["protein"])
            continue
        try:
            text = pdb_text(structure)
        except InputError:
            text = None  # what reads PDB format is not asked
        yield f"data set {path.stem}", row["protein"], *_of_structure(structure, ligands, text)


def data_files(path: Path) -> list[Path]:
    """A data set and the structures that it names, where they are."""
    if not path.is_file():
        return []  # `data_set` says so
    return [path, *(file for word in path.read_text().split() if (file := path.parent / word).is_file())]


def _of_structure(structure: Structure, ligands: Sequence[np.ndarray], text: str | None) -> tuple[Target, Sites]:
    chains = structure.chains
    sites = tuple(tuple(sorted({i for xyz in ligands for i in contacts(chain, xyz)})) for chain in chains)
    target = Target(
        tuple(chain.residues for chain in chains),
        tuple(chain.side_chain_centroids() for chain in chains),
        tuple((chain.name, chain.labels) for chain in chains),
        tuple(ligands),
        text,
    )
    return target, sites


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


def _texts(archive: Path, ending: str) -> dict[str, str]:
    return archived(archive, ending) if archive.is_file() else {}
