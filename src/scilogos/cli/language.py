"""Verbs about the language itself: write, read, score."""

import json
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from scilogos.cli import inputs
from scilogos.cli.options import DEFAULT, Model
from scilogos.cli.output import Result
from scilogos.errors import InputError, ParseError
from scilogos.grammar import Complex, Located, Molecule, Protein, Sentence, parse
from scilogos.grammar import write as write_sentence
from scilogos.science import (
    Ledger,
    canonical,
    complexes,
    ligands,
    read_mofid,
    read_structure,
    read_text,
    site_proteins,
    union_contacts,
)
from scilogos.tasks import load


def write(target: str, *, out: Path | None = None) -> None:
    """Write any supported file as sentences of the language.

    Example: logos write 1abc.pdb

    Parameters
    ----------
    target
        A structure (.pdb, .cif), sequences (.fasta), molecules (.smi, .csv, .sdf), each also as .gz; MOFids (.mofid),
        or a SMILES. What is left out of a structure is told, with the reason.
    out
        A .csv or .jsonl file.
    """
    left_out: Ledger = []
    sentences = _sentences(target, left_out)
    rows = [{"form": type(found).__name__.lower(), "sentence": write_sentence(found)} for found in sentences]
    for reason in dict.fromkeys(skipped.reason for skipped in left_out):
        items = ", ".join(skipped.item for skipped in left_out if skipped.reason == reason)
        print(f"left out {items}: {reason}", file=sys.stderr)
    Result(rows, f"Sentences of {target}").show(out)


def _sentences(target: str, left_out: Ledger) -> list[Sentence]:
    if inputs.is_file_name(target, inputs.STRUCTURES):
        structure = read_structure(target)
        left_out += structure.skipped
        sites = union_contacts(structure.chains, ligands(structure))
        marked = site_proteins(structure.chains, sites)
        found: list[Sentence] = [Protein(chain.residues) for chain in structure.chains]
        if any(sites):
            found.append(Located(tuple(Protein(chain.residues) for chain in structure.chains), tuple(marked)))
        return found + list[Sentence](complexes(structure, ledger=left_out))
    if inputs.is_file_name(target, inputs.SEQUENCES):
        return [Protein(residues) for _, residues in inputs.sequences(target)]
    if inputs.is_file_name(target, (".mofid",)):
        return list(_mofids(target))
    return [Molecule(canonical(smiles)) for smiles in inputs.molecules(target)]


def _mofids(path: str) -> Iterator[Sentence]:
    for number, line in enumerate(read_text(path).split("\n"), 1):
        try:
            if line.strip():
                yield read_mofid(line)
        except InputError as error:
            raise InputError(str(error), path=path, line=number) from None


def read(sentence: Annotated[str, Parameter(allow_leading_hyphen=True)]) -> None:
    """Read a sentence into objects, as JSON; `-` reads one sentence a line from standard input.

    Example: logos read "<MoleculeS>CCO<MoleculeE>"
    """
    lines = [line.rstrip("\r\n") for line in sys.stdin] if sentence == "-" else [sentence]
    for number, line in enumerate(lines, 1):
        if sentence == "-" and not line.strip():
            continue
        try:
            found = parse(line)
        except ParseError as error:
            place = {"path": "standard input", "line": number} if sentence == "-" else {}
            raise InputError(f"not a sentence: {error}", **place) from None
        print(json.dumps({"type": type(found).__name__.lower(), **asdict(found)}))


def score(sentence: str, *, model: Model = DEFAULT, out: Path | None = None) -> None:
    """Score the answer of a sentence: the log-likelihood of every symbol given all before it, the end last.

    Example: logos score "<MoleculeS>CCO<MoleculeE><ReverseReact><MoleculeS>C=C<MoleculeE><MoleculeS>O<MoleculeE>"

    Parameters
    ----------
    out
        A .csv or .jsonl file.
    """
    try:
        parsed = parse(sentence)
    except ParseError as error:
        raise InputError(f"not a sentence: {error}") from None
    scores = load(model).score(write_sentence(parsed))
    rows = [{"symbol": symbol, "score": value} for symbol, value in scores]
    what = "ligand given the pocket" if isinstance(parsed, Complex) else "answer"
    Result(rows, "Score", footnote=f"log-likelihood of the {what}: {sum(v for _, v in scores):.3f}").show(out)
