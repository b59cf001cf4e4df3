"""What a user names on the command line: a file or the thing itself."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from scilogos.errors import InputError, MissingError
from scilogos.science import (
    Structure,
    clean_sequence,
    material,
    read_fasta,
    read_molecules,
    read_smiles,
    read_structure,
)


def _also_packed(*endings: str) -> tuple[str, ...]:
    return (*endings, *(ending + ".gz" for ending in endings))


STRUCTURES = _also_packed(".pdb", ".cif", ".mmcif", ".ent")
SEQUENCES = _also_packed(".fasta", ".fa", ".faa")
MOLECULES = _also_packed(".smi", ".csv", ".sdf")


def is_file_name(text: str, endings: Sequence[str]) -> bool:
    """Whether a text ends like a file; MissingError if there is none of that name."""
    if not text.lower().endswith(tuple(endings)):
        return False
    if not Path(text).is_file():
        raise MissingError(f"{text}: no such file")
    return True


def named_molecules(text: str) -> list[tuple[str, str]]:
    """Names and SMILES of a file, or the SMILES itself without a name."""
    if is_file_name(text, MOLECULES):
        return [(molecule.name, molecule.smiles) for molecule in read_molecules(text)]
    return [("", text)]


def molecules(text: str) -> list[str]:
    """SMILES of a file, or the SMILES itself."""
    return [smiles for _, smiles in named_molecules(text)]


def node_fragments(texts: Sequence[str]) -> frozenset[str]:
    """Node fragments as the language writes them, of SMILES and of .smi files: verbatim, for valence knows no nodes."""
    return frozenset(node for text in texts for node in _nodes(text))


def _nodes(text: str) -> Iterator[str]:
    if not is_file_name(text, _also_packed(".smi")):
        for smiles in molecules(text):
            yield from material(smiles, "C").nodes
        return
    for line, smiles in read_smiles(text):
        try:
            yield from material(smiles, "C").nodes
        except InputError as error:
            raise InputError(str(error), path=text, line=line) from None


def sequences(text: str) -> list[tuple[str, str]]:
    """Names and residues of a FASTA file, or the one sequence itself."""
    if is_file_name(text, SEQUENCES):
        return [(entry.name, entry.residues) for entry in read_fasta(text)]
    if any(text.lower().endswith(ending) for ending in (*STRUCTURES, *MOLECULES)):
        raise InputError(f"expected a sequence or a file of {', '.join(SEQUENCES)}", path=text)
    return [("sequence", clean_sequence(text))]


def structure_or_sequences(text: str) -> Structure | list[tuple[str, str]]:
    """A structure file, a FASTA file, or a sequence."""
    return read_structure(text) if is_file_name(text, STRUCTURES) else sequences(text)
