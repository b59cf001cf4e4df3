"""Tasks as verbs: parse, one call, show. Binding sites have a file of their own."""

from functools import partial
from pathlib import Path

from scilogos.cli import inputs
from scilogos.cli.designs import SCORES, SCORES_BY_CHARACTER, show_designs
from scilogos.cli.entries import answered
from scilogos.cli.options import DEFAULT, Model, Number
from scilogos.cli.output import Result, check_out
from scilogos.errors import InputError
from scilogos.grammar import Protein
from scilogos.grammar.bracket import ELEMENTS
from scilogos.grammar.constraints import Bounds
from scilogos.progress import Progress
from scilogos.science import (
    Structure,
    read_structure,
    write_fasta,
)
from scilogos.tasks import cdr_design, load, retrosynthesis

_TOGETHER = 16  # products that are asked at once


def retro(
    target: str,
    *,
    n: Number = 10,
    verified: bool = False,
    seed: int = 0,
    model: Model = DEFAULT,
    out: Path | None = None,
) -> None:
    """Propose reactants for a product.

    Example: logos retro "CC(=O)Nc1ccc(O)cc1" -n 5

    Parameters
    ----------
    target
        A SMILES, or a .smi, .csv or .sdf file of products (.gz too).
    n
        Answers to show for each product.
    verified
        Only answers from which the model, read forwards, makes the product; of some products there are none.
    seed
        The same seed gives the same answers.
    out
        A .csv, .jsonl, .smi or .sdf file.
    """
    check_out(out, ".csv", ".jsonl", ".smi", ".sdf")
    logos, rows, names = load(model), [], []
    products = inputs.named_molecules(target)
    progress = Progress("retro", len(products))
    ask = partial(retrosynthesis.propose_all, logos.engine, n=n, verified=verified, seed=seed)
    named = any(name for name, _ in products)
    for (name, product), ranking in answered(products, lambda some: ask([entry[1] for entry in some]), _TOGETHER):
        for rank, answer in enumerate(ranking, 1):
            of = {"name": name} if named else {}
            of |= {"product": product} if len(products) > 1 else {}
            row = {"rank": rank, "reactants": ".".join(answer.thing), **answer.scores, "votes": answer.votes}
            rows.append(of | row)
            names.append(f"{name or product} {rank}" if of else str(rank))
        if len(products) > _TOGETHER:
            progress.advance(1)
    title = f"Reactants for {products[0][1]}" if len(products) == 1 else "Reactants"
    Result(rows, title, molecule="reactants", footnote=SCORES, names=names).show(out)


def ligands(
    target: str,
    *,
    site: str | None = None,
    around: str | None = None,
    keep: str | None = None,
    require: list[str] | None = None,
    forbid: list[str] | None = None,
    elements: str | None = None,
    most_atoms: int | None = None,
    most_rings: int | None = None,
    n: Number = 10,
    seed: int = 0,
    model: Model = DEFAULT,
    out: Path | None = None,
) -> None:
    """Design molecules for a pocket.

    Example: logos ligands 1abc.pdb --around LIG -n 5 --out designs.sdf

    Parameters
    ----------
    target
        A .pdb or .cif file (.gz too).
    site
        The pocket's residues, as A:45,A:67 or A:45-48.
    around
        A ligand whose contacts are the pocket: of the file, as LIG or A:LIG:401, or an .sdf file with its pose.
    keep
        A fragment (SMILES) that every molecule grows from, where it has a * or, without one, at any hydrogen.
    require
        A substructure (SMARTS) that every molecule has; give it again for a second one.
    forbid
        A substructure (SMARTS) that no molecule has; give it again for a second one.
    elements
        The elements of a molecule, as C,N,O; hydrogen is always among them.
    most_atoms
        Heavy atoms of a molecule at most.
    most_rings
        Rings of a molecule at most.
    out
        A .csv, .jsonl, .smi or .sdf file.
    """
    check_out(out, ".csv", ".jsonl", ".smi", ".sdf")
    if (site is None) == (around is None):
        raise InputError("name the pocket with either --site A:45,A:67 or --around LIG")
    bounds = Bounds(elements=_elements(elements), most_atoms=most_atoms, most_rings=most_rings)
    logos = load(model)
    pocket = logos.pocket(read_structure(target), site=site, around=around)
    found = logos.ligands(pocket, n, bounds, keep=keep, require=require or (), forbid=forbid or (), seed=seed)
    show_designs(found, sum(len(chain.sites) for chain in pocket), n, out)


