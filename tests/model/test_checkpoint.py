"""Checkpoints come back as they were written, and broken ones are refused with the file's name."""

import json
import subprocess
import sys

import pytest
import torch
from safetensors.torch import load_file, save_file

from scilogos.errors import CheckpointError, StorageError
from scilogos.model import ModelConfig, Transformer, fingerprint, load_checkpoint, save_checkpoint


@pytest.fixture
def folder(tmp_path, tiny_model, tiny_config):
    save_checkpoint(tmp_path / "whole", tiny_model, tiny_config, dtype=torch.float32)
    return tmp_path / "whole"


@pytest.fixture
def sharded(tmp_path, tiny_model, tiny_config):
    save_checkpoint(tmp_path / "parts", tiny_model, tiny_config, dtype=torch.float32, max_shard_bytes=50_000)
    return tmp_path / "parts"


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("max_shard_bytes", [10**9, 30_000])
def test_round_trip(tmp_path, model, config, dtype, max_shard_bytes):
    save_checkpoint(tmp_path, model, config, dtype=dtype, max_shard_bytes=max_shard_bytes)
    read, read_config = load_checkpoint(tmp_path, dtype=torch.float32)
    assert read_config == config
    for name, parameter in model.named_parameters():
        assert torch.equal(read.get_parameter(name), parameter.to(dtype).float())
        assert read.get_parameter(name).requires_grad
    names = [name for path in tmp_path.glob("*.safetensors") for name in load_file(path)]
    assert len(names) == len(set(names)) and ("lm_head.weight" in names) == (not config.tie_word_embeddings)


def test_saving_again_leaves_nothing_of_the_elder(sharded, tiny_model, tiny_config):
    save_checkpoint(sharded, tiny_model, tiny_config)
    assert sorted(path.name for path in sharded.iterdir()) == ["config.json", "model.safetensors"]
    save_checkpoint(sharded, tiny_model, tiny_config, max_shard_bytes=100_000)
    names = sorted(path.name for path in sharded.iterdir())
    assert names[0] == "config.json" and names[-1] == "model.safetensors.index.json"
    assert "model.safetensors" not in names
    load_checkpoint(sharded)


def test_fingerprint_names_the_content(folder, tmp_path, tiny_model, tiny_config):
    metadata = {str(i): "x" for i in range(20)}
    for name in ("one", "two"):
        save_checkpoint(tmp_path / name, tiny_model, tiny_config, dtype=torch.float32, metadata=metadata)
    prints = [fingerprint(tmp_path / name) for name in ("one", "two", "whole")]
    assert prints[0] == prints[1] != prints[2] and len(prints[0]) == 12
    with torch.no_grad():
        tiny_model.norm_D[0] += 1
    save_checkpoint(tmp_path / "two", tiny_model, tiny_config, dtype=torch.float32, metadata=metadata)
    assert fingerprint(tmp_path / "two") != prints[0]


def test_tied_head_in_the_file_must_be_the_embedding(tmp_path, tiny_config):
    config = ModelConfig.from_hf({**tiny_config.to_hf(), "tie_word_embeddings": True})
    model = Transformer(config).initialise(torch.Generator().manual_seed(0))
    save_checkpoint(tmp_path, model, config, dtype=torch.float32)
    tensors = load_file(tmp_path / "model.safetensors")
    for head in (model.embedding_VD.detach().clone(), model.embedding_VD.detach() + 1):
        save_file({**tensors, "lm_head.weight": head}, tmp_path / "model.safetensors")
        if torch.equal(head, model.embedding_VD):
            load_checkpoint(tmp_path)
        else:
            with pytest.raises(CheckpointError, match="lm_head.weight differs"):
                load_checkpoint(tmp_path)


def change_tensors(**changes):
    def apply(folder):
        tensors = load_file(folder / "model.safetensors")
        for name, change in changes.items():
            tensors[name] = change(tensors.get(name))
        kept = {name: tensor.contiguous() for name, tensor in tensors.items() if tensor is not None}
        save_file(kept, folder / "model.safetensors")

    return apply


def cut(name, keep):
    def apply(folder):
        path = folder / name
        path.write_bytes(path.read_bytes()[:keep])

    return apply


