"""Near twins: what is found, that a split never divides a cluster, and what is said where MMseqs2 is not installed."""

import json
import random
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scilogos.data import clusters
from scilogos.data.clusters import Clusters, digest
from scilogos.data.corpus import Work, prepare, prepare_parts, read_recipe
from scilogos.data.grouping import splitting, thinning
from scilogos.data.shards import Shard
from scilogos.data.source import CorpusRecipe, Source
from scilogos.errors import InputError, RecipeError
from scilogos.grammar import parse
from scilogos.grammar.objects import RESIDUES
from scilogos.tokens import default

CODEC = default()
needs_mmseqs = pytest.mark.skipif(shutil.which("mmseqs") is None, reason="MMseqs2 is not installed")


def mutated(sequence: str, number: int, rng: random.Random) -> str:
    letters = list(sequence)
    for i in rng.sample(range(len(letters)), number):
        letters[i] = rng.choice([residue for residue in RESIDUES if residue != letters[i]])
    return "".join(letters)


def families(number: int, *changes: int) -> list[list[str]]:
    """Unrelated sequences of 120 residues, each with copies that have so many changes."""
    rng = random.Random(3)
    parents = ["".join(rng.choices(RESIDUES, k=120)) for _ in range(number)]
    return [[parent, *(mutated(parent, change, rng) for change in changes)] for parent in parents]


FAMILIES = families(12, 4, 5, 6)
ROWS = [{"seq": family[i], "leak": ""} for i in range(4) for family in FAMILIES]  # twins stand far from each other
PROTEINS = Source(reader="proteins", path=Path("p.csv"), modality="protein")


@pytest.fixture
def no_mmseqs(monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))


def corpus(folder: Path, source: Source, name: str = "out", **work) -> tuple[dict[str, list], dict[str, int]]:
    """Prepare a corpus of one source; the sentences of each split and what the ledger counted."""
    recipe = CorpusRecipe(name="c", sources=(source,), val_percent=30, val_limit=1000)
    info, _ = prepare(recipe, folder, folder / name, CODEC, Work(**work))
    found: dict[str, list] = {"train": [], "val": []}
    for shard in info.shards:
        opened = Shard(folder / name, shard)
        found[shard.split] += [parse(CODEC.decode(opened.sentence(i).tokens)) for i in range(shard.sentences)]
    return found, next(iter(json.loads((folder / name / "ledger.json").read_text())["sources"].values()))


# --- loops, compared here


def alike(a: str, b: str, identity: float) -> bool:
    return len(a) == len(b) and sum(x == y for x, y in zip(a, b, strict=True)) >= identity * len(a) - 1e-9


@given(st.lists(st.text("AC", min_size=1, max_size=6), max_size=25), st.sampled_from([0.5, 0.6, 0.8, 1.0]))
def test_loops_are_linked_as_a_walk_over_all_pairs_links_them(loops, identity):
    loops = list(dict.fromkeys(loops))
    first = {}
    for loop in loops:
        waiting = [] if loop in first else [loop]
        while waiting:
            at = waiting.pop()
            if at not in first:
                first[at] = loop
                waiting += [other for other in loops if alike(at, other, identity)]
    assert dict(clusters.linked(loops, identity)) == {digest(loop): digest(first[loop]) for loop in loops}


def test_loops_beyond_one_block_are_linked_as_well(monkeypatch):
    rng = random.Random(2)
    loops = ["".join(rng.choices("ACDEF", k=8)) for _ in range(300)]
    whole = dict(clusters.linked(loops, 0.75))
    monkeypatch.setattr(clusters, "_BLOCK", 900)  # three rows at a time
    assert dict(clusters.linked(loops, 0.75)) == whole and 1 < len(set(whole.values())) < len(whole)


