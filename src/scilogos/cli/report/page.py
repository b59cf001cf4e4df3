"""The page: what answered, the six sections, what the scores mean."""

from html import escape
from importlib.resources import files

from scilogos.cli.report.chemistry import ligands_section, materials_section, retrosynthesis_section
from scilogos.cli.report.findings import Facts, Findings
from scilogos.cli.report.markup import command
from scilogos.cli.report.proteins import edit_section, loops_section, sites_section
from scilogos.cli.report.section import Section, options

_SECTIONS = (
    retrosynthesis_section,
    sites_section,
    ligands_section,
    materials_section,
    edit_section,
    loops_section,
)
_HEAD = (
    '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
    '<meta name="viewport" content="width=device-width, initial-scale=1">'
    '<meta name="color-scheme" content="light dark">'
    "<title>LOGOS: six tasks, one language</title><style>{style}</style></head>\n<body><main>\n"
)


def render(findings: Findings) -> str:
    """Write the whole page."""
    sections = [make(findings) for make in _SECTIONS]
    style = files(__package__).joinpath("style.css").read_text(encoding="utf-8")
    parts = [_HEAD.format(style=style), _opening(findings.facts), _contents(sections)]
    parts += [_section(number, section) for number, section in enumerate(sections, 1)]
    return "\n".join([*parts, _closing(findings.facts), "</main></body></html>\n"])


def _opening(facts: Facts) -> str:
    rows = {
        "model": f"<code>{escape(facts.name)}</code>",
        "fingerprint": f"<code>{escape(facts.fingerprint)}</code>",
        "parameters": f"{facts.parameters:,}".replace(",", " "),
        "shape": f"{facts.layers} layers of {facts.width}, {facts.symbols} symbols",
        "seed": str(facts.seed),
    }
    listed = "".join(f"<div><dt>{name}</dt><dd>{value}</dd></div>" for name, value in rows.items())
    return (
        '<header><p class="over">LOGOS</p><h1>Six tasks, one language</h1>'
        "<p>Proteins, antibodies, molecules, reactions and materials are written as sentences of one language, and one "
        "small transformer continues them. Below, it answers six questions on real inputs. Every answer was sampled "
        "under a constraint that admits whole sentences only; every score is the model’s own.</p>"
        f'<dl class="facts">{listed}</dl>'
        "<p>This page again, the same to the last byte on the same machine:</p>"
        f"{command('logos demo' + options(facts))}</header>"
    )


def _contents(sections: list[Section]) -> str:
    items = "".join(
        f'<li><a href="#{section.anchor}"><b>{section.title}</b><span>{section.given}</span>'
        f"<span>{section.outcome}</span></a></li>"
        for section in sections
    )
    return f'<nav aria-label="Contents"><ol>{items}</ol></nav>'


def _section(number: int, section: Section) -> str:
    title = f"<h2><span>{number}</span>{section.title}</h2>"
    return f'<section class="task" id="{section.anchor}">{title}\n{section.body}\n</section>'


def _closing(facts: Facts) -> str:
    size = f"{facts.parameters / 1e6:.1f}"
    return (
        "<footer><h2>What the scores mean</h2><p>A score is the natural logarithm of the probability that the model "
        "gives to an answer’s text among the symbols that may follow at each place, at temperature 1, the end of the "
        "sentence included. "
        "Equal objects reached by different texts are added up, and averaged over the writings of a product. It "
        "compares answers to one question, and says nothing across questions: a longer answer is less probable. It is "
        "no yield, affinity, brightness or stability. "
        "“Drawn” counts how often sampling gave that answer.</p>"
        f"<p>The model is small: {size} million parameters, where the published LOGOS models have one to eight "
        "billion. Expect right syntax and sensible chemistry more than right answers. The inputs are famous, and kin "
        "of them may have been among the training data, so this page shows what the program does, not how well; "
        "<code>logos bench</code> measures that on data held out.</p></footer>"
    )
