"""Continued pre-training of Llama and Qwen: grow, prepare, train the new rows, then all; others read what comes out."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from scilogos import tasks
from scilogos.data.shards import read_corpus
from scilogos.errors import CheckpointError, RecipeError
from scilogos.grammar.tags import TAGS
from scilogos.model import ModelConfig, Transformer, load_checkpoint, save_checkpoint
from scilogos.model.config import RopeScaling
from scilogos.tokens import load
from scilogos.tokens.ranks import FAMILIES
from scilogos.train import NewRows, checkpoints, grow_checkpoint, train, weights_of
from tests.grammar.drugs import DRUGS
from tests.published import END, small_tokenizer, true_tokenizer
from tests.train.conftest import metrics

SIZES = {"hidden_size": 64, "intermediate_size": 96, "num_hidden_layers": 2, "max_position_embeddings": 131_072}
STRETCH = RopeScaling(factor=32.0, low_freq_factor=1.0, high_freq_factor=4.0, original_max_position_embeddings=8192)
SHAPES = {  # of Llama-3.2 and of Qwen3, but for depth and width
    "llama3": {"family": "llama", "vocab_size": 128_256, "num_attention_heads": 4, "num_key_value_heads": 1,
               "head_dim": 16, "rope_theta": 5e5, "rope_scaling": STRETCH, "rms_norm_eps": 1e-5,
               "tie_word_embeddings": True, "bos_token_id": 128_000, "eos_token_id": 128_001},
    "qwen3": {"family": "qwen3", "vocab_size": 151_936, "num_attention_heads": 4, "num_key_value_heads": 2,
              "head_dim": 32, "rope_theta": 1e6, "tie_word_embeddings": False, "eos_token_id": 151_643},
}  # fmt: skip
FIRST = {"llama3": (128_256, 128_320), "qwen3": (151_669, 151_936)}  # the first new row, and all rows
CORPUS = """
[corpus]
name = "drugs"
val_percent = 20