@given(st.dictionaries(st.integers(0, 2**64 - 1), st.integers(0, 2**64 - 1), max_size=30))
def test_a_table_of_clusters_gives_back_what_it_was_given(tmp_path_factory, pairs):
    path = tmp_path_factory.mktemp("pairs") / "c.npy"
    pairs |= {digest("ACD"): 7, digest("CDE"): digest("CDE")}
    clusters.save(pairs.items(), path)
    known = Clusters(path)
    assert known.of("ACD") == f"{7:016x}" and known.of("CDE") == f"{digest('CDE'):016x}"
    assert known.of("not in it") == f"{digest('not in it'):016x}"
    assert np.load(path).shape == (2, sum(member != other for member, other in pairs.items()))


def antibodies(folder: Path, loops: list[str]) -> Source:
    """Heavy domains with these third loops, and a light one with each."""
    lines = ["id,chain,seq,imgt1s,imgt1e,imgt2s,imgt2e,imgt3s,imgt3e,rabd_h3_id,rabd_dom_id"]
    for i, loop in enumerate(loops):
        tail = "".join(random.Random(i).choices(RESIDUES, k=9))
        for chain in "HK":
            seq = f"QVQLDDCCEE{tail}{loop}W{chain}"
            lines.append(f"{chain}{i},{chain},{seq},4,6,8,10,19,{19 + len(loop)},,")
    (folder / "ab.csv").write_text("\n".join(lines) + "\n")
    return Source(reader="designs", path=Path("ab.csv"), modality="design", cluster=0.8)


@pytest.mark.parametrize("reader", ["antibodies", "designs"])
def test_antibodies_are_split_by_their_heavy_loops(tmp_path, no_mmseqs, reader):
    """No MMseqs2 is needed for it."""
    rng = random.Random(4)
    parents = ["".join(rng.choices(RESIDUES, k=10)) for _ in range(25)]
    loops = [loop for parent in parents for loop in (parent, mutated(parent, 2, rng), mutated(parent, 1, rng))]
    found, ledger = corpus(tmp_path, replace(antibodies(tmp_path, loops), reader=reader))
    domains = {split: {(s.filled[0] if reader == "designs" else s).residues for s in told} for split, told in
               found.items()}  # fmt: skip
    heavy = {split: {d[19:-2] for d in told if d.endswith("H")} for split, told in domains.items()}
    assert len(heavy["train"]) + len(heavy["val"]) == len(set(loops)) and len(heavy["val"]) > 5
    assert not any(alike(a, b, 0.8) for a in heavy["train"] for b in heavy["val"])
    light = {split: {d[19:-2] for d in told if d.endswith("K")} for split, told in domains.items()}
    assert any(alike(a, b, 0.8) for a in light["train"] for b in light["val"])  # by their own sequence
    assert not any("MMseqs2" in what for what in ledger)


# --- whole sequences, aligned


@needs_mmseqs
@pytest.mark.parametrize("identity", [0.9, pytest.param(0.3, marks=pytest.mark.slow)])
def test_families_are_found_whatever_else_is_asked(tmp_path, identity):
    found = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        found.append(dict(clusters.aligned((row["seq"] for row in ROWS * 2), identity, tmp_path / name)))
    assert found[0] == found[1] and len(found[0]) == len(ROWS)
    together = [{found[0][digest(sequence)] for sequence in family} for family in FAMILIES]
    assert all(len(family) == 1 for family in together) and len(set.union(*together)) == len(FAMILIES)


@needs_mmseqs
def test_no_sequences_and_those_that_look_like_dna(tmp_path):
    assert list(clusters.aligned([], 0.9, tmp_path)) == [] == list(clusters.aligned(["", ""], 0.9, tmp_path))
    letters = ["".join(random.Random(i).choices("ACGT", k=60)) for i in range(4)]
    assert {member for member, _ in clusters.aligned(letters, 0.9, tmp_path)} == set(map(digest, letters))


