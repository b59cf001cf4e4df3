"""The repository as the architecture tests see it: source files, their syntax trees, and what git keeps."""

import ast
import subprocess
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def sources(repository) -> dict[str, str]:
    """Give the text of every Python file of the package, by its path from src/scilogos."""
    root = repository / "src" / "scilogos"
    return {str(path.relative_to(root)): path.read_text() for path in sorted(root.rglob("*.py"))}


@pytest.fixture(scope="session")
def trees(sources) -> dict[str, ast.Module]:
    """Give the syntax tree of every Python file of the package."""
    return {name: ast.parse(text) for name, text in sources.items()}


@pytest.fixture(scope="session")
def pages(repository) -> dict[str, str]:
    """Give the text of README and every page of docs, by its path."""
    paths = [*repository.glob("README.md"), *sorted(repository.glob("docs/**/*.md"))]
    if not paths:
        pytest.skip("neither README.md nor docs/ is there yet")
    return {str(path.relative_to(repository)): path.read_text() for path in paths}


@pytest.fixture(scope="session")
def kept_files(repository) -> list[Path]:
    """Give the files that git tracks or would add."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listing = subprocess.run(command, cwd=repository, capture_output=True, text=True, check=False)
    if listing.returncode:
        pytest.skip("not a git checkout")
    return [path for name in listing.stdout.split("\0") if name and (path := repository / name).is_file()]
