"""The chain of stage 2: node, linkers and net to a framework, relaxed and checked, each step a program of its own.

Equal parts give an equal framework: seeds are fixed, and what was found is kept by a hash of the parts and limits.
Knows nothing of models: a judgement is the same for whoever named the parts.
"""

import hashlib
import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from scilogos.bench.figures import Figure, bootstrap, ratio
from scilogos.bench.held_out import Answer
from scilogos.bench.material.fit import Choice, Library, Misfit, choices
from scilogos.bench.material.limits import Failed, call
from scilogos.bench.material.settings import Settings, tools
from scilogos.errors import ScilogosError
from scilogos.science import replacing
from scilogos.version import __version__

PROGRAMS = Path(__file__).parent
MIN_PORE = 2.4  # Å, the pore-limiting diameter that MOFDiff and MOFFlow-2 ask for


def judged(
    nodes: Sequence[str], linkers: Sequence[str], net: str | None, library: Library, settings: Settings, folder: Path
) -> Answer:
    """Assemble, relax and check: `structure` with its facts, checks and CIF, or `failed` with the reason.

    A CIF is kept in the folder if every check passes.
    """
    parts = {"nodes": sorted(nodes), "linkers": sorted(linkers), "net": (net or "").partition(",")[0]}
    made_by = {**parts, **settings.limits, **tools(settings), "scilogos": __version__}
    name = hashlib.sha256(json.dumps(made_by, sort_keys=True).encode()).hexdigest()[:16]
    known = folder / f"{name}.json"
    if known.is_file():
        return json.loads(known.read_text(encoding="utf-8"))
    began, lasting = time.monotonic(), True
    try:
        answer = {"structure": _built(parts, library, settings, folder / f"{name}.cif")}
    except Misfit as misfit:
        answer = {"failed": {misfit.reason: [misfit.about]}}
    except Failed as failed:
        answer, lasting = {"failed": {failed.reason: [failed.detail]}}, failed.lasting
    except ScilogosError as error:
        answer = {"failed": {"parts that cannot be read": [str(error)]}}
    answer["stage 2 seconds"] = round(time.monotonic() - began, 2)
    if not lasting:
        return {**answer, "passing": True}
    _keep(known, json.dumps(answer))
    return answer


def _keep(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as stream:
        stream.write(text)


def _built(parts: dict[str, Any], library: Library, settings: Settings, kept: Path) -> dict[str, Any]:
    fitting = choices(parts["nodes"], parts["linkers"], library)
    with tempfile.TemporaryDirectory(prefix="scilogos-") as made:
        folder = Path(made)
        limits = {"folder": folder, "seconds": settings.seconds, "gib": settings.gib}
        wanted = job(fitting, library, parts["net"], settings, folder / "built.cif")
        (folder / "job.json").write_text(json.dumps(wanted), encoding="utf-8")
        facts = call("assembly", sys.executable, PROGRAMS / "assembly.py", ["job.json"], **limits)
        if refused := facts.pop("refused", None):
            raise Failed(f"assembly: {refused}", json.dumps(facts))
        facts["named"] = parts["net"]
        facts |= call("relaxation", sys.executable, PROGRAMS / "relaxation.py", ["built.cif", "relaxed.cif"], **limits)
        found = call("checks", settings.checker, PROGRAMS / "checks.py", ["relaxed.cif"], **limits)
        checks = found["checks"] | _porosity(limits)
        facts["checks"] = checks
        if all(checks.values()):
            _keep(kept, (folder / "relaxed.cif").read_text(encoding="utf-8"))
            facts["cif"] = kept.name
        return facts


def job(fitting: Sequence[Choice], library: Library, net: str, settings: Settings, cif: Path) -> dict[str, Any]:
    """What the program of assembly reads."""
    return {
        "choices": [{**asdict(choice), "block": choice.block.name} for choice in fitting],
        "nets": [known.name for known in library.nets],
        "net": net,
        "atoms": settings.atoms,
        "cif": str(cif),
    }


def _porosity(limits: dict[str, Any]) -> dict[str, bool]:
    """Whether something of 2.4 Å can pass, by Zeo++ where pyzeo is installed; else nothing is said."""
    if not find_spec("pyzeo"):
        return {}
    found = call("porosity", sys.executable, PROGRAMS / "porosity.py", ["relaxed.cif"], **limits)
    return {"is_porous": found["pore"] >= MIN_PORE}


def passes(answers: Sequence[Answer], vnu: Sequence[bool]) -> list[bool | None]:
    """Whether each draw that is valid, novel and unique passes every check; None of one that was not tried."""
    found: list[bool | None] = []
    for answer, new in zip(answers, vnu, strict=True):
        checks = answer.get("structure", {}).get("checks", {})
        tried = new and ("structure" in answer or "failed" in answer)
        found.append(bool(checks) and all(checks.values()) if tried else None)
    return found


def structure_figures(answers: Sequence[Answer], vnu: Sequence[bool]) -> dict[str, Figure]:
    """What of the draws that went on to stage 2 was built and passed, what of all draws would, and why the others not.

    VNU of stage 2 is the share of all draws that are valid, novel, unique and pass: the share of stage 1, of all draws,
    times the share that passes, of those tried. Its interval resamples the draws, tried or not.
    """
    said, new = passes(answers, vnu), np.array(vnu)
    tried, passed = np.array([one is not None for one in said]), np.array([bool(one) for one in said])
    if not tried.any():
        return {}
    built = [answer.get("structure", {"checks": {}}) for answer in answers]
    there = tried & np.array(["structure" in answer for answer in answers])

    def whole(units: np.ndarray) -> float:
        number = tried[units].sum()
        return float(new[units].mean() * passed[units].sum() / number) if number else float("nan")

    named = np.array([bool(facts.get("named")) for facts in built]) & there
    kept = [named[i] and facts["named"] == facts["net"] for i, facts in enumerate(built)]
    faults = Counter(reason for i, answer in enumerate(answers) if tried[i] for reason in answer.get("failed", ()))
    misses = Counter(check for i, f in enumerate(built) if there[i] for check, good in f["checks"].items() if not good)
    seconds = [answer["stage 2 seconds"] for answer in answers if "stage 2 seconds" in answer]
    pace = Figure(60 / float(np.mean(seconds or [np.nan])), count=len(seconds), percent=False)
    return {
        **({"stage 2: tried a minute and core, by the clock": pace} if seconds else {}),
        "stage 2: tried": Figure(int(tried.sum()), count=len(answers), percent=False),
        "stage 2: assembled and relaxed, of those tried": ratio(there, tried),
        "stage 2: passes, of those tried": ratio(passed, tried),
        "stage 2: passes, of those assembled": ratio(passed, there),
        "VNU, stage 2: stage 1 of all draws, times what passes of those tried": bootstrap(whole, len(answers)),
        "stage 2: on the net that was named, of those assembled that named one": ratio(kept, named),
        **{f"failed: {reason}": _count(number, tried) for reason, number in faults.most_common()},
        **{f"check not passed: {check}": _count(number, there) for check, number in misses.most_common()},
    }


def _count(number: int, units: np.ndarray) -> Figure:
    return Figure(number, count=int(units.sum()), percent=False)
