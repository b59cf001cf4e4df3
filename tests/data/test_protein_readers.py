"""Readers of proteins, antibodies, chains and materials on tables with the real columns: what they must never tell."""

import json
from pathlib import Path

import pytest

from scilogos.grammar import (
    Antibody,
    Complex,
    Design,
    Edit,
    Located,
    Molecule,
    Protein,
    Transform,
    parse,
    write,
)
from tests.data.small import sides, texts

# --- proteins


def protein_rows(leaks: dict[str, str]) -> list[dict]:
    return [{"id": i, "seq": seq, "cluster_size": 1, "src": "sp", "leak": leak, "split": "train"}
            for i, (seq, leak) in enumerate(leaks.items())]  # fmt: skip


@pytest.mark.parametrize("reader", ["proteins", "denoising"])
def test_no_near_twin_of_a_labelled_protein(write_table, read, reader):
    leaks = {"AAAA": "", "CCCC": "ig_fold", "DDDD": "gfp", "EEEE": "aav", "FFFF": "gb1|proteingym90", "GGGG": "rabd90",
             "HHHH": "proteingym90", "IIII": "ig_fold|rabd90", "KKKK": "some_new_mark"}  # fmt: skip
    rows = protein_rows(leaks)
    other = [
        ("LLLL", "excluded"),
        ("MMMM", "test"),
        ("NNNN", "val"),
        ("MXB", "train"),
        ("", "train"),
        ("W" * 9, "train"),
    ]
    rows += [{**rows[0], "seq": seq, "split": split} for seq, split in other]
    write_table("p.csv", rows)
    records, counts = read(reader, "p.csv", max_length=8)
    assert [(record.key, record.split) for record in records] == [("AAAA", "train"), ("CCCC", "train"), ("NNNN", "val")]
    near = {what: n for what, n in counts.items() if "labelled variants" in what}
    assert sum(near.values()) == 7 and near["dropped rows: near twin of a protein with labelled variants (gfp)"] >= 1
    assert counts["dropped rows: split excluded"] == 1 and counts["dropped rows: split test"] == 1
    assert counts["dropped rows: residues other than the twenty"] == 2
    assert counts["dropped rows: longer than 8 residues"] == 1


def test_denoising_goes_from_a_corrupted_copy_to_the_natural_protein(write_table, read):
    sequence = "ACDEFGHIKLMNPQRSTVWY" * 5
    write_table("p.csv", protein_rows({sequence: ""}))
    (record,), _ = read("denoising", "p.csv", writings=6)
    assert len(record.sentences) == 6 == len(set(record.sentences))
    for edit in record.sentences:
        assert isinstance(edit, Edit) and edit.variant == Protein(sequence)
        assert 2 <= sum(a != b for a, b in zip(edit.parent.residues, sequence, strict=True)) <= 15


# --- antibodies


def antibody_row(name: str, **changed) -> dict:
    letters = {"H": "QVQL", "K": "DIQM", "L": "SYEL"}
    row = {"id": name, "chain": name[0], "seq": letters[name[0]] + name[1] * 16, "imgt1s": 4, "imgt1e": 6,
           "imgt2s": 8, "imgt2e": 10,
           "imgt3s": 12, "imgt3e": 16, "split": "train", "rabd_h3_id": 0.2, "rabd_dom_id": 0.5}  # fmt: skip
    return row | changed


@pytest.mark.parametrize("reader", ["antibodies", "designs"])
def test_no_near_twin_of_a_benchmark_antibody(write_table, read, reader):
    rows = [
        antibody_row("HA"),
        antibody_row("HC", rabd_h3_id=0.6),
        antibody_row("HD", rabd_dom_id=0.95),
        antibody_row("HE", rabd_h3_id=0.599, rabd_dom_id=0.949),
        antibody_row("HF", split="rabd_test"),
        antibody_row("HG", split="test"),
        antibody_row("HI", split="val"),
        antibody_row("HK", rabd_h3_id=""),
    ]
    write_table("ab.csv", rows)
    records, counts = read(reader, "ab.csv")
    assert [record.key[4] for record in records] == ["A", "E", "I", "K"]
    assert [record.split for record in records] == ["train", "train", "val", "train"]
    assert counts["dropped rows: near twin of a RAbD antibody, by CDR-H3"] == 1
    assert counts["dropped rows: near twin of a RAbD antibody, by domain"] == 1
    assert counts["dropped rows: split rabd_test"] == counts["dropped rows: split test"] == 1


