"""A program of its own: the choices of blocks and nets as JSON in, a framework as CIF out, by PORMAKE.

    python assembly.py JOB.json

Prints one line of JSON: the net, the block, how far its arms lie from the net's edges (RMSD) and the number of atoms;
or `refused` with the reason. Needs PORMAKE alone, and nothing of scilogos: it is started by path. The nets and blocks
are read from the package's text files, never through its pickled cache.
"""

import json
import os
import sys
import tempfile
from pathlib import Path

import pormake

GOOD_FIT = 0.3  # RMSD of unit vectors; PORMAKE's README calls what is below it good
MOST_NETS = 12  # looked at where the answer names none that fits
DATABASE = Path(pormake.__file__).parent / "database"


def main(job: dict) -> dict:
    """Place the parts on the named net, or else on the smallest that suits them, and write the CIF."""
    best = None
    for net, choices in filter(None, [_named(job), *_smallest(job)]):
        topology = pormake.Topology(str(DATABASE / "topologies" / f"{net}.cgd"))
        fits = [fit for choice in choices if (fit := _fit(topology, choice))]
        best = min([*filter(None, [best]), *fits], key=lambda fit: fit["rmsd"], default=None)
        if fits and (net == job["net"] or best["rmsd"] <= GOOD_FIT):
            break
    if best is None:
        return {"refused": "no net has the connectivities of the parts"}
    blocks = _blocks_by_slot(best)
    atoms = sum(block.n_atoms - block.n_connection_points for block in blocks if block)
    facts = {"net": best["topology"].name, "block": best["choice"]["block"], "rmsd": best["rmsd"], "atoms": atoms}
    if atoms > job["atoms"]:
        return {"refused": f"more than {job['atoms']} atoms", **facts}
    framework = pormake.Builder().build(best["topology"], blocks)
    framework.write_cif(job["cif"])
    return facts


def _named(job: dict) -> tuple[str, list[dict]] | None:
    """The net that the answer names, where the library has it, with all choices: which fit it is seen when placed."""
    known = job["net"] in {path.stem for path in (DATABASE / "topologies").glob("*.cgd")}
    return (job["net"], job["choices"]) if known else None


def _smallest(job: dict) -> list[tuple[str, list[dict]]]:
    """Nets by the size of their cells, each with the choices that list it."""
    listed = {net for choice in job["choices"] for net in choice["nets"]}
    nets = [net for net in job["nets"] if net in listed][:MOST_NETS]
    return [(net, [choice for choice in job["choices"] if net in choice["nets"]]) for net in nets]


def _fit(topology, choice: dict) -> dict | None:
    """The best way to lay a choice's blocks on a net, with the largest RMSD of its nodes; None if none has the arms."""
    ways = [way for way in _ways(topology, choice) if way]
    if not ways:
        return None
    places = dict(zip(map(int, topology.unique_node_types), topology.unique_local_structures, strict=True))
    rmsds = [max(pormake.Locator().calculate_rmsd(places[kind], block) for kind, block in way.items()) for way in ways]
    rmsd = min(rmsds)
    return {"topology": topology, "choice": choice, "nodes": ways[rmsds.index(rmsd)], "rmsd": round(float(rmsd), 4)}


def _ways(topology, choice: dict) -> list[dict]:
    """Blocks by kind of node, as the connectivities allow: one block everywhere, or block and linker on either end."""
    arms = dict(zip(map(int, topology.unique_node_types), map(int, topology.unique_cn), strict=True))
    block = pormake.BuildingBlock(str(DATABASE / "bbs" / f"{choice['block']}.xyz"))
    if choice["ends"] == 2:
        ways = [dict.fromkeys(arms, block)]
    elif len(arms) == 2 and all(first != second for first, second in topology.unique_edge_types):
        linker = _core(choice["cores"][0])
        ways = [dict(zip(arms, pair, strict=True)) for pair in ((block, linker), (linker, block))]
    else:
        ways = []
    return [way for way in ways if all(way[kind].n_connection_points == number for kind, number in arms.items())]


def _blocks_by_slot(fit: dict) -> list:
    """A block for every node and edge of the cell; several linkers of two ends take the edges in turn."""
    topology, choice = fit["topology"], fit["choice"]
    edges = [core and _core(core) for core in choice["cores"]] if choice["ends"] == 2 else [None]
    blocks: list = [None] * topology.n_slots
    for slot in topology.node_indices:
        blocks[slot] = fit["nodes"][int(topology.node_types[slot])].copy()
    for number, slot in enumerate(topology.edge_indices):
        edge = edges[number % len(edges)]
        blocks[slot] = edge and edge.copy()
    return blocks


def _core(text: str):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "linker.xyz"
        path.write_text(text)
        return pormake.BuildingBlock(str(path))


if __name__ == "__main__":
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what PORMAKE logs is no answer
    print(json.dumps(main(json.loads(Path(sys.argv[1]).read_text()))), file=out, flush=True)
