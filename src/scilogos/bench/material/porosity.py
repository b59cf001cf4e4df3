"""A program of its own: a CIF in, the widest sphere that can pass through it as JSON out, by Zeo++.

    python porosity.py RELAXED.cif

Zeo++'s own radii, without its high accuracy, which takes minutes where this takes a second. Needs pyzeo, and nothing
of scilogos; apart from the rest because some cells end it with a fault of memory.
"""

import json
import os
import sys
from pathlib import Path


def main(cif: str) -> dict:
    """Give the pore-limiting diameter in Å."""
    from pyzeo import AtomNetwork

    AtomNetwork.read_from_CIF(cif, rad_flag=True).calculate_free_sphere_parameters("pores.res")
    return {"pore": float(Path("pores.res").read_text().split()[2])}  # name, included, free, included on the way


if __name__ == "__main__":
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what Zeo++ prints is no answer
    print(json.dumps(main(sys.argv[1])), file=out, flush=True)
