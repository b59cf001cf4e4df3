"""Small pieces of HTML: everything from outside is escaped here."""

from collections.abc import Callable, Container, Iterable, Sequence
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


def _coloured(prompt: str, answer: str, fresh: Container[int]) -> tuple[str, str]:
    """Prompt and answer with their symbols coloured by type; `fresh` are offsets in the answer to set out."""
    at, parts, mark = -len(prompt), ([], []), ""
    for symbol in symbols(prompt + answer, frozenset()):
        kind = _CLASSES[symbol.kind]
        if kind == "t":
            mark = _INSIDE.get(symbol.text, "")
        elif at in fresh:
            kind = "m"
        parts[at >= 0].append((mark or kind if kind != "t" else kind, symbol.text))
        at += len(symbol.text)
    asked, given = parts
    return _runs(asked), _runs(given)


def _runs(pieces: Iterable[tuple[str, str]]) -> str:
    found = []
    for kind, run in groupby(pieces, key=lambda piece: piece[0]):
        text = "".join(text for _, text in run)
        found.append(escape(text, quote=False) if kind == "r" else f'<b class="{kind}">{escape(text, quote=False)}</b>')
    return "".join(found)


def sentences(
    prompt: str, answers: Sequence[str], *, note: str = "", fresh: Callable[[str], Container[int]] = lambda answer: ()
) -> str:
    """A block that opens on demand: the prompt, and the answers that are its ends; `fresh` gives offsets to set out."""
    found = [_coloured(prompt, answer, fresh(answer)) for answer in answers]
    asked = (found[0][0] if found else escape(prompt)) or "<em>nothing</em>"
    remark = f'<p class="note">{escape(note)}</p>' if note else ""
    written = "".join(f'<p class="sentence"><span class="a">{answer}</span></p>' for _, answer in found)
    return (
        '<details><summary>The sentences</summary><p class="key"><span class="q">asked</span>'
        '<span class="a">written by the model</span><b class="t">&lt;tag&gt;</b><span>residue</span>'
        f'<b class="s">SMILES</b><b class="m">marked</b></p>{remark}'
        f'<p class="sentence"><span class="q">{asked}</span></p>{written}</details>'
    )


def command(line: str) -> str:
    """A line for a shell."""
    return f'<pre class="command"><code>{escape(line)}</code></pre>'
