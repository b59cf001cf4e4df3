"""Readers of reactions and molecules on tables with the real columns: what they tell, and must never tell."""

import hashlib
from pathlib import Path

import pytest

from scilogos.data.ledger import Ledger
from scilogos.data.source import Reading, Source
from scilogos.grammar import (
    Molecule,
    Reaction,
    Retro,
    parse,
    write,
)
from scilogos.science import canonical, without_stereo
from tests.data.small import sides, texts

SOURCE = Source(reader="molecules", path=Path("m.csv"), modality="m")


# --- reactions

AMIDE = ("CC(=O)NC", "CC(=O)O.CN")
ETHER = ("CCOC", "CCO.CI")
ESTER = ("CC(=O)OC", "CC(=O)Cl.CO")
MAPPED = {
    AMIDE: "[CH3:1][C:2](=[O:3])O.[CH3:4][NH2:5]>>[CH3:1][C:2](=[O:3])[NH:5][CH3:4]",
    ETHER: "[CH3:1][CH2:2][OH:3].[CH3:4]I>>[CH3:1][CH2:2][O:3][CH3:4]",
    ESTER: "[CH3:1][C:2](=[O:3])Cl.[CH3:4][OH:5]>>[CH3:1][C:2](=[O:3])[O:5][CH3:4]",
}


def reaction_tables(write_table, rows: list[tuple[tuple[str, str], str]], *, test=(AMIDE,), name="train"):
    plain = [
        {"row": i, "class": 1, "split": split, "product": pair[0], "reactants": pair[1], "product_in_train": ""}
        for i, (pair, split) in enumerate(rows)
    ]
    write_table(f"{name}.csv", plain)
    write_table(f"{name}_mapped.csv", [{"row": i, "rxn_mapped": MAPPED[pair]} for i, (pair, _) in enumerate(rows)])
    write_table("test.csv", [{"split": "test", "product": p, "reactants": r} for p, r in test] or [{"split": "train"}])


def test_mapped_reactions_are_told_both_ways_and_aligned(write_table, read):
    reaction_tables(write_table, [(ETHER, "train"), (ESTER, "val")])
    records, counts = read("mapped_reactions", "train_mapped.csv", join=Path("train.csv"), writings=3)
    assert [record.split for record in records] == ["train", "val"] and counts == {"rows": 2}
    first, second, third, fourth = records[0].sentences
    assert isinstance(first, Retro) and first.product == Molecule("CCOC")
    assert {canonical(m.smiles) for m in first.reactants} == {"CCO", "CI"}
    assert isinstance(second, Retro) and isinstance(third, Retro)
    assert fourth == Reaction((Molecule("CCO"), Molecule("CI")), (Molecule("CCOC"),))  # what is asked comes as it is
    only, _ = read("mapped_reactions", "train_mapped.csv", join=Path("train.csv"), writings=3, forms=("reaction",))
    assert [len(record.sentences) for record in only] == [3, 3]
    assert all(isinstance(sentence, Reaction) for record in only for sentence in record.sentences)


def test_no_product_or_reactant_set_of_a_test_item_is_trained_on(write_table, read):
    shuffled = (ETHER[0], "CI.CCO")  # the reactants of a test item in another order, under another product
    other = ("CCO", ETHER[1])
    MAPPED[other] = "[CH3:1][CH2:2][OH:3].[CH3:4]I>>[CH3:1][CH2:2][OH:3]"
    MAPPED[shuffled] = MAPPED[ETHER]
    rows = [(AMIDE, "train"), (AMIDE, "test"), (AMIDE, "val"), (other, "train"), (ESTER, "train")]
    reaction_tables(write_table, rows, test=((AMIDE[0], "C.N"), ("C", "CI.CCO")))
    options = {"join": Path("train.csv"), "exclude": Path("test.csv")}
    records, counts = read("mapped_reactions", "train_mapped.csv", **options)
    products = [(record.split, record.name.split("<<")[0]) for record in records]
    assert products == [("val", canonical(AMIDE[0])), ("train", canonical(ESTER[0]))]
    assert counts["dropped rows: product of a test item"] == 1 and counts["dropped rows: split test"] == 1
    assert counts["dropped rows: reactant set of a test item"] == 1


