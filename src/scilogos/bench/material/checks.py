"""A program of its own: a CIF in, MOFChecker's verdicts as JSON out. Written for its Python, 3.10.

    python checks.py RELAXED.cif
    python checks.py --versions

A check is true where it is passed. The fifteen are those of MOFDiff and MOFFlow-2 except porosity, which has a program
apart; has_3d_connected_graph is left out, as they do. Needs MOFChecker, and nothing of scilogos.
"""

import json
import os
import sys
import warnings
from importlib import metadata

PRESENT = ("has_carbon", "has_hydrogen", "has_metal")
ABSENT = (
    "has_atomic_overlaps",
    "has_overcoordinated_c",
    "has_overcoordinated_n",
    "has_overcoordinated_h",
    "has_undercoordinated_c",
    "has_undercoordinated_n",
    "has_undercoordinated_rare_earth",
    "has_undercoordinated_alkali_alkaline",
    "has_lone_molecule",
    "has_high_charges",
    "has_suspicicious_terminal_oxo",
    "has_geometrically_exposed_metal",
)


def main(cif: str) -> dict:
    """Check a CIF."""
    from mofchecker import MOFChecker

    found = MOFChecker.from_cif(cif).get_mof_descriptors([*PRESENT, *ABSENT])
    passed = {name: found[name] is True for name in PRESENT}
    passed.update({"no" + name[len("has") :]: found[name] is False for name in ABSENT})
    return {"checks": passed}


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what its parts print is no answer
    if sys.argv[1] == "--versions":
        answer = {name: metadata.version(name) for name in ("mofchecker", "pymatgen")}
        answer["python"] = sys.version.split()[0]
    else:
        answer = main(sys.argv[1])
    print(json.dumps(answer), file=out, flush=True)
