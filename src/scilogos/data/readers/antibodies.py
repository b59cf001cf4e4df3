"""Antibody domains alone, and designs: random subsets of their loops opened, with the paired domain as context."""

import random
from collections import defaultdict
from collections.abc import Iterator
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from scilogos.data.source import Reading, Record, Split
from scilogos.data.tables import read_rows
from scilogos.grammar.objects import Antibody, Design, Sentence

_MAX_H3_IDENTITY, _MAX_DOMAIN_IDENTITY = 0.6, 0.95  # to RAbD
_LOOP_TWIN = 0.8  # identity of two CDR-H3 of one length from which they are one, as the tables' splits have it
_COLUMNS = ("id", "seq", "chain", *(f"imgt{n}{end}" for n in "123" for end in "se"), "rabd_h3_id", "rabd_dom_id")


class Domain(NamedTuple):
    """What a design needs of a row; loops are half-open spans."""

    id: str
    antibody: Antibody
    heavy: bool
    loops: list[tuple[int, int]]
    split: Split = "train"


HEAVY_LOOP = ("seq", "chain", "imgt3s", "imgt3e")


def heavy_loop(row: dict[str, Any]) -> str:
    """The third loop of a heavy domain; empty for a light one, whose loops are too alike to split by."""
    return row["seq"][int(row["imgt3s"]) : int(row["imgt3e"])] if row["chain"] == "H" else ""


class _HeldOutLoops:
    """The CDR-H3 of the heavy domains that the `exclude` table does not give to training."""

    def __init__(self, reading: Reading) -> None:
        loops = defaultdict[int, set[str]](set)
        if reading.source.exclude is not None:
            for row in read_rows(reading.data / reading.source.exclude, (*HEAVY_LOOP, "split")):
                if row["split"] != "train" and (loop := heavy_loop(row)):
                    loops[len(loop)].add(loop)
        self._letters_NL = {length: np.array([list(loop) for loop in sorted(some)]) for length, some in loops.items()}

    def has_twin(self, loop: str) -> bool:
        """Whether one of them has the loop's length and four fifths of its residues."""
        letters_NL = self._letters_NL.get(len(loop))
        return letters_NL is not None and bool(((letters_NL == list(loop)).mean(1) >= _LOOP_TWIN - 1e-9).any())


def _usable(reading: Reading) -> Iterator[Domain]:
    """Domains that are no near twin of a RAbD antibody; a table without a split or clusters is for training.

    With `exclude`, training has no heavy domain whose CDR-H3 is a twin of one that another table holds out.
    """
    held_out = _HeldOutLoops(reading)
    for row in reading.rows(*_COLUMNS):
        default = {} if reading.source.cluster else {"split": "train"}
        split = reading.split_of(default | row, reading.cluster(heavy_loop(row) or row["seq"]))
        if split is None:
            continue
        loop = float(row["rabd_h3_id"] or 0) >= _MAX_H3_IDENTITY
        if loop or float(row["rabd_dom_id"] or 0) >= _MAX_DOMAIN_IDENTITY:
            reading.ledger.drop(f"near twin of a RAbD antibody, by {'CDR-H3' if loop else 'domain'}")
            continue
        if split == "train" and held_out.has_twin(heavy_loop(row)):
            reading.ledger.drop("near twin of a held-out antibody, by CDR-H3")
            continue
        loops = [(int(row[f"imgt{n}s"]), int(row[f"imgt{n}e"])) for n in (1, 2, 3)]
        antibody = Antibody(row["seq"])
        Antibody(row["seq"], tuple(loops))  # raises where the loops do not fit
        yield Domain(row["id"], antibody, row["chain"] == "H", loops, split)


def antibodies(reading: Reading) -> Iterator[Record]:
    """Variable domains alone."""
    for domain in _usable(reading):
        if not reading.thins(domain.antibody.residues):
            yield Record(domain.antibody.residues, domain.split, partial(_alone, domain.antibody))


def _alone(antibody: Antibody) -> tuple[Sentence, ...]:
    return (antibody,)


def designs(reading: Reading) -> Iterator[Record]:
    """Domains with one to three of their IMGT loops opened, first H3 of heavy ones; the partner comes along plain."""
    domains: dict[str, Domain] = {}
    for domain in _usable(reading):
        if domain.id in domains:
            reading.ledger.drop("id of an earlier row")
        domains.setdefault(domain.id, domain)
    partners = _partners(reading, domains)
    for domain in domains.values():
        if reading.thins(domain.antibody.residues):
            continue
        partner = domains.get(partners.get(domain.id, ""))
        yield Record(domain.antibody.residues, domain.split, partial(designed, reading, domain, partner))


def designed(reading: Reading, domain: Domain, partner: Domain | None) -> tuple[Sentence, ...]:
    """Open random loops of a domain, H3 first of a heavy one; its partner is there in seven of ten."""
    sequence = domain.antibody.residues
    rng = reading.rng(sequence)
    sentences = []
    for number in range(reading.source.writings):
        opened = Antibody(sequence, _opened(domain, rng, first=number == 0))
        both = [opened] if partner is None or rng.random() < 0.3 else _in_order(domain, opened, partner.antibody)
        sentences.append(Design((), tuple(d.opened() for d in both), tuple(both)))
    return tuple(sentences)


def _partners(reading: Reading, domains: dict[str, Domain]) -> dict[str, str]:
    """Partners by id, both ways; never across the splits, or training would read what validation asks for."""
    partners: dict[str, str] = {}
    if reading.source.pairs is not None:
        for pair in read_rows(reading.data / reading.source.pairs, ("heavy_id", "light_id")):
            heavy, light = domains.get(pair["heavy_id"]), domains.get(pair["light_id"])
            if heavy is not None and light is not None and heavy.split == light.split:
                partners.setdefault(heavy.id, light.id)
                partners.setdefault(light.id, heavy.id)
    return partners


def _in_order(domain: Domain, opened: Antibody, partner: Antibody) -> list[Antibody]:
    return [opened, partner] if domain.heavy else [partner, opened]


def _opened(domain: Domain, rng: random.Random, *, first: bool) -> tuple[tuple[int, int], ...]:
    if first and domain.heavy:
        return (domain.loops[2],)
    return tuple(sorted(rng.sample(domain.loops, rng.choice((1, 1, 2, 3)))))
