"""The exported Hugging Face tokenizer cuts and joins every sentence as our codec does."""

import time

import pytest
from hypothesis import given, settings

from scilogos.grammar import split, write
from scilogos.tokens import Codec, Vocabulary, default, save_hf_tokenizer, scratch
from tests.grammar.fuzz import SENTENCES
from tests.strategies import sentences

transformers = pytest.importorskip("transformers")


@pytest.fixture(scope="module")
def codec() -> Codec:
    return default()


@pytest.fixture(scope="module")
def exported(codec, tmp_path_factory):
    folder = tmp_path_factory.mktemp("tokenizer")
    save_hf_tokenizer(codec, folder)
    names = {"tokenizer.json", "tokenizer_config.json", "special_tokens_map.json"}
    assert {path.name for path in folder.iterdir()} == names
    return transformers.AutoTokenizer.from_pretrained(folder)


def agree(exported, codec: Codec, text: str) -> bool:
    ids = exported(text)["input_ids"]
    return ids == [0, *codec.encode(text)] and exported.decode(ids, skip_special_tokens=True) == text


def test_parity_with_the_codec_on_sentences_and_prompts(exported, codec):
    @settings(max_examples=250, deadline=None)
    @given(sentences())
    def check(sentence):
        text = write(sentence)
        assert agree(exported, codec, text)
        assert agree(exported, codec, split(text)[0])

    check()


@pytest.mark.parametrize("text", SENTENCES)
def test_parity_on_every_beginning_that_ends_at_a_symbol(exported, codec, text):
    ids, spelled = codec.encode(text), False
    for n in range(1, len(ids) + 1):
        spelled = codec.vocabulary.symbols[ids[n - 1]].kind == "spell" and not codec.decode(ids[:n]).endswith("]")
        if not spelled:
            beginning = codec.decode(ids[:n])
            assert agree(exported, codec, beginning)


def test_the_other_classes_of_transformers_read_it_too(exported, codec, tmp_path):
    save_hf_tokenizer(codec, tmp_path)
    fast = transformers.PreTrainedTokenizerFast.from_pretrained(tmp_path)
    assert all(agree(fast, codec, text) for text in SENTENCES)


def test_ends(exported, codec):
    assert (exported.bos_token_id, exported.eos_token_id, exported.pad_token_id) == (0, 0, 0)
    assert len(exported) == len(codec.vocabulary.symbols)
    assert exported("<MoleculeS>C", add_special_tokens=False)["input_ids"] == codec.encode("<MoleculeS>C")
    assert set(exported("<MoleculeS>C")) == {"input_ids", "attention_mask"}
    assert exported.decode([0, *codec.encode("<MoleculeS>C<MoleculeE>"), 0]) == "<end><MoleculeS>C<MoleculeE><end>"


@pytest.mark.parametrize("text", ["<ProteinS>MBK<ProteinE>", "hello", "<MoleculeS>C%<MoleculeE>", "<Foo>"])
def test_what_no_symbol_says_raises(exported, text):
    with pytest.raises(Exception, match="UNK"):
        exported(text)


def test_another_vocabulary(tmp_path):
    small = Codec(Vocabulary(tuple(s for s in scratch().symbols if s is None or s.kind == "spell" or s.text[0] != "[")))
    save_hf_tokenizer(small, tmp_path)
    fast = transformers.AutoTokenizer.from_pretrained(tmp_path)
    assert all(agree(fast, small, text) for text in SENTENCES)


def test_long_sentences_take_linear_time(exported, codec):
    def seconds(times: int) -> float:
        text = f"<ProteinS>{'MKVCA' * 100 * times}<ProteinE><MoleculeS>{'C[13CH3][nH]c1ccccc1' * 20 * times}<MoleculeE>"
        assert agree(exported, codec, text)
        best = float("inf")
        for _ in range(3):
            start = time.perf_counter()
            exported(text)
            best = min(best, time.perf_counter() - start)
        return best

    assert seconds(16) < 16 * 6 * seconds(1) + 0.05
