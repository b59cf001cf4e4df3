"""Figures on held-out records of a user's own table, for the tasks whose answers can be compared with the truth."""

from collections import defaultdict
from collections.abc import Callable, Sequence

import numpy as np

from scilogos.bench.figures import Figure, bootstrap, mean
from scilogos.bench.held_out import subset
from scilogos.bench.scores import average_precision, confusion, mcc, rank_of, top_k
from scilogos.errors import PromptError
from scilogos.grammar import Located, Retro, Sentence
from scilogos.science import canonical, order_reactants
from scilogos.tasks import Logos, binding_site, retrosynthesis

PRODUCTS, DRAWS = 40, 8  # products that are asked; draws from each of a product's writings
CHAINS, MARKINGS = 20, binding_site.SAMPLES  # chains that are asked; samples of each

Measure = Callable[[Logos, Sequence[Sentence]], dict[str, Figure]]


def reactants(model: Logos, held: Sequence[Sentence]) -> dict[str, Figure]:
    """Top-1 and top-10 of whole reactant sets; of a product with several, the best rank counts."""
    truths: dict[str, list[tuple[str, ...]]] = defaultdict(list)
    for sentence in held:
        assert isinstance(sentence, Retro)
        if _writable(model, sentence.product.smiles):
            parts = (part for reactant in sentence.reactants for part in canonical(reactant.smiles).split("."))
            truths[canonical(sentence.product.smiles)].append(tuple(order_reactants(parts)))
    products = subset(sorted(truths), PRODUCTS, 0)
    ranks = []
    for product, ranking in zip(
        products, retrosynthesis.propose_all(model.engine, products, samples=DRAWS), strict=True
    ):
        found = [rank_of(truth, (answer.thing for answer in ranking)) for truth in truths[product]]
        ranks.append(min((rank for rank in found if rank is not None), default=None))
    return {f"top-{k}": mean(top_k(ranks, k)) for k in (1, 10)}


def _writable(model: Logos, product: str) -> bool:
    try:
        return bool(model.engine.codec.encode(retrosynthesis.prompt(product)))
    except PromptError:  # a symbol that the vocabulary lacks: the corpus holds no such product either
        return False


def marks(model: Logos, held: Sequence[Sentence]) -> dict[str, Figure]:
    """Area under the precision-recall curve of residues, and MCC at the checkpoint's threshold, pooled over chains."""
    sites = [sentence for sentence in subset(held, CHAINS, 0) if isinstance(sentence, Located)]
    chains = [tuple(chain.residues for chain in sentence.chains) for sentence in sites]
    threshold = model.calibration.site_threshold
    found = binding_site.locate_all(model.engine, chains, samples=MARKINGS, threshold=threshold)
    scores = [np.concatenate(one.probabilities) for one in found]
    truths = [
        np.concatenate([np.isin(np.arange(len(chain.residues)), chain.sites) for chain in sentence.marked])
        for sentence in sites
    ]

    def pooled(units: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return np.concatenate([scores[i] for i in units]), np.concatenate([truths[i] for i in units])

    def correlation(units: np.ndarray) -> float:
        called, truth = pooled(units)
        return mcc(confusion(called >= threshold, truth))

    return {
        "AUPRC": bootstrap(lambda units: average_precision(*pooled(units)), len(sites), percent=False),
        f"MCC at {threshold:.2g}": bootstrap(correlation, len(sites), percent=False),
    }