def test_stereoisomers_of_test_items_are_not_trained_on(write_table, read):
    write_table("test.csv", [{"split": "test", "product": "C[C@H](O)CCl", "reactants": "C[C@@H](Br)CCl.O"}])
    rows = [
        {"product": "C[C@@H](O)CCl", "reactants": "C"},  # the other isomer
        {"product": "CCCC.CC(O)CCl", "reactants": "C"},  # among others, its stereo not said
        {"product": "CCC", "reactants": "O.CC(Br)CCl"},  # its reactants, without stereo
        {"product": "CC(Cl)CO", "reactants": "C"},  # the same letters, another molecule
    ]
    write_table("plain.csv", rows)
    records, counts = read("reactions", "plain.csv", exclude=Path("test.csv"))
    assert [record.name for record in records] == ["CC(Cl)CO<<C"]
    assert counts["dropped rows: product of a test item, stereo aside"] == 2
    assert counts["dropped rows: reactant set of a test item, stereo aside"] == 1


def test_mapped_rows_without_a_map_free_row_are_dropped_and_disorder_is_refused(write_table, read):
    write_table("plain.csv", [{"row": i, "product": "CCOC", "reactants": "CCO.CI"} for i in (1, 4)])
    write_table("mapped.csv", [{"row": i, "rxn_mapped": MAPPED[ETHER]} for i in (0, 1, 3, 4, 9)])
    records, counts = read("mapped_reactions", "mapped.csv", join=Path("plain.csv"))
    assert len(records) == 2 and counts["dropped rows: no map-free row"] == 3
    write_table("mapped.csv", [{"row": i, "rxn_mapped": MAPPED[ETHER]} for i in (1, 0)])
    with pytest.raises(ValueError, match="row 0 after row 1; expected rows in order"):
        read("mapped_reactions", "mapped.csv", join=Path("plain.csv"))
    write_table("plain.csv", [{"row": i, "product": "CCOC", "reactants": "CCO.CI"} for i in (4, 1)])
    write_table("mapped.csv", [{"row": 9, "rxn_mapped": MAPPED[ETHER]}])
    with pytest.raises(ValueError, match=r"plain\.csv: row 1 after row 4"):
        read("mapped_reactions", "mapped.csv", join=Path("plain.csv"))


def test_one_reaction_in_two_writings_is_one(write_table, read):
    plain = [{"product": "CCOC", "reactants": "CCO.CI"}, {"product": "COCC", "reactants": "IC.OCC"}]
    write_table("plain.csv", plain)
    one, other = read("reactions", "plain.csv")[0]
    assert one.sentences != other.sentences and one.name == other.name
    write_table("row.csv", [{"row": i, "split": "train", **row} for i, row in enumerate(plain)])
    write_table("mapped.csv", [{"row": i, "rxn_mapped": MAPPED[ETHER]} for i in (0, 1)])
    one, other = read("mapped_reactions", "mapped.csv", join=Path("row.csv"))[0]
    assert one.name == other.name == "CCOC<<CCO.CI"


def test_map_free_reactions(write_table, read):
    write_table("test.csv", [{"split": "val", "product": "CCOC", "reactants": "CCO.CI"}])
    rows = [
        {"product": "CC", "reactants": "C.CI", "reagents": "[Na+].O"},
        {"product": "CCOC", "reactants": "C", "reagents": ""},  # a product of validation
        {"product": "O.CCOC", "reactants": "CCC", "reagents": ""},  # among others
        {"product": "CCC", "reactants": "CI.CCO", "reagents": ""},  # its reactants
        {"product": "C(C", "reactants": "CI", "reagents": ""},
    ]
    write_table("plain.csv", rows)
    records, counts = read("reactions", "plain.csv", exclude=Path("test.csv"))
    assert [r.sentences for r in records] == [(parse(write(r.sentences[0])),) for r in records] and len(records) == 1
    sources = (Molecule("C"), Molecule("CI"), Molecule("[Na+]"), Molecule("O"))
    assert records[0].sentences == (Reaction(sources, (Molecule("CC"),)),)
    assert counts["dropped rows: product of a val item"] == 2
    assert counts["dropped rows: reactant set of a val item"] == 1
    assert counts["dropped rows: SMILES that cannot be written"] == 1


def test_map_free_reactions_keep_to_the_split_of_their_table(write_table, read):
    rows = [{"split": s, "product": p, "reactants": "C"} for s, p in (("train", "CC"), ("test", "CO"), ("val", "CN"))]
    write_table("plain.csv", rows)
    records, counts = read("reactions", "plain.csv")
    assert [record.split for record in records] == ["train", "val"] and counts["dropped rows: split test"] == 1


