"""Every verb on real small input with a tiny random model: rows in a pipe, files by their ending, examples in help."""

import csv
import io
import json

import pytest

from tests.science.conftest import pdb_atom, peptide, ring

VERBS = "retro sites ligands materials edit cdr write read score prepare train bench models doctor demo".split()
HEAVY = (
    "EVQLVESGGGLVQPGGSLRLSCAASGFNIKDTYIHWVRQAPGKGLEWVARIYPTNGYTRYADSVKGRFTISADTSKNTAYLQMNSLRAEDTAVYYC"
    "SRWGGDGFYAMDYWGQGTLVTVSS"
)
RETRO = "<MoleculeS>CCO<MoleculeE><ReverseReact><MoleculeS>C=C<MoleculeE><MoleculeS>O<MoleculeE>"


@pytest.mark.parametrize("verb", VERBS)
def test_help_shows_an_example(logos, verb):
    ran = logos(verb, "--help")
    assert ran.code == 0
    assert f"Example: logos {verb}" in " ".join(ran.out.split())


def test_help_names_every_verb(logos):
    ran = logos("--help")
    assert ran.code == 0
    assert all(verb in ran.out for verb in VERBS)


def test_read_and_score(logos):
    ran = logos("read", RETRO)
    assert json.loads(ran.out) == {
        "type": "retro",
        "product": {"smiles": "CCO"},
        "reactants": [{"smiles": "C=C"}, {"smiles": "O"}],
    }
    rows = [json.loads(line) for line in logos("score", RETRO, "--model", "tiny").out.splitlines()]
    symbols = "<MoleculeS> C = C <MoleculeE> <MoleculeS> O <MoleculeE> <end>".split()
    assert [row["symbol"] for row in rows] == symbols
    assert all(row["score"] < 0 for row in rows)


def test_write_a_molecule_and_a_fasta_file(logos, tmp_path):
    assert json.loads(logos("write", "OCC").out)["sentence"] == "<MoleculeS>CCO<MoleculeE>"
    (tmp_path / "two.fasta").write_text(">a\nMKV\n>b\nMSE\n")
    rows = [json.loads(line) for line in logos("write", "two.fasta").out.splitlines()]
    assert [row["sentence"] for row in rows] == ["<ProteinS>MKV<ProteinE>", "<ProteinS>MSE<ProteinE>"]


def test_write_says_what_it_leaves_out_of_a_structure(logos, tmp_path):
    sulfate = pdb_atom(990, "S", "SO4", "A", "500", (1.0, 9.0, 0.0), record="HETATM")
    lines = [*peptide(["ALA", "GLY", "CYS", "SER"]), "TER", *ring(), *ring(label="402"), sulfate, "END"]
    (tmp_path / "one.pdb").write_text("\n".join(lines) + "\n")
    ran = logos("write", "one.pdb")
    assert [json.loads(line)["form"] for line in ran.out.splitlines()] == ["protein", "located"]
    assert ran.err.splitlines() == [
        "left out A:SO4:500: excluded code (buffer or salt)",
        "left out A:LIG:401, A:LIG:402: no SMILES given for it, and the file lists no bonds",
    ]


def test_materials_have_the_given_linkers(logos):
    linkers = ("NCCN", "O=C([O-])C(=O)[O-]")
    given = [word for linker in linkers for word in ("--linker", linker)]
    ran = logos("materials", "-n", "2", "--node", "[Zn]", *given, "--model", "tiny")
    assert ran.code == 0, ran.err
    for row in map(json.loads, ran.out.splitlines()):
        assert set(linkers) <= set(row["linkers"].split(".")) and "[Zn]" in row["node"].split(".")


def test_materials_have_known_nodes_alone(logos, tmp_path):
    (tmp_path / "nodes.smi").write_text("[Cu][Cu] paddlewheel\n")
    known = ("--known-node", "nodes.smi", "--known-node", "[Zr].[Zn]")
    ran = logos("materials", "-n", "3", *known, "--model", "tiny")
    assert ran.code == 0, ran.err
    for row in map(json.loads, ran.out.splitlines()):
        assert set(row["node"].split(".")) <= {"[Cu][Cu]", "[Zr]", "[Zn]"}


