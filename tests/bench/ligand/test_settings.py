"""Settings refuse what makes no sense; a missing program is named with its cure."""

import pytest

from scilogos.bench import ligand
from scilogos.bench.ligand import Settings, tools
from scilogos.bench.settings import settings_of
from scilogos.errors import InputError, MissingError


@pytest.mark.parametrize(
    ("option", "found"),
    [("exhaustiveness=0", "exhaustiveness: found 0"), ("jobs=-1", "jobs: found -1"), ("convention=vina", "'vina'")],
)
def test_values_out_of_range_are_named(option, found):
    with pytest.raises(InputError, match=found):
        settings_of("ligand", ligand, [option])


def test_settings_from_the_command_line():
    settings = settings_of("ligand", ligand, ["convention=targetdiff", "exhaustiveness=16", "molecules=10", "draws=1"])
    assert settings == Settings(convention="targetdiff", exhaustiveness=16, molecules=10, draws=1)


@pytest.mark.parametrize("package", ["meeko", "posebusters"])
def test_a_missing_package_is_named(monkeypatch, package):
    monkeypatch.setattr(tools, "find_spec", lambda name: None if name == package else object())
    with pytest.raises(MissingError, match=rf"{package} is not installed.*scilogos\[bench\]"):
        ligand.judged_by(Settings())


@pytest.mark.parametrize(("ask", "title"), [(tools.vina, "AutoDock Vina"), (tools.obabel, "Open Babel")])
def test_a_missing_program_is_named(monkeypatch, tmp_path, ask, title):
    monkeypatch.setattr(tools, "find_spec", lambda name: None)
    monkeypatch.setattr(tools.sys, "executable", str(tmp_path / "python"))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingError, match=f"{title} is not installed"):
        ask()


def test_a_program_on_the_path_stands_in_for_the_package(monkeypatch, tmp_path):
    (tmp_path / "vina").write_text("#!/bin/sh\necho AutoDock Vina v1.2.3\n")
    (tmp_path / "vina").chmod(0o755)
    monkeypatch.setattr(tools, "find_spec", lambda name: None)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert tools.vina() == [str(tmp_path / "vina")]


def test_what_a_judgement_depends_on(versions):
    eight, nine = (ligand.judged_by(Settings(exhaustiveness=number)) for number in (8, 9))
    assert eight != nine and set(versions) < set(eight)
    assert ligand.judged_by(Settings(jobs=3)) == eight, "how many at once changes nothing"
