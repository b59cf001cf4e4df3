"""Binding sites: chains in; out the probability of every residue, and pockets where coordinates are known."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from scilogos.decode import Completion, Engine, Prompt, Sampling, log_probabilities
from scilogos.errors import PromptError
from scilogos.grammar import Located, Protein, parse, split, tags, write
from scilogos.grammar.constraints import MarkedCopy
from scilogos.grammar.symbols import Symbol

SAMPLING = Sampling(temperature=1.0)
THRESHOLD = 0.5  # probability from which a residue is called a site; chosen on validation data by the bench
LINK = 8.0  # Å between side-chain centroids of residues of one pocket


@dataclass(frozen=True)
class Pocket:
    """One pocket: its centre in Å, its residues as (chain, residue) indices, its summed probability."""

    centre: tuple[float, float, float]
    residues: tuple[tuple[int, int], ...]
    score: float


@dataclass(frozen=True)
class Sites:
    """Marked chains, the probability of each residue (one array a chain), and the pockets, best first."""

    chains: tuple[Protein, ...]
    probabilities: tuple[np.ndarray, ...]
    pockets: tuple[Pocket, ...] = ()


def prompt(chains: Sequence[str]) -> str:
    """Write the prompt of residue strings."""
    plain = tuple(Protein(residues) for residues in chains)
    return split(write(Located(plain, plain)))[0]


def constraint(chains: Sequence[str]) -> MarkedCopy:
    """The same chains with free marks."""
    return MarkedCopy(tuple(chains))


def read(chains: Sequence[str], answer: str) -> tuple[Protein, ...]:
    """Read an answer as marked chains."""
    sentence = parse(prompt(chains) + answer)
    assert isinstance(sentence, Located)
    return sentence.marked


def probabilities(engine: Engine, chains: Sequence[str], completions: Sequence[Completion]) -> list[np.ndarray]:
    """The probability of a mark at every residue, averaged over sampled answers: one array a chain.

    In each sample a residue's probability is that of `<PocketS>` against the residue itself, given the sample so far.
    """
    tokens, ids = engine.codec.encode(prompt(chains)), engine.codec.vocabulary.ids
    mark = ids[Symbol("tag", tags.POCKET_S)]
    residues = [ids[Symbol("residue", letter)] for chain in chains for letter in chain]
    letters, total = frozenset(residues), np.zeros(len(residues))
    tables = log_probabilities(engine, [(*tokens, *completion.tokens) for completion in completions])
    for table, completion in zip(tables, completions, strict=True):
        at, inside = 0, False
        for place, token in enumerate(completion.tokens, len(tokens)):
            if token == mark or (token in letters and not inside):
                log_marked, log_plain = table[place, [mark, residues[at]]]
                total[at] += np.exp(log_marked - np.logaddexp(log_marked, log_plain))
            at += token in letters
            inside = token == mark
    means = total / len(completions)
    return np.split(means, np.cumsum([len(chain) for chain in chains])[:-1])


def locate(
    engine: Engine,
    chains: Sequence[str],
    *,
    centroids: Sequence[np.ndarray] | None = None,
    samples: int = 20,
    threshold: float = THRESHOLD,
    sampling: Sampling = SAMPLING,
    seed: int = 0,
) -> Sites:
    """Mark the sites of chains; with side-chain centroids, float [residues, 3] in Å a chain, group them to pockets."""
    if samples < 1 or not 0 < threshold <= 1:
        raise PromptError(f"{samples} samples, threshold {threshold}: expected at least 1, and a probability above 0")
    tokens = tuple(engine.codec.encode(prompt(chains)))
    request = Prompt(tokens, engine.guide(constraint(chains)), sum(3 * len(chain) + 2 for chain in chains))
    completions = engine.complete([request], samples, sampling, seed=seed)[0]
    scores = probabilities(engine, chains, completions)
    marked = tuple(
        Protein(chain, tuple(np.flatnonzero(p >= threshold).tolist())) for chain, p in zip(chains, scores, strict=True)
    )
    found = pockets(marked, scores, centroids) if centroids is not None else ()
    return Sites(marked, tuple(scores), found)


def pockets(
    chains: Sequence[Protein], scores: Sequence[np.ndarray], centroids: Sequence[np.ndarray], *, link: float = LINK
) -> tuple[Pocket, ...]:
    """Group marked residues whose centroids lie within `link` Å (single linkage); rank by summed probability."""
    places = [(c, i) for c, chain in enumerate(chains) for i in chain.sites if not np.isnan(centroids[c][i]).any()]
    if not places:
        return ()
    xyz = np.asarray([centroids[c][i] for c, i in places])
    near = np.linalg.norm(xyz[:, None] - xyz[None], axis=-1) <= link
    left, found = set(range(len(places))), []
    while left:
        frontier, group = [left.pop()], set()
        while frontier:
            here = frontier.pop()
            group.add(here)
            fresh = {j for j in left if near[here, j]}
            left -= fresh
            frontier += fresh
        members = sorted(group)
        weights = np.asarray([scores[places[m][0]][places[m][1]] for m in members])
        centre = np.average(xyz[members], axis=0, weights=weights)
        found.append(Pocket(tuple(map(float, centre)), tuple(places[m] for m in members), float(weights.sum())))
    return tuple(sorted(found, key=lambda pocket: (-pocket.score, pocket.residues)))
