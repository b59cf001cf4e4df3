"""What a user names: the same file plain or packed, and the thing itself."""

import gzip

import pytest

from scilogos.cli import inputs
from scilogos.errors import InputError, MissingError
from scilogos.science import NamedMolecule, Structure, write_sdf
from tests.science.conftest import peptide

FASTA, PDB = ">a\nMKV\n", "\n".join([*peptide(["ALA", "GLY"]), "END"]) + "\n"


def packed(path):
    (path.parent / f"{path.name}.gz").write_bytes(gzip.compress(path.read_bytes()))
    return [str(path), f"{path}.gz"]


@pytest.mark.parametrize("name", ["m.smi", "m.csv", "M.SDF"])
def test_molecules(tmp_path, name):
    path = tmp_path / name
    path.write_text({"m.smi": "CCO first\n", "m.csv": "smiles,note\nCCO,x\n"}.get(name, ""))
    if name == "M.SDF":
        write_sdf(path, [NamedMolecule("CCO", "first")])
    assert [inputs.molecules(text) for text in packed(path)] == [["CCO"]] * 2
    assert inputs.molecules("CCO") == ["CCO"]


@pytest.mark.parametrize(("name", "line_end"), [("", b"\n"), ("", b"\r\n"), ("first", b"\r\n")])
def test_molecules_of_an_sdf_file_as_other_programs_write_it(tmp_path, name, line_end):
    path = tmp_path / "m.sdf"
    write_sdf(path, [NamedMolecule("CCO", name), NamedMolecule("CCN", name)])
    path.write_bytes(path.read_bytes().replace(b"\n", line_end))
    assert inputs.molecules(str(path)) == ["CCO", "CCN"]


def test_nodes_are_taken_as_they_stand(tmp_path):
    """No valence knows the oxygen of four zincs."""
    (tmp_path / "n.smi").write_text("[Zn][O]([Zn])([Zn])[Zn]\tmof5\n[Cu][Cu]\n")
    assert inputs.node_fragments([str(tmp_path / "n.smi")]) == {"[Zn][O]([Zn])([Zn])[Zn]", "[Cu][Cu]"}
    (tmp_path / "n.smi").write_text("[Cu][Cu]\n[Cu\n")
    with pytest.raises(InputError, match=r"n\.smi:2: "):
        inputs.node_fragments([str(tmp_path / "n.smi")])


@pytest.mark.parametrize("name", ["p.fasta", "p.fa", "p.faa"])
def test_sequences(tmp_path, name):
    (tmp_path / name).write_text(FASTA)
    assert [inputs.sequences(text) for text in packed(tmp_path / name)] == [[("a", "MKV")]] * 2
    assert inputs.structure_or_sequences("MKV") == [("sequence", "MKV")]


@pytest.mark.parametrize("name", ["s.pdb", "s.ent"])
def test_structures(tmp_path, name):
    (tmp_path / name).write_text(PDB)
    for text in packed(tmp_path / name):
        found = inputs.structure_or_sequences(text)
        assert isinstance(found, Structure) and found.chains[0].residues == "AG"


def test_what_is_not_there_or_of_another_kind_is_refused(tmp_path):
    for ending in (*inputs.STRUCTURES, *inputs.SEQUENCES, *inputs.MOLECULES):
        with pytest.raises(MissingError, match=f"none{ending}: no such file"):
            inputs.is_file_name(str(tmp_path / f"none{ending}"), (ending,))
    with pytest.raises(InputError, match=r"m\.smi\.gz: expected a sequence or a file of \.fasta"):
        inputs.sequences("m.smi.gz")
