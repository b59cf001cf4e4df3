"""What a package offers is what it lists; the drawn tree of errors is the tree of errors."""

import ast
import importlib
import inspect
import re

import pytest

from scilogos import errors


def packages(trees) -> list[str]:
    return [name.removesuffix("/__init__.py") for name in trees if name.endswith("/__init__.py")]


def test_every_listed_name_can_be_imported(trees):
    for folder in packages(trees):
        module = importlib.import_module("scilogos." + folder.replace("/", "."))
        names = getattr(module, "__all__", [])
        assert len(names) == len(set(names)), folder
        assert [name for name in names if not hasattr(module, name)] == [], folder
        assert not [name for name in names if name.startswith("_")], folder
        assert set(names) <= set(dir(module)), folder


def test_every_visible_name_is_listed(trees):
    for folder in packages(trees):
        tree = trees[f"{folder}/__init__.py"]
        module = importlib.import_module("scilogos." + folder.replace("/", "."))
        assert _visible(tree, module.__name__) <= set(getattr(module, "__all__", [])), folder


def _visible(tree: ast.Module, package: str) -> set[str]:
    """Names a package defines, or imports from its own files without using them itself."""
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
    names: set[str] = set()
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(package + "."):
            names |= {alias.asname or alias.name for alias in node.names} - used
        elif isinstance(node, ast.ClassDef | ast.FunctionDef):
            names.add(node.name)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names |= {target.id for target in targets if isinstance(target, ast.Name)}
    return {name for name in names if not name.startswith("_")}


def test_the_door_offers_load():
    import scilogos

    if not hasattr(scilogos, "load"):
        pytest.skip("scilogos.load is not written yet")
    assert "load" in scilogos.__all__
    assert [name for name in scilogos.__all__ if not hasattr(scilogos, name)] == []


def test_the_drawn_tree_of_errors_is_the_tree():
    drawn = re.findall(r"^ +[├└]── (\w+) +\((\w+)\)", inspect.getdoc(errors) or "", flags=re.MULTILINE)
    classes = inspect.getmembers(errors, lambda value: inspect.isclass(value) and value.__module__ == errors.__name__)
    real = [(name, kind.__bases__) for name, kind in classes if kind is not errors.ScilogosError]
    assert all(len(bases) == 2 and bases[0] is errors.ScilogosError for _, bases in real)
    assert sorted(drawn) == sorted((name, bases[1].__name__) for name, bases in real)
    assert sorted(errors.__all__) == sorted(name for name, _ in classes)
