"""Scores written back onto a structure, for any viewer that colours by B-factor."""

import math
import os
from collections.abc import Sequence

import gemmi

from scilogos.errors import InputError
from scilogos.science.structures import Structure
from scilogos.science.text_files import replacing

_LARGEST = 999.99  # the column has six characters


def write_marked_pdb(
    structure: Structure, scores: Sequence[Sequence[float]], path: str | os.PathLike
) -> dict[str, str]:
    """Write the first model as PDB, each residue's score as its B-factor and 0 elsewhere; whole or not at all.

    `scores` holds one number a residue, chain by chain. Chain names longer than the format's one letter are shortened:
    returns the new name of each chain.
    """
    if [len(row) for row in scores] != [len(chain) for chain in structure.chains]:
        expected = ", ".join(f"{chain.name} {len(chain)}" for chain in structure.chains)
        raise InputError(f"scores for {[len(row) for row in scores]} residues; expected one a residue: {expected}")
    by_place: dict[tuple[str, str, str], list[float]] = {}  # in file order: an assembly may repeat a chain's name
    for chain, row in zip(structure.chains, scores, strict=True):
        for label, code, score in zip(chain.labels, chain.codes, row, strict=True):
            if not math.isfinite(score) or abs(score) > _LARGEST:
                raise InputError(f"score {score} of {chain.name}:{label}; expected a number up to {_LARGEST}")
            by_place.setdefault((chain.name, label, code), []).append(float(score))
    source = structure.source.clone()
    while len(source) > 1:
        del source[-1]
    names = [chain.name for chain in source[0]]
    for chain in source[0]:
        for residue in chain:
            label = f"{residue.seqid.num}{residue.seqid.icode.strip()}"
            waiting = by_place.get((chain.name, label, residue.name))
            score = waiting.pop(0) if waiting else 0.0
            for atom in residue:
                atom.b_iso = score
    if any(len(name) > 1 for name in names):
        source.shorten_chain_names()
    source.shorten_ccd_codes()
    text = source.make_pdb_string(gemmi.PdbWriteOptions(minimal=True))
    with replacing(path) as stream:
        stream.write(text)
    return dict(zip(names, (chain.name for chain in source[0]), strict=True))
