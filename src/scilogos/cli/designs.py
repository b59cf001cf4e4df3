"""Designed ligands as rows, and what to say of the draws that became none."""

import sys
from pathlib import Path

from scilogos.cli.output import Result, Row
from scilogos.science import descriptors
from scilogos.tasks import Answer
from scilogos.tasks.ligand_design import Designs

_SCORES = (
    "legal_score: log-likelihood among the symbols that could follow, by which answers are ranked{}; score: among all"
)
SCORES, SCORES_BY_CHARACTER = _SCORES.format(""), _SCORES.format(", divided by their length")


def show_designs(designs: Designs, marked: int, asked: int, out: Path | None) -> None:
    """Show the designs for a pocket of `marked` residues; rows tell what became of the draws where rules were given."""
    shown = out is None and sys.stdout.isatty()
    facts = {} if shown or not (designs.held or designs.rejected) else _facts(designs)
    notes = _notes(designs, asked)
    if notes and not shown:
        print("; ".join(notes), file=sys.stderr)
    refused = f"{designs.refused} of {designs.drawn} draws refused by RDKit"
    footnote = "; ".join([f"pocket of {marked} residues", refused, *notes, SCORES])
    rows = [_row(rank, answer) | facts for rank, answer in enumerate(designs, 1)]
    Result(rows, "Ligands", molecule="smiles", footnote=footnote).show(out)


def _row(rank: int, answer: Answer[str]) -> Row:
    known = descriptors(answer.thing)
    return {
        "rank": rank,
        "smiles": answer.thing,
        **answer.scores,
        "qed": known["qed"],
        "logp": known["logp"],
        "heavy_atoms": known["heavy_atoms"],
    }


def _facts(designs: Designs) -> Row:
    return {"drawn": designs.drawn, "rejected": dict(designs.rejected), "held": list(designs.held)}


def _notes(designs: Designs, asked: int) -> list[str]:
    """One note a rule: that it was held while writing, or how many draws it rejected; one where designs are missing."""
    notes = [f"{name}: held while writing" for name in designs.held]
    notes += [f"{name}: rejected {count} of {designs.drawn} draws" for name, count in designs.rejected.items()]
    short = designs.rejected and len(designs) < asked
    return notes + ([f"{len(designs)} of the {asked} asked for remain"] if short else [])
