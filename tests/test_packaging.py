"""What a user installs: the wheel carries the weights and works from any folder, in an environment of its own."""

import email.parser
import os
import re
import subprocess
import sys
import sysconfig
import tarfile
import tomllib
import venv
import zipfile
from pathlib import Path

import pytest

import scilogos

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("packaging")]


def run(*words: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run a command with this environment but without this process's import path."""
    environment = {key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "PYTHONHOME")}
    return subprocess.run(
        [str(word) for word in words], cwd=cwd, env=environment, capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def project(repository) -> dict:
    return tomllib.loads((repository / "pyproject.toml").read_text())["project"]


@pytest.fixture(scope="module")
def wheel(repository, tmp_path_factory) -> Path:
    if not (repository / "README.md").exists():
        pytest.skip("README.md, which the wheel shows, is not there yet")
    out = tmp_path_factory.mktemp("wheel")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "wheel", "--quiet", "--no-deps", "--no-index"]
    built = run(*pip, "--no-build-isolation", "--wheel-dir", out, repository, cwd=out)
    assert built.returncode == 0, built.stderr
    (path,) = out.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory) -> Path:
    """Give the folder of an environment that holds the wheel alone and sees, after it, the packages of this one."""
    home = tmp_path_factory.mktemp("environment")
    venv.create(home, with_pip=False, symlinks=True)
    python = home / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", python]
    done = run(*pip, "install", "--quiet", "--no-deps", "--no-index", wheel, cwd=home)
    assert done.returncode == 0, done.stderr
    (packages,) = home.glob("lib/python*/site-packages")
    (packages / "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return home


def test_wheel_carries_all_that_is_needed(wheel, repository):
    names = set(zipfile.ZipFile(wheel).namelist())
    assert "scilogos/py.typed" in names
    assert {name.rsplit("/", 1)[1] for name in names if "/licenses/" in name} == {"LICENSE", "NOTICE"}
    code = {str(path.relative_to(repository / "src")) for path in (repository / "src").rglob("*.py")}
    assert code <= names
    assert {name.split("/")[0].split("-")[0] for name in names} == {"scilogos"}
    assert not [name for name in names if re.search(r"(^|/)(tests|runs|demo|__pycache__)/", name)]
    models = {str(path.relative_to(repository)) for path in repository.glob("models/**/*") if path.is_file()}
    assert {f"scilogos/{path}" for path in models} == {name for name in names if name.startswith("scilogos/models/")}


def test_wheel_says_what_it_needs(wheel, project):
    archive = zipfile.ZipFile(wheel)
    (metadata,) = (name for name in archive.namelist() if name.endswith("METADATA"))
    fields = email.parser.Parser().parsestr(archive.read(metadata).decode())
    assert (fields["Name"], fields["Version"]) == ("scilogos", project["version"])
    assert fields["License-Expression"] == "Apache-2.0"
    needs = [need for need in fields.get_all("Requires-Dist") if "extra ==" not in need]
    assert len(needs) == len(project["dependencies"])
    assert all(">=" in need for need in needs)


def test_sdist_carries_the_models_and_no_runs(wheel, repository, tmp_path):
    built = run(sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-d", tmp_path, cwd=repository)
    assert built.returncode == 0, built.stderr
    (path,) = tmp_path.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        names = {name.split("/", 1)[1] for name in archive.getnames() if "/" in name}
    assert {"pyproject.toml", "LICENSE", "NOTICE", "README.md", "src/scilogos/errors.py"} <= names
    assert not [name for name in names if name.startswith(("runs/", "demo/", ".venv", "dist/"))]
    models = {str(path.relative_to(repository)) for path in repository.glob("models/**/*") if path.is_file()}
    assert models <= names


def test_installed_from_any_folder(installed, tmp_path):
    code = "import scilogos, scilogos.grammar; print(scilogos.__file__)"
    found = run(installed / "bin" / "python", "-c", code, cwd=tmp_path)
    assert found.returncode == 0, found.stderr
    assert found.stdout.startswith(str(installed))


def test_load_from_any_folder(installed, repository, tmp_path):
    if "load" not in (repository / "src" / "scilogos" / "__init__.py").read_text():
        pytest.skip("scilogos.load is not written yet")
    python = installed / "bin" / "python"
    assert run(python, "-c", "from scilogos import load", cwd=tmp_path).returncode == 0
    if not (repository / "models" / "logos-8m").is_dir():
        pytest.skip("models/logos-8m is not there yet")
    loaded = run(python, "-c", "from scilogos import load; load('logos-8m')", cwd=tmp_path)
    assert loaded.returncode == 0, loaded.stderr


def test_command_from_any_folder(installed, repository, tmp_path):
    if not list((repository / "src" / "scilogos").glob("cli*")):
        pytest.skip("scilogos.cli is not written yet")
    listed = run(installed / "bin" / "logos", "models", cwd=tmp_path)
    assert listed.returncode == 0, listed.stderr
    for path in repository.glob("models/*/"):
        assert path.name in listed.stdout
    assert list(tmp_path.iterdir()) == []


def test_versions_agree(project, repository):
    version = project["version"]
    assert version == scilogos.__version__
    assert re.search(rf"^version: {re.escape(version)}$", (repository / "CITATION.cff").read_text(), re.MULTILINE)
    changelog = (repository / "CHANGELOG.md").read_text()
    newest = re.search(r"^## \[([^\]]+)\]", changelog, re.MULTILINE)
    assert newest is not None
    assert newest[1] == version


def test_constraints_pin_all_that_the_project_needs(project, repository):
    lines = (repository / "constraints.txt").read_text().splitlines()
    pins = dict(line.split("==") for line in lines if line and not line.startswith("#"))
    wanted = [
        *project["dependencies"],
        *(need for extra in project["optional-dependencies"].values() for need in extra),
    ]
    assert [need for need in wanted if re.split(r"[<>=!\[ ]", need)[0] not in pins] == []
    assert pins["torch"] in (repository / "Makefile").read_text()
