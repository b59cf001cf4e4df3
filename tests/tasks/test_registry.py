"""Models by name: published folders are registered once they prove whole; broken ones are refused by their file."""

import json
import shutil

import pytest
import torch
from safetensors.torch import load_file, save_file

from scilogos.errors import CheckpointError, InputError
from scilogos.model import ModelConfig, RopeScaling, Transformer
from scilogos.tasks import find, installed
from scilogos.tasks.registry import open_engine, register
from scilogos.tokens import Codec, Vocabulary, scratch
from tests.published import edit_json, save_published, small_codec, small_tokenizer


@pytest.fixture
def home(tmp_path, monkeypatch):
    """An empty folder for the user's models."""
    monkeypatch.delenv("SCILOGOS_MODELS", raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return tmp_path / "data" / "scilogos" / "models"


@pytest.fixture
def folder(tmp_path):
    return save_published(tmp_path / "LOGOS-pretrain-1B", small_codec())


def test_a_registered_folder_is_found_by_its_name(home, folder):
    assert register(folder) == home / folder.name
    assert find(folder.name).resolve() == folder and folder.name in dict(installed())
    assert register(folder) == home / folder.name  # again
    assert register(folder, "one") == home / "one" and find("one").resolve() == folder


def test_the_listed_folder_comes_before_the_users_own(home, folder, tmp_path, monkeypatch):
    monkeypatch.setenv("SCILOGOS_MODELS", str(tmp_path / "listed"))
    assert register(folder) == tmp_path / "listed" / folder.name


def test_a_name_has_one_folder(home, folder, tmp_path):
    register(folder)
    other = save_published(tmp_path / "other", small_codec())
    with pytest.raises(InputError, match=r"taken by .*; give another by --name"):
        register(other, folder.name)
    for name in ("a/b", "..", ".hidden"):
        with pytest.raises(InputError, match="without folders"):
            register(other, name)


def test_a_folder_that_has_moved_makes_room(home, folder, tmp_path):
    register(folder)
    folder.rename(tmp_path / "moved")
    assert folder.name not in dict(installed())
    assert register(tmp_path / "moved", folder.name).resolve() == tmp_path / "moved"


def break_it(folder, how: str) -> None:
    shards = sorted(folder.glob("*.safetensors"))
    match how:
        case "a shard missing":
            shards[1].unlink()
        case "a shard cut off":
            shards[1].write_bytes(shards[1].read_bytes()[:-10])
        case "an empty tensor":
            held = load_file(shards[0])
            save_file({name: tensor[:0] for name, tensor in held.items()}, shards[0])
        case "a wrong shape":
            edit_json(folder / "config.json", vocab_size=640)
        case "whole numbers":
            held = load_file(shards[0])
            save_file({name: tensor.to(torch.int8) for name, tensor in held.items()}, shards[0])
        case "a tensor missing":
            held = load_file(shards[-1])
            held.pop(sorted(held)[0])
            save_file(held or {"x.rotary_emb.inv_freq": torch.zeros(1)}, shards[-1])
        case "a tensor twice":
            save_file(load_file(shards[0]) | load_file(shards[1]), shards[1])
        case "no index":
            (folder / "model.safetensors.index.json").unlink()
        case "another architecture":
            edit_json(folder / "config.json", architectures=["GPT2LMHeadModel"])
        case "no tags":
            small_tokenizer().save(str(folder / "tokenizer.json"))
        case "no tokenizer":
            (folder / "tokenizer.json").unlink()


def test_a_vocabulary_of_other_weights_is_refused(tmp_path):
    shutil.copytree(find("logos-1m"), tmp_path / "model")
    Codec(Vocabulary(scratch().symbols[:400])).save(tmp_path / "model")
    for use in (open_engine, register):
        with pytest.raises(CheckpointError, match="its symbol table has 448 numbers; config.json has vocab_size 512"):
            use(tmp_path / "model")


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ("a shard missing", r"model-00002-of-\d+\.safetensors is missing"),
        ("a shard cut off", r"model-00002-of-\d+\.safetensors is not a whole safetensors file"),
        ("an empty tensor", r"model-00001-of-\d+\.safetensors holds model\.embed_tokens\.weight as empty"),
        ("a wrong shape", r"model-00001-of-\d+\.safetensors holds .* of shape \[512, 16\]: .* \[640, 16\]"),
        ("whole numbers", r"model-00001-of-\d+\.safetensors holds model\.embed_tokens\.weight as torch"),
        ("a tensor missing", r"lacks 1 of \d+ tensors, first lm_head\.weight"),
        ("a tensor twice", "which another file of the folder holds too"),
        ("no index", "holds no weights"),
        ("another architecture", r"config\.json: architectures = \['GPT2LMHeadModel'\]"),
        ("no tags", r"tokenizer\.json: lacks 16 of the 16 published tags"),
        ("no tokenizer", r"symbols\.json or tokenizer\.json not found"),
    ],
)
def test_a_broken_folder_is_refused_and_not_registered(home, folder, how, said):
    break_it(folder, how)
    with pytest.raises(CheckpointError, match=said):
        register(folder)
    assert folder.name not in dict(installed())


SCALING = {"factor": 32.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0, "original_max_position_embeddings": 8192}
LLAMA = {
    "architectures": ["LlamaForCausalLM"], "model_type": "llama", "vocab_size": 128_275, "head_dim": 128,
    "num_key_value_heads": 8, "max_position_embeddings": 131_072, "rms_norm_eps": 1e-5, "rope_theta": 500_000.0,
    "rope_scaling": {"rope_type": "llama3", **SCALING}, "tie_word_embeddings": False, "hidden_act": "silu",
    "attention_bias": False, "mlp_bias": False, "bos_token_id": 128_000, "eos_token_id": 128_001,
}  # fmt: skip
CONFIGS = {
    "LOGOS-pretrain-1B": LLAMA
    | {"hidden_size": 2048, "intermediate_size": 8192, "num_hidden_layers": 16, "num_attention_heads": 32}
    | {"head_dim": 64},
    "LOGOS-pretrain-3B": LLAMA
    | {"hidden_size": 3072, "intermediate_size": 8192, "num_hidden_layers": 28, "num_attention_heads": 24},
    "LOGOS-8B": {
        "architectures": ["Qwen3ForCausalLM"], "model_type": "qwen3", "vocab_size": 151_936, "hidden_size": 4096,
        "intermediate_size": 12_288, "num_hidden_layers": 36, "num_attention_heads": 32, "num_key_value_heads": 8,
        "head_dim": 128, "max_position_embeddings": 40_960, "rms_norm_eps": 1e-6, "rope_theta": 1_000_000,
        "rope_scaling": None, "tie_word_embeddings": False, "hidden_act": "silu", "attention_bias": False,
        "use_sliding_window": False, "bos_token_id": 151_643, "eos_token_id": 151_645,
    },
}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "billions"), [("LOGOS-pretrain-1B", 1.499), ("LOGOS-pretrain-3B", 3.607), ("LOGOS-8B", 8.191)]
)
def test_the_published_configs_build(name, billions):
    config = ModelConfig.from_hf(json.loads(json.dumps(CONFIGS[name])))
    model = Transformer(config, device="meta")
    held = sum(parameter.numel() for parameter in model.parameters())
    assert held == config.num_parameters and round(held / 1e9, 3) == billions
    assert model.get_parameter("head_VD").shape == (config.vocab_size, config.hidden_size)
    assert config.rope_scaling == (RopeScaling(**SCALING) if config.family == "llama" else None)