[[corpus.sources]]
reader = "molecules"
path = "drugs.csv"
modality = "molecule"
writings = 3
"""


def save_base(folder: Path, tokenizer, end: str, config: ModelConfig, dtype=torch.float32) -> Path:
    """A folder as Llama's and Qwen's come: weights and tokenizer, without our tags."""
    model = Transformer(config).initialise(torch.Generator().manual_seed(0))
    save_checkpoint(folder, model, config, dtype=dtype)
    tokenizer.save(str(folder / "tokenizer.json"))
    (folder / "tokenizer_config.json").write_text(json.dumps({"eos_token": end}))
    return folder


@pytest.fixture(scope="module")
def small(tmp_path_factory) -> Path:
    tokenizer = small_tokenizer()
    sizes = {"num_attention_heads": 2, "num_key_value_heads": 1, "head_dim": 16, **SIZES}
    config = ModelConfig(family="llama", vocab_size=tokenizer.get_vocab_size(), **sizes)
    return save_base(tmp_path_factory.mktemp("small") / "base", tokenizer, END, config)


def table(folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "drugs.csv").write_text("smiles\n" + "".join(f"{smiles}\n" for smiles in DRUGS.values()))
    return folder


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_new_rows_are_the_mean_and_all_else_stays(small, tmp_path, dtype):
    base, old_config = load_checkpoint(small)
    save_checkpoint(tmp_path / "base", base, old_config, dtype=dtype)
    for name in ("tokenizer.json", "tokenizer_config.json"):
        (tmp_path / "base" / name).write_bytes((small / name).read_bytes())
    grown = grow_checkpoint(tmp_path / "base", tmp_path / "out")
    assert grown.first == old_config.vocab_size and grown.rows % 64 == 0
    old, _ = load_checkpoint(tmp_path / "base")
    new, config = load_checkpoint(tmp_path / "out")
    assert config == replace(old_config, vocab_size=grown.rows)
    assert json.loads((tmp_path / "out/config.json").read_text())["torch_dtype"] == str(dtype).removeprefix("torch.")
    for (name, a), b in zip(old.named_parameters(), new.parameters(), strict=True):
        assert torch.equal(a, b[: len(a)]), name
        if len(a) != len(b):
            expected = a.mean(0).to(dtype).float().expand(grown.rows - grown.first, -1)
            torch.testing.assert_close(b[grown.first :], expected, rtol=1e-2, atol=1e-6)
            assert (b[grown.first :] == b[-1]).all()
    codec = load(tmp_path / "out")
    assert codec.vocabulary.size == grown.rows and sorted(codec.vocabulary.tags.values())[0] == grown.first
    assert set(codec.vocabulary.tags) == set(TAGS)


def test_growing_onto_itself_or_from_nothing(small, tmp_path):
    with pytest.raises(CheckpointError, match="this is the base; name another folder"):
        grow_checkpoint(small, small)
    with pytest.raises(CheckpointError, match=r"nowhere/tokenizer\.json: not a tokenizer"):
        grow_checkpoint(tmp_path / "nowhere", tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.fixture(scope="module")
def grown(small, tmp_path_factory):
    """A grown folder, its corpus, and where the new rows begin."""
    from scilogos.data import corpus

    place = tmp_path_factory.mktemp("grown")
    made = grow_checkpoint(small, place / "grown")
    (place / "recipe.toml").write_text(CORPUS)
    codec = load(place / "grown")
    corpus.prepare(corpus.read_recipe(place / "recipe.toml"), table(place / "data"), place / "corpus", codec)
    return place, made


@pytest.mark.parametrize("optimiser", ["adamw", "muon"])
def test_the_new_rows_first_then_all(recipe, grown, tmp_path, optimiser):
    place, made = grown
    recipe = replace(
        recipe, corpus=place / "corpus", shares={"molecule": 1.0}, start=place / "grown", shape=None, row_length=256,
        rows_per_step=2, tokens=10 * 512, warmup_tokens=0, decay_tokens=0, optimiser=optimiser, checkpoint_every=1,
        keep=20, new_rows=NewRows(first=made.first, tokens=4 * 512),
    )  # fmt: skip
    train(recipe, tmp_path / "run", quiet=True)
    start = dict(load_checkpoint(place / "grown")[0].named_parameters())
    for step in (1, 4, 5, 10):
        folder = weights_of(tmp_path / "run" / f"checkpoint-{step:08d}", tmp_path / f"weights-{step}")
        found = dict(load_checkpoint(folder)[0].named_parameters())
        moved = {name for name in start if not torch.equal(found[name], start[name])}
        if step > 4:
            assert moved == set(start)
            continue
        assert moved == {"embedding_VD", "head_VD"}
        assert all(torch.equal(found[name][: made.first], start[name][: made.first]) for name in moved)
        assert not torch.equal(found["head_VD"][made.first :], start["head_VD"][made.first :])
    losses = [line["loss"] for line in metrics(tmp_path / "run")]
    assert losses[3] < losses[0] and losses[9] < losses[4]
    assert (
        tasks.load(tmp_path / "run/final", dtype="fp32").retrosynthesis("CCO", n=1, samples=2, num_roots=1).drawn == 2
    )
    tensors = checkpoints.load(tmp_path / "run" / "checkpoint-00000004").shapes
    assert not any(key.startswith(("exp_avg/layers", "momentum_buffer")) for key in tensors)


def test_a_sentence_stands_between_the_tokenizers_own_ends(grown):
    from scilogos.data.batches import Mixture

    place, _ = grown
    codec = load(place / "grown")
    row = Mixture(place / "corpus", split="train", shares={"molecule": 1}, row_length=256, seed=1).next()
    n = row.lengths[0]
    assert row.inputs[0] == codec.vocabulary.beginning[0] and row.targets[n - 1] == codec.vocabulary.end == 1
    assert row.inputs[n] == row.inputs[0] and row.inputs[1:n].tolist() == row.targets[: n - 1].tolist()
    assert codec.decode(row.targets[:n].tolist()).startswith("<MoleculeS>")


def test_answers_want_our_own_vocabulary(grown, tmp_path):
    from scilogos.data import corpus

    place, _ = grown
    recipe = replace(corpus.read_recipe(place / "recipe.toml"), answers=True)
    with pytest.raises(RecipeError, match="answers = true: only the from-scratch vocabulary"):
        corpus.prepare(recipe, place / "data", tmp_path / "out", load(place / "grown"))


TRAIN = """
[train]
name = "continued"
corpus = "corpus"
start = "grown"
tokens = 4096
row_length = 256
rows_per_step = 4
optimiser = "adamw"
learning_rate = 1e-3
warmup_tokens = 0
checkpoint_every = 2
validate_every = 4
validate_rows = 1
precision = "bf16"
compile = false
recompute = true
new_rows = {{ first = {first}, tokens = 2048 }}
shares = {{ molecule = 1 }}
"""


@pytest.mark.slow
@pytest.mark.parametrize("family", SHAPES)
def test_the_whole_path_with_the_true_tokenizers(tmp_path, family):
    """By the commands of docs/scale.md: grow, prepare, torchrun with two processes; then transformers and logos."""
    transformers = pytest.importorskip("transformers")
    config = ModelConfig(**SIZES, **SHAPES[family])
    save_base(tmp_path / "base", true_tokenizer(family), FAMILIES[family].end, config, torch.bfloat16)
    table(tmp_path / "data")
    (tmp_path / "recipe.toml").write_text(CORPUS + TRAIN.format(first=FIRST[family][0]))

    def run(*words: str) -> str:
        environment = {**os.environ, "OMP_NUM_THREADS": "1"}
        done = subprocess.run([sys.executable, "-m", *words], cwd=tmp_path, env=environment, capture_output=True)
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout.decode()

    said = run("scilogos.cli", "models", "grow", "base", "--out", "grown")
    assert f"{FIRST[family][1]} rows, new from row {FIRST[family][0]} on" in said
    run("scilogos.cli", "prepare", "recipe.toml", "--data", "data", "--out", "corpus", "--tokenizer", "grown",
        "--parts", "1", "--processes", "1")  # fmt: skip
    info = read_corpus(tmp_path / "corpus")
    sizes = {(tmp_path / "corpus" / f"{shard.stem}.tokens").stat().st_size / shard.tokens for shard in info.shards}
    assert info.vocabulary_size == FIRST[family][1] and sizes == {4}
    run("torch.distributed.run", "--standalone", "--nproc-per-node", "2", "-m", "--", "scilogos.cli", "train",
        "recipe.toml", "--run", "run", "--quiet")  # fmt: skip
    losses = [line["loss"] for line in metrics(tmp_path / "run")]
    assert len(losses) == 4 and losses[-1] < losses[0]
    theirs = transformers.AutoModelForCausalLM.from_pretrained(tmp_path / "run/final", dtype=torch.float32).eval()
    tokenizer = transformers.AutoTokenizer.from_pretrained(tmp_path / "run/final")
    prompt = "<MoleculeS>CC(=O)Nc1ccc(O)cc1<MoleculeE><ReverseReact>"
    ours = load(tmp_path / "run/final")
    assert tokenizer(prompt).input_ids == ours.begun(ours.encode(prompt))
    with torch.no_grad():
        assert theirs(**tokenizer(prompt, return_tensors="pt")).logits.shape[-1] == FIRST[family][1]
    assert (
        tasks.load(tmp_path / "run/final", dtype="fp32").retrosynthesis("CCO", n=1, samples=2, num_roots=1).drawn == 2
    )
