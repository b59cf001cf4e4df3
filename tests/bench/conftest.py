"""A tiny random model, and small tables in the true columns of the data folder."""

import gzip
import json
import random
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
import zstandard
from rdkit import Chem

from scilogos.bench.held_out import reading
from scilogos.cli.report import examples
from scilogos.decode import Engine
from scilogos.errors import MissingError
from scilogos.model import Transformer, save_checkpoint
from scilogos.tasks import Logos
from tests.fakes import CODEC, TINY

# Trastuzumab's variable domains, from its label.
HEAVY = "EVQLVESGGGLVQPGGSLRLSCAASGFNIKDTYIHWVRQAPGKGLEWVARIYPTNGYTRYADSVKGRFTISADTSKNTAYLQMNSLRAEDTAVYYC{}WGQGTLVTVSS"
LIGHT = "DIQMTQSPSSLSASVGDRVTITCRASQDVNTAVAWYQQKPGKAPKLLIYSASFLYSGVPSRFSGSRSGTDFTLTISSLQPEDFATYYCQQHYTTPPTFGQGTKVEIK"
NATIVE = "SRWGGDGFYAMDY"
CHAIN = "MKTAYIAKQRQISFVKSHFSRQLEERLGLI"
FAR = "GPWNDCGPWNDCPGWDNCGWPNDCGPWNDCNDPGWC"  # like no turn of it


@pytest.fixture(scope="session")
def tiny(tmp_path_factory) -> Logos:
    """Give two layers of 32 with random weights, saved where its fingerprint is taken."""
    model = Transformer(TINY).initialise(torch.Generator().manual_seed(1))
    folder = tmp_path_factory.mktemp("models") / "tiny"
    save_checkpoint(folder, model, TINY)
    CODEC.save(folder)
    return Logos(Engine(model, CODEC), "tiny", folder)


@pytest.fixture(scope="session")
def demo_complex() -> str:
    """Give an enzyme with its ligand in PDB format, as posebusters ships them; skips, saying so, without it."""
    try:
        protein, ligand = examples.enzyme()
    except MissingError as error:
        pytest.skip(str(error))
    kept = [line for line in protein.read_text().splitlines() if line.startswith("ATOM")]
    pose = Chem.MolToPDBBlock(Chem.RemoveHs(next(iter(Chem.SDMolSupplier(str(ligand))))))
    return "\n".join([*kept, *(x for x in pose.splitlines() if x.startswith("HETATM")), "END", ""])


@pytest.fixture(scope="session")
def tables(tmp_path_factory) -> Path:
    """Give a data folder with a handful of rows in every table."""
    folder = tmp_path_factory.mktemp("data")
    for name, text in _TEXTS.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        content = text.encode() if isinstance(text, str) else text(folder).encode()
        if path.suffix == ".gz":
            content = gzip.compress(content)
        elif path.suffix == ".zst":
            content = zstandard.compress(content)
        path.write_bytes(content)
    return folder


def _csv(header: str, *rows: tuple) -> str:
    return "\n".join([header, *(",".join(map(str, row)) for row in rows)]) + "\n"


def _jsonl(*rows: dict) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


def _chains(folder: Path) -> str:
    """Six training chains, and two of a cluster that the hash sends to validation."""
    (folder / "struct").mkdir(exist_ok=True)
    split = reading(folder, "sites", "struct/none.jsonl").split
    clusters = [f"cluster{i}" for i in range(2000)]
    held = next(name for name in clusters if split(name) == "val")
    trained = next(name for name in clusters if split(name) == "train")
    leaks = ("id_coach420", "id_holo4k", "id_posebusters", "id_astex", "id_crossdocked")
    rows = []
    for i in range(8):
        chain = CHAIN[i:] + CHAIN[:i]
        rows.append({
            "category": "small_molecule", "seq": chain, "contacts": [k for k, r in enumerate(chain) if r == "R"],
            "cluster30": held if i < 2 else trained, "ccd": "AAA", "smiles": "Nc1ncnc2ncnc12", "split": "train",
            "pdb_in_coach420": 0, "pdb_in_holo4k_mlig": 0, **dict.fromkeys(leaks, 0),
        })  # fmt: skip
    return _jsonl(*rows)