def _elements(text: str | None) -> frozenset[str] | None:
    if text is None:
        return None
    names = [name.strip() for name in text.split(",")]
    unknown = [name for name in names if name not in ELEMENTS]
    if unknown:
        raise InputError(f"elements {text!r}: found {unknown[0]!r}; expected symbols such as C,N,O,Cl")
    return frozenset(names)


def materials(
    *,
    n: Number = 10,
    node: str | None = None,
    linker: list[str] | None = None,
    known_node: list[str] | None = None,
    groups: int = 0,
    seed: int = 0,
    model: Model = DEFAULT,
    out: Path | None = None,
) -> None:
    """Generate metal-organic frameworks.

    Example: logos materials -n 5 --node "[Cu][Cu]"

    Parameters
    ----------
    node
        Node fragments (SMILES, separated by dots) that every framework starts with.
    linker
        A linker (SMILES) that every framework has; give it again for a second one.
    known_node
        A node fragment (SMILES) that a framework may have, or a .smi file of them; give it again for others. No
        others are written then.
    groups
        Least coordinating groups of every linker but given ones; fewer than 2 cannot join nodes.
    out
        A .csv or .jsonl file.
    """
    check_out(out, ".csv", ".jsonl")
    nodes, known = node.split(".") if node else (), inputs.node_fragments(known_node) if known_node else None
    ranking = load(model).materials(n, nodes, linkers=linker or (), known_nodes=known, groups=groups, seed=seed)
    rows = [
        {"rank": rank, "node": ".".join(answer.thing.nodes),
         "linkers": ".".join(linker.smiles for linker in answer.thing.linkers), "net": answer.thing.net or "",
         **answer.scores}
        for rank, answer in enumerate(ranking, 1)
    ]  # fmt: skip
    why = f"by RDKit or for a linker of fewer than {groups} groups" if groups else "by RDKit"
    refused = f"{ranking.refused} of {ranking.drawn} draws refused {why}"
    Result(rows, "Materials", footnote=f"{refused}; {SCORES_BY_CHARACTER}").show(out)


def edit(
    target: str,
    *,
    n: Number = 10,
    most: int = 5,
    positions: str | None = None,
    seed: int = 0,
    model: Model = DEFAULT,
    out: Path | None = None,
) -> None:
    """Propose variants of a protein by substitutions.

    One look at the whole chain says what each substitution would gain. Positions and residues are drawn by these odds,
    wherever they lie in the chain; then each variant is scored in full, and the most likely come first.

    Example: logos edit MSKGEELFTGVVPILVELDGDVNG --most 3 -n 5

    Parameters
    ----------
    target
        A .fasta file or a sequence.
    most
        Substitutions at most.
    positions
        Positions that may change, counted from 1, as 12,15,20-30.
    out
        A .csv, .jsonl or .fasta file.
    """
    check_out(out, ".csv", ".jsonl", ".fasta")
    given = inputs.sequences(target)
    allowed = None if positions is None else _positions(positions, max(len(residues) for _, residues in given))
    logos, rows, names = load(model), [], []
    ask = partial(logos.edit, n=n, most=most, positions=allowed, seed=seed)
    for (name, _), ranking in answered(given, lambda some: [ask(entry[1]) for entry in some]):
        for rank, answer in enumerate(ranking, 1):
            substitutions = list(answer.thing.substitutions)
            row = {"name": name, "rank": rank, "substitutions": substitutions, **answer.scores}
            rows.append({**row, "sequence": answer.thing.residues})
            names.append(f"{name}|{'+'.join(substitutions)}")
    Result(rows, "Variants", sequence="sequence", footnote=SCORES, names=names).show(out)