@needs_mmseqs
def test_a_split_never_divides_a_cluster(tmp_path, write_table):
    write_table("p.csv", ROWS)
    found, ledger = corpus(tmp_path, replace(PROTEINS, cluster=0.9))
    sides = {split: {protein.residues for protein in told} for split, told in found.items()}
    assert ledger["records"] == len(ROWS) and sides["train"] and sides["val"]
    assert all(set(family) <= sides["train"] or set(family) <= sides["val"] for family in FAMILIES)


@needs_mmseqs
def test_thinning_keeps_the_first_of_its_table_and_counts_the_rest(tmp_path, write_table):
    rows = [{"seq": FAMILIES[0][1], "leak": "gfp"}, *ROWS, ROWS[0]]  # dropped for another reason: it keeps no place
    write_table("p.csv", rows)
    found, ledger = corpus(tmp_path, replace(PROTEINS, thin=0.9))
    kept = {protein.residues for told in found.values() for protein in told}
    assert kept == {family[0] for family in FAMILIES}
    assert ledger["dropped rows: near duplicate (90% identity)"] == len(ROWS) - len(FAMILIES)
    assert ledger["dropped rows: duplicate"] == 1 and ledger["records"] == len(FAMILIES)


@needs_mmseqs
def test_the_bytes_do_not_depend_on_the_parts(tmp_path, write_table):
    write_table("p.csv", ROWS)
    source = replace(PROTEINS, thin=0.9, cluster=0.8)
    for name, blocks, processes in (("one", 1, 1), ("two", 2, 2), ("five", 5, 1)):
        corpus(tmp_path, source, name, blocks=blocks, processes=processes)
    one, *others = ({path.name: path.read_bytes() for path in (tmp_path / name).iterdir()} for name in
                    ("one", "two", "five"))  # fmt: skip
    assert all(other == one for other in others)


