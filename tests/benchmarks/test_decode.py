"""The command of the decoding benchmark: its help, its faults, and a whole run on a tiny model."""

import json
import subprocess
import sys

import pytest
import tokenizers

import command
import decode
from decoding.checkpoints import export, shape, vocabulary
from tests.fakes import CODEC


@pytest.fixture
def run(monkeypatch, capsys):
    """Run the command in process; give its exit code and what it printed."""

    def go(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["decode.py", *words])
        with pytest.raises(SystemExit) as ended:
            command.run_app(decode.app, "decode.py")
        return ended.value.code, *capsys.readouterr()

    return go


def test_help(repository):
    command = [sys.executable, repository / "benchmarks" / "decode.py", "--help"]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    assert "--continuations" in ran.stdout
    assert "1,32,128,512" in ran.stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--continuations", "1,many"), "--continuations 1,many: expected positive integers"),
        (("--continuations", "0"), "--continuations 0: expected positive integers"),
        (("--config", "9t"), "no config '9t': expected 27m, 0.6b, 1b"),
        (("--model", "nothing"), "no model 'nothing'"),
    ],
)
def test_a_wrong_argument_is_named(run, words, said):
    code, _, complaint = run(*words)
    assert code == 2
    assert said in complaint


def test_the_exported_tokenizer_reads_what_is_no_sentence(tiny, tmp_path):
    export(tmp_path / "exported", str(tiny), None)
    tokenizer = tokenizers.Tokenizer.from_file(str(tmp_path / "exported" / "tokenizer.json"))
    sentence, nonsense = "<MoleculeS>CCO<MoleculeE>", "<MoleculeS>C?<MoleculeE>"
    end = CODEC.vocabulary.end
    assert tokenizer.encode(sentence).ids == [end, *CODEC.encode(sentence)]
    unknown = tokenizer.encode(nonsense).ids[-2]
    assert len(CODEC.vocabulary.symbols) <= unknown < CODEC.vocabulary.size


def test_the_random_shape_has_27_million_weights():
    assert round(shape("27m", vocabulary("27m")).num_parameters / 1e6) in (27, 28)


def test_a_whole_run_ends_with_its_result(run, tiny, tmp_path):
    pytest.importorskip("transformers")
    words = ("--case", "retro", "--continuations", "1,2", "--most", "90", "--pairs", "1")
    code, out, complaint = run("--model", str(tiny), *words, "--published", str(tmp_path))
    assert code == 0, complaint
    name, _, text = out.splitlines()[-1].partition(" ")
    result = json.loads(text)
    assert name == "RESULT"
    assert [(row["continuations"], row["peer"]) for row in result["rows"]] == [
        (number, peer) for number in (1, 2) for peer in ("limit", "unconstrained", "transformers")
    ]
    for row in result["rows"]:
        ratio = row["ratio_symbols_per_s"]
        assert 0 < ratio["least"] <= ratio["median"] <= ratio["most"]
    assert "--vllm" in result["skipped"]["vllm"]
    assert "no reversereact_gen.py" in result["skipped"]["published"]
    assert result["settings"]["pairs"] == 1
