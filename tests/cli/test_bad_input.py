"""A user's faults: one clear line naming the place and the cure, exit code 2, nothing left behind."""

import errno
import os
from pathlib import Path

import pytest

from scilogos.train import checkpoints
from tests.cli.test_verbs import HEAVY
from tests.science.conftest import peptide
from tests.train.conftest import write_corpus

MMCIF = """data_x
loop_
_atom_site.group_PDB
_atom_site.id
_atom_site.type_symbol
_atom_site.label_atom_id
ATOM 1 N N
ATOM 2 C
"""
TUNE = ("train", "--from", "tiny", "--task", "retrosynthesis", "--data", "m.csv")
LIGANDS = ("ligands", "a.pdb", "--site", "A:1")
PEPTIDE = "\n".join([*peptide(["ALA", "GLY", "SER"]), "END"]) + "\n"
WATER = "HETATM    1  O   HOH A   1       0.000   0.000   0.000  1.00  0.00           O\nEND\n"


def _files(folder: Path) -> set[str]:
    return {path.name for path in folder.rglob("*")}


@pytest.mark.parametrize(
    ("files", "words", "says"),
    [
        ({"empty.pdb": ""}, ("sites", "empty.pdb"), ["empty.pdb", "empty"]),
        ({"cut.cif": MMCIF}, ("sites", "cut.cif"), ["cut.cif"]),
        ({"water.pdb": WATER}, ("sites", "water.pdb"), ["water.pdb", "residue"]),
        ({}, ("retro", "CC(=O"), ["CC(=O", "position"]),
        ({}, ("edit", "MKV1LL"), ["1"]),
        ({"bad.fasta": ">a\nMKV\nMK7\n"}, ("edit", "bad.fasta"), ["bad.fasta:3"]),
        ({}, ("edit", "MKV", "--model", "nothing"), ["nothing", "tiny"]),
        ({}, ("edit", "nowhere.fasta"), ["nowhere.fasta", "no such file"]),
        ({}, ("read", "<MoleculeS>CC(<MoleculeE>"), ["position 14"]),
        ({}, ("edit", "MKV", "--positions", "a-b"), ["a-b"]),
        ({}, ("cdr", "MKVLL", "--loops", "H3"), ["antibody"]),
        ({}, ("edit", "MKVLL", "--model", "tiny", "--out", "x.docx"), [".docx", ".csv"]),
        ({}, ("edit", "MKVLL", "--model", "tiny", "--out", "no/x.csv"), ["no/x.csv"]),
        ({"r.toml": "[train]\nname = 'x'\nspeed = 3\n"}, ("train", "r.toml"), ["r.toml", "speed"]),
        ({"r.toml": "[corpus\n"}, ("train", "r.toml"), ["r.toml"]),
        ({}, ("train",), ["expected a recipe, or --from", "--from, --task, --data"]),
        ({}, ("train", "r.toml", "--task", "cdr"), ["--task is for fine-tuning", "r.toml"]),
        ({}, (*TUNE, "--run", "x"), ["--run is for a recipe"]),
        ({}, (*TUNE, "--rank", "8"), ["--rank is for --method lora"]),
        ({}, (*TUNE, "--method", "lora", "--rank", "0"), ["rank: found 0"]),
        ({}, TUNE, ["m.csv", "no such file"]),
        ({"m.csv": "reactants,product\nCC(,CC\n"}, TUNE, ["m.csv:2", "CC("]),
        ({"m.csv": "smiles\nCC\n"}, TUNE, ["m.csv:2", "reactants and no product"]),
        ({"m.csv": "reactants,product\nCO,CCO\n"}, TUNE, ["m.csv", "expected at least 1 of each"]),
        ({}, ("train", "--from", "tiny", "--task", "retro", "--data", "m.csv"), ["'retro'", "binding-site"]),
        ({}, ("prepare", "none.toml", "--data", ".", "--out", "c"), ["none.toml"]),
        ({}, ("materials", "--linker", "OC(=O"), ["OC(=O", "position"]),
        ({}, ("materials", *("--linker", "C") * 7), ["7 linkers", "6 at most"]),
        ({}, ("materials", "--known-node", "[Zr]", "--node", "[Zn]"), ["[Zn]", "known nodes"]),
        ({}, ("materials", "--known-node", "none.smi"), ["none.smi", "no such file"]),
        ({}, ("ligands", "x.pdb"), ["--site", "--around"]),
        ({}, ("edit", "MKV", "--positions", "²"), ["'²'", "12,20-30"]),
        ({}, ("edit", "MKV", "--positions", "3-2,1"), ["'3-2'"]),
        ({}, ("edit", "MKV", "--positions", "2-"), ["'2-'"]),
        ({}, ("edit", "MKV", "--positions", ""), ["''"]),
        ({}, ("edit", "MKV", "--positions", "1-9999999999"), ["9999999999", "3 residues"]),
        ({}, ("cdr", "MKV", "--length", "²"), ["'²'", "10-14"]),
        ({"two.fasta": f">a\n{HEAVY}\n>b\n{HEAVY}\n"}, ("cdr", "two.fasta"), ["H3", "two of the given domains"]),
        ({"long.fasta": f">a\n{'MKV' * 800}\n"}, ("sites", "long.fasta"), ["2403 symbols"]),
        ({"x.mofid": "[Zn].OC=O MOFid-v1.pcu.cat0\nCC\n"}, ("write", "x.mofid"), ["x.mofid:2"]),
        ({"x.mofid": ""}, ("write", "x.mofid"), ["x.mofid", "empty"]),
        ({"p.smi": "CCO\n"}, ("retro", "p.smi", "--out", "p.xlsx"), [".xlsx", ".csv"]),
        ({"a.pdb": PEPTIDE}, (*LIGANDS, "--require", "[F]", "--forbid", "[F]"), ["F: asked for", "not among"]),
        ({"a.pdb": PEPTIDE}, (*LIGANDS, "--require", "[F]", "--elements", "C,N"), ["F: asked for"]),
        ({"a.pdb": PEPTIDE}, (*LIGANDS, "--require", "[#7]", "--most-atoms", "1"), ["within the bounds"]),
    ],
)
def test_one_line_and_code_2(logos, tmp_path, files, words, says):
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    if "--model" not in words and words[0] in ("sites", "retro", "edit", "cdr", "ligands", "materials"):
        words = (*words, "--model", "tiny")
    before = _files(tmp_path)
    ran = logos(*words)
    assert ran.code == 2, ran
    assert ran.err.startswith("logos: "), ran.err
    assert ran.err.count("\n") == 1, ran.err
    assert all(text in ran.err for text in says), ran.err
    assert _files(tmp_path) == before