NORM, UP = "model.norm.weight", "model.layers.1.mlp.up_proj.weight"
FAULTS = {
    "no folder": (lambda folder: folder.rename(folder.with_name("elsewhere")), "there is no folder"),
    "no config": (lambda folder: (folder / "config.json").unlink(), "config.json is missing"),
    "config cut": (cut("config.json", 50), "config.json cannot be read as JSON"),
    "config binary": (lambda folder: (folder / "config.json").write_bytes(b"\xff\xfe\x00"), "config.json cannot"),
    "config a list": (lambda folder: (folder / "config.json").write_text("[1]"), "config.json: .*holds a list"),
    "no weights": (lambda folder: (folder / "model.safetensors").unlink(), "expected model.safetensors or"),
    "weights cut": (cut("model.safetensors", -100), "model.safetensors is not a whole safetensors file"),
    "weights empty": (cut("model.safetensors", 0), "model.safetensors is not a whole"),
    "weights pickled": (lambda folder: torch.save({}, folder / "model.safetensors"), "not a whole safetensors file"),
    "tensor missing": (change_tensors(**{NORM: lambda x: None}), f"lacks 1 of 36 tensors, first {NORM}"),
    "tensor unexpected": (change_tensors(extra=lambda x: torch.ones(2)), "model.safetensors holds extra, unexpected"),
    "wrong shape": (change_tensors(**{UP: lambda x: x.T}), rf"{UP} as .*\[48, 80\].*wants .*\[80, 48\]"),
    "empty tensor": (change_tensors(**{NORM: lambda x: x[:0]}), rf"{NORM} as .*\[0\].*\[48\]"),
    "integers": (change_tensors(**{NORM: lambda x: x.to(torch.int8)}), f"{NORM} as torch.int8"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_faults_of_a_folder_are_named(folder, fault):
    breaks, message = FAULTS[fault]
    breaks(folder)
    with pytest.raises(CheckpointError, match=message) as caught:
        load_checkpoint(folder)
    assert str(folder) in str(caught.value)


def index_with(change):
    def apply(folder):
        path = folder / "model.safetensors.index.json"
        index = json.loads(path.read_text())
        change(index)
        path.write_text(json.dumps(index))

    return apply


def first_shard(folder):
    return next(folder.glob("model-00001-of-*"))


SHARD_FAULTS = {
    "shard missing": (lambda folder: next(folder.glob("*00002-of*")).unlink(), "00002-of-.*is missing"),
    "index cut": (cut("model.safetensors.index.json", 40), "index.json cannot be read as JSON"),
    "no map": (index_with(lambda index: index.pop("weight_map")), "index.json lacks a weight_map"),
    "outside": (index_with(lambda index: index["weight_map"].update(x="../x.safetensors")), "beside it"),
    "pickle": (index_with(lambda index: index["weight_map"].update(x="model.bin")), r"expected \*.safetensors"),
    "twice": (lambda folder: save_file({NORM: torch.ones(48)}, first_shard(folder)), "another file of the folder"),
}


@pytest.mark.parametrize("fault", SHARD_FAULTS)
def test_faults_of_shards_are_named(sharded, fault):
    breaks, message = SHARD_FAULTS[fault]
    breaks(sharded)
    with pytest.raises(CheckpointError, match=message):
        load_checkpoint(sharded)
    if fault != "twice":
        with pytest.raises(CheckpointError, match=message):
            fingerprint(sharded)


def test_saving_refuses_what_it_cannot_keep(tmp_path, tiny_model, tiny_config):
    for other in ({"intermediate_size": 96}, {"intermediate_size": 64}, {"tie_word_embeddings": True}):
        with pytest.raises(CheckpointError, match="in the model and .* by the config"):
            save_checkpoint(tmp_path, tiny_model, ModelConfig.from_hf({**tiny_config.to_hf(), **other}))
    with pytest.raises(CheckpointError, match="float16"):
        save_checkpoint(tmp_path, tiny_model, tiny_config, dtype=torch.float16)
    with pytest.raises(CheckpointError, match="metadata"):
        save_checkpoint(tmp_path, tiny_model, tiny_config, metadata={"step": 3})
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="cannot be written"):
        save_checkpoint(tmp_path / "file", tiny_model, tiny_config)


def test_needs_nothing_but_torch_numpy_and_safetensors():
    code = "import sys, scilogos.model; print({'transformers', 'tokenizers', 'rdkit', 'gemmi'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
