"""Several processes train one model: who they are, what they tell each other, and how the model is cut among them.

torchrun starts them and names them in the environment; without it there is one, and nothing here communicates.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import torch
import torch.distributed as dist
from torch import Tensor
from torch.distributed.fsdp import FSDPModule, MixedPrecisionPolicy, fully_shard
from torch.distributed.tensor import DTensor

from scilogos.errors import CheckpointError
from scilogos.model import Transformer


@dataclass(frozen=True, kw_only=True)
class Ranks:
    """The processes of a run, seen from one of them."""

    rank: int = 0
    world: int = 1
    device: torch.device = field(default_factory=lambda: torch.device("cpu"))

    @property
    def first(self) -> bool:
        """Whether this one writes journal and checkpoints."""
        return self.rank == 0

    def sum(self, *numbers: float) -> list[float]:
        """Add numbers over all processes."""
        totals = torch.tensor(numbers, dtype=torch.float64)
        if self.world > 1:
            dist.all_reduce(totals)
        return totals.tolist()

    def gather(self, number: int) -> list[int]:
        """List what each process says, by rank."""
        said = torch.zeros(self.world, dtype=torch.int64)
        said[self.rank] = number
        if self.world > 1:
            dist.all_reduce(said)
        return said.tolist()

    @contextmanager
    def together(self) -> Iterator[None]:
        """Wait for all at the end. What fails in one process ends all: there as it is, elsewhere as CheckpointError."""
        failed = 1
        try:
            yield
            failed = 0
        finally:
            others = self.sum(failed)[0] - failed
        if others:
            raise CheckpointError("another process of this run has failed; its message says why")

    def shard(self, model: Transformer, dtype: torch.dtype) -> None:
        """Cut the parameters among the processes, layer by layer; they compute in `dtype`, gradients add up in fp32."""
        mesh = dist.init_device_mesh(self.device.type, (self.world,))
        policy = MixedPrecisionPolicy(param_dtype=dtype, reduce_dtype=torch.float32)
        for module in (*model.layers, model):
            sharded = fully_shard(module, mesh=mesh, mp_policy=policy)
            assert isinstance(sharded, FSDPModule)
            sharded.set_gradient_divide_factor(1.0)  # the loss is divided by the places of all processes
            sharded.set_force_sum_reduction_for_comms(True)


@contextmanager
def joined(device: str) -> Iterator[Ranks]:
    """Join the processes that torchrun has started, gloo between CPUs and NCCL between GPUs; alone without it."""
    world, rank = int(os.environ.get("WORLD_SIZE", "1")), int(os.environ.get("RANK", "0"))
    if world == 1:
        yield Ranks(device=torch.device(device))
        return
    mine = torch.device(device)
    if mine.type == "cuda":
        mine = torch.device("cuda", int(os.environ["LOCAL_RANK"]))
        torch.cuda.set_device(mine)
    begun = not dist.is_initialized()
    if begun:
        dist.init_process_group("cpu:gloo,cuda:nccl" if mine.type == "cuda" else "gloo")
    try:
        yield Ranks(rank=rank, world=world, device=mine)
    except RuntimeError as error:
        if not any(name in str(error).lower() for name in ("gloo", "nccl")):
            raise
        lost = "another process of this run is lost; started again, it goes on from the newest checkpoint"
        raise CheckpointError(f"{lost} ({str(error).splitlines()[0]})") from error
    finally:
        if begun:
            dist.destroy_process_group()


def complete(tensor: Tensor) -> Tensor:
    """Gather a tensor from its shards, if it is cut; all ranks must ask."""
    return tensor.full_tensor() if isinstance(tensor, DTensor) else tensor


def local_rows(tensor: Tensor) -> tuple[Tensor, int]:
    """The rows of a tensor that this process holds, and the number of the first."""
    if not isinstance(tensor, DTensor):
        return tensor, 0
    each = -(-len(tensor) // tensor.device_mesh.size())  # as torch cuts: the last ones may hold fewer, or none
    return tensor.to_local(), each * tensor.device_mesh.get_rank()
