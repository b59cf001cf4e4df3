"""Pictures of a report, drawn where matplotlib is installed."""

from collections.abc import Callable, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from scilogos.errors import StorageError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SIZE, DOTS = (6.0, 4.0), 130  # inches, dots an inch


def drawable() -> bool:
    """Whether matplotlib is installed."""
    return find_spec("matplotlib") is not None


def draw(folder: Path, task: str, plots: Mapping[str, Callable[["Axes"], None]]) -> dict[str, str]:
    """Write <task>-<name>.png for each plot; return file names by title. None without matplotlib."""
    if not plots or not drawable():
        return {}
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    written = {}
    for title, plot in plots.items():
        figure = Figure(figsize=SIZE, dpi=DOTS, layout="constrained")
        FigureCanvasAgg(figure)
        axes = figure.add_subplot()
        axes.spines[["top", "right"]].set_visible(False)
        plot(axes)
        axes.set_title(title, loc="left", fontsize=10)
        path = folder / f"{task}-{title.replace(' ', '-').lower()}.png"
        partial = path.with_suffix(".partial.png")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            figure.savefig(partial)
            partial.replace(path)
        except OSError as error:
            partial.unlink(missing_ok=True)
            raise StorageError(f"{path}: cannot be written: {error.strerror or error}") from error
        written[title] = path.name
    return written
