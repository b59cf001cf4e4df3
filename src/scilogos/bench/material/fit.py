"""Which building blocks and nets can hold a node and linkers: chosen from PORMAKE's tables, by text alone.

Knows nothing of coordinates: which of the blocks that fit lies best on a net is found out when it is assembled.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from scilogos.data.tables import read_rows
from scilogos.errors import InputError
from scilogos.science import count_arms, cut, node_key

BLOCKS = "material/pormake_building_blocks.csv"
NETS = "material/pormake_topologies.csv"
_BLOCK_COLUMNS = ("bb", "kind", "n_conn", "node_unique", "node_all", "arms", "terminal", "issues")
_FEWEST = 3  # connections of a node; a block of two is an edge


class Misfit(Exception):
    """Parts that cannot be assembled: the reason, and what it is about."""

    def __init__(self, reason: str, about: str) -> None:
        super().__init__(reason, about)
        self.reason, self.about = reason, about


@dataclass(frozen=True, kw_only=True)
class Block:
    """A node of the library: its name there, the net's connectivity that it serves, the kind of its arms."""

    name: str
    connections: int
    arm: str


@dataclass(frozen=True, kw_only=True)
class Net:
    """A net of the library: the connectivities of its nodes, sorted, and its nodes and edges in a cell."""

    name: str
    connectivities: tuple[int, ...]
    slots: int


@dataclass(frozen=True)
class Library:
    """Blocks by node string and by what of a node is left without protons; nets, smallest cell first."""

    exact: dict[str, list[Block]]
    alike: dict[str, list[Block]]
    nets: tuple[Net, ...]

    @staticmethod
    def read(data: Path) -> "Library":
        """Read the tables; blocks with several kinds of arms, or with ligands of their own, are left out."""
        exact, alike = defaultdict(list), defaultdict(list)
        for row in read_rows(data / BLOCKS, _BLOCK_COLUMNS):
            arms = row["arms"].split("|")
            plain = row["kind"] == "metal" and not row["issues"] and not row["terminal"]
            alone = len(set(arms)) == 1 and arms[0].count("*") == 1 and len(arms) == int(row["n_conn"]) >= _FEWEST
            if not (plain and alone):
                continue
            block = Block(name=row["bb"], connections=len(arms), arm=arms[0])
            for node in {row["node_unique"], row["node_all"]}:
                exact[node].append(block)
            alike[node_key(row["node_unique"])].append(block)
        nets = [
            Net(
                name=row["topology"],
                connectivities=tuple(sorted(map(int, row["cn"].split(",")))),
                slots=int(row["slots_per_cell"]),
            )
            for row in read_rows(data / NETS, ("topology", "cn", "slots_per_cell"))
        ]
        return Library(dict(exact), dict(alike), tuple(sorted(nets, key=lambda net: (net.slots, net.name))))

    def blocks(self, node: str) -> list[list[Block]]:
        """Give the blocks of a node string, then those of its key."""
        found = [self.exact.get(node, []), self.alike.get(node_key(node), [])]
        if not any(found):
            raise Misfit("no building block for the node", node)
        return found


@dataclass(frozen=True, kw_only=True)
class Choice:
    """A block that fits: with the cores of the linkers for its arms, and the nets on which they could lie.

    `cores` holds PORMAKE XYZ texts, None for arms that meet without a core. Where linkers have two ends, they are the
    edges of a net with one kind of node; one linker with `ends` of three or more is a node itself.
    """

    block: Block
    cores: tuple[str | None, ...]
    ends: int
    nets: tuple[str, ...]


def choices(nodes: Sequence[str], linkers: Sequence[str], library: Library) -> list[Choice]:
    """Give every block that fits the parts, of the node as it is written if there is one; Misfit where none fits."""
    if len(nodes) != 1:
        raise Misfit("more than one node fragment", " ".join(nodes))
    refused: list[Misfit] = []
    for blocks in library.blocks(nodes[0]):
        found = []
        for block in blocks:
            try:
                cores, ends = _cores(tuple(linkers), block.arm)
            except Misfit as misfit:
                refused.append(misfit)
                continue
            needed = (block.connections,) if ends == 2 else tuple(sorted((block.connections, ends)))
            nets = tuple(net.name for net in library.nets if net.connectivities == needed)
            found.append(Choice(block=block, cores=cores, ends=ends, nets=nets))
        if found:
            return found
    raise max(refused, key=lambda misfit: _REASONS.index(misfit.reason))


FEW, MIXED, BARE, SHAPELESS = (
    "a linker has fewer than two groups that the node's blocks bind",
    "linkers of two ends and of more, together",
    "groups of a linker that bind are bonded to each other",
    "a linker could not be embedded",
)
_REASONS = (FEW, MIXED, BARE, SHAPELESS)  # how far it got, nearest last


@cache
def _cores(linkers: tuple[str, ...], arm: str) -> tuple[tuple[str | None, ...], int]:
    numbers = [count_arms(linker, arm) for linker in linkers]
    for linker, number in zip(linkers, numbers, strict=True):
        if number < 2:
            raise Misfit(FEW, linker)
    if max(numbers) > 2 and len(numbers) > 1:
        raise Misfit(MIXED, " ".join(linkers))
    try:
        return tuple(cut(linker, arm).block for linker in linkers), numbers[0]
    except InputError as error:
        raise Misfit(SHAPELESS if "coordinates" in str(error) else BARE, " ".join(linkers)) from None
