"""Pocket-aware ligand design: marked chains in, ranked molecules out."""

from collections.abc import Sequence

from scilogos.decode import Engine, Prompt, Sampling
from scilogos.errors import PromptError
from scilogos.grammar import Complex, Molecule, Protein, parse, split, write
from scilogos.grammar.constraints import Bounds, Molecules
from scilogos.science import canonical
from scilogos.tasks.ranking import Ranking, rank

SAMPLING = Sampling(temperature=1.0, top_p=0.95)
BUDGET = 160  # symbols of a ligand


def prompt(chains: Sequence[Protein]) -> str:
    """Write the prompt of chains with marked contacts; PromptError without a mark, ObjectError for mixed levels."""
    if not any(chain.sites for chain in chains):
        raise PromptError("no residue is marked; name the pocket with --site A:45,A:67 or --around LIG")
    return split(write(Complex(tuple(chains), Molecule("C"))))[0]


def constraint(bounds: Bounds = Bounds()) -> Molecules:
    """One molecule within bounds."""
    return Molecules(1, 1, bounds=bounds)


def read(chains: Sequence[Protein], answer: str) -> str:
    """Read an answer as a canonical SMILES; InputError for one that RDKit refuses."""
    sentence = parse(prompt(chains) + answer)
    assert isinstance(sentence, Complex)
    return canonical(sentence.ligand.smiles)


def design(
    engine: Engine,
    chains: Sequence[Protein],
    *,
    n: int = 10,
    samples: int | None = None,
    bounds: Bounds = Bounds(),
    sampling: Sampling = SAMPLING,
    seed: int = 0,
) -> Ranking[str]:
    """Rank up to n ligands for the marked pocket, from `samples` draws (default 3 n)."""
    tokens = tuple(engine.codec.encode(prompt(chains)))
    guide = engine.guide(constraint(bounds))
    groups = engine.complete([Prompt(tokens, guide, BUDGET)], samples or 3 * n, sampling, seed=seed)
    return rank(groups, lambda text: read(chains, text), most=n)