def test_edit_gives_variants_and_writes_files(logos, tmp_path):
    ran = logos("edit", "MSKGEELFTG", "-n", "3", "--most", "2", "--positions", "2-4", "--model", "tiny")
    rows = [json.loads(line) for line in ran.out.splitlines()]
    assert 1 <= len(rows) <= 3
    assert all(1 <= len(row["substitutions"]) <= 2 for row in rows)
    assert all({int(s[1:-1]) for s in row["substitutions"]} <= {2, 3, 4} for row in rows)
    assert logos("edit", "MSKGEELFTG", "-n", "3", "--model", "tiny", "--out", "v.fasta").code == 0
    assert (tmp_path / "v.fasta").read_text().startswith(">sequence|")


def test_what_the_model_cannot_serve_is_left_out_and_told(logos, tmp_path):
    (tmp_path / "p.fasta").write_text(f">short\nMKVLAAGIVG\n>long\n{'MKV' * 800}\n>last\nMKV\n")
    for verb, more in (("sites", ("--samples", "1", "--threshold", "0.000001")), ("edit", ("-n", "1"))):
        ran = logos(verb, "p.fasta", *more, "--model", "tiny", "--out", "o.csv")
        assert ran.code == 0 and "left out long: " in ran.err and "this model reads" in ran.err
        rows = list(csv.DictReader((tmp_path / "o.csv").open()))
        assert list(dict.fromkeys(row["chain" if verb == "sites" else "name"] for row in rows)) == ["short", "last"]


def test_rows_say_which_product_they_are_of(logos, tmp_path):
    (tmp_path / "p.csv").write_text("id,smiles\nx1,CCOC(C)=O\nx2,CC(=O)NC\n")
    assert logos("retro", "p.csv", "-n", "1", "--model", "tiny", "--out", "r.csv").code == 0
    rows = list(csv.DictReader((tmp_path / "r.csv").open()))
    assert {(row["name"], row["product"]) for row in rows} <= {("x1", "CCOC(C)=O"), ("x2", "CNC(C)=O")} and rows
    assert logos("retro", "p.csv", "-n", "1", "--model", "tiny", "--out", "r.smi").code == 0
    assert all(line.split("\t")[1] in ("x1 1", "x2 1") for line in (tmp_path / "r.smi").read_text().splitlines())


@pytest.mark.parametrize("number", ["0", "-1"])
def test_so_many_answers_are_none(logos, number):
    assert logos("edit", "MKVL", "-n", number, "--model", "tiny").code != 0


def test_sentences_from_standard_input(logos, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO("<MoleculeS>CCO<MoleculeE>\r\n\n<MoleculeS>C<MoleculeE>\n"))
    ran = logos("read", "-")
    assert ran.code == 0 and [json.loads(line)["smiles"] for line in ran.out.splitlines()] == ["CCO", "C"]


def test_help_shows_the_tags_of_its_examples(logos):
    assert 'logos read "<MoleculeS>CCO<MoleculeE>"' in logos("read", "--help").out


def test_a_table_without_rows_has_its_columns(logos, tmp_path):
    assert logos("sites", "MKVL", "--samples", "1", "--threshold", "1", "--model", "tiny", "--out", "s.csv").code == 0
    assert (tmp_path / "s.csv").read_text() == "chain,residue,score\n"


def test_same_seed_same_answers(logos):
    def edit(seed: str) -> str:
        return logos("edit", "MSKGEELFTG", "-n", "4", "--seed", seed, "--model", "tiny").out

    few = edit("5")
    assert few
    assert few == edit("5")
    assert few != edit("6")


def test_cdr_keeps_the_framework(logos, tmp_path):
    ran = logos("cdr", HEAVY, "--loops", "H3", "-n", "2", "--length", "6", "--model", "tiny", "--out", "d.csv")
    assert ran.code == 0, ran.err
    rows = list(csv.DictReader((tmp_path / "d.csv").open()))
    assert rows
    for row in rows:
        start = HEAVY.index("SRWGGDGFYAMDY")
        assert row["domain 1"] == HEAVY[:start] + row["H3"] + HEAVY[start + 13 :]
        assert len(row["H3"]) == 6


