"""Plausibility of antibody chains under AntiBERTy, as RADAb reports it; the package `antiberty` carries the weights.

Ruffolo, Gray and Sulam, arXiv 2112.07782; RADAb (arXiv 2403.05757), tools/eval/plausibility.py. Its own classes are not
imported: they want an older transformers. The weights are read as tensors alone, and nothing of them is executed.
"""

import json
from collections.abc import Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import torch

ROWS = 64  # masked copies of a chain read at once
_FOLDER = "trained_models"
_CHECKPOINT = "AntiBERTy_md_smooth"
NAME = "AntiBERTy_md_smooth of antiberty 0.1.3"
MISSING = (
    "AntiBERTy's weights are not installed, plausibility is left out: pip install 'scilogos[bench]' "
    "(antiberty 0.1.3, the release that carries them, and transformers)"
)


def is_there() -> bool:
    """Whether the weights and what reads them are installed."""
    return find_spec("transformers") is not None and (_folder() / _CHECKPOINT).is_dir()


def _folder() -> Path:
    spec = find_spec("antiberty")
    (place,) = spec.submodule_search_locations if spec and spec.submodule_search_locations else ("",)
    return Path(place) / _FOLDER


@cache
def _model() -> tuple[torch.nn.Module, dict[str, int]]:
    """The masked language model and its symbols."""
    from transformers import BertConfig, BertForMaskedLM

    folder = _folder() / _CHECKPOINT
    model = BertForMaskedLM(BertConfig(**json.loads((folder / "config.json").read_text())))
    weights = torch.load(folder / "pytorch_model.bin", map_location="cpu", weights_only=True)
    missing = model.load_state_dict(weights, strict=False).missing_keys  # its other heads and the pooler are not wanted
    assert not missing, missing
    symbols = (_folder() / "vocab.txt").read_text().split()
    return model.eval(), {symbol: number for number, symbol in enumerate(symbols)}


@torch.inference_mode()
def residue_scores(chain: str) -> np.ndarray:
    """The log-probability of each residue with that residue masked, float [len]; their mean is the plausibility."""
    model, symbols = _model()
    whole = torch.tensor([symbols["[CLS]"], *(symbols[residue] for residue in chain), symbols["[SEP]"]])
    places = torch.arange(1, len(chain) + 1)
    masked = whole.repeat(len(chain), 1)
    masked[places - 1, places] = symbols["[MASK]"]
    special = [number for symbol, number in symbols.items() if symbol.startswith("[")]
    scores = []
    for rows, at in zip(masked.split(ROWS), places.split(ROWS), strict=True):
        logits = model(input_ids=rows).logits
        logits = logits[torch.arange(len(rows)), at]
        logits[:, special] = -torch.inf
        scores.append(logits.log_softmax(-1)[torch.arange(len(rows)), whole[at]])
    return torch.cat(scores).numpy()


def plausibility(chain: str, loop: tuple[int, int]) -> tuple[float, float]:
    """The mean over the whole chain, and over the residues from loop[0] to loop[1] alone; higher is likelier."""
    scores = residue_scores(chain)
    return float(scores.mean()), float(scores[slice(*loop)].mean())


def plausibilities(chains: Sequence[tuple[str, tuple[int, int]]]) -> list[tuple[float, float]]:
    """The same of several chains, equal ones once."""
    found = {pair: plausibility(*pair) for pair in dict.fromkeys(chains)}
    return [found[pair] for pair in chains]
