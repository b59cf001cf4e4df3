"""Run jobs of several processes, one after the other, all forked from this one, which has imported torch already.

Each process gets what torchrun would put into its environment. Jobs come as JSON, exit codes go out as JSON.
"""

import json
import os
import shutil
import signal
import socket
import sys
import time
from pathlib import Path

import torch

from scilogos.recipe import to_dataclass
from scilogos.train import TrainRecipe, train


def free_port() -> int:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        return server.getsockname()[1]


def start(recipe: TrainRecipe, run: Path, world: int) -> list[int]:
    """Fork the processes of a run; give their numbers."""
    port, children = free_port(), []
    for rank in range(world):
        child = os.fork()
        if child:
            children.append(child)
            continue
        names = {"RANK": rank, "LOCAL_RANK": rank, "WORLD_SIZE": world, "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}
        os.environ.update({name: str(value) for name, value in names.items()})
        code = 1
        try:
            train(recipe, run, quiet=True)
            code = 0
        except KeyboardInterrupt:
            code = 77
        except Exception as error:
            print(f"rank {rank}: {type(error).__name__}: {error}", file=sys.stderr, flush=True)
        finally:
            os._exit(code)
    return children


def ended(children: list[int]) -> list[int]:
    """Wait; the exit codes, or minus the signal."""
    return [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]


def work(job: dict) -> list[int]:
    """Run one job: `like` is a folder to copy first, without `drop`; `signal` goes to rank 1 in the third step."""
    run = Path(job["run"])
    if "like" in job:
        shutil.copytree(job["like"], run)
        for name in job["drop"]:
            shutil.rmtree(run / name)
    children = start(to_dataclass(TrainRecipe, json.loads(job["recipe"]), "test"), run, job["world"])
    if "signal" in job:
        journal = run / "metrics.jsonl"
        until = time.monotonic() + 60
        while time.monotonic() < until and (not journal.exists() or journal.read_text().count("\n") < 3):
            time.sleep(0.005)
        os.kill(children[1], signal.Signals[job["signal"]])
    return ended(children)


if __name__ == "__main__":
    torch.set_num_threads(1)
    print(json.dumps([work(job) for job in json.loads(sys.argv[1])]))
