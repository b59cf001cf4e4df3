"""Train in forked processes that are killed 20 times, at random moments and while a checkpoint is being written.

A kill comes some steps after the start of its process, or before the first of them, whatever the machine's speed.
"""

import json
import os
import random
import signal
import sys
import time
from pathlib import Path

import torch

from scilogos.recipe import to_dataclass
from scilogos.train import TrainRecipe, train
from tests.train.ranks import ended, start


def begin(recipe: TrainRecipe, run: Path, world: int) -> list[int]:
    if world > 1:
        return start(recipe, run, world)
    child = os.fork()
    if not child:
        train(recipe, run, quiet=True)
        os._exit(0)
    return [child]


def steps(run: Path) -> int:
    journal = run / "metrics.jsonl"
    return journal.read_bytes().count(b"\n") if journal.exists() else 0


def alive(children: list[int]) -> bool:
    return all(os.waitid(os.P_PID, c, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None for c in children)


def main(recipe: TrainRecipe, run: Path, wanted: int, world: int) -> dict[str, int]:
    """Kill so often, then let it end; count what was hit."""
    rng, counts = random.Random(7), {"kills": 0, "writing": 0, "steps": 0}
    while counts["kills"] < wanted:
        children, more, at_checkpoint = begin(recipe, run, world), rng.randrange(5), rng.random() < 0.5
        if more:
            until = (
                steps(run) + more
            )  # a checkpoint that is being written is waited for, but not through three more steps
            while alive(children) and steps(run) < until:
                time.sleep(0.0003)
            while alive(children) and at_checkpoint and steps(run) < until + 3 and not list(run.glob("*.partial")):
                time.sleep(0.0001)
            time.sleep(rng.uniform(0, 0.004))
        else:
            time.sleep(rng.uniform(0, 0.1))
        assert alive(children), "it ended by itself before it was killed"
        counts["writing"] += bool(list(run.glob("checkpoint-*.partial")))
        for child in children:
            os.kill(child, signal.SIGKILL)
        counts["kills"] += all(code == -signal.SIGKILL for code in ended(children))
    counts["steps"] = steps(run)
    assert ended(begin(recipe, run, world)) == [0] * world
    return counts


if __name__ == "__main__":
    torch.set_num_threads(1)
    table, folder, number, processes = sys.argv[1:]
    print(
        json.dumps(
            main(to_dataclass(TrainRecipe, json.loads(table), "test"), Path(folder), int(number), int(processes))
        )
    )
