"""Every source file is short, documented, finished, and knows no path of one machine."""

import ast
import re
import statistics

LONGEST, MEDIAN = 350, 150  # lines
LARGEST = 17_000_000  # bytes
UNFINISHED = re.compile(r"\b(TODO|FIXME|NotImplementedError)\b")
OWN_PATH = re.compile(r"(?<![\w./-])/(work|root|home)\b")


def test_files_are_short(sources):
    lengths = {name: text.count("\n") for name, text in sources.items()}
    assert {name: length for name, length in lengths.items() if length > LONGEST} == {}
    assert statistics.median(length for length in lengths.values() if length) <= MEDIAN


def test_tests_and_benchmarks_are_short_too(repository):
    paths = [path for folder in ("tests", "benchmarks") for path in (repository / folder).rglob("*.py")]
    lengths = {str(path): path.read_text().count("\n") for path in paths}
    assert len(lengths) > 50 and {name: length for name, length in lengths.items() if length > LONGEST} == {}


def test_nothing_is_left_unfinished(sources):
    assert _hits(UNFINISHED, sources) == []


def test_no_path_of_one_machine(sources, repository):
    pages = {path.name: path.read_text() for path in [*repository.glob("*.md"), *repository.glob("docs/**/*.md")]}
    recipes = {path.name: path.read_text() for path in repository.glob("recipes/**/*.toml")}
    assert _hits(OWN_PATH, sources | pages | recipes) == []
    pages = {name: text for name, text in pages.items() if name == "README.md"}
    assert _hits(re.compile(r"\.\./shared\b"), sources | pages | recipes) == []


def _hits(pattern: re.Pattern[str], texts: dict[str, str]) -> list[str]:
    return [
        f"{name}:{number}: {line.strip()}"
        for name, text in texts.items()
        for number, line in enumerate(text.splitlines(), 1)
        if pattern.search(line)
    ]


def test_public_names_have_docstrings(trees):
    assert [place for name, tree in trees.items() for place in _undocumented(tree, name)] == []


def _undocumented(node: ast.AST, place: str) -> list[str]:
    """Find public modules, classes, functions and methods without a docstring; what an object overrides is private."""
    found = [] if ast.get_docstring(node) else [place]
    if isinstance(node, ast.Module | ast.ClassDef):
        for inner in node.body:
            named = isinstance(inner, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
            if named and not inner.name.startswith("_"):
                found += _undocumented(inner, f"{place}: {inner.name}")
    return found


def test_no_file_is_large(kept_files):
    assert [str(path) for path in kept_files if path.stat().st_size > LARGEST] == []
