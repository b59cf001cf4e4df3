"""The ligands of each arm: the model's, its answers to another pocket, random training ligands, the reference."""

import random
from collections.abc import Callable, Sequence

import numpy as np

from scilogos.bench.held_out import Answer, HeldOut, Item, Predict
from scilogos.bench.ligand.pockets import Background, Pocket
from scilogos.bench.ligand.settings import Settings
from scilogos.errors import InputError, ScilogosError
from scilogos.grammar import Complex, Molecule, Protein, split, write
from scilogos.science import heavy_atoms
from scilogos.tasks import Answer as Ranked
from scilogos.tasks import Logos, ligand_design
from scilogos.tasks.ligand_design import Designs

RIVALS = 9  # other pockets that a pocket is compared with
POOL = 6  # times as many draws to the wrong pocket, to match from
NEAR = 1  # heavy atoms: a control that is further off is not matched


def predict(model: Logos, held: HeldOut, batch: Sequence[Item], *, samples: int, seed: int) -> list[Answer]:
    """Distinct ligands with score, votes and contrast, best first; the draws; how likely the pocket's own ligand is.

    A contrast is log p in the pocket less the mean of it in pockets of unrelated proteins.
    """
    del samples
    return [_answer(model, held, item, seed) for item in batch]


def _answer(model: Logos, held: HeldOut, item: Item, seed: int) -> Answer:
    background: Background = held.training
    pockets = [item.given, *background.others(item.given, RIVALS)]
    designs = _drawn(model, held, item.given, seed)
    answer, kept = _told(designs), _wanted(designs, held.settings)
    answer["ligands"] = [_row(a) for a in kept]
    likely = _likelihoods(model, pockets, [a.texts[0] for a in kept]) if kept else []
    if len(likely) < len(pockets) and kept:
        answer["unread"] = len(pockets) - len(likely)
    if len(likely) > 1:
        own, *others = likely
        for ligand, contrast in zip(answer["ligands"], own - np.mean(others, axis=0), strict=True):
            ligand["contrast"] = round(float(contrast), 4)
    try:
        reference = split(write(Complex(item.given.chains, Molecule(item.truth))))[1]
        found = [float(some[0]) for some in _likelihoods(model, pockets, [reference])]
    except ScilogosError as error:  # such as a symbol that the model lacks: its own ligands are not concerned
        return {**answer, "unscored": str(error)}
    if not np.isfinite(found).all():
        return {**answer, "unscored": f"{item.truth}: sampling could not write it"}
    return {**answer, "preference": [round(likelihood, 4) for likelihood in found]}


def _likelihoods(model: Logos, pockets: Sequence[Pocket], texts: Sequence[str]) -> list[np.ndarray]:
    """The likelihoods in the own pocket, which comes first, and in those of the others that the model can read."""
    found = [log_likelihoods(model, pockets[0].chains, texts)]
    for pocket in pockets[1:]:
        try:
            found.append(log_likelihoods(model, pocket.chains, texts))
        except ScilogosError:  # such as chains too long for it
            continue
    return found


def _drawn(model: Logos, held: HeldOut, pocket: Pocket, seed: int, times: int = 1) -> Designs:
    draws = held.settings.molecules * held.settings.draws * times
    sampling = held.settings.sampling(ligand_design.SAMPLING)
    return model.ligands(pocket.chains, draws, samples=draws, sampling=sampling, seed=seed)


def _told(designs: Designs) -> Answer:
    found = [_row(a) for a in designs]
    return {"ligands": found, "drawn": designs.drawn, "refused": designs.refused, "distinct": len(designs)}


def _row(answer: Ranked[str]) -> Answer:
    return {"smiles": answer.thing, "score": round(answer.legal_score, 4), "votes": answer.votes}


def _wanted(designs: Designs, settings: Settings) -> Sequence[Ranked[str]]:
    """The ligands that count: the likeliest distinct ones; of single draws all, each as often as it was drawn."""
    if settings.draws > 1:
        return designs.answers[: settings.molecules]
    return [answer for answer in designs for _ in range(answer.votes)]


def log_likelihoods(model: Logos, chains: Sequence[Protein], texts: Sequence[str]) -> np.ndarray:
    """The log-likelihood of each answer's text in a pocket, among molecules, at temperature 1: float [texts]."""
    codec, prompt = model.engine.codec, ligand_design.prompt(chains)
    head = codec.encode(prompt)
    answers = [codec.encode(prompt + text)[len(head) :] for text in texts]
    rule = model.engine.guide(ligand_design.constraint())
    return np.array([legal.sum() for _, legal in model.engine.both_scores(head, answers, rule)])


def control(model: Logos, held: HeldOut, *, seed: int) -> dict[str, Predict]:
    """The model asked for another protein's pocket, random training ligands, and the reference ligand.

    The first two are matched to the model's own answer, which is drawn again: to each of its ligands, in their order,
    goes the unused one of the nearest number of heavy atoms. To the wrong pocket many more are drawn than needed.
    """
    background: Background = held.training

    def sizes(pocket: Pocket) -> list[int]:
        return [heavy_atoms(a.thing) for a in _wanted(_drawn(model, held, pocket, seed), held.settings)]

    def wrong_pocket(pocket: Pocket) -> Answer:
        other = next(iter(background.others(pocket, 1)), None)
        if other is None:
            raise InputError("no other pocket has an unrelated protein")
        wanted = sizes(pocket)
        answer = _told(_drawn(model, held, other, seed, POOL))
        pool = [ligand["smiles"] for ligand in answer["ligands"]]
        return {**answer, "pocket": other.name, "ligands": matched(wanted, pool), "wanted": len(wanted)}

    def training(pocket: Pocket) -> Answer:
        rng, wanted = random.Random(f"{seed}/{pocket.name}"), sizes(pocket)
        pool = [smiles for some in background.ligands.values() for smiles in some]
        return {"ligands": matched(wanted, rng.sample(pool, len(pool))), "wanted": len(wanted)}

    def reference(pocket: Pocket) -> Answer:
        return {"ligands": [{"smiles": pocket.ligand}]}

    def arm(answer: Callable[[Pocket], Answer]) -> Predict:
        return lambda batch: [answer(item.given) for item in batch]

    return {
        "wrong pocket": arm(wrong_pocket),
        "training ligands": arm(training),
        "reference": arm(reference),
    }


def matched(sizes: Sequence[int], pool: Sequence[str]) -> list[Answer]:
    """For each size the unused molecule of the pool with the nearest number of heavy atoms, the earlier of equals.

    `off` is the difference; there are fewer than sizes where the pool is smaller.
    """
    left, chosen = {smiles: heavy_atoms(smiles) for smiles in pool}, []
    for size in sizes[: len(left)]:
        nearest = min(left, key=lambda smiles: abs(left[smiles] - size))
        chosen.append({"smiles": nearest, "off": abs(left.pop(nearest) - size)})
    return chosen
