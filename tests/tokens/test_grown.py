"""Llama and Qwen tokenizers grown by the tags: numbers stay, texts come back, broken folders are refused by name."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scilogos.errors import CheckpointError, ParseError, PromptError
from scilogos.grammar import split, write
from scilogos.grammar.tags import OURS, PUBLISHED
from scilogos.tokens import Codec, GrownCodec, GrownVocabulary, default, grow, load
from tests.published import END, edit_json, save_published, small_codec, small_tokenizer, true_codec, true_tokenizer
from tests.strategies import sentences

FAMILIES = ("llama3", "qwen3")
BASE_SIZES = {"llama3": 128_256, "qwen3": 151_669}


@pytest.mark.parametrize("family", FAMILIES)
def test_growing_keeps_every_number_and_puts_the_tags_behind(family):
    base = true_tokenizer(family)
    grown = grow(base)
    numbers = grown.get_vocab()
    assert len(base.get_vocab()) == BASE_SIZES[family]
    assert {text: numbers[text] for text in base.get_vocab()} == base.get_vocab()
    assert [numbers[tag] for tag in PUBLISHED] == list(range(BASE_SIZES[family], BASE_SIZES[family] + 16))
    assert grow(grown).get_vocab() == numbers
    text = "Growing changes nothing of a plain text: 12345 <b> C[C@@H](N)C(=O)O"
    assert grown.encode(text).ids == base.encode(text).ids


def test_beginning_and_end_are_the_tokenizers_own():
    llama, qwen = true_codec("llama3"), true_codec("qwen3")
    assert (llama.vocabulary.beginning, llama.vocabulary.end) == ((128_000,), 128_001)
    assert (qwen.vocabulary.beginning, qwen.vocabulary.end) == ((), 151_643)
    assert llama.begun([5]) == [128_000, 5] and llama.begun([]) == [128_000]
    assert qwen.begun([5]) == [5] and qwen.begun([]) == [151_643]


def published_texts() -> st.SearchStrategy[str]:
    """Sentences of every form that the sixteen tags can write."""
    return sentences().map(write).filter(lambda text: not any(tag in text for tag in OURS))


@pytest.mark.parametrize("family", FAMILIES)
def test_round_trip(family):
    codec = true_codec(family)
    tokenizer = codec.vocabulary.tokenizer

    @settings(max_examples=150, deadline=None)
    @given(published_texts())
    def check(text):
        tokens = codec.encode(text)
        assert codec.decode([*tokens, codec.vocabulary.end]) == text
        assert codec.begun(tokens) == tokenizer.encode(text).ids
        prompt, answer = split(text)
        assert codec.encode(prompt) + codec.encode(answer) == tokens

    check()


def test_payloads_are_the_base_tokenizers_own_pieces():
    codec, base = true_codec("llama3"), true_tokenizer("llama3")
    opening, *payload, closing = codec.encode("<MoleculeS>CC(=O)Nc1ccc(O)cc1<MoleculeE>")
    assert payload == base.encode("CC(=O)Nc1ccc(O)cc1", add_special_tokens=False).ids
    assert (opening, closing) == (codec.vocabulary.tags["<MoleculeS>"], codec.vocabulary.tags["<MoleculeE>"])


@pytest.mark.parametrize("tag", OURS)
def test_a_tag_that_the_tokenizer_lacks_is_named(tag):
    with pytest.raises(PromptError, match=f"no tag symbol '{tag}'"):
        small_codec().encode(f"<ProteinS>MKV<ProteinE>{tag}")


def test_what_is_no_text_of_the_language_is_refused():
    with pytest.raises(ParseError):
        small_codec().encode("<MoleculeS>CQ<MoleculeE>")
    with pytest.raises(PromptError, match="residue symbol 'B'"):
        small_codec().encode("<ProteinS>MBK<ProteinE>")


def test_a_tokenizer_grown_by_all_tags_knows_ours_too():
    tokenizer = grow(small_tokenizer(), (*PUBLISHED, *OURS))
    codec = GrownCodec(GrownVocabulary(tokenizer, tokenizer.token_to_id(END), 512))
    text = "<ProteinS>MKV<ProteinE><Edit><ProteinS>MKL<ProteinE>"
    assert codec.decode(codec.encode(text)) == text


def test_save_and_load(tmp_path):
    codec = small_codec()
    again = load(save_published(tmp_path, codec))
    assert isinstance(again, GrownCodec)
    assert (again.vocabulary.end, again.vocabulary.beginning) == (codec.vocabulary.end, codec.vocabulary.beginning)
    text = "<MoleculeS>C[C@@H](Cl)Br<MoleculeE>"
    assert again.encode(text) == codec.encode(text) and again.vocabulary.size == codec.vocabulary.size


def test_our_own_table_comes_first(tmp_path):
    save_published(tmp_path, small_codec())
    default().save(tmp_path)
    assert isinstance(load(tmp_path), Codec)


def test_transformers_reads_the_folder_alike(tmp_path):
    transformers = pytest.importorskip("transformers")
    codec = small_codec()
    theirs = transformers.AutoTokenizer.from_pretrained(save_published(tmp_path, codec))
    text = "<MoleculeS>CCCl<MoleculeE><ReverseReact>"
    assert theirs(text)["input_ids"] == codec.begun(codec.encode(text))
    assert theirs.eos_token_id == codec.vocabulary.end


def break_it(folder, how: str) -> None:
    path = folder / "tokenizer.json"
    match how:
        case "cut off":
            path.write_text(path.read_text()[:-40])
        case "no tags":
            small_tokenizer().save(str(path))
        case "one tag missing":
            grow(small_tokenizer(), PUBLISHED[:-1]).save(str(path))
        case "more tokens than rows":
            edit_json(folder / "config.json", vocab_size=400)
        case "no rows":
            edit_json(folder / "config.json", vocab_size=None)
        case "no config":
            (folder / "config.json").unlink()
        case "unknown end":
            edit_json(folder / "tokenizer_config.json", eos_token="<|stop|>")
        case "no end":
            edit_json(folder / "tokenizer_config.json", eos_token=None)
            edit_json(folder / "config.json", eos_token_id=None)
        case "no letter":
            values = json.loads(path.read_text())
            values["model"]["vocab"]["§"] = values["model"]["vocab"].pop("K")
            values["model"]["merges"] = []
            path.write_text(json.dumps(values))


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ("cut off", r"tokenizer\.json: not a tokenizer"),
        ("no tags", r"tokenizer\.json: lacks 16 of the 16 published tags, first <ProteinS>"),
        ("one tag missing", r"tokenizer\.json: lacks 1 of the 16 published tags, first <ReverseReact>"),
        ("more tokens than rows", r"tokenizer\.json: does not fit .* last token is \d+, but .* 400 rows"),
        ("no rows", r"does not fit config\.json \('vocab_size'\)"),
        ("no config", r"config\.json: cannot be read"),
        ("unknown end", r"end token '<\|stop\|>'"),
        ("no end", "end token None"),
        ("no letter", "no tokens for K"),
    ],
)
def test_broken_folders_are_refused(tmp_path, how, said):
    save_published(tmp_path, small_codec())
    break_it(tmp_path, how)
    with pytest.raises(CheckpointError, match=said):
        load(tmp_path)


def test_the_end_is_named_or_numbered(tmp_path):
    codec = small_codec()
    save_published(tmp_path, codec)
    edit_json(tmp_path / "tokenizer_config.json", eos_token={"content": "<|begin|>"})
    assert load(tmp_path).vocabulary.end == codec.vocabulary.beginning[0]
    (tmp_path / "tokenizer_config.json").unlink()
    edit_json(tmp_path / "config.json", eos_token_id=[codec.vocabulary.end, 3])
    assert load(tmp_path).vocabulary.end == codec.vocabulary.end
