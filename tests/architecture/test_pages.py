"""The commands that README and docs show are real ones."""

import importlib.util
import re
import shlex

import pytest

FENCE = re.compile(r"^```(?:bash|sh|shell|console)\n(.*?)^```", flags=re.MULTILINE | re.DOTALL)
ANY_FENCE = re.compile(r"^```.*?^```", flags=re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def commands(pages) -> list[tuple[str, list[str]]]:
    """Give (page, words) of every command in a fenced shell block; continued lines joined, comments dropped."""
    found = []
    for page, text in pages.items():
        for block in FENCE.findall(text):
            for line in block.replace("\\\n", " ").splitlines():
                words = shlex.split(line.removeprefix("$ "), comments=True)
                found += [(page, part) for part in _pipeline(words)]
    return found


def _pipeline(words: list[str]) -> list[list[str]]:
    """Split at |, && and ;, and drop leading assignments."""
    parts: list[list[str]] = [[]]
    for word in words:
        if word in ("|", "&&", ";", "||"):
            parts.append([])
        elif parts[-1] or not re.fullmatch(r"[A-Z_]+=.*", word):
            parts[-1].append(word)
    return [part for part in parts if part]


def test_readme_shows_its_two_commands(repository):
    readme = repository / "README.md"
    if not readme.exists():
        pytest.skip("README.md is not there yet")
    shown = "\n".join(FENCE.findall(readme.read_text()))
    assert "make demo" in shown
    assert re.search(r"\b(make test|pip install)\b", shown)


def test_verbs_are_real(commands):
    if importlib.util.find_spec("scilogos.cli") is None:
        pytest.skip("scilogos.cli is not written yet")
    from scilogos.cli import app

    verbs = {name for name in app if not name.startswith("-")}
    wrong = [
        f"{page}: {shlex.join(words)}"
        for page, words in commands
        if words[0] == "logos" and len(words) > 1 and not words[1].startswith("-") and words[1] not in verbs
    ]
    assert wrong == []


def test_make_targets_are_real(commands, repository):
    makefile = (repository / "Makefile").read_text()
    targets = set(re.findall(r"^([.a-z][\w./-]*):(?!=)", makefile, flags=re.MULTILINE))
    named = [(page, word) for page, words in commands if words[0] == "make" for word in words[1:]]
    assert [item for item in named if "=" not in item[1] and item[1] not in targets] == []


def test_files_of_the_repository_are_there(commands, repository):
    folders = ("recipes/", "models/", "docs/", "benchmarks/", "tests/")
    named = [(page, word) for page, words in commands for word in words if word.startswith(folders)]
    begun = {str(path.relative_to(repository)).partition("-size")[0] for path in (repository / "docs").glob("*.png")}
    assert [item for item in named if not (repository / item[1]).exists() and item[1] not in begun] == []


def test_links_lead_to_files(pages, repository):
    link = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
    broken = [
        f"{page}: {target}"
        for page, text in pages.items()
        for target in link.findall(ANY_FENCE.sub("", text))
        if "://" not in target and not (repository / page).parent.joinpath(target).exists()
    ]
    assert broken == []