def chains(folder: Path, **columns) -> None:
    names = ("pdb_in_coach420", "pdb_in_holo4k_mlig", *(f"id_{n}" for n in
             ("coach420", "holo4k", "posebusters", "astex", "crossdocked")))  # fmt: skip
    row = {"category": "small_molecule", "smiles": "CCO", "ccd": "LIG", "contacts": [1], **dict.fromkeys(names, 0)}
    rows = [row | {"seq": r["seq"]} | columns for r in ROWS]
    rows += [rows[-1] | {"contacts": [2]}, rows[-1] | {"smiles": "CCN"}]
    (folder / "t.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))


@needs_mmseqs
@pytest.mark.parametrize(("reader", "left"), [("sites", len(FAMILIES)), ("complexes", len(FAMILIES) + 1)])
def test_chains_without_a_column_of_clusters(tmp_path, reader, left):
    """A twin's chain with another ligand is another complex."""
    chains(tmp_path)
    source = Source(reader=reader, path=Path("t.jsonl"), modality="m")
    with pytest.raises(InputError, match="expected cluster30"):
        corpus(tmp_path, source)
    found, _ = corpus(tmp_path, replace(source, cluster=0.9))
    sides = [{sentence.chains[0].residues for sentence in found[split]} for split in ("train", "val")]
    assert all(sides) and all(any(set(family) <= side for side in sides) for family in FAMILIES)
    _, ledger = corpus(tmp_path, replace(source, cluster=0.9, thin=0.9))
    dropped = ledger["dropped rows: near duplicate (90% identity)"] + ledger.get("dropped rows: duplicate", 0)
    assert ledger["records"] == left == ledger["rows"] - dropped - ledger.get("merged rows", 0)


# --- without MMseqs2


def test_without_mmseqs_a_corpus_is_made_and_says_what_was_not_done(tmp_path, write_table, no_mmseqs):
    write_table("p.csv", [*ROWS, ROWS[0]])
    said: list[str] = []
    found, ledger = corpus(tmp_path, replace(PROTEINS, thin=0.9, cluster=0.3), warn=said.append)
    assert said == [
        "proteins p.csv: MMseqs2 is not installed: split by sequence, not by clusters at 30%",
        "proteins p.csv: MMseqs2 is not installed: near duplicates at 90% stay",
    ]
    assert ledger["without MMseqs2: near duplicates at 90% stay"] == len(ROWS) + 1 == ledger["rows"]
    assert ledger["without MMseqs2: split by sequence, not by clusters at 30%"] == len(ROWS) + 1
    assert ledger["records"] == len(ROWS) and ledger["dropped rows: duplicate"] == 1
    plain, _ = corpus(tmp_path, PROTEINS, "plain")
    assert plain == found


@needs_mmseqs
def test_parts_made_with_and_without_mmseqs_never_meet(tmp_path, write_table, monkeypatch):
    write_table("p.csv", ROWS)
    recipe = CorpusRecipe(name="c", sources=(replace(PROTEINS, thin=0.9),))
    with_it = prepare_parts(recipe, tmp_path, tmp_path / "out", CODEC, Work(blocks=2))
    monkeypatch.setenv("PATH", str(tmp_path))
    without = prepare_parts(recipe, tmp_path, tmp_path / "out", CODEC, Work(blocks=2))
    assert not {path.name for path in with_it} & {path.name for path in without}
    plain = replace(recipe, sources=(PROTEINS,))  # which asks for no clusters: the same wherever it is made
    without = prepare_parts(plain, tmp_path, tmp_path / "out", CODEC, Work(blocks=2))
    monkeypatch.undo()
    assert without == prepare_parts(plain, tmp_path, tmp_path / "out", CODEC, Work(blocks=2))


def test_a_program_that_fails_is_an_error_with_its_last_line(tmp_path, write_table, monkeypatch):
    write_table("p.csv", ROWS)
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin" / "mmseqs"
    program.write_text(
        '#!/bin/sh\n[ "$1" = version ] && echo 0 && exit\necho some\necho "no room for the index" >&2\nexit 1\n'
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    with pytest.raises(InputError, match="mmseqs easy-linclust failed: no room for the index"):
        corpus(tmp_path, replace(PROTEINS, thin=0.9))
    assert not (tmp_path / "out").exists() and not list(tmp_path.glob("**/*.partial*"))


def test_clusters_are_named_by_table_and_question(tmp_path, write_table, no_mmseqs):
    source = antibodies(tmp_path, ["ACDEF"])
    asked = [splitting(s, tmp_path) for s in (source, replace(source, reader="antibodies"), replace(source, cluster=1))]
    same, twin, other = (grouping.name for grouping in asked if grouping is not None)
    assert same == twin != other
    (tmp_path / "ab.csv").write_text((tmp_path / "ab.csv").read_text() + "\n")
    assert asked[0] is not None and asked[0].name != same
    assert splitting(PROTEINS, tmp_path) is None is thinning(PROTEINS, tmp_path)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("reader = 'molecules'\nthin = 0.9", "cluster and thin are for antibodies, .*sites; found molecules"),
        ("reader = 'proteins'\ncluster = 30", "cluster: found 30.*; expected an identity from 0"),
        ("reader = 'proteins'\nthin = -0.1", "thin: found -0.1; expected an identity from 0"),
    ],
)
def test_a_recipe_with_a_fault(tmp_path, line, message):
    path = tmp_path / "c.toml"
    path.write_text(f"[corpus]\nname = 'x'\n[[corpus.sources]]\npath = 'a.csv'\nmodality = 'm'\n{line}\n")
    with pytest.raises(RecipeError, match=message):
        read_recipe(path)


def test_a_row_without_its_loop_names_its_line(tmp_path):
    source = antibodies(tmp_path, ["ACDEF"])
    (tmp_path / "ab.csv").write_text((tmp_path / "ab.csv").read_text().replace(",19,", ",none,"))
    with pytest.raises(InputError, match=r"ab\.csv:2: this row cannot be clustered: .*none"):
        corpus(tmp_path, source)
    assert not (tmp_path / "out").exists()
