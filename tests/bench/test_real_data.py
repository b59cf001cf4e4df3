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


def test_coach420(data):
    held = binding_site.items(data, limit=None, seed=0)
    groups = Counter(item.group for item in held.items)
    assert groups["test"] == 164 and groups["validation"] > 20
    assert not {item.given for item in held.items} & {residues for residues, _ in held.training}
    assert {reason: len(keys) for reason, keys in held.skipped.items()} == {"no gold contacts": 256}


def test_rabd(data):
    held = cdr.items(data, limit=None, seed=0)
    assert len(held.items) == 59 and held.skipped == {"no heavy chain in the table": ["3h3b"]}
    loops = {loop for some in held.training.values() for loop in some}
    assert not loops & {item.truth for item in held.items}, "no native loop in training"
