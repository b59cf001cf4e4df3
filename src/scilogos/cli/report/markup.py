"""Small pieces of HTML: everything from outside is escaped here."""

from collections.abc import Iterable
from html import escape
from itertools import groupby

from scilogos.cli.report.tables import Table
from scilogos.grammar import symbols, tags

_TEXTS = frozenset({"reactants", "ligand", "node", "linkers", "substitutions", "residue"})  # columns set in monospace
_CLASSES = {"tag": "t", "residue": "r", "smiles": "s", "spell": "s", "net": "n"}
_INSIDE = {tags.POCKET_S: "m", tags.CDR_S: "m"}  # what stands behind these is a mark


def table(found: Table) -> str:
    """Rows as a table; numbers to two decimals."""
    if not found.rows:
        return f'<p class="note">No answer. {escape(found.note)}</p>'
    head = "".join(f"<th{_side(value)}>{escape(name)}</th>" for name, value in found.rows[0].items())
    body = "".join(f"<tr>{''.join(_cell(name, value) for name, value in row.items())}</tr>" for row in found.rows)
    note = f'<p class="note">{escape(found.note)}</p>' if found.note else ""
    return (
        f'<div class="wide"><table><caption>{escape(found.title)}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>{note}"
    )


def _side(value: object) -> str:
    return ' class="num"' if isinstance(value, (int, float)) else ""


def _cell(name: str, value: object) -> str:
    if isinstance(value, (int, float)):
        return f'<td class="num">{number(value)}</td>'
    kind = ' class="mono"' if name in _TEXTS or name[-1:].isdigit() else ""
    return f"<td{kind}>{escape(str(value))}</td>"


def number(value: float) -> str:
    """A number as people write it: whole, or two decimals with a true minus."""
    return (f"{value:.2f}" if isinstance(value, float) else str(value)).replace("-", "−")


def sentence(prompt: str, answer: str) -> str:
    """A sentence with its symbols coloured by type, the answer set apart from the prompt."""
    left, parts = len(prompt), [[], []]
    mark = ""
    for symbol in symbols(prompt + answer, frozenset()):
        if symbol.kind == "tag":
            mark = _INSIDE.get(symbol.text, "")
        kind = _CLASSES[symbol.kind]
        parts[left <= 0].append((mark if mark and kind != "t" else kind, symbol.text))
        left -= len(symbol.text)
    asked, given = (_runs(part) for part in parts)
    before = f'<span class="q">{asked}</span>' if asked else '<span class="q empty">nothing</span>'
    return f'<p class="sentence">{before}<span class="a">{given}</span></p>'


def _runs(pieces: Iterable[tuple[str, str]]) -> str:
    found = []
    for kind, run in groupby(pieces, key=lambda piece: piece[0]):
        text = "".join(text for _, text in run)
        found.append(escape(text, quote=False) if kind == "r" else f'<b class="{kind}">{escape(text, quote=False)}</b>')
    return "".join(found)


def sentences(pairs: Iterable[tuple[str, str]]) -> str:
    """A block that opens on demand, with the sentences themselves."""
    written = "".join(sentence(prompt, answer) for prompt, answer in pairs)
    return (
        "<details><summary>The sentences</summary>"
        '<p class="key"><span class="q">asked</span><span class="a">written by the model</span>'
        '<b class="t">&lt;tag&gt;</b> residue <b class="s">SMILES</b> <b class="m">marked</b></p>'
        f"{written}</details>"
    )


def command(line: str) -> str:
    """A line for a shell."""
    return f'<pre class="command"><code>{escape(line)}</code></pre>'
