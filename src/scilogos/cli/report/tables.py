"""Ranked rows of each task, the same on the terminal and on the page."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from scilogos.cli.report.findings import Designs, Findings, Frameworks, Loops, Routes, Site, Variants
from scilogos.cli.report.likeness import likeness
from scilogos.science import descriptors

Row = dict[str, str | int | float]
MOST_RESIDUES = 12  # of a site that the table shows


@dataclass(frozen=True)
class Table:
    """Rows under a title, and what else there is to say of them."""

    title: str
    rows: tuple[Row, ...]
    note: str = ""


def routes(found: Routes) -> Table:
    """Reactants of one product."""
    rows = [
        {"rank": rank, "reactants": " + ".join(answer.thing), "legal_score": answer.legal_score, "drawn": answer.votes}
        for rank, answer in enumerate(found.ranking, 1)
    ]
    return Table(f"Reactants for {found.name}", tuple(rows), refused(found.ranking))


def site(found: Site) -> Table:
    """The most probable residues."""
    p, touching, predicted = found.probabilities, found.touching, found.predicted
    places = [(chain, i) for chain in found.structure.chains for i in range(len(chain))]
    rows = []
    for rank, at in enumerate(np.argsort(-p, kind="stable")[:MOST_RESIDUES], 1):
        chain, i = places[at]
        rows.append(
            {
                "rank": rank,
                "residue": f"{chain.name}:{chain.codes[i].capitalize()}{chain.labels[i]}",
                "probability": float(p[at]),
                "called": "yes" if predicted[at] else "",
                "touches": "yes" if touching[at] else "",
            }
        )
    facts = agreement(found)
    note = (
        f"{facts.called} residues called, {facts.contacts} touch the ligand, {facts.hits} are both: "
        f"precision {facts.precision:.2f}, recall {facts.recall:.2f}, MCC {facts.mcc:.2f}"
    )
    return Table("Binding-site residues of 1S3V", tuple(rows), note)


def designs(found: Designs) -> Table:
    """Ligands with what they are like."""
    rows = []
    for rank, answer in enumerate(found.ranking, 1):
        known = descriptors(answer.thing)
        rows.append(
            {
                "rank": rank,
                "ligand": answer.thing,
                "legal_score": answer.legal_score,
                "QED": known["qed"],
                "logP": known["logp"],
                "heavy atoms": int(known["heavy_atoms"] or 0),
            }
        )
    return Table("Ligands for the pocket of 1S3V", tuple(rows), refused(found.ranking))


def frameworks(found: Frameworks) -> Table:
    """Nodes, linkers and nets."""
    rows = [
        {
            "rank": rank,
            "node": ".".join(answer.thing.nodes),
            "linkers": " + ".join(linker.smiles for linker in answer.thing.linkers),
            "net": answer.thing.net or "not named",
            "legal_score": answer.legal_score,
        }
        for rank, answer in enumerate(found.ranking, 1)
    ]
    title = f"Materials grown from {'.'.join(found.nodes)}" if found.nodes else "Materials"
    return Table(title, tuple(rows), refused(found.ranking))


def variants(found: Variants) -> Table:
    """Variants by their substitutions."""
    rows = [
        {"rank": rank, "substitutions": ", ".join(answer.thing.substitutions), "legal_score": answer.legal_score}
        for rank, answer in enumerate(found.ranking, 1)
    ]
    return Table("Variants of avGFP", tuple(rows))


def loops(found: Loops) -> Table:
    """New loops beside the given ones."""
    given = dict(found.opening.loops)
    rows: list[Row] = []
    for rank, answer in enumerate(found.ranking, 1):
        row: Row = {"rank": rank}
        for name, residues in answer.thing.loops:
            row |= {name: residues, "length": len(residues), f"like {name}": likeness(given[name], residues)}
        rows.append(row | {"legal_score": answer.legal_score, "drawn": answer.votes})
    note = "; ".join(f"given {name}: {residues}" for name, residues in found.opening.loops)
    return Table("Loops of trastuzumab", tuple(rows), note)


def all_tables(findings: Findings) -> Iterator[Table]:
    """Every table of the report, in its order."""
    yield from map(routes, findings.routes)
    yield site(findings.site)
    yield designs(findings.designs)
    yield from map(frameworks, findings.frameworks)
    yield variants(findings.variants)
    yield loops(findings.loops)


def refused(ranking) -> str:
    """How many draws were no answer (RDKit refuses it, or it is what was given), in words."""
    return f"{ranking.drawn} draws, {ranking.refused or 'none'} without a valid answer"


@dataclass(frozen=True)
class Agreement:
    """Residues called a site against those that the ligand touches."""

    residues: int
    contacts: int
    called: int
    hits: int
    top_hits: int  # contacts among as many of the most probable residues as there are contacts

    @property
    def precision(self) -> float:
        """The share of called residues that touch the ligand; 0 where none is called."""
        return self.hits / self.called if self.called else 0.0

    @property
    def recall(self) -> float:
        """The share of touching residues that are called."""
        return self.hits / self.contacts if self.contacts else 0.0

    @property
    def mcc(self) -> float:
        """Matthews' correlation; 0 where it is not defined, as when none or all are called."""
        n, c, k = self.residues, self.contacts, self.called
        scale = (c * k * (n - c) * (n - k)) ** 0.5
        return (self.hits * n - c * k) / scale if scale else 0.0


def agreement(found: Site) -> Agreement:
    """Compare the predicted site with the true contacts."""
    touching, predicted = found.touching, found.predicted
    contacts = int(touching.sum())
    top = np.argsort(-found.probabilities, kind="stable")[:contacts]
    hits = int((touching & predicted).sum())
    return Agreement(len(touching), contacts, int(predicted.sum()), hits, int(touching[top].sum()))
