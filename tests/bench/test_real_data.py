"""The held-out sets of the data folder are the ones that the protocols name."""

from collections import Counter

from scilogos.bench import binding_site, cdr, retrosynthesis
from scilogos.data.tables import read_rows


def test_uspto50k(data):
    rows = [row for row in read_rows(data / retrosynthesis.TABLE) if row["split"] == "test"]
    assert len(rows) == 5007
    held = retrosynthesis.items(data, limit=300, seed=0)
    assert len(held.items) == 300 and not held.skipped
    assert Counter(item.group for item in held.items)["clean"] > 270


def test_binding_sites(data):
    held = binding_site.items(data, limit=30, seed=0)
    groups = Counter(item.group for item in held.items)
    assert set(groups) == {"validation", "COACH420", "HOLO4K", "LIGYSIS", "CrossDocked", "whole structures", "FEP"}
    assert groups["COACH420"] == groups["CrossDocked"] == 30 and groups["whole structures"] == 20
    trained = {residues for residues, _ in held.training}
    assert not any(chain in trained for item in held.items for chain in item.given.chains if item.group != "FEP")
    assert len(held.skipped["COACH420: no gold contacts"]) == 256
    assert len(held.skipped["FEP: the protein of another system, 90% identity or more"]) == 40
    assert all(item.given.ligands for item in held.items if item.group in ("CrossDocked", "whole structures", "FEP"))


def test_rabd(data):
    held = cdr.items(data, limit=None, seed=0)
    assert len(held.items) == 59 and held.skipped == {"no heavy chain in the table": ["3h3b"]}
    loops = {loop.residues for some in held.training["H3"].by_length.values() for loop in some}
    assert not loops & {item.truth for item in held.items}, "no native loop in training"
