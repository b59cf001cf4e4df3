"""A user's own tables: what each task's reader tells, what it holds out, and the line of a row that it cannot use."""

import csv
import json
import random
from itertools import islice

import pytest

from scilogos.errors import InputError
from scilogos.grammar import Complex, Design, Edit, Located, Material, Retro, parse, write
from scilogos.science import canonical, order_reactants

ESTER = {"reactants": "CCO.CC(=O)Cl", "product": "CCOC(C)=O"}
HEAVY = (
    "EVQLVESGGGLVQPGGSLRLSCAASGFNIKDTYIHWVRQAPGKGLEWVARIYPTNGYTRYADSVKGRFTISADTSKNTAY"
    "LQMNSLRAEDTAVYYCSRWGGDGFYAMDYWGQGTLVTVSS"
)
LIGHT = "DIQMTQSPSSLSASVGDRVTITCRASQDVNTAVAWYQQKPGKAPKLLIYSASFLYSGVPSRFSGSRSGTDFTLTISSLQPEDFATYYCQQHYTTPPTFGQGTKVEIK"


@pytest.fixture
def told(tmp_path, read):
    """Write rows as JSONL, or as CSV, and read them with a reader."""

    def tell(reader: str, *rows: dict, ending: str = "jsonl", **options):
        with (tmp_path / f"t.{ending}").open("w", newline="") as file:
            if ending == "csv":
                writer = csv.DictWriter(file, list(rows[0]))
                writer.writeheader()
                writer.writerows(rows)
            else:
                file.writelines(json.dumps(row) + "\n" for row in rows)
        return read(reader, f"t.{ending}", **options)

    return tell


def one(records):
    (record,) = records
    return record.sentences


@pytest.mark.parametrize(
    "row",
    [
        ESTER,
        {"reaction": "CCO.CC(=O)Cl>CN(C)C=O.[K+]>CCOC(C)=O"},
        {"reaction": "OCC.CC(=O)Cl>>C(C)OC(C)=O |f:0.1|"},
        {"reaction": "[CH3:1][CH2:2][OH:3].[CH3:4][C:5](=[O:6])Cl>>[CH3:1][CH2:2][O:3][C:5]([CH3:4])=[O:6]"},
    ],
)
@pytest.mark.parametrize("ending", ["csv", "jsonl"])
def test_reactions_are_written_in_step(told, row, ending):
    records, _ = told("own_reactions", row, ending=ending, writings=4, forms=("retro",))
    sentences = one(records)
    assert len(sentences) == 4 and all(isinstance(sentence, Retro) for sentence in sentences)
    assert write(sentences[0]) == "<MoleculeS>CCOC(C)=O<MoleculeE><ReverseReact>" + "".join(
        f"<MoleculeS>{smiles}<MoleculeE>" for smiles in ("CCO", "ClC(C)=O")
    )


def test_reagents_among_the_reactants_are_left_out(told):
    records, _ = told("own_reactions", {**ESTER, "reactants": "CCO.CC(=O)Cl.c1ccncc1"}, forms=("retro",))
    assert [molecule.smiles for molecule in one(records)[0].reactants] == ["CCO", "ClC(C)=O"]


def test_equal_reactions_are_merged_and_products_stand_on_one_side(told):
    rows = [ESTER, {"reactants": "CC(=O)Cl.OCC", "product": "O=C(C)OCC"}]
    rows += [{"reactants": f"{'C' * n}O.CC(=O)O", "product": f"{'C' * n}OC(C)=O"} for n in range(2, 12)]
    records, counts = told("own_reactions", *rows, forms=("retro",))
    assert (len(records), counts["rows"], counts["merged rows"]) == (11, 12, 1)
    sides = {}
    for record in records:
        sides.setdefault(record.sentences[0].product.smiles, set()).add(record.split)
    assert sorted(len(side) for side in sides.values()) == [1] * 10
    assert sum(record.split == "val" for record in records) in (1, 2)  # one product, which may have two reactions


def test_by_products_and_repeats_make_no_other_group(told):
    """Sides go by what is told: the largest product, and the set of linkers."""
    rows = [ESTER | {"split": "val"}, ESTER | {"product": "CCOC(C)=O.Cl", "split": "train"}]
    records, counts = told("own_reactions", *rows)
    assert [record.split for record in records] == ["val"] and counts["merged rows"] == 1
    mapped = "[CH3:1][CH2:2][OH:3].[CH3:4][C:5](=[O:6])[Cl:7]>>[ClH:7].[CH3:1][CH2:2][O:3][C:5]([CH3:4])=[O:6]"
    (record,) = told("own_reactions", {"reaction": mapped}, forms=("retro",))[0]
    assert write(record.sentences[0]).startswith("<MoleculeS>CCOC(C)=O<MoleculeE><ReverseReact>")
    acid = {"node": "[Zn]", "topology": "pcu"}
    rows = [acid | {"linkers": "OC(=O)C", "split": "val"}, acid | {"linkers": "OC(=O)C.CC(=O)O", "split": "train"}]
    assert [record.split for record in told("own_materials", *rows)[0]] == ["val", "val"]


def test_what_the_table_holds_out_is_held_out_with_its_twins(told):
    rows = [ESTER | {"split": "train"}, {"reactants": "CCO.CC(=O)O", "product": "CCOC(C)=O", "split": "test"}]
    rows += [{"reactants": "CCN.CC(=O)O", "product": "CCNC(C)=O", "split": name} for name in ("train", "train")]
    records, _ = told("own_reactions", *rows)
    assert [record.split for record in records] == ["val", "val", "train"]


