"""The folders import each other only downwards, and training needs three packages."""

import subprocess
import sys
import tomllib

from importlinter import cli

TRAINING_NEEDS_NONE_OF = "rdkit gemmi immunum cyclopts rich zstandard tokenizers matplotlib transformers"


def test_contracts_of_pyproject(repository, monkeypatch, capsys):
    monkeypatch.chdir(repository)
    status = cli.lint_imports(config_filename="pyproject.toml", no_cache=True, no_logo=True)
    assert status == cli.EXIT_STATUS_SUCCESS, capsys.readouterr().out


def test_every_folder_has_a_place_in_the_order(repository):
    """Contracts may name folders that are missing, so the misspelt name of one would go unnoticed."""
    contracts = tomllib.loads((repository / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    layers = next(contract for contract in contracts if contract["type"] == "layers")
    places = {name.strip("() ") for layer in layers["layers"] for name in layer.split("|")}
    folders = {path.parent.name for path in (repository / "src" / "scilogos").glob("*/__init__.py")}
    assert folders <= places
    assert layers["exhaustive"] is True


def test_training_imports_without_the_other_packages(repository):
    blocker = f"""
import sys
class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {TRAINING_NEEDS_NONE_OF.split()!r}:
            raise ImportError(f"training imported {{name}}")
sys.meta_path.insert(0, Blocked())
import scilogos.train, scilogos.data.batches, scilogos.model
"""
    command = [sys.executable, "-c", blocker]
    run = subprocess.run(command, cwd=repository / "src", capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr.strip().splitlines()[-1]
