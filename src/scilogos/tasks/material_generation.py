"""Material generation: nothing (or given node fragments) in, ranked metal-organic frameworks out."""

from collections.abc import Sequence

from scilogos.decode import Engine, Prompt, Sampling
from scilogos.errors import PromptError
from scilogos.grammar import Material, parse, tags
from scilogos.grammar.constraints import Materials
from scilogos.grammar.writer import wrap
from scilogos.science import material
from scilogos.tasks.ranking import Ranking, rank

SAMPLING = Sampling(temperature=1.0)
BUDGET = 400  # symbols of a material


def prompt(nodes: Sequence[str] = ()) -> str:
    """Write the beginning that the answer goes on from: empty, or the given node fragments in the language's order."""
    ordered = material(".".join(nodes), "C").nodes if nodes else ()
    return tags.MATERIAL_S + "".join(wrap("metal", node) for node in ordered) if nodes else ""


def constraint(engine: Engine, known_nodes: frozenset[str] | None = None) -> Materials:
    """The frame of a material; nodes by syntax alone, or only known ones."""
    return Materials(engine.codec.vocabulary.whole, known_nodes)


def read(nodes: Sequence[str], answer: str) -> Material:
    """Read an answer as a canonical material; InputError for linkers that RDKit refuses."""
    thing = parse(prompt(nodes) + answer)
    assert isinstance(thing, Material)
    return material(".".join(thing.nodes), ".".join(linker.smiles for linker in thing.linkers), thing.net)


def generate(
    engine: Engine,
    *,
    n: int = 10,
    nodes: Sequence[str] = (),
    known_nodes: frozenset[str] | None = None,
    samples: int | None = None,
    sampling: Sampling = SAMPLING,
    seed: int = 0,
) -> Ranking[Material]:
    """Rank up to n materials from `samples` draws (default 2 n)."""
    tokens = tuple(engine.codec.encode(prompt(nodes)))
    rules = constraint(engine, known_nodes)
    guide = engine.guide(rules)
    start = guide.follow(guide.start, tokens)
    if start is None:
        rule = "each must be among the known nodes" if known_nodes else "expected bracket atoms of this model, as [Zn]"
        raise PromptError(f"nodes {', '.join(nodes)}: {rule}, {rules.most_nodes} fragments at most")
    groups = engine.complete([Prompt(tokens, guide, BUDGET, start)], samples or 2 * n, sampling, seed=seed)
    return rank(groups, lambda text: read(nodes, text), most=n)
