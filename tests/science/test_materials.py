import csv
import gzip
import random

import pytest

from scilogos.errors import InputError
from scilogos.grammar.objects import Molecule
from scilogos.science import comparison_key, coordinating_groups, material, read_mofid, split_fragments

ZINC_OXIDE = "[Zn][O]([Zn])([Zn])[Zn]"
ACID = "O=C(O)c1ccc(C(=O)O)cc1"


def test_fragments_split_at_dots_but_not_across_a_ring_bond():
    assert split_fragments("[Zn]O[Zn].[Cu].[Zn]") == ["[Zn]O[Zn]", "[Cu]", "[Zn]"]
    assert split_fragments("[Zn]1.O1.[Cu]") == ["[Zn]1.O1", "[Cu]"]
    with pytest.raises(InputError, match="ring bond 3"):
        split_fragments("[Zn]3.[Zn]")


def test_order_by_mass_then_text_and_node_verbatim():
    made = material(f"{ZINC_OXIDE}.[Cu]", f"{ACID}.c1cc(ccn1)-c1ccncc1", " pcu ")
    assert made.nodes == ("[Cu]", ZINC_OXIDE)
    assert made.linkers == (Molecule("c1cc(-c2ccncc2)ccn1"), Molecule(ACID))
    assert made.net == "pcu"


@pytest.mark.parametrize(
    ("net", "kept"), [("UNKNOWN", None), ("ERROR,pcu", "pcu"), ("sql,hcb", "sql,hcb"), (None, None)]
)
def test_nets(net, kept):
    assert material("[Zn]", ACID, net).net == kept


def test_mofid():
    made = read_mofid("[O-]C(=O)c1ccc(cc1)C(=O)[O-].[Zn][O]([Zn])([Zn])[Zn] MOFid-v1.pcu.cat0;MOF-5\n")
    assert made.nodes == (ZINC_OXIDE,) and made.net == "pcu"
    assert made.linkers == (Molecule("O=C([O-])c1ccc(C(=O)[O-])cc1"),)


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("CCO", "expected a line such as"),
        ("[Zn] MOFid-v1.pcu.cat0", "no linker"),
        ("OC=O MOFid-v1.pcu.cat0", "no metal"),
        ("* MOFid-v1.NA.no_mof", "no metal"),
        ("[Zn].C(C MOFid-v1.pcu.cat0", "position"),
    ],
)
def test_mofid_faults(line, fault):
    with pytest.raises(InputError, match=fault):
        read_mofid(line)


@pytest.mark.parametrize("text", ["C(C", "c1cccc1", "", "CC(C)(C)(C)C"])
def test_bad_linkers(text):
    with pytest.raises(InputError):
        material("[Zn]", text)


@pytest.mark.parametrize(
    ("linker", "count"),
    [
        (ACID, 2),
        ("[O-]C(=O)c1cc(C(=O)[O-])cc(C(=O)[O-])c1", 3),
        ("c1cc(-c2ccncc2)ccn1", 2),
        ("c1c[n-]cn1", 2),
        ("CC1=C[N]C=N1", 2),
        ("c1nnn[nH]1", 4),
        ("O=C(O)c1cc(O)c(C(=O)O)cc1O", 4),
        ("O=P(O)(O)c1ccc(P(=O)(O)O)cc1", 2),
        ("O=S(=O)([O-])c1ccc(C(=O)[O-])cc1", 2),
        ("N#Cc1ccc(C#N)cc1", 2),
        ("C1CN2CCN1CC2", 2),
        ("Cn1ccnc1", 1),
        ("c1ccccc1", 0),
        ("COC(=O)c1ccccc1", 0),
    ],
)
def test_coordinating_groups(linker, count):
    assert coordinating_groups(linker) == count


def test_comparison_ignores_net_and_protons_only():
    anion = material(ZINC_OXIDE, "O=C([O-])c1ccc(C(=O)[O-])cc1", "pcu")
    assert comparison_key(anion) == comparison_key(material(ZINC_OXIDE, ACID, "dia"))
    both = material(ZINC_OXIDE, f"{ACID}.O=C([O-])c1ccc(C(=O)[O-])cc1", "pcu")
    assert comparison_key(anion) == comparison_key(both), "an acid and its anion are one linker"
    assert comparison_key(anion) != comparison_key(material("[Zn]", ACID, "pcu"))
    assert comparison_key(anion) != comparison_key(material(ZINC_OXIDE, "O=C(O)c1ccc(C(=O)O)nc1", "pcu"))


def test_shared_mofids(shared):
    with gzip.open(shared / "material" / "mof_core_experimental.csv.gz", "rt") as stream:
        rows = [row for row in csv.DictReader(stream) if row["status"] == "ok"]
    same = 0
    for row in random.Random(3).sample(rows, 500):
        made = read_mofid(row["mofid"])
        linkers = {linker.smiles for linker in made.linkers}
        same += linkers == set(row["linkers"].split(".")) and len(made.nodes) == len(row["node"].split("."))
    assert same >= 495
