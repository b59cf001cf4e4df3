"""The ligands of each arm: the model's, its answers to another pocket, random training ligands, the reference."""

import random
from collections.abc import Callable, Sequence

from scilogos.bench.held_out import Answer, HeldOut, Item, Predict
from scilogos.bench.ligand.pockets import Background, Pocket
from scilogos.errors import InputError, ScilogosError
from scilogos.grammar import Complex, Molecule, write
from scilogos.science import heavy_atoms
from scilogos.tasks import Logos

RIVALS = 9  # other pockets that a pocket is compared with
POOL = 6  # times as many draws to the wrong pocket, to match from
NEAR = 1  # heavy atoms: a control that is further off is not matched


def predict(model: Logos, held: HeldOut, batch: Sequence[Item], *, samples: int, seed: int) -> list[Answer]:
    """Distinct ligands with score and votes, best first; what became of the draws; how likely the pocket's own is."""
    del samples
    return [{**_designed(model, held, item.given, seed), **_preference(model, held, item)} for item in batch]


def _designed(model: Logos, held: HeldOut, pocket: Pocket, seed: int) -> Answer:
    answer = _drawn(model, pocket, held.settings.molecules * held.settings.draws, seed)
    return {**answer, "ligands": answer["ligands"][: held.settings.molecules]}


def _drawn(model: Logos, pocket: Pocket, draws: int, seed: int) -> Answer:
    designs = model.ligands(pocket.chains, draws, samples=draws, seed=seed)
    found = [{"smiles": a.thing, "score": round(a.score, 4), "votes": a.votes} for a in designs]
    return {"ligands": found, "drawn": designs.drawn, "refused": designs.refused, "distinct": len(designs)}


def _preference(model: Logos, held: HeldOut, item: Item) -> Answer:
    """log p of the reference ligand in its own pocket, then in pockets of unrelated proteins; canonical writing."""
    background: Background = held.training
    pockets = [item.given, *background.others(item.given, RIVALS)]
    try:
        return {"preference": [round(_log_likelihood(model, pocket, item.truth), 4) for pocket in pockets]}
    except ScilogosError as error:  # such as a symbol that the model lacks: its own ligands are not concerned
        return {"unscored": str(error)}


def _log_likelihood(model: Logos, pocket: Pocket, smiles: str) -> float:
    sentence = write(Complex(pocket.chains, Molecule(smiles)))
    return sum(score for _, score in model.score(sentence))


def baseline(model: Logos, held: HeldOut, *, seed: int) -> dict[str, Predict]:
    """The model asked for another protein's pocket, random training ligands, and the reference ligand.

    The first two are matched to the model's own answer, which is drawn again: to each of its ligands, in their order,
    goes the unused one of the nearest number of heavy atoms. To the wrong pocket many more are drawn than needed.
    """
    background: Background = held.training

    def sizes(pocket: Pocket) -> list[int]:
        return [heavy_atoms(ligand["smiles"]) for ligand in _designed(model, held, pocket, seed)["ligands"]]

    def wrong_pocket(pocket: Pocket) -> Answer:
        other = next(iter(background.others(pocket, 1)), None)
        if other is None:
            raise InputError("no other pocket has an unrelated protein")
        wanted = sizes(pocket)
        answer = _drawn(model, other, held.settings.molecules * held.settings.draws * POOL, seed)
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