def _antibodies(_: Path) -> str:
    """Heavy domains with three loops of the native's length, one near twin of a test antibody, and a light domain."""
    header = "id,chain,seq,imgt1s,imgt1e,imgt2s,imgt2e,imgt3s,imgt3e,split,rabd_h3_id,rabd_dom_id"
    start = HEAVY.index("{}")
    heavies = [("ARAAAAAAAAADY", 0.2), ("ARAAAAAAAAADY", 0.2), ("ARWGGGGGGGMDV", 0.3), ("SRWGGDGFYAMDY", 1.0)]
    rows = [
        (f"H{i}", "H", "Q" * (i == 1) + HEAVY.format(loop), 25, 33, 50, 58, start + (i == 1), start + 13 + (i == 1),
         "train", leak, 0.5)
        for i, (loop, leak) in enumerate(heavies)
    ]  # fmt: skip
    rows.append(("L0", "K", LIGHT, 26, 32, 49, 52, 88, 97, "train", 0.1, 0.5))
    held = HEAVY.format("ARDDDDDDDDDDY")
    rows.append(("V0", "H", held, 25, 33, 50, 58, start, start + 13, "val", 0.1, 0.5))
    return _csv(header, *rows)


def _variants(header: str) -> Callable[[Path], str]:
    """Sixty variants of a chain of twelve; the fitness is the share of four places that have a tryptophan."""

    def text(_: Path) -> str:
        rng, rows = random.Random(header), []
        while len(rows) < 60:
            chain = "".join("W" if rng.random() < 0.3 else letter for letter in CHAIN[:12])
            fitness = sum(letter == "W" for letter in chain[2:6]) / 4
            rows.append((chain, fitness, int(fitness <= 0.5), int(fitness <= 0.25)))
        return _csv(header, *rows)

    return text