def test_no_loop_that_another_table_holds_out(write_table, read):
    held = [antibody_row("HA", split="val"), antibody_row("HC", split="test"), antibody_row("HD"), antibody_row("KE")]
    write_table("split.csv", held)
    loop = lambda text: antibody_row("HF", seq="QVQL" + "F" * 8 + text)  # noqa: E731
    rows = [loop(text) for text in ("AAAA", "CCCC", "DDDD", "EEEE", "AAAAF", "AAAF")]
    for number, row in enumerate(rows):
        rows[number] = {key: value for key, value in row.items() if key != "split"} | {"id": f"HF{number}"}
    rows[4]["imgt3e"] = 17  # of five residues, as none of the held out
    write_table("more.csv", rows)
    records, counts = read("designs", "more.csv", exclude=Path("split.csv"))
    assert [record.key[12:] for record in records] == ["DDDD", "EEEE", "AAAAF", "AAAF"], "three of four are no twin"
    assert counts["dropped rows: near twin of a held-out antibody, by CDR-H3"] == 2


def test_a_table_without_a_split_is_for_training(write_table, read):
    rows = [{k: v for k, v in antibody_row("H" + letter).items() if k != "split"} for letter in "ACDEFGHIKL"]
    write_table("ab.csv", rows)
    assert {record.split for record in read("antibodies", "ab.csv")[0]} == {"train"}


def test_designs_open_loops_and_bring_the_partner(write_table, read):
    write_table("ab.csv", [antibody_row("HA"), antibody_row("KC"), antibody_row("HD")])
    write_table("pairs.csv", [{"heavy_id": "HA", "light_id": "KC"}, {"heavy_id": "HD", "light_id": "KX"}])
    records, _ = read("designs", "ab.csv", pairs=Path("pairs.csv"), writings=12)
    heavy, light, alone = records
    assert heavy.sentences[0].filled[0].loops == ((12, 16),)  # H3 first
    for record, place in ((heavy, 0), (light, 1)):
        assert {len(design.filled) for design in record.sentences} == {1, 2}
        for design in record.sentences:
            assert isinstance(design, Design) and parse(write(design)) == design
            own = design.filled[place if len(design.filled) == 2 else 0]
            assert own.residues == record.key and own.loops and set(own.loops) <= {(4, 6), (8, 10), (12, 16)}
            if len(design.filled) == 2:
                assert [domain.residues for domain in design.filled] == [heavy.key, light.key]
                assert design.gapped[1 - place] == Antibody(design.filled[1 - place].residues)
    assert all(len(design.filled) == 1 for design in alone.sentences)


def test_a_partner_never_comes_from_another_split(write_table, read):
    """A validation loop in the plain partner of a training row would be learnt by heart."""
    rows = [antibody_row("HA"), antibody_row("KC", split="val"), antibody_row("HD", split="test"), antibody_row("KE")]
    write_table("ab.csv", rows)
    write_table("pairs.csv", [{"heavy_id": "HA", "light_id": "KC"}, {"heavy_id": "HD", "light_id": "KE"}])
    records, _ = read("designs", "ab.csv", pairs=Path("pairs.csv"), writings=12)
    told = {split: {domain.residues for r in records if r.split == split for s in r.sentences for domain in s.filled}
            for split in ("train", "val")}  # fmt: skip
    assert told == {"train": {rows[0]["seq"], rows[3]["seq"]}, "val": {rows[1]["seq"]}}


# --- structures

SAFE = {"pdb_in_coach420": 0, "pdb_in_holo4k_mlig": 0, "id_coach420": 0, "id_holo4k": 0.29, "id_posebusters": 0,
        "id_astex": 0.1, "id_crossdocked": 0}  # fmt: skip


def chain(letter: str, contacts=(1, 3), **changed) -> dict:
    row = {"pdb": "1abc", "chain": "A", "ccd": "LIG", "category": "small_molecule", "smiles": "OCC", "seq": letter * 8,
           "contacts": list(contacts), "cluster30": letter, **SAFE}  # fmt: skip
    return row | changed


