"""Docking and describing the ligands of an answer, whatever arm gave it."""

from collections import defaultdict
from collections.abc import Sequence

from scilogos.bench.held_out import Answer, HeldOut, Item
from scilogos.bench.ligand import tools
from scilogos.bench.ligand.docking import SEED, Docked, Docker, Job
from scilogos.bench.ligand.pockets import Background
from scilogos.bench.ligand.preparation import PREPARATION
from scilogos.bench.ligand.settings import CONVENTIONS, Settings
from scilogos.science import descriptors, without_stereo

KEPT = ("qed", "sa", "logp", "lipinski", "heavy_atoms")


def judged_by(settings: Settings) -> dict[str, str]:
    """What a judgement depends on: tools, their versions, and how they are used."""
    box = f"the box of {settings.convention}, exhaustiveness {settings.exhaustiveness}, seed {SEED}"
    return tools.versions() | {"docking": f"{box}, {settings.timeout} s a ligand", "preparation": PREPARATION}


def judge(held: HeldOut, batch: Sequence[Item], answers: Sequence[Answer]) -> list[Answer]:
    """Each ligand with affinity (kcal/mol), pose and descriptors, and the reference ligand's; failures by reason."""
    settings: Settings = held.settings
    docker = Docker(held.shared, exhaustiveness=settings.exhaustiveness, timeout=settings.timeout, jobs=settings.jobs)
    margin = CONVENTIONS[settings.convention].margin
    texts = [
        [*(ligand["smiles"] for ligand in answer["ligands"]), item.truth]
        for item, answer in zip(batch, answers, strict=True)
    ]
    jobs = [
        Job(receptor=item.given.receptor, smiles=smiles, box=item.given.box(margin))
        for item, some in zip(batch, texts, strict=True)
        for smiles in some
    ]
    found = iter(docker.dock(jobs))
    return [_judgement(held.training, some, [next(found) for _ in some]) for some in texts]


def _judgement(background: Background, texts: Sequence[str], docked: Sequence[Docked]) -> Answer:
    failed = defaultdict(list)
    for smiles, result in zip(texts[:-1], docked[:-1], strict=True):
        if result.failed:
            failed[result.failed].append(smiles)
    judged = [_described(background, *pair) for pair in zip(texts, docked, strict=True)]
    passing = {"passing": True} if any(result.passing for result in docked) else {}
    return {"docked": judged[:-1], "reference": judged[-1], "failed": dict(failed), **passing}


def _described(background: Background, smiles: str, docked: Docked) -> Answer:
    known = descriptors(smiles)
    answer = {"smiles": smiles, **{name: known[name] for name in KEPT}}
    answer["novel"] = without_stereo(smiles) not in background.known
    answer["docking seconds"] = docked.seconds
    if docked.failed:
        return {**answer, "failed": docked.failed}
    return {**answer, "affinity": docked.affinity, "pose": docked.pose, "broken": list(docked.broken)}
