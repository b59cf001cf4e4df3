"""The summary of a run, as JSON and as Markdown: figures of the model and its baselines, and all that made them."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from scilogos.bench.figures import LEAST, ROUNDS, Figure
from scilogos.bench.results import write_text

_NAMED = 12  # keys written out of each list


@dataclass(frozen=True)
class Report:
    """Figures by arm (the model first) and name, how they came about, and which items could not be used.

    `differs` says what is not as usual; `apart` names another question than the task's, such as a validation split.
    """

    task: str
    figures: Mapping[str, Mapping[str, Figure]]
    items: Mapping[str, int]  # number scored, by group
    skipped: Mapping[str, Sequence[str]]  # left out by every arm, by reason
    refused: Mapping[str, Sequence[str]]  # items that got an error for an answer, by error; a baseline's under its name
    seconds: float  # of the model, an item
    settings: Mapping[str, object] = field(default_factory=dict)
    notes: Sequence[str] = ()
    pictures: Mapping[str, str] = field(default_factory=dict)  # file names by title
    differs: Sequence[str] = ()
    apart: str = ""
    judging: float = 0.0  # seconds of the judge, an item; what was judged before costs nothing
    scoring: float = 0.0  # seconds of the scorers and their intervals, an item

    @property
    def name(self) -> str:
        """The task and what differs, as the files are called."""
        return re.sub(r"[^\w.-]+", "-", "-".join((self.task, *self.differs)))

    def markdown(self) -> str:
        """The report for people."""
        arms = list(self.figures)
        names = list(dict.fromkeys(name for some in self.figures.values() for name in some))
        title = ", ".join(filter(None, (self.task, self.apart)))
        lines = [f"# {title}", "", f"| | {' | '.join(arms)} |", "|---|" + "---:|" * len(arms)]
        for name in names:
            cells = [str(self.figures[arm][name]) if name in self.figures[arm] else "" for arm in arms]
            lines.append(f"| {name} | {' | '.join(cells)} |")
        brackets = f"In brackets: 95% intervals, {ROUNDS:,} bootstrap draws of the items"
        lines += ["", f"{brackets}; none for fewer than {LEAST} items, or where all are alike.", ""]
        lines += [f"- {key}: {_text(value)}" for key, value in self.settings.items()]
        lines.append(f"- items: {', '.join(f'{number:,} {group}' for group, number in self.items.items())}")
        lines.append(f"- time: {self.seconds:.2f} s an item")
        lines += [f"- judging: {self.judging:.2f} s an item"] if self.judging else []
        lines += [f"- scoring: {self.scoring:.3f} s an item, intervals included"] if self.scoring else []
        for title, reasons in (("left out", self.skipped), ("refused, counted as no answer", self.refused)):
            lines += [f"- {title}: {len(keys):,}, {reason}: {_shortened(keys)}" for reason, keys in reasons.items()]
        lines += [f"- note: {note}" for note in self.notes]
        for title, name in self.pictures.items():
            lines += ["", f"![{title}]({name})"]
        return "\n".join(lines) + "\n"

    def json(self) -> str:
        """The report for programs."""
        return json.dumps(asdict(self), indent=1, ensure_ascii=False, allow_nan=False) + "\n"

    def write(self, folder: Path) -> None:
        """Write <name>.md and <name>.json."""
        write_text(folder / f"{self.name}.md", self.markdown())
        write_text(folder / f"{self.name}.json", self.json())


def _text(value: object) -> str:
    return ", ".join(f"{key} {v}" for key, v in value.items()) if isinstance(value, Mapping) else str(value)


def _shortened(keys: Sequence[str]) -> str:
    return ", ".join(keys[:_NAMED]) + (f" and {len(keys) - _NAMED:,} more" if len(keys) > _NAMED else "")
