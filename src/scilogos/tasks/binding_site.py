"""Binding sites: chains in; out the probability of every residue, and pockets where coordinates are known."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from scilogos.decode import Completion, Engine, Prompt, Sampling
from scilogos.errors import PromptError
from scilogos.grammar import Located, Protein, parse, split, tags, write
from scilogos.grammar.constraints import MarkedCopy
from scilogos.grammar.symbols import Symbol
from scilogos.tokens import GrownCodec

SAMPLING = Sampling(temperature=1.0)
SAMPLES = 32  # answers to average over: with eight the draws blur what the model knows, docs/log.md
THRESHOLD = 0.5  # probability from which a residue is called a site, where a checkpoint has none of its own
LINK = 8.0  # Å between side-chain centroids of residues of one pocket


@dataclass(frozen=True)
class Pocket:
    """One pocket: its centre in Å, its residues as (chain, residue) indices, its summed probability."""

    centre: tuple[float, float, float]
    residues: tuple[tuple[int, int], ...]
    score: float


@dataclass(frozen=True)
class Sites:
    """Marked chains, the probability of each residue (one array a chain), and the pockets, best first.

    Marked are the residues of a probability of `threshold` and above. `votes` are the shares of samples that marked a
    residue. Chains too long to be read at once are read in several `parts`, which do not see each other.
    """

    chains: tuple[Protein, ...]
    probabilities: tuple[np.ndarray, ...]
    pockets: tuple[Pocket, ...] = ()
    threshold: float = THRESHOLD
    votes: tuple[np.ndarray, ...] = ()
    parts: int = 1


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
    Where a token may hold several residues it is 1 or 0: marked or not.
    """
    if isinstance(engine.codec, GrownCodec):
        return votes(chains, completions)
    mark = engine.codec.vocabulary.ids[Symbol("tag", tags.POCKET_S)]
    letters = {engine.codec.vocabulary.ids[Symbol("residue", letter)] for chain in chains for letter in chain}
    lengths = [len(chain) for chain in chains]
    total = np.zeros(sum(lengths))
    for completion in completions:
        at, marked = 0, False
        for token, score in zip(completion.tokens, completion.choice_scores, strict=False):
            if token == mark:
                total[at] += np.exp(score)
            elif token in letters:
                total[at] += 0.0 if marked else -np.expm1(score)
                at += 1
            marked = token == mark
    return np.split(total / len(completions), np.cumsum(lengths)[:-1])


def votes(chains: Sequence[str], completions: Sequence[Completion]) -> list[np.ndarray]:
    """The share of sampled answers that mark each residue: one array a chain."""
    marked = [read(chains, completion.text) for completion in completions]
    return [np.mean([np.isin(range(len(chain)), m[c].sites) for m in marked], 0) for c, chain in enumerate(chains)]


def locate(engine: Engine, chains: Sequence[str], **options) -> Sites:
    """Mark the sites of chains; see `locate_all` for the options, with `centroids` of these chains alone."""
    centroids = options.pop("centroids", None)
    return locate_all(engine, [chains], centroids=None if centroids is None else [centroids], **options)[0]


def locate_all(
    engine: Engine,
    structures: Sequence[Sequence[str]],
    *,
    centroids: Sequence[Sequence[np.ndarray]] | None = None,
    samples: int = SAMPLES,
    threshold: float = THRESHOLD,
    sampling: Sampling = SAMPLING,
    seed: int = 0,
) -> list[Sites]:
    """Mark the sites of several structures, each of one or more chains; the same as one by one, but faster.

    With side-chain centroids, float [residues, 3] in Å a chain, marked residues are grouped to pockets. PromptError for
    a chain that the model cannot read.
    """
    if samples < 1 or not 0 < threshold <= 1:
        raise PromptError(f"{samples} samples, threshold {threshold}: expected at least 1, and a probability above 0")
    cut = [_parts(engine, chains) for chains in structures]
    asked = [part for parts in cut for part in parts]
    drawn = engine.complete([_prompt(engine, part) for part in asked], samples, sampling, seed=seed)
    told = iter([(probabilities(engine, *pair), votes(*pair)) for pair in zip(asked, drawn, strict=True)])
    found = []
    for number, (chains, parts) in enumerate(zip(structures, cut, strict=True)):
        scores, shares = (tuple(itertools.chain(*some)) for some in zip(*(next(told) for _ in parts), strict=True))
        marked = tuple(
            Protein(residues, tuple(np.flatnonzero(p >= threshold).tolist()))
            for residues, p in zip(chains, scores, strict=True)
        )
        grouped = () if centroids is None else pockets(marked, scores, centroids[number])
        found.append(Sites(marked, scores, grouped, threshold, shares, len(parts)))
    return found


def _prompt(engine: Engine, chains: Sequence[str]) -> Prompt:
    tokens, budget = tuple(engine.codec.encode(prompt(chains))), sum(3 * len(chain) + 2 for chain in chains)
    return Prompt(tokens, engine.guide(constraint(chains)), budget, choices=True)


def _parts(engine: Engine, chains: Sequence[str]) -> list[Sequence[str]]:
    """The chains in runs that the model can read with their answers; PromptError for a chain that it cannot."""
    parts, start = [], 0
    for end in range(2, len(chains) + 1):
        if not _is_roomy(engine, chains[start:end]):
            parts.append(chains[start : end - 1])
            start = end - 1
    for part in (*parts, chains[start:]):
        marks, length = _room(engine, part) // 2, sum(map(len, part))
        if marks < length // 10:
            raise PromptError(f"{length} residues leave room for {marks} marks; expected room for one residue in ten")
    return [*parts, chains[start:]]


def _is_roomy(engine: Engine, chains: Sequence[str]) -> bool:
    """Whether there is room for the answer with one residue in four marked, which is more than sites have."""
    try:
        return _room(engine, chains) >= sum(len(residues) // 2 for residues in chains)
    except PromptError:
        return False


def _room(engine: Engine, chains: Sequence[str]) -> int:
    """How many symbols of marks, two each, the model can write into the plain copy; PromptError where not even that."""
    return engine.fitted(_prompt(engine, chains)).budget - sum(len(residues) + 2 for residues in chains)


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
