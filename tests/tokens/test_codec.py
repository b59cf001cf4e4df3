"""Text to numbers and back, and the numbering in a file."""

import json

import pytest
from hypothesis import given, settings

from scilogos.errors import CheckpointError, ParseError, PromptError
from scilogos.grammar import Symbol, split, write
from scilogos.tokens import Codec, Vocabulary, default, load, scratch
from tests.strategies import sentences

CODEC = default()
SMALL = Codec(Vocabulary(tuple(s for s in scratch().symbols if s is None or (s.kind != "net" and s.text[0] != "["))))


@settings(max_examples=150, deadline=None)
@given(sentences())
def test_decode_gives_back_what_encode_read(sentence):
    text = write(sentence)
    ids = CODEC.encode(text)
    assert CODEC.decode(ids) == text
    assert CODEC.vocabulary.end not in ids and max(ids) < len(CODEC.vocabulary.symbols)
    assert CODEC.decode([0, *ids, 0]) == text
    prompt, answer = split(text)
    assert CODEC.encode(prompt) + CODEC.encode(answer) == ids


def kinds(text: str) -> list[str]:
    return [CODEC.vocabulary.symbols[i].kind[0] for i in CODEC.encode(text)]


def test_a_residue_and_an_atom_are_different_numbers():
    assert kinds("<ProteinS>CNP<PocketS>C<PocketE>S<ProteinE><MoleculeS>CNPS<MoleculeE>") == list("trrrtrtrttsssst")
    residue, atom = CODEC.encode("<ProteinS>C")[1], CODEC.encode("<MoleculeS>C")[1]
    assert residue != atom and CODEC.decode([residue]) == CODEC.decode([atom]) == "C"


def test_bracket_atoms_are_one_symbol_or_spelled():
    assert kinds("<MoleculeS>C[nH][13CH3]<MoleculeE>") == list("tss" + "s" * 7 + "t")
    ids = CODEC.encode("<MoleculeS>C[nH][13CH3]<MoleculeE>")
    assert [CODEC.vocabulary.symbols[i] for i in ids[2:5]] == [("smiles", "[nH]"), ("spell", "["), ("spell", "1")]
    for atom in CODEC.vocabulary.whole:
        assert len(CODEC.encode(f"<MoleculeS>{atom}")) == 2


def test_cut_where_no_symbol_is():
    with pytest.raises(ParseError) as caught:
        CODEC.encode("<MoleculeS>CQ<MoleculeE>")
    assert caught.value.position == 12


@pytest.mark.parametrize(
    ("codec", "text", "named"),
    [
        (CODEC, "<ProteinS>MBK<ProteinE>", "residue symbol 'B'"),
        (SMALL, "<MaterialS><MetalS>C<MetalE><MoleculeS>C<MoleculeE><NetS>pcu<NetE><MaterialE>", "net symbol 'p'"),
        (SMALL, "<MoleculeS>[13CH3]<MoleculeE>", "spell symbol '['"),
    ],
)
def test_a_symbol_that_the_vocabulary_lacks_is_named(codec, text, named):
    with pytest.raises(PromptError, match=named.replace("[", r"\[")):
        codec.encode(text)


def test_a_smaller_vocabulary_spells_more():
    small = Codec(Vocabulary(tuple(s for s in scratch().symbols if s != ("smiles", "[nH]"))))
    text = "<MoleculeS>c1cc[nH]c1<MoleculeE>"
    assert len(small.encode(text)) == len(CODEC.encode(text)) + 3
    assert small.decode(small.encode(text)) == text


def test_save_and_load(tmp_path):
    CODEC.save(tmp_path)
    again = load(tmp_path)
    assert again.vocabulary == CODEC.vocabulary and again.vocabulary.ids[Symbol("tag", "<Gap>")] > 0


def corrupt(payload: dict, how: str) -> str:
    rows = payload["symbols"]
    match how:
        case "a symbol changed":
            rows[30] = ["residue", "Z"]
        case "two symbols swapped":
            rows[30], rows[31] = rows[31], rows[30]
        case "a symbol twice":
            rows[30] = rows[31]
        case "the end moved":
            rows[0], rows[1] = rows[1], rows[0]
        case "not pairs":
            rows[30] = "residue"
        case "nested":
            rows[30] = ["residue", ["A"]]
        case "no fingerprint":
            del payload["fingerprint"]
        case "no symbols":
            del payload["symbols"]
        case "a list":
            return "[]"
        case "cut off":
            return json.dumps(payload)[:-9]
    return json.dumps(payload)


@pytest.mark.parametrize(
    "how",
    ["a symbol changed", "two symbols swapped", "a symbol twice", "the end moved", "not pairs", "nested",
     "no fingerprint", "no symbols", "a list", "cut off"],
)  # fmt: skip
def test_a_corrupt_file_is_refused_by_name(tmp_path, how):
    CODEC.save(tmp_path)
    path = tmp_path / "symbols.json"
    path.write_text(corrupt(json.loads(path.read_text()), how))
    with pytest.raises(CheckpointError, match=r"symbols\.json"):
        load(tmp_path)


def test_a_missing_or_binary_file(tmp_path):
    with pytest.raises(CheckpointError, match="not found"):
        load(tmp_path)
    (tmp_path / "symbols.json").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(CheckpointError, match="not a symbol table"):
        load(tmp_path)
