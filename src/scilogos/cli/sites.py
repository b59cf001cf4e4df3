"""The verb sites: marked residues and pockets, as rows, sequences, structures and scripts of viewers."""

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np

from scilogos.cli import inputs
from scilogos.cli.entries import answered
from scilogos.cli.options import DEFAULT, Model
from scilogos.cli.output import Result, Row, check_out
from scilogos.grammar import write
from scilogos.science import Structure, chimerax_script, pymol_script, replacing, write_marked_pdb
from scilogos.tasks import load
from scilogos.tasks.binding_site import SAMPLES, Sites

_OF_STRUCTURES = (".pdb", ".pml", ".cxc")


def sites(
    target: str,
    *,
    samples: int = SAMPLES,
    threshold: float | None = None,
    seed: int = 0,
    model: Model = DEFAULT,
    out: Path | None = None,
) -> None:
    """Mark the binding-site residues of a protein, and its pockets where coordinates are known.

    Example: logos sites 1abc.pdb --out marked.pdb

    Parameters
    ----------
    target
        A .pdb or .cif file (.gz too), a .fasta file, or a sequence.
    samples
        Sampled answers that the probabilities are averaged over.
    threshold
        Probability from which a residue is called a site; by default the one that suits the model best.
    out
        A .csv, .jsonl, .fasta file; for a structure also .pdb (B-factor column), .pml (PyMOL) or .cxc (ChimeraX).
    """
    check_out(out, ".csv", ".jsonl", ".fasta", *_OF_STRUCTURES)
    logos = load(model)
    options = {"samples": samples, "seed": seed} | ({} if threshold is None else {"threshold": threshold})
    given = inputs.structure_or_sequences(target)
    if isinstance(given, Structure):
        found = logos.sites(given, **options)
        asked_of = [found]
        labels = [[(chain.name, label) for label in chain.labels] for chain in given.chains]
        rows, files = _site_rows(labels, found), _site_files(given, found)
        footnote = f"{len(found.pockets)} pockets"
        if found.parts > 1:
            print(
                f"too long to be read at once: read in {found.parts} parts, whose chains do not see each other",
                file=sys.stderr,
            )
    else:
        asked = answered(given, lambda some: [logos.sites(entry[1], **options) for entry in some])
        every = [(name, residues, found) for (name, residues), found in asked]
        numbered = [([[(name, str(i)) for i in range(1, len(residues) + 1)]], found) for name, residues, found in every]
        rows = [row for labels, found in numbered for row in _site_rows(labels, found)]
        marked = [(name, write(found.chains[0])) for name, _, found in every]
        files, footnote = {".fasta": lambda path: _write_text(path, "".join(f">{n}\n{t}\n" for n, t in marked))}, ""
        asked_of = [found for _, _, found in every]
    if not rows:
        best = max(float(np.max(p)) for found in asked_of for p in found.probabilities)
        footnote = f"no residue reaches the threshold; the highest probability is {best:.2f}"
    columns = ("chain", "residue", "pocket", "score") if asked_of[0].pockets else ("chain", "residue", "score")
    Result(rows, "Binding-site residues", footnote=footnote, columns=columns, files=files).show(out)


def _site_rows(labels: list[list[tuple[str, str]]], found: Sites) -> list[Row]:
    """One row a marked residue; with pockets, the best pocket first."""
    pocket_of = {place: k for k, pocket in enumerate(found.pockets, 1) for place in pocket.residues}
    rows: list[Row] = []
    for c, (chain, probabilities) in enumerate(zip(found.chains, found.probabilities, strict=True)):
        for i in chain.sites:
            row: Row = {"chain": labels[c][i][0], "residue": chain.residues[i] + labels[c][i][1]}
            row |= {"pocket": pocket_of.get((c, i), 0)} if found.pockets else {}
            rows.append(row | {"score": float(probabilities[i])})
    return sorted(rows, key=lambda row: (row.get("pocket", 0), -row["score"]))


def _site_files(structure: Structure, found: Sites) -> dict[str, Callable[[Path], object]]:
    sites = tuple(chain.sites for chain in found.chains)
    centres = [pocket.centre for pocket in found.pockets]
    text = "".join(f">{chain.name}\n{write(m)}\n" for chain, m in zip(structure.chains, found.chains, strict=True))
    return {
        ".fasta": lambda path: _write_text(path, text),
        ".pdb": lambda path: write_marked_pdb(structure, found.probabilities, path),
        ".pml": lambda path: _write_text(path, pymol_script(structure, sites, centres=centres)),
        ".cxc": lambda path: _write_text(path, chimerax_script(structure, sites, centres=centres)),
    }


def _write_text(path: Path, text: str) -> None:
    with replacing(path) as stream:
        stream.write(text)
