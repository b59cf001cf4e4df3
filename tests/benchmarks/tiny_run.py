"""Recipes of a tiny corpus and two tiny runs on it, and what a script says on the command line."""

import json
import sys

import pytest

import command

RECIPE = """
[corpus]
name = "tiny"
val_percent = 20.0
[[corpus.sources]]
reader = "molecules"
path = "molecules.csv"
modality = "molecule"

[train]
name = "small"
corpus = "corpus"
tokens = 2048
row_length = 256
rows_per_step = 1
warmup_tokens = 0
validate_every = 2
validate_rows = 1
compile = false
shares = {molecule = 1}
[train.shape]
hidden_size = 32
intermediate_size = 32
num_hidden_layers = 1
num_attention_heads = 2
num_key_value_heads = 1
head_dim = 16
"""
LARGER = """
base = "small.toml"
[train]
name = "larger"
[train.shape]
hidden_size = 64
intermediate_size = 64
num_hidden_layers = 1
num_attention_heads = 2
num_key_value_heads = 1
head_dim = 32
"""


def result(script, name, capsys, monkeypatch, *arguments):
    monkeypatch.setattr(sys, "argv", [name, *arguments])
    with pytest.raises(SystemExit) as stopped:
        command.run_app(script.app, name)
    out, err = capsys.readouterr()
    last = out.splitlines()[-1] if out else ""
    return stopped.value.code or 0, json.loads(last.removeprefix("RESULT ")) if last.startswith("RESULT ") else err