@pytest.fixture
def chains(tmp_path):
    def written(*rows: dict) -> str:
        (tmp_path / "t.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
        return "t.jsonl"

    return written


@pytest.mark.parametrize("reader", ["sites", "complexes"])
def test_no_near_twin_of_a_test_chain(chains, read, reader):
    leaking = [chain("C", **{name: 0.3}) for name in SAFE if name.startswith("id_")]
    leaking += [chain("D", **{name: 1}) for name in SAFE if name.startswith("pdb_in")]
    other = [chain("E", category="additive_list"), chain("F", contacts=()), chain("G", contacts=(1, 8)),
             chain("H", contacts=(-1,)), chain("J"), chain("K", seq="K" * 99)]  # fmt: skip
    records, counts = read(reader, chains(chain("A"), *leaking, *other), max_length=90)
    assert len(records) == 1 and set(records[0].key[:8]) == {"A"}
    assert counts["dropped rows: identity of 30% or more to a test chain"] == 7
    near = {what.rsplit(" ", 1)[1]: n for what, n in counts.items() if what.startswith("rows near a chain of ")}
    assert near == {"COACH420": 2, "HOLO4K": 2, "PoseBusters": 1, "Astex": 1, "CrossDocked": 1}
    assert counts["dropped rows: no contacts, or contacts outside the chain"] == 3
    assert counts["dropped rows: residues that the language lacks"] == 1
    assert sum(counts.values()) == 2 * counts["rows"] - 1 + sum(near.values())


@pytest.mark.parametrize("lacking", SAFE)
def test_a_table_without_its_leak_columns_is_refused(chains, read, lacking):
    row = chain("A")
    del row[lacking]
    with pytest.raises(ValueError, match=rf"t\.jsonl:1: found columns .*; expected {lacking}"):
        read("sites", chains(row))


def test_sites_are_the_union_of_a_chain_s_contacts(chains, read):
    path = chains(chain("A", (1,)), chain("C"), chain("A", (5, 1)))
    records, counts = read("sites", path, writings=4)
    assert counts == {"rows": 3, "merged rows": 1}
    plain, marked = Protein("A" * 8), Protein("A" * 8, (1, 5))
    expanded = Protein("A" * 8, (1, 5), "expanded")
    located = Located((plain,), (marked,))
    assert records[0].sentences[0] == located
    assert set(records[0].sentences) == {located, marked, expanded, Transform((marked,), (expanded,))}
    assert len(read("sites", path)[0][0].sentences) == 1
    assert read("sites", path, forms=("expanded",), writings=4)[0][0].sentences == (expanded,)


def test_complexes_cap_a_ligand_s_rows_and_refused_ones_do_not_count(chains, read):
    rows = [chain("C", smiles="C(C"), *(chain(letter) for letter in "DEF"), chain("G", ccd="XYZ")]
    records, counts = read("complexes", chains(*rows), per_key=2, writings=3)
    assert [record.key[0] for record in records] == ["D", "E", "G"]
    assert counts["dropped rows: more than 2 rows of one ligand"] == 1
    assert counts["dropped rows: ligand that RDKit refuses"] == 1
    levels = [Protein("D" * 8, (1, 3), level) for level in ("plain", "marked", "expanded")]
    assert set(records[0].sentences) == {Complex((protein,), Molecule("CCO")) for protein in levels}
    only, _ = read("complexes", chains(*rows), forms=("marked",), writings=3)
    assert only[0].sentences == (Complex((levels[1],), Molecule("CCO")),)


# --- materials


def test_materials_keep_to_the_strict_split(write_table, read):
    row = {"node": "[Zn]", "linkers": "O=C([O-])C(=O)[O-]", "topology": "pcu", "families": "CoRE|hMOF", "n_rows": 1,
           "split_pair": "train", "split_linker": "train"}  # fmt: skip
    rows = [
        row,
        row | {"split_linker": "test", "linkers": "O=C(O)CC(=O)O"},
        row | {"linkers": "O=C([O-])CC(=O)[O-]"},  # the same without its protons
        row | {"linkers": "O=C([O-])CC(=O)[O-].O=C(O)CC(=O)[O-]"},  # and in two states at once
        row | {"split_linker": "val", "split_pair": "test", "families": "PORMAKE"},
        row | {"split_linker": ""},
        row | {"node": "[Zn"},
    ]
    write_table("mof.csv", rows)
    records, counts = read("materials", "mof.csv")
    assert [record.split for record in records] == ["train", "val"]
    assert texts(records[:1]) == texts([records[1]])
    assert counts["dropped rows: split test"] == 1 and counts["dropped rows: split "] == 1
    assert counts["dropped rows: node or linker that cannot be written"] == 1
    assert counts["dropped rows: linkers of a test item, protons aside"] == 2
    made, _ = read("materials", "mof.csv", forms=("made",))
    enumerated, _ = read("materials", "mof.csv", forms=("enumerated",))
    assert [len(made), len(enumerated)] == [1, 1] and enumerated[0].split == "val"


def test_materials_without_a_split_are_split_by_their_linkers(write_table, read_half):
    """Whatever the node, the order of the linkers, and their protons."""
    acids = [f"O=C(O){'C' * i}C(=O)O" for i in range(1, 30)]
    anions = [acid.replace("(O)", "([O-])").removesuffix("O") + "[O-]" for acid in acids]
    rows = [{"node": node, "linkers": f"{one}.{other}", "topology": "pcu", "families": "CoRE"}
            for acid, anion in zip(acids, anions, strict=True) for node in ("[Zn]", "[Cu]")
            for one, other in ((acid, "c1cnccn1"), ("c1cnccn1", anion))]  # fmt: skip
    write_table("mof.csv", rows)
    records = read_half("materials", "mof.csv")
    found = sides(records, lambda material: max(len(linker.smiles.replace("[O-]", "O")) for linker in material.linkers))
    assert len(records) == len(rows) and all(found.values()) and len(found["train"]) + len(found["val"]) == len(acids)