def test_sites_are_the_union_of_their_rows(told):
    records, counts = told(
        "own_sites", {"sequence": "MKVL", "contacts": "1 2"}, {"sequence": "mkvl", "contacts": "[0]"}, ending="csv"
    )
    assert counts["merged rows"] == 1
    (sentence,) = one(records)
    assert isinstance(sentence, Located) and sentence.marked[0].sites == (0, 1, 2)


def test_ligands_come_at_both_levels(told):
    row = {"sequence": "MKVL", "contacts": [2, 1], "smiles": "OCC"}
    sentences = one(told("own_ligands", row, writings=2, forms=("marked", "expanded"))[0])
    assert {sentence.chains[0].level for sentence in sentences} == {"marked", "expanded"}
    assert all(isinstance(s, Complex) and s.chains[0].sites == (1, 2) and s.ligand.smiles == "CCO" for s in sentences)


def test_materials_edits_and_antibodies(told):
    (framework,) = one(told("own_materials", {"node": "[Zn]", "linkers": "OC(=O)C", "topology": "pcu"})[0])
    assert isinstance(framework, Material) and framework.net == "pcu"
    (edit,) = one(told("own_edits", {"parent": "MKVL", "variant": "MKIL"})[0])
    assert isinstance(edit, Edit) and edit.variant.residues == "MKIL"
    (alone,) = one(told("own_antibodies", {"sequence": HEAVY})[0])
    assert isinstance(alone, Design) and alone.filled[0].residues == HEAVY and len(alone.filled[0].loops) == 1
    paired = one(told("own_antibodies", {"sequence": LIGHT, "partner": HEAVY}, writings=12)[0])
    assert any(len(design.filled) == 2 and design.filled[0].residues == HEAVY for design in paired)
    for sentence in (framework, edit, alone, *paired):
        assert parse(write(sentence)) == sentence


def test_chains_of_one_antibody_are_held_out_together(told):
    pairs = [{"sequence": LIGHT, "partner": HEAVY, "split": "val"}, {"sequence": HEAVY, "split": "train"}]
    assert [record.split for record in told("own_antibodies", *pairs)[0]] == ["val", "val"]


@pytest.mark.parametrize(
    ("reader", "row", "says"),
    [
        ("own_reactions", {"reactants": "CC(", "product": "CC"}, "SMILES 'CC('"),
        ("own_reactions", {"reactants": "CC", "product": ""}, "found no product"),
        ("own_reactions", {"smiles": "CC"}, "found no reactants and no product"),
        ("own_reactions", {"reactants": "CCO", "product": "OCC"}, "its own reactant"),
        ("own_reactions", {"reaction": "CCO>CC"}, "'CCO>CC'; expected reactants>>product"),
        ("own_reactions", {"reaction": "  "}, "'  '; expected reactants>>product"),
        ("own_reactions", {"reactants": "C~C.CO", "product": "COC"}, "'C~C'"),
        ("own_reactions", ESTER | {"split": "tst"}, "'tst'; expected train, val, valid, test"),
        (
            "own_sites",
            {"sequence": "MKVL", "contacts": "1 4"},
            "contacts: found 4; expected 0-based places from 0 to 3",
        ),
        ("own_sites", {"sequence": "MKVL", "contacts": "1;2"}, "'1;2'; expected numbers"),
        ("own_sites", {"sequence": "MKVL", "contacts": "[1"}, "'[1'; expected numbers"),
        ("own_sites", {"sequence": "MKVL", "contacts": ""}, "found none"),
        ("own_sites", {"sequence": "MK-L", "contacts": "1"}, "alignment gaps"),
        ("own_ligands", {"sequence": "MKVL", "contacts": "1", "smiles": "C1CC"}, "C1CC"),
        ("own_materials", {"node": "[Zn", "linkers": "C"}, "[Zn"),
        ("own_edits", {"parent": "MKVL", "variant": "MKV"}, "found 3 residues; expected 4"),
        ("own_antibodies", {"sequence": "MKVLMKVLMKVL"}, "no antibody variable domain"),
        ("own_edits", {"parent": "MKVL"}, "expected variant"),
    ],
)
@pytest.mark.parametrize("ending", ["csv", "jsonl"])
def test_a_row_that_cannot_be_used(told, reader, row, says, ending):
    with pytest.raises(InputError) as caught:
        told(reader, row, ending=ending)
    line = 1 if ending == "jsonl" or "expected variant" in says else 2
    assert f"t.{ending}:{line}: " in str(caught.value) and says in str(caught.value)


@pytest.mark.parametrize("contacts", [None, 3, ["1"], [1.5], [True], {"a": 1}])
def test_contacts_of_another_kind(told, contacts):
    with pytest.raises(InputError, match="t.jsonl:1: "):
        told("own_sites", {"sequence": "MKVL", "contacts": contacts})


def test_real_reactions_lose_no_reactant_that_gives_atoms(data, tmp_path, told):
    from scilogos.data.tables import read_rows

    rows = list(islice(read_rows(data / "chem/uspto50k.csv.gz", ("product", "reactants")), 4000))
    rows = [{k: row[k] for k in ("reactants", "product")} for row in random.Random(3).sample(rows, 60)]
    records, _ = told("own_reactions", *rows, forms=("retro",))
    whole = 0
    for record, row in zip(records, rows, strict=True):
        (sentence,) = record.sentences
        found = order_reactants(canonical(molecule.smiles) for molecule in sentence.reactants)
        whole += found == order_reactants(canonical(row["reactants"]).split("."))
    assert whole >= 57
