"""A section of the page, and how to ask for its answers again."""

import shlex
from dataclasses import dataclass

from scilogos.cli.report.findings import Facts
from scilogos.cli.report.markup import command
from scilogos.tasks import DEFAULT


@dataclass(frozen=True)
class Section:
    """One task: its anchor, its name, what went in and what came out in a few words, its HTML."""

    anchor: str
    title: str
    given: str
    outcome: str
    body: str


def options(facts: Facts) -> str:
    """The flags that pin model and seed; none where they are the defaults."""
    model = "" if facts.name == DEFAULT else f" --model {shlex.quote(facts.name)}"
    return model + (f" --seed {facts.seed}" if facts.seed else "")


def ask(line: str, facts: Facts) -> str:
    """The command that gives a section's answers."""
    return command(line + options(facts))