def test_a_corrupt_model(logos, tiny, tmp_path, monkeypatch):
    import shutil

    broken = tmp_path / "m" / "broken"
    shutil.copytree(tiny / "tiny", broken)
    weights = broken / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-100])
    ran = logos("edit", "MKVLL", "--model", str(broken))
    assert ran.code == 2
    assert "model.safetensors" in ran.err
    assert ran.err.count("\n") == 1


def test_a_machine_without_enough_memory(logos, monkeypatch):
    def full(*_, **__):
        raise MemoryError("a process was ended")

    monkeypatch.setattr("scilogos.decode.Engine.complete", full)
    ran = logos("materials", "-n", "1", "--model", "tiny")
    assert ran.code == 2 and ran.err == "logos: the machine's memory does not suffice: a process was ended\n"


def test_what_the_machine_refuses_is_one_line(logos, monkeypatch):
    def refused(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device", "final/symbols.json")

    monkeypatch.setattr("scilogos.decode.Engine.complete", refused)
    ran = logos("materials", "-n", "1", "--model", "tiny")
    assert ran.code == 2 and ran.err == "logos: final/symbols.json: No space left on device\n"


def test_a_full_disk_leaves_nothing(logos, tmp_path, monkeypatch):
    real = Path.replace

    def full(self, target):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.replace", lambda *_: full(None, None))
    ran = logos("edit", "MKVLL", "--model", "tiny", "--out", "x.csv")
    assert real is Path.replace
    assert ran.code == 2
    assert "No space left" in ran.err
    assert not _files(tmp_path)


TRAIN = """[train]
name = "x"
corpus = "corpus"
tokens = 1000
warmup_tokens = 0
[train.shares]
up = 1
[train.shape]
hidden_size = 32
intermediate_size = 64
num_hidden_layers = 1
num_attention_heads = 2
num_key_value_heads = 2
head_dim = 16
"""


def test_a_run_that_another_process_trains(logos, tmp_path):
    (tmp_path / "r.toml").write_text(TRAIN)
    write_corpus(tmp_path / "corpus")
    (begun, begins), (ended, ends) = os.pipe(), os.pipe()
    child = os.fork()
    if not child:
        try:
            os.close(ends)
            with checkpoints.locked(tmp_path / "runs" / "x"):
                os.write(begins, b".")
                os.read(ended, 1)
        finally:
            os._exit(0)
    os.close(begins)
    os.read(begun, 1)
    ran = logos("train", "r.toml")
    os.close(ends)
    os.waitpid(child, 0)
    message = f"logos: runs/x: process {child} is training in this folder; wait for it, or name another folder\n"
    assert (ran.code, ran.err) == (2, message)


def test_an_unknown_option_names_it(logos):
    ran = logos("edit", "MKVLL", "--mots", "3")
    assert ran.code != 0
    assert "--mots" in ran.err + ran.out
