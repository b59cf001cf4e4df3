"""Pictures: the linkers, metals and nets of the draws beside those of the training rows."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING

from scilogos.bench.held_out import Answer, HeldOut
from scilogos.science import element_counts, metals

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST = 12  # metals or nets shown
TRAINING = "training"
NO_NET = "none"
_sizes = cache(lambda linker: sum(element_counts(linker).values()))
_metals = cache(metals)

Rows = Iterable[tuple[Sequence[str], Sequence[str], str | None]]  # nodes, linkers, net


def plots(held: HeldOut, arms: Mapping[str, Sequence[Answer]]) -> dict[str, Callable[["Axes"], None]]:
    """Draw, of training pairs and of each arm's draws that can be read, linker sizes, metals and nets."""
    rows = {TRAINING: _training(held)} | {arm: _drawn(answers) for arm, answers in arms.items()}
    sizes = {
        name: shares(_sizes(linker) for _, linkers, _ in some for linker in linkers) for name, some in rows.items()
    }
    kinds = {name: shares(m for nodes, _, _ in some for n in nodes for m in _metals(n)) for name, some in rows.items()}
    nets = {name: shares(net or NO_NET for _, _, net in some) for name, some in rows.items()}
    return {
        "linker size": lambda axes: _lines(axes, sizes, "heavy atoms of a linker"),
        "metals": lambda axes: _bars(axes, kinds),
        "nets": lambda axes: _bars(axes, nets),
    }


def _training(held: HeldOut) -> list:
    """A pair of nodes and linkers once, with the first of its nets."""
    pairs = zip(held.training.pairs, held.training.nets, strict=True)
    return [(nodes, linkers, next(iter(nets), None)) for (nodes, linkers), nets in pairs]


def _drawn(answers: Sequence[Answer]) -> list:
    return [(answer["nodes"], answer["linkers"], answer.get("net")) for answer in answers if "nodes" in answer]


def shares(values: Iterable) -> dict:
    """Give the share of each value, the most frequent first."""
    counts = Counter(values)
    total = counts.total()
    return {value: number / total for value, number in counts.most_common()}


def most_frequent(of: Mapping[str, Mapping[str, float]]) -> list[str]:
    """Give the values to show: the most frequent of training and of the model, in turn, without repeats."""
    names = [list(of[name]) for name in (TRAINING, "model") if name in of]
    turns = (some[number] for number in range(MOST) for some in names if number < len(some))
    return list(dict.fromkeys(turns))[:MOST]


def _lines(axes: "Axes", of: Mapping[str, Mapping[int, float]], label: str) -> None:
    for name, some in of.items():
        sizes = sorted(some)
        axes.plot(sizes, [some[size] for size in sizes], label=name, **_style(name))
    axes.set_xlim(0, 60)
    axes.set_xlabel(label)
    axes.set_ylabel("share")
    axes.legend(frameon=False)


def _bars(axes: "Axes", of: Mapping[str, Mapping[str, float]]) -> None:
    names, width = most_frequent(of), 0.8 / len(of)
    for number, (arm, some) in enumerate(of.items()):
        places = [at + (number - (len(of) - 1) / 2) * width for at in range(len(names))]
        color = {"color": _style(arm)["color"]} if "color" in _style(arm) else {}
        axes.bar(places, [some.get(name, 0) for name in names], width, label=arm, **color)
    axes.set_xticks(range(len(names)), names, rotation=45)
    axes.set_ylabel("share")
    axes.legend(frameon=False)


def _style(name: str) -> dict:
    return {"color": "0.6", "linewidth": 3} if name == TRAINING else {}
