"""One check a test set and way of comparing: its items, and those of them that training saw."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from scilogos.bench.binding_site import chains as sites
from scilogos.bench.binding_site.complexes import COMPLEXES
from scilogos.bench.cdr.antibodies import TABLE as RABD
from scilogos.bench.leaks.seen import Seen, reactants_key
from scilogos.bench.neighbours import Neighbours
from scilogos.bench.scores import recovery
from scilogos.data.tables import read_rows
from scilogos.errors import ScilogosError
from scilogos.science import neutralised, split_fragments, without_stereo

USPTO, MATERIALS = "chem/uspto50k.csv.gz", "material/mof_unified_node_linker_topology.csv.gz"
GFP, AAV = "protein/gfp_sarkisyan_aa.csv.zst", "protein/aav_ggs.csv.zst"
NEAR_CHAIN, NEAR_LOOP = 0.3, 0.6  # identities from which a chain, and a CDR-H3 of equal length, is a near twin


@dataclass(frozen=True)
class Check:
    """What was compared: a test set, how, how many items it has, and the keys of those that training saw."""

    name: str
    compared: str
    items: int
    found: tuple[str, ...]


def check(data: Path, seen: Seen) -> Iterator[Check]:
    """Every check whose table the data folder has."""
    for table, run in CHECKS:
        if (data / table).is_file():
            yield from run(data, seen)


def _check(name: str, compared: str, pairs: dict[str, bool]) -> Check:
    return Check(name, compared, len(pairs), tuple(key for key, leaked in pairs.items() if leaked))


def reactions(data: Path, seen: Seen) -> Iterator[Check]:
    """USPTO-50K: products and whole sets of reactants of validation and test, without stereo."""
    columns = ("row", "split", "product", "reactants")
    for split in ("val", "test"):
        products, reactants = {}, {}
        for row in read_rows(data / USPTO, columns):
            if row["split"] == split:
                try:
                    products[row["row"]] = without_stereo(row["product"]) in seen.products
                    reactants[row["row"]] = reactants_key(row["reactants"].split(".")) in seen.reactants
                except ScilogosError:
                    continue
        yield _check(f"USPTO-50K {split}", "product, without stereo", products)
        yield _check(f"USPTO-50K {split}", "set of reactants, without stereo", reactants)


def binding_sites(data: Path, seen: Seen) -> Iterator[Check]:
    """Chains of COACH420, HOLO4K and CrossDocked's test, against chains whose sites training saw labelled."""
    unused: dict[str, list[str]] = defaultdict(list)
    groups = {"COACH420": {key: residues for key, (residues, _) in sites.coach420(data, unused)}}
    if (data / sites.HOLO4K).is_file():
        groups["HOLO4K"] = {key: residues for key, (residues, _) in sites.holo4k(data, unused)}
    if (data / COMPLEXES).is_file():
        rows = [r for r in read_rows(data / COMPLEXES, ("set", "id")) if r["set"] == "crossdocked_test100"]
        groups["CrossDocked test"] = {f"{r['id']} {c['id']}": c["seq"] for r in rows for c in r["chains"]}
    among = Neighbours(sorted(seen.chains))
    for name, chains in groups.items():
        yield _check(name, "labelled chain, equal", {key: chain in seen.chains for key, chain in chains.items()})
        near = {key: among.identity(chain) >= NEAR_CHAIN for key, chain in chains.items()}
        yield _check(name, f"labelled chain, {NEAR_CHAIN:.0%} identity by our search", near)


def antibodies(data: Path, seen: Seen) -> Iterator[Check]:
    """RAbD: heavy domains, and CDR-H3 of equal length, against all domains of training."""
    seen.number()
    by_length: dict[int, list[str]] = defaultdict(list)
    for loop in seen.loops:
        by_length[len(loop)].append(loop)
    domains, equal, near = {}, {}, {}
    for row in read_rows(data / RABD, ("pdb", "heavy_chain")):
        loop = row["heavy"][slice(*row["heavy_imgt"][4:])] if row.get("heavy") else ""
        if loop:
            domains[row["pdb"]] = row["heavy"] in seen.domains
            equal[row["pdb"]] = loop in seen.loops
            near[row["pdb"]] = any(recovery(loop, other) >= NEAR_LOOP for other in by_length[len(loop)])
    yield _check("RAbD", "heavy domain, equal", domains)
    yield _check("RAbD", "CDR-H3, equal", equal)
    yield _check("RAbD", f"CDR-H3 of equal length, {NEAR_LOOP:.0%} identity", near)


def materials(data: Path, seen: Seen) -> Iterator[Check]:
    """Linker sets of the test split, protons aside."""
    found = {}
    for row in read_rows(data / MATERIALS, ("linkers", "split_linker")):
        if row["split_linker"] == "test" and row["linkers"] not in found:
            try:
                key = tuple(sorted(neutralised(linker) for linker in split_fragments(row["linkers"])))
            except ScilogosError:
                continue
            found[row["linkers"]] = key in seen.linkers
    yield _check("materials test", "set of linkers, neutralised", found)


def landscapes(data: Path, seen: Seen) -> Iterator[Check]:
    """GFP and AAV: sequences with a label, against parents and variants of training's edits."""
    for name, table in (("GFP", GFP), ("AAV", AAV)):
        if (data / table).is_file():
            rows = {row["sequence"] for row in read_rows(data / table, ("sequence",))}
            yield _check(name, "labelled sequence, equal", {residues: residues in seen.parents for residues in rows})


CHECKS: tuple[tuple[str, Callable[[Path, Seen], Iterator[Check]]], ...] = (
    (USPTO, reactions),
    (sites.COACH420, binding_sites),
    (RABD, antibodies),
    (MATERIALS, materials),
    (GFP, landscapes),
)
