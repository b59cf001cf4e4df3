"""Every script ends with one line of the same form."""

import ast
import json
from pathlib import Path

import pytest

from result import show_result, spread

FOLDER = Path(__file__).parents[2] / "benchmarks"
SCRIPTS = sorted(path for path in FOLDER.glob("*.py") if '__name__ == "__main__"' in path.read_text())


def test_the_line(capsys):
    show_result(
        "x", settings={"number": 3, "load": "mine"}, ratios={"ours / theirs": spread([3.0, 1.0, 2.5])}, rows=[1]
    )
    name, _, text = capsys.readouterr().out.partition(" ")
    told = json.loads(text)
    assert name == "RESULT" and told["ratios"] == {"ours / theirs": {"median": 2.5, "least": 1.0, "most": 3.0}}
    assert told["settings"]["number"] == 3 and told["settings"]["load"] == "mine" and told["settings"]["threads"] > 0
    assert told["rows"] == [1]


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_a_script_ends_so(script):
    """The last statement of what the command line starts is the line, whatever way led there."""
    functions = [node for node in ast.parse(script.read_text()).body if isinstance(node, ast.FunctionDef)]
    started = [f for f in functions if f.name == "main" or "app.default" in map(ast.unparse, f.decorator_list)]
    ends = [function.body[-1] for function in started]
    assert len(ends) == 1
    assert ast.unparse(ends[0]).startswith(("show_result(", "show_figures(")), f"{script.name} does not end so"