def test_sites_of_a_sequence(logos):
    ran = logos("sites", "MKVLAAGIVG", "--samples", "2", "--threshold", "0.000001", "--model", "tiny")
    rows = [json.loads(line) for line in ran.out.splitlines()]
    assert sorted(row["residue"] for row in rows) == sorted(f"{r}{i}" for i, r in enumerate("MKVLAAGIVG", 1))


def test_the_highest_probability_is_of_all_sequences(logos, tmp_path, monkeypatch):
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)

    def best(fasta: str) -> float:
        (tmp_path / "x.fasta").write_text(fasta)
        ran = logos("sites", "x.fasta", "--samples", "2", "--threshold", "1", "--model", "tiny")
        return float(ran.out.rpartition("probability is ")[2][:4])

    one, other = best(">a\nMKVLAAGIVG\n"), best(">b\nGWWC\n")
    assert best(">a\nMKVLAAGIVG\n>b\nGWWC\n") == best(">b\nGWWC\n>a\nMKVLAAGIVG\n") == max(one, other)


def test_models_and_doctor(logos):
    assert "tiny" in [json.loads(line)["name"] for line in logos("models").out.splitlines()]
    found = {row["what"]: row["found"] for row in map(json.loads, logos("doctor").out.splitlines())}
    assert found["models"].startswith("tiny")
    assert found["torch"][0].isdigit()


def test_a_table_keeps_the_brackets_of_a_smiles(capsys, monkeypatch):
    from scilogos.cli.output import Result

    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    Result([{"smiles": "c1cc[nH]c1"}], "Reactants for c1cc[nH]c1", footnote="[nH]").show(None)
    shown = capsys.readouterr().out
    assert shown.count("c1cc[nH]c1") == 2
    assert shown.count("[nH]") == 3


def test_prepare_leaves_out_what_has_no_open_licence(logos, tmp_path):
    source = "reader = 'proteins'\npath = 'general_c50.csv'\nmodality = 'protein'\n"
    (tmp_path / "c.toml").write_text(f"[corpus]\nname = 'c'\n[[corpus.sources]]\n{source}")
    (tmp_path / "general_c50.csv").write_text("seq,split,leak,src\nACDEF,train,,hu|sp\nKLMNP,train,,sp\n")
    counts = {}
    for licence in ("any", "strict"):
        ran = logos("prepare", "c.toml", "--data", ".", "--out", licence, "--licence", licence)
        assert ran.code == 0, ran.err
        counts[licence] = json.loads(ran.out)["sentences"]
    assert counts == {"any": 2, "strict": 1}
    assert "dropped rows: licence: from a Debian package" in ran.err


def test_prepare_in_shards_gives_the_same_corpus(logos, tmp_path):
    (tmp_path / "c.toml").write_text(
        "[corpus]\nname = 'c'\n[[corpus.sources]]\nreader = 'molecules'\npath = 'm.csv'\nmodality = 'molecule'\n"
    )
    (tmp_path / "m.csv").write_text("smiles\n" + "".join(f"{'C' * n}O\n" for n in range(1, 30)))
    prepare = ("prepare", "c.toml", "--data", ".", "--parts", "3", "--processes", "1")
    assert logos(*prepare, "--out", "one").code == 0
    for shard in ("2/2", "1/2"):
        ran = logos(*prepare, "--out", "two", "--shard", shard)
        assert ran.code == 0 and not (tmp_path / "two").exists()
        assert ran.err.splitlines()[-1] == f"{1 if shard == '2/2' else 2} parts are made"
    assert logos(*prepare, "--out", "two").code == 0
    assert [path.name for path in sorted((tmp_path / "one").iterdir())] == [
        path.name for path in sorted((tmp_path / "two").iterdir())
    ]
    for wrong in ("0/2", "3/2", "2", "a/b"):
        ran = logos(*prepare, "--out", "three", "--shard", wrong)
        assert ran.code == 2 and f"--shard {wrong}: expected a number and how many there are, as 3/8" in ran.err
