"""Every kind of structure in the shared data goes through, and contacts are those tabulated there."""

import csv
import gzip
import io
import json
import tarfile
from collections import Counter

import numpy as np
import pytest

from scilogos.science import complexes, find_ligands, ligands, read_ligand, read_structure, union_contacts


def unpack(archive, folder, keep):
    with tarfile.open(archive) as tar:
        for number, member in enumerate(m for m in tar.getmembers() if m.isfile()):
            if keep(number, member.name):
                path = folder / member.name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(tar.extractfile(member).read())


@pytest.fixture(scope="module")
def folder(shared, tmp_path_factory):
    where, struct = tmp_path_factory.mktemp("structures"), shared / "struct"
    unpack(struct / "pdb_samples_whole.tar", where, lambda n, name: True)
    unpack(struct / "ligysis_pdb250.tar.gz", where, lambda n, name: n % 10 == 0)
    unpack(struct / "crossdocked_test100_receptors.tar.gz", where, lambda n, name: n % 5 == 0)
    unpack(struct / "crossdocked_test100_pocket10.tar.gz", where, lambda n, name: True)
    return where


def test_all_go_through_and_nothing_is_skipped_in_silence(shared, folder):
    with gzip.open(shared / "struct" / "ccd_smiles.tsv.gz", "rt") as stream:
        smiles = {row["ccd"]: row["smiles"] for row in csv.DictReader(stream, delimiter="\t") if row["smiles"]}
    ledger, made, groups, structures = [], 0, 0, 0
    for path in sorted([*folder.rglob("*.pdb.gz"), *folder.rglob("*.pdb")]):
        structure = read_structure(path)
        structures += 1
        groups += len(structure.groups)
        made += len(complexes(structure, smiles=smiles, ledger=ledger))
    print(f"{structures} structures, {made} complexes, skipped: {dict(Counter(item.reason for item in ledger))}")
    assert structures == 25 + 25 + 20 + 100
    assert made + len(ledger) == groups and made >= 37
    assert all(item.reason.startswith("excluded code") for item in ledger)


def tabulated(shared):
    with gzip.open(shared / "struct" / "complexes_3d.jsonl.gz") as raw:
        for line in io.TextIOWrapper(raw):
            row = json.loads(line)
            if row["set"] != "fep_schrodinger":
                yield row


def receptor(row, folder):
    if row["set"] != "crossdocked_test100":
        return folder / row["set"] / f"{row['id']}.pdb.gz"
    target, name = row["id"].split("/")
    return folder / row["set"] / target / ("_".join(name.split("_")[:3]) + ".pdb")


def test_contacts_are_those_tabulated(shared, folder):
    compared = same = 0
    for row in tabulated(shared):
        if not receptor(row, folder).exists():
            continue
        structure = read_structure(receptor(row, folder))
        if [chain.residues for chain in structure.chains] != [chain["seq"] for chain in row["chains"]]:
            continue  # assemblies whose copies the table joins into one chain
        starts = np.cumsum([0] + [len(chain) for chain in structure.chains])
        for listed in row["ligands"]:
            if row["set"] == "crossdocked_test100":
                ligand = read_ligand(folder / row["set"] / f"{row['id']}.sdf")
            else:
                centre = np.mean(listed["xyz"], axis=0)
                rivals = find_ligands(structure, listed["code"])
                ligand = min(rivals, key=lambda rival: ((rival.centre - centre) ** 2).sum())
            sites = union_contacts(structure.chains, [ligand])
            found = [int(start) + i for start, site in zip(starts, sites, strict=False) for i in site]
            compared += 1
            same += found == listed["contacts"]["4.0"]
    print(f"{same} of {compared} ligands have the tabulated contacts")
    assert compared >= 40 and same == compared


def test_gold_sites_of_coach420(shared, folder):
    compared = 0
    with gzip.open(shared / "struct" / "site_labels_seq.jsonl.gz") as raw:
        for line in io.TextIOWrapper(raw):
            row = json.loads(line)
            if row.get("gold_source") != "structure_4A":
                continue
            structure = read_structure(folder / "coach420" / f"{row['id']}.pdb.gz")
            assert [chain.residues for chain in structure.chains] == [row["seq"]]
            assert union_contacts(structure.chains, ligands(structure)) == (tuple(row["gold"]),)
            compared += 1
    assert compared == 10
