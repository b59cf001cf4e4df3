"""The verb demo: all six tasks on real inputs, as tables and as one page."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from rich.console import Console
from rich.table import Table as Grid
from rich.text import Text

from scilogos.cli import report
from scilogos.cli.output import check_ending
from scilogos.cli.report import examples
from scilogos.errors import StorageError
from scilogos.model import fingerprint
from scilogos.science import read_ligand, read_structure, replacing, union_contacts
from scilogos.tasks import DEFAULT, Logos, binding_site, cdr_design, load, retrosynthesis

LOOPS = ("H3",)


@dataclass(frozen=True, kw_only=True)
class Amounts:
    """How many answers of each task are asked for."""

    routes: int = 5
    draws: int = retrosynthesis.SAMPLES  # from each writing of a product
    samples: int = binding_site.SAMPLES
    ligands: int = 8
    materials: int = 8
    grown: int = 4
    variants: int = 6
    substitutions: int = 3
    loops: int = 8


def demo(*, out: Path = Path("demo/report.html"), model: str = DEFAULT, seed: int = 0) -> None:
    """Run all six tasks on real inputs and write a report; it takes a minute or two.

    Example: logos demo --out report.html

    Parameters
    ----------
    out
        The .html file of the report, which needs nothing beside it; its folder is made.
    model
        A model's name or folder.
    seed
        The same seed gives the same report.
    """
    check_ending(out, (".html",))
    files = examples.enzyme()
    _make_folder(out.parent)
    progress = Progress(Console(stderr=True, highlight=False))
    findings = find(load(model), files, seed=seed, progress=progress)
    console = Console(highlight=False)
    for table in report.all_tables(findings):
        _show(console, table)
    with replacing(out) as stream:
        stream.write(report.render(findings))
    progress.console.print(f"wrote {out}")


def find(
    logos: Logos,
    files: tuple[Path, Path],
    *,
    seed: int = 0,
    amounts: Amounts = Amounts(),
    progress: "Progress | None" = None,
) -> report.Findings:
    """Run the six tasks; `files` are the protein's and its ligand's pose."""
    progress = progress or Progress(Console(quiet=True))
    structure, ligand = read_structure(files[0]), read_ligand(files[1])
    pocket = tuple(logos.pocket(structure, around=str(files[1])))
    with progress.task("Retrosynthesis", ", ".join(examples.DRUGS)):
        routes = tuple(
            report.Routes(
                name=name,
                product=product,
                ranking=logos.retrosynthesis(product, amounts.routes, samples=amounts.draws, seed=seed),
                asked=amounts.routes,
            )
            for name, product in examples.DRUGS.items()
        )
    with progress.task("Binding site", "human DHFR, 1S3V"):
        site = report.Site(
            structure=structure,
            ligand=ligand,
            contacts=union_contacts(structure.chains, [ligand]),
            found=logos.sites(structure, samples=amounts.samples, seed=seed),
            samples=amounts.samples,
        )
    with progress.task("Ligand design", f"its pocket of {sum(len(chain.sites) for chain in pocket)} residues"):
        designs = report.Designs(
            pocket=pocket, ranking=logos.ligands(pocket, amounts.ligands, seed=seed), asked=amounts.ligands
        )
    with progress.task("Materials", f"from nothing, and from {examples.PADDLEWHEEL}"):
        frameworks = tuple(
            report.Frameworks(nodes=nodes, ranking=logos.materials(n, nodes, seed=seed), asked=n)
            for nodes, n in (((), amounts.materials), ((examples.PADDLEWHEEL,), amounts.grown))
        )
    with progress.task("Protein editing", f"avGFP, {amounts.substitutions} substitutions at most"):
        most, parent = amounts.substitutions, examples.AVGFP
        variants = report.Variants(
            parent=parent,
            most=most,
            ranking=logos.edit(parent, amounts.variants, most=most, seed=seed),
            asked=amounts.variants,
        )
    with progress.task("Antibody loops", f"trastuzumab, {', '.join(LOOPS)}"):
        loops = report.Loops(
            opening=cdr_design.opening(examples.TRASTUZUMAB, LOOPS),
            ranking=logos.cdr(examples.TRASTUZUMAB, LOOPS, amounts.loops, seed=seed),
            asked=amounts.loops,
        )
    return report.Findings(
        facts=_facts(logos, seed),
        routes=routes,
        site=site,
        designs=designs,
        frameworks=frameworks,
        variants=variants,
        loops=loops,
    )


@dataclass
class Progress:
    """A line for each task: what it is, and the seconds that it took."""

    console: Console
    number: int = 0
    most: int = 6

    @contextmanager
    def task(self, name: str, what: str) -> Iterator[None]:
        """Say what begins, then how long it was."""
        self.number += 1
        self.console.print(f"{self.number}/{self.most} {name:15} {what} ... ", end="", markup=False)
        start = perf_counter()
        try:
            yield
        except BaseException:
            self.console.print("stopped")
            raise
        self.console.print(f"{perf_counter() - start:.1f} s")


def _facts(logos: Logos, seed: int) -> report.Facts:
    config = logos.engine.model.config
    return report.Facts(
        name=logos.name,
        fingerprint=fingerprint(logos.folder),
        parameters=sum(parameter.numel() for parameter in logos.engine.model.parameters()),
        layers=config.num_hidden_layers,
        width=config.hidden_size,
        symbols=len(logos.engine.codec.vocabulary),
        seed=seed,
    )


def _show(console: Console, table: report.Table) -> None:
    grid = Grid(title=Text(table.title), title_justify="left", header_style="bold", box=None, pad_edge=False)
    for name, value in table.rows[0].items() if table.rows else ():
        grid.add_column(name, justify="right" if isinstance(value, (int, float)) else "left", overflow="fold")
    for row in table.rows:  # as Text, for rich would take [nH] for one of its styles
        grid.add_row(*(Text(f"{v:.2f}" if isinstance(v, float) else str(v)) for v in row.values()))
    console.print(grid if table.rows else Text(f"{table.title}: no answers"))
    console.print(Text(f"{table.note}\n" if table.note else "", style="dim"))


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(f"cannot make the folder {folder}: {error.strerror or error}") from error
