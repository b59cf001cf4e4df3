"""Ligands for the 100 test pockets of CrossDocked2020, docked with AutoDock Vina, beside a wrong pocket and chance."""

from scilogos.bench.ligand.answers import NEAR, POOL, RIVALS, control, predict
from scilogos.bench.ligand.judging import judge, judged_by
from scilogos.bench.ligand.plots import plots
from scilogos.bench.ligand.pockets import FILES, items
from scilogos.bench.ligand.scoring import score
from scilogos.bench.ligand.settings import Settings, drawn
from scilogos.tasks import ligand_design

__all__ = [
    "BATCH",
    "FILES",
    "HELD_OUT",
    "JUDGING",
    "METHOD",
    "QUICK",
    "SAMPLES",
    "SAMPLING",
    "Settings",
    "control",
    "drawn",
    "items",
    "judge",
    "judged_by",
    "plots",
    "predict",
    "score",
]

HELD_OUT = (
    "CrossDocked2020 test pockets (receptors and reference ligands as in genbench3d). Training drops complexes whose "
    "chain is 30% or more identical to one of these; reference ligands themselves may occur with other proteins."
)
METHOD = (
    "chains with the residues within 4 Å of the reference ligand marked; the likeliest "
    "distinct ligands are docked by Vina, of single draws (`draws=1`) all, repeated ones too. "
    "By `tamgen` a cube of 20 Å at the reference ligand, where TamGen used smina; "
    "what fails or lacks counts 0. By `targetdiff` the reference ligand's extent and 5 Å, where TargetDiff takes that "
    "of the generated pose, which a SMILES has not; what fails or lacks is left out. Controls: the model asked for "
    f"the pocket of an unrelated protein ({POOL} times the draws), and random training ligands, both matched in heavy "
    f"atoms one by one (within {NEAR}). Likelihoods are among the symbols with which any molecule could go on. Own "
    f"pocket: log p of the reference ligand, canonical, against {RIVALS} pockets of unrelated proteins. Diversity: one "
    "minus the mean Tanimoto similarity of Morgan fingerprints in a pocket"
)
SAMPLES, BATCH, SAMPLING, QUICK = None, 4, ligand_design.SAMPLING, (10, ("molecules=2",))
JUDGING = ("exhaustiveness", "convention", "timeout", "jobs")  # settings that the model's answers do not depend on
