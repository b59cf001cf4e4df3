"""Antibody domains alone, and designs: random subsets of their loops opened, with the paired domain as context."""

import random
from collections.abc import Iterator

from scilogos.data.source import Reading, Record
from scilogos.data.tables import read_rows
from scilogos.grammar.objects import Antibody, Design

_MAX_H3_IDENTITY, _MAX_DOMAIN_IDENTITY = 0.6, 0.95
_SPLITS = {"train": "train", "val": "val", "valid": "val"}


def _usable(reading: Reading) -> Iterator[dict]:
    for row in read_rows(reading.path, ("id", "seq", "chain", "imgt1s", "imgt3e", "rabd_h3_id", "rabd_dom_id")):
        if row.get("split", "train") not in _SPLITS:
            reading.ledger.drop(f"split {row['split']}")
        elif float(row["rabd_h3_id"] or 0) >= _MAX_H3_IDENTITY or float(row["rabd_dom_id"] or 0) >= _MAX_DOMAIN_IDENTITY:
            reading.ledger.drop("near twin of a RAbD antibody")
        else:
            yield row


def antibodies(reading: Reading) -> Iterator[Record]:
    """Variable domains alone."""
    for row in _usable(reading):
        yield Record(row["seq"], _SPLITS[row.get("split", "train")], (Antibody(row["seq"]),))


def designs(reading: Reading) -> Iterator[Record]:
    """Domains with one to three of their IMGT loops opened, H3 in half of the heavy ones; the partner comes along plain."""
    rows = {row["id"]: row for row in _usable(reading)}
    partners: dict[str, str] = {}
    if reading.source.pairs is not None:
        for pair in read_rows(reading.data / reading.source.pairs, ("heavy_id", "light_id")):
            if pair["heavy_id"] in rows and pair["light_id"] in rows:
                partners.setdefault(pair["heavy_id"], pair["light_id"])
                partners.setdefault(pair["light_id"], pair["heavy_id"])
    for row in rows.values():
        rng = reading.rng(row["seq"])
        sentences = []
        for number in range(reading.source.writings):
            domain = Antibody(row["seq"], _opened(row, rng, first=number == 0))
            partner = rows.get(partners.get(row["id"], ""))
            both = [domain] if partner is None or rng.random() < 0.3 else _in_order(row, domain, Antibody(partner["seq"]))
            sentences.append(Design((), tuple(d.opened() for d in both), tuple(both)))
        yield Record(row["seq"], _SPLITS[row.get("split", "train")], tuple(sentences))


def _in_order(row: dict, domain: Antibody, partner: Antibody) -> list[Antibody]:
    return [domain, partner] if row["chain"] == "H" else [partner, domain]


def _opened(row: dict, rng: random.Random, *, first: bool) -> tuple[tuple[int, int], ...]:
    spans = [(int(row[f"imgt{n}s"]), int(row[f"imgt{n}e"])) for n in (1, 2, 3)]
    if first and row["chain"] == "H":
        return (spans[2],)
    return tuple(sorted(rng.sample(spans, rng.choice((1, 1, 2, 3)))))
