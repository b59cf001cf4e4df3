import gzip
import os

import pytest
from rdkit import Chem

from scilogos.errors import InputError, MissingError, StorageError
from scilogos.science import NamedMolecule, read_molecules, read_smiles, write_sdf, write_smi

TWO = [NamedMolecule("CCO", "ethanol", {"score": 1.5}), NamedMolecule("C[C@H](N)C(=O)O", "alanine", {"score": 2.5})]


def test_smi_round_trip_and_gz(tmp_path):
    for name in ("a.smi", "a.smi.gz"):
        write_smi(tmp_path / name, TWO)
        back = read_molecules(tmp_path / name)
        assert [(m.smiles, m.name) for m in back] == [(m.smiles, m.name) for m in TWO]
    assert gzip.decompress((tmp_path / "a.smi.gz").read_bytes()).startswith(b"CCO\tethanol\n")


@pytest.mark.parametrize("coordinates", ["2D", "3D"])
def test_sdf_round_trip(tmp_path, coordinates):
    write_sdf(tmp_path / "a.sdf", TWO, coordinates=coordinates)
    assert read_molecules(tmp_path / "a.sdf") == TWO
    mol = next(Chem.SDMolSupplier(str(tmp_path / "a.sdf"), removeHs=False))
    positions = mol.GetConformer().GetPositions()
    assert (abs(positions[:, 2]).max() > 0.1) == (coordinates == "3D")
    assert (mol.GetNumAtoms() == 9) == (coordinates == "3D")


def test_csv_with_properties(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("id,SMILES,pic50\nx1,OCC,5.5\n")
    assert read_molecules(path) == [NamedMolecule("CCO", "x1", {"pic50": "5.5"})]
    path.write_text("id,structure\nx1,OCC\n")
    with pytest.raises(InputError, match="columns id, structure; expected one named smiles"):
        read_molecules(path)


@pytest.mark.parametrize("rows", ['CCO,"ethanol\nCCN,amine\n', 'CCO,"ethanol" x\nCCN,amine\n'])
def test_a_broken_csv_loses_nothing_silently(tmp_path, rows):
    (tmp_path / "a.csv").write_text("smiles,name\n" + rows)
    with pytest.raises(InputError, match=r"a\.csv: broken table"):
        read_molecules(tmp_path / "a.csv")


def test_a_line_ends_where_it_ends(tmp_path):
    (tmp_path / "a.smi").write_bytes(b"CCO\tna\x0cCC\r\nCCN\tb\x85CC\n")
    assert [molecule.smiles for molecule in read_molecules(tmp_path / "a.smi")] == ["CCO", "CCN"]
    (tmp_path / "n.smi").write_text("# nodes\n[Zn][O]([Zn])([Zn])[Zn]\tmof5\n")
    assert read_smiles(tmp_path / "n.smi") == [(2, "[Zn][O]([Zn])([Zn])[Zn]")]


def test_a_bad_line_is_named_or_noted(tmp_path):
    path = tmp_path / "a.smi"
    path.write_text("# comment\nCCO a\nC(C b\nCCN c\n")
    with pytest.raises(InputError, match=r"a\.smi:3: .*position 3"):
        read_molecules(path)
    ledger = []
    assert [m.name for m in read_molecules(path, ledger=ledger)] == ["a", "c"]
    assert ledger[0].file == str(path) and ledger[0].item == "line 3 b" and "position" in ledger[0].reason


def test_bad_and_cut_sdf(tmp_path):
    path = tmp_path / "a.sdf"
    write_sdf(path, TWO)
    text = path.read_text()
    path.write_text(text[: text.index("M  END")])
    with pytest.raises(InputError, match="cut short"):
        read_molecules(path)
    path.write_text(text.replace(" C   0", " Qq  0", 1))
    ledger = []
    assert len(read_molecules(path, ledger=ledger)) == 1 and ledger[0].item == "line 1 ethanol"
    path.write_text(text.replace(" N   0", " Qq  0", 1))
    second = text.splitlines().index("alanine") + 1
    with pytest.raises(InputError, match=rf"a\.sdf:{second}: RDKit cannot read"):
        read_molecules(path)


def test_files_that_are_not_there_or_empty_or_odd(tmp_path):
    with pytest.raises(MissingError, match="no such file"):
        read_molecules(tmp_path / "none.smi")
    (tmp_path / "empty.smi").write_text("\n")
    with pytest.raises(InputError, match="empty"):
        read_molecules(tmp_path / "empty.smi")
    (tmp_path / "a.xyz").write_text("CCO")
    with pytest.raises(InputError, match="xyz"):
        read_molecules(tmp_path / "a.xyz")


def test_an_error_leaves_the_elder_file_and_nothing_else(tmp_path):
    path = tmp_path / "a.sdf"
    write_sdf(path, TWO)
    before = path.read_bytes()
    with pytest.raises(InputError):
        write_sdf(path, [TWO[0], NamedMolecule("C(C")])
    assert path.read_bytes() == before and os.listdir(tmp_path) == ["a.sdf"]


def test_storage_faults_name_the_path(tmp_path, monkeypatch):
    with pytest.raises(StorageError, match="cannot write .*nowhere"):
        write_smi(tmp_path / "nowhere" / "a.smi", TWO)

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(StorageError, match=r"a\.smi: No space left"):
        write_smi(tmp_path / "a.smi", TWO)
    assert os.listdir(tmp_path) == []


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full here")
def test_disk_full_while_writing(tmp_path, monkeypatch):
    import builtins

    real = builtins.open
    monkeypatch.setattr(
        builtins, "open", lambda p, *a, **k: real("/dev/full" if str(p).endswith(".part") else p, *a, **k)
    )
    with pytest.raises(StorageError, match="No space left"):
        write_sdf(tmp_path / "a.sdf", TWO)