def _positions(text: str, most: int) -> frozenset[int]:
    """Places counted from 0, of numbers from 1 to `most` and ranges of them."""
    found: set[int] = set()
    for part in text.split(","):
        first, last = _range(part, f"positions {text!r}: found {part!r}; expected numbers or ranges such as 12,20-30")
        if last > most:
            raise InputError(f"positions {text!r}: found {last}; the longest chain has {most} residues")
        found.update(range(first - 1, last))
    return frozenset(found)


def _range(text: str, message: str) -> tuple[int, int]:
    """The ends of a range such as 20-30, or a number twice; InputError for what is neither, or begins below 1."""
    ends = [end.strip() for end in text.split("-")]
    if len(ends) > 2 or not all(end.isdecimal() for end in ends) or not 1 <= int(ends[0]) <= int(ends[-1]):
        raise InputError(message)
    return int(ends[0]), int(ends[-1])


def cdr(
    target: str,
    *,
    loops: str = "H3",
    antigen: Path | None = None,
    length: str | None = None,
    scheme: str = "imgt",
    order: cdr_design.Order = "agreement",
    n: Number = 10,
    seed: int = 0,
    model: Model = DEFAULT,
    out: Path | None = None,
) -> None:
    """Redesign loops of an antibody.

    Example: logos cdr heavy_and_light.fasta --loops H3,L3 -n 5

    Parameters
    ----------
    target
        A .fasta file of one variable domain or a heavy and a light one, or a sequence.
    loops
        The loops to design: H1, H2, H3, L1, L2, L3.
    antigen
        A .pdb, .cif or .fasta file of the antigen.
    length
        Residues of each loop, as 12 or 10-14; without it, about as long as the given one.
    scheme
        How loops are numbered: imgt or chothia.
    order
        agreement: by how many residues the draws lead one to expect right; or likelihood.
    out
        A .csv, .jsonl or .fasta file.
    """
    check_out(out, ".csv", ".jsonl", ".fasta")
    sequences = [residues for _, residues in inputs.sequences(target)]
    names = [name.strip() for name in loops.split(",")]
    context = [Protein(residues) for residues in _antigen(antigen)]
    options = {"lengths": _length(length), "scheme": scheme, "order": order, "seed": seed}
    ranking = load(model).cdr(sequences, names, n, antigens=context, **options)
    rows = [
        {"rank": rank, **dict(answer.thing.loops), **answer.scores, "votes": answer.votes,
         **{f"domain {i}": residues for i, residues in enumerate(answer.thing.domains, 1)}}
        for rank, answer in enumerate(ranking, 1)
    ]  # fmt: skip
    domains = [
        (f"{rank}.{i} legal_score={answer.legal_score:.3f}", residues)
        for rank, answer in enumerate(ranking, 1)
        for i, residues in enumerate(answer.thing.domains, 1)
    ]
    files = {".fasta": lambda path: write_fasta(path, domains)}
    note = "first what the draws agree on residue by residue, drawn or not" if order == "agreement" else SCORES
    Result(rows, f"Designs of {', '.join(names)}", footnote=note, files=files).show(out)


def _antigen(path: Path | None) -> list[str]:
    if path is None:
        return []
    given = inputs.structure_or_sequences(str(path))
    return [c.residues for c in given.chains] if isinstance(given, Structure) else [residues for _, residues in given]


def _length(text: str | None) -> tuple[int, int] | None:
    return None if text is None else _range(text, f"length {text!r}: expected a number or a range such as 10-14")