def test_reactions_without_a_split_are_split_by_their_product(write_table, read_half):
    """Whatever its reactants and stereo are."""
    products = [f"{'C' * i}[C@H](F)Cl" for i in range(1, 30)]
    rows = [{"product": p.replace("@", at), "reactants": f"{'C' * k}O.Cl"} for k in (1, 2) for at in ("@", "@@")
            for p in products]  # fmt: skip
    write_table("plain.csv", rows)
    records = read_half("reactions", "plain.csv")
    found = sides(records, lambda reaction: without_stereo(reaction.products[0].smiles))
    assert len(records) == len(rows) and len(found["train"]) + len(found["val"]) == len(products)
    mapped = [{"row": i, "rxn_mapped": MAPPED[ETHER]} for i in range(len(rows))]
    write_table("mapped.csv", mapped)
    write_table("joined.csv", [{"row": i, **row} for i, row in enumerate(rows)])
    again = read_half("mapped_reactions", "mapped.csv", join=Path("joined.csv"))
    assert [record.split for record in again] == [record.split for record in records]


def test_a_product_of_a_test_item_is_dropped_from_validation_too(write_table, read_half):
    write_table("test.csv", [{"split": "test", "product": "C" * i, "reactants": "O"} for i in range(1, 30)])
    write_table("joined.csv", [{"row": i, "product": "C" * i, "reactants": "N"} for i in range(1, 30)])
    write_table("mapped.csv", [{"row": i, "rxn_mapped": MAPPED[ETHER]} for i in range(1, 30)])
    assert not read_half("mapped_reactions", "mapped.csv", join=Path("joined.csv"), exclude=Path("test.csv"))


# --- molecules


def test_molecules_without_a_split_are_split_whatever_their_writing_and_stereo(write_table, read_half):
    names = [f"{'C' * i}[C@H](F)Cl" for i in range(1, 30)]
    others = [f"Cl[C@@H]({'C' * i})F" for i in range(1, 30)]
    write_table("m.csv", [{"smiles": smiles} for smiles in [*names, *others, *(n.replace("@", "@@") for n in names)]])
    found = sides(read_half("molecules", "m.csv"), lambda molecule: without_stereo(molecule.smiles))
    assert all(found.values()) and len(found["train"]) + len(found["val"]) == len(names)


def test_molecules_keep_to_their_splits(write_table, read):
    moses = [("OCC", "train"), ("CCN", "test"), ("CCF", "test_scaffolds"), ("CCCl", "valid"), ("CCBr", "val")]
    write_table("m.csv", [{"smiles": s, "split": split} for s, split in [*moses, ("C(C", "train"), ("CI", "odd")]])
    records, counts = read("molecules", "m.csv")
    assert [(r.split, texts([r])) for r in records] == [
        ("train", "<MoleculeS>CCO<MoleculeE>"),
        ("val", "<MoleculeS>CCCl<MoleculeE>"),
        ("val", "<MoleculeS>CCBr<MoleculeE>"),
    ]
    assert counts["rows"] == 7 and counts["dropped rows: molecule that RDKit refuses"] == 1
    assert [counts[f"dropped rows: split {name}"] for name in ("test", "test_scaffolds", "odd")] == [1, 1, 1]


def test_writings_of_a_molecule_are_one_molecule_and_one_key(write_table, read):
    write_table("m.csv", [{"smiles": "OCCc1ccccc1"}, {"smiles": "c1ccccc1CCO"}])
    (first, second), _ = read("molecules", "m.csv", writings=5)
    assert first.name == second.name == "<MoleculeS>OCCc1ccccc1<MoleculeE>"
    assert len(first.sentences) > 2 and len(set(first.sentences)) == len(first.sentences)
    assert {canonical(molecule.smiles) for molecule in first.sentences} == {"OCCc1ccccc1"}


def test_splits_by_hash_are_near_their_share():
    """The keys here are as those of clusters; the chance of a failure by bad luck would be one in ten thousand."""
    reading = Reading(source=SOURCE, data=Path(), ledger=Ledger(), seed=1, val_percent=5.0)
    keys = [hashlib.md5(str(i).encode()).hexdigest()[:12] for i in range(4000)]
    splits = [reading.split(key) for key in keys]
    assert 150 < splits.count("val") < 250
    again = Reading(source=SOURCE, data=Path(), ledger=Ledger(), seed=2, val_percent=5.0)
    assert [again.split(key) for key in keys] == splits  # another seed writes anew, and moves nothing to training


def test_a_molecule_that_is_the_product_of_a_test_item_is_dropped(write_table, read):
    write_table("test.csv", [{"split": "test", "product": "CC[C@H](C)O", "reactants": "CCC(C)=O"}])
    write_table("m.csv", [{"smiles": smiles} for smiles in ("CCC(C)O", "OC(C)CC", "CCC(C)=O")])
    records, counts = read("molecules", "m.csv", exclude=Path("test.csv"))
    assert [record.sentences[0].smiles for record in records] == ["CCC(C)=O"], "reactants alone give nothing away"
    assert counts["dropped rows: product of a test item, stereo aside"] == 2
