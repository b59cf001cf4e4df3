"""The verb `ligands` on a small structure: a fragment to keep, rules, and what is said of the draws."""

import json

import pytest

from tests.science.conftest import peptide, ring


@pytest.fixture
def pocket(tmp_path) -> tuple[str, ...]:
    lines = [*peptide(["ALA", "GLY", "CYS", "SER"]), "TER", *ring(), "END"]
    (tmp_path / "one.pdb").write_text("\n".join(lines) + "\n")
    return "ligands", "one.pdb", "--around", "LIG", "--model", "tiny", "-n", "3", "--most-atoms", "12"


def test_ligands_keep_a_fragment_and_the_rules(logos, pocket):
    ran = logos(*pocket, "--keep", "c1ccncc1", "--forbid", "[F,Cl,Br,I]", "--forbid", "[U]~[U]", "--elements", "C,N,O")
    assert ran.code == 0, ran.err
    rows = [json.loads(line) for line in ran.out.splitlines()]
    assert rows and all("n" in row["smiles"] and 7 <= row["heavy_atoms"] <= 12 for row in rows)
    assert all(row["held"] == ["forbid [F,Cl,Br,I]"] and row["drawn"] % 9 == 0 for row in rows)
    assert all(row["rejected"] == {"forbid [U]~[U]": 0} for row in rows)
    assert "forbid [F,Cl,Br,I]: held while writing; forbid [U]~[U]: rejected 0 of" in ran.err


def test_what_is_missing_is_said(logos, pocket, tmp_path):
    ran = logos(*pocket, "--require", "[U]~[U]", "--out", "none.sdf")
    assert ran.code == 0
    assert "require [U]~[U]: rejected 72 of 72 draws; 0 of the 3 asked for remain" in ran.err
    assert (tmp_path / "none.sdf").read_text() == ""


def test_without_rules_nothing_is_added(logos, pocket):
    ran = logos(*pocket)
    assert ran.err == "" and all("drawn" not in json.loads(line) for line in ran.out.splitlines())


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--keep", "c1cc"), ["c1cc", "position"]),
        (("--keep", "C.C"), ["C.C", "several parts"]),
        (("--require", "c1cc"), ["require", "c1cc", "SMARTS"]),
        (("--forbid", "["), ["forbid", "[", "SMARTS"]),
        (("--elements", "C,Xx"), ["elements", "Xx"]),
        (("--elements", "N,O"), ["carbon"]),
    ],
)
def test_one_line_and_code_2(logos, pocket, words, says):
    ran = logos(*pocket, *words)
    assert ran.code == 2 and ran.err.startswith("logos: ") and ran.err.count("\n") == 1
    assert all(text in ran.err for text in says), ran.err