_SPAN = HEAVY.index("{}")
_NODE = "[Zn][O]([Zn])([Zn])[Zn]"
_TOLYL = "[c:5]1[cH:6][cH:7][c:8]([CH3:9])[cH:10][cH:11]1"
_TEXTS = {
    "chem/uspto50k.csv.gz": _csv(
        "row,patent_id,year,class,split,product,reactants,reaction_in_train,product_in_train",
        (0, "US1", 2010, 1, "train", "CCO", "CCCl.O", 0, 0),
        (1, "US2", 2010, 2, "test", "CC(=O)Nc1ccccc1", "Nc1ccccc1.CC(=O)Cl", 0, 0),
        (2, "US3", 2011, 1, "test", "CCOC", "CCO.CI", 0, 1),
        (3, "US4", 2012, 1, "test", "CC(C)(C)C(C)(C)C(C)(C)(C)C", "CCO.CI", 0, 0),  # carbon with five bonds
        (4, "US5", 2012, 1, "val", "CCC", "CC.C", 0, 0),
    ),
    "chem/uspto50k_mapped.csv.gz": _csv(
        "row,split,rxn_mapped",
        (0, "train", f"[CH3:1][C:2](=[O:3])Cl.[NH2:4]{_TOLYL}>>[CH3:1][C:2](=[O:3])[NH:4]{_TOLYL}"),
        (1, "train", "[CH3:1][CH2:2][OH:3].[CH3:4]I>>[CH3:1][CH2:2][O:3][CH3:4]"),
        (2, "val", "[CH3:1][CH2:2]O.[CH3:3][NH2:4]>>[CH3:1][CH2:2][NH:4][CH3:3]"),
    ),
    "struct/site_labels_seq.jsonl.gz": _jsonl(
        {"set": "coach420", "id": "1abcA", "seq": CHAIN[::-1], "gold": [3, 8]},
        {"set": "coach420", "id": "2abcA", "seq": CHAIN, "gold": [7, 19, 26]},
        {"set": "coach420", "id": "3abcA", "seq": CHAIN, "gold": None},
        {"set": "joined", "id": "4abcA", "seq": CHAIN},
    ),
    "struct/triples_biolip_ligbind.jsonl.gz": _chains,
    "struct/holo4k_seq.jsonl.gz": _jsonl(
        {"pdb": "1hol", "biolip": [
            {"chain": "A", "seq": FAR, "is_mlig": 1, "contacts": [1, 4]},
            {"chain": "A", "seq": FAR, "is_mlig": 1, "contacts": [4, 9]},
            {"chain": "A", "seq": FAR, "is_mlig": 0, "contacts": [20]},
            {"chain": "B", "seq": FAR, "is_mlig": 1, "contacts": [1]},
        ]},
        {"pdb": "3hol", "biolip": [{"chain": "A", "seq": CHAIN, "is_mlig": 0, "contacts": [2]}]},
    ),
    "struct/ligysis_chains_ca.jsonl.gz": _jsonl(
        {"id": "1far_A", "seq": FAR, "biolip_sites": [
            {"category": "small_molecule", "contacts": [2, 3]}, {"category": "small_molecule", "contacts": [3, 5]},
            {"category": "tiny", "contacts": [11]},
        ]},
        {"id": "1near_A", "seq": CHAIN, "biolip_sites": [{"category": "small_molecule", "contacts": [2]}]},
        {"id": "1none_A", "seq": CHAIN, "biolip_sites": [{"category": "tiny", "contacts": [2]}]},
    ),
    "antibody/rabd_benchmark.jsonl": _jsonl(
        {"pdb": "1n8z", "heavy_chain": "B", "light_chain": "A", "heavy": HEAVY.format(NATIVE), "light": LIGHT,
         "heavy_imgt": [25, 33, 50, 58, _SPAN, _SPAN + 13], "light_imgt": [26, 32, 49, 52, 88, 97]},
        {"pdb": "1xyz", "heavy_chain": "H", "heavy": HEAVY.format("ARAAAAWYW"),
         "heavy_imgt": [25, 33, 50, 58, _SPAN, _SPAN + 9]},
        {"pdb": "2xyz", "heavy_chain": "H", "heavy": HEAVY.format(NATIVE),
         "heavy_imgt": [25, 33, 50, 58, _SPAN + 2, _SPAN + 13]},
        {"pdb": "3h3b", "heavy_chain": "C"},
    ),
    "antibody/ab_natural.csv.zst": _antibodies,
    "material/mof_unified_node_linker_topology.csv.gz": _csv(
        "node,linkers,topology,families,n_rows,split_pair,split_linker",
        (_NODE, "O=C([O-])c1ccc(C(=O)[O-])cc1", "pcu", "CoRE", 1, "train", "train"),
        (_NODE, "O=C([O-])c1ccc(C(=O)[O-])cc1", "sql", "CoRE", 1, "train", "train"),
        ("[Cu].[Cu]", "O=C(O)c1cc(C(=O)O)cc(C(=O)O)c1.c1ccncc1", "tbo", "CoRE", 1, "train", "train"),
        ("[Fe]", "n1ccncc1", "pcu", "CoRE", 1, "train", "test"),
    ),
    "material/pormake_building_blocks.csv": _csv(
        "bb,kind,n_conn,formula,metals,node_unique,node_all,arms,arm_conn,terminal,issues",
        ("N16", "metal", 6, "", "Zn", _NODE, _NODE, "|".join(["*C(=O)[O-]"] * 6), "", "", ""),
        ("N409", "metal", 4, "", "Cu", "[Cu][Cu]", "[Cu][Cu]", "|".join(["*C(=O)[O-]"] * 4), "", "", ""),
        ("N87", "metal", 4, "", "Cu", "[Cu][Cu]", "[Cu][Cu]", "|".join(["*C(=O)[O-]"] * 4), "", "c1ccncc1", ""),
        ("N1", "metal", 4, "", "Cu", "[Cu][Cu]", "[Cu][Cu]", "*C(=O)[O-]|*C(=O)[O-]|*c1ccncc1|*c1ccncc1", "", "", ""),
        ("E14", "organic", 2, "", "", "", "", "*c1ccc(*)cc1", "", "", ""),
    ),
    "material/pormake_topologies.csv": _csv(
        "topology,n_node_types,n_edge_types,cn,nodes_per_cell,slots_per_cell",
        ("acs", 1, 1, 6, 2, 8),
        ("pcu", 1, 1, 6, 1, 4),
        ("nbo", 1, 1, 4, 6, 18),
        ("pto", 2, 1, '"3,4"', 14, 38),
    ),
    "protein/aav_ggs.csv.zst": _variants("sequence,norm,ggs_medium,ggs_hard"),
    "protein/gfp_sarkisyan_aa.csv.zst": _variants("sequence,norm,ggs_medium,ggs_hard"),
    "protein/ggs_oracle_pairs.csv.zst": _csv(
        "task,sequence,oracle_score,normalized_score",
        *((task, "MW" + CHAIN[2:11] + end, 1, i / 10) for task in ("AAV", "GFP") for i, end in enumerate("ACDE")),
    ),
    "protein/general_c50.csv.zst": _csv(
        "id,seq,cluster_size,src,leak,split",
        ("P1", CHAIN, 1, "fb", "", "train"),
        ("P2", CHAIN[::-1], 1, "fb", "", "val"),
    ),
}  # fmt: skip
