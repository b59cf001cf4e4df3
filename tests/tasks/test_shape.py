"""The six tasks are of one shape, so that one who knows one file knows them all."""

import ast
import inspect
from importlib import import_module

import pytest

import scilogos.tasks
from scilogos.decode import Sampling

ORDER = ("prompt", "constraint", "read")
TASKS = ("binding_site", "cdr_design", "ligand_design", "material_generation", "protein_editing", "retrosynthesis")


@pytest.mark.parametrize("name", TASKS)
def test_a_task_says_its_prompt_its_constraint_and_its_reading_in_this_order(name):
    module = import_module(f"scilogos.tasks.{name}")
    tree = ast.parse(inspect.getsource(module))
    functions = [node.name for node in tree.body if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")]
    at = functions.index("prompt")
    assert tuple(functions[at : at + 3]) == ORDER and len(functions) > at + 3
    assert isinstance(module.SAMPLING, Sampling)
    assert functions[0] in ("prompt", "opening")


@pytest.mark.parametrize("name", TASKS)
def test_what_runs_a_task_takes_the_engine_first_and_a_seed(name):
    module = import_module(f"scilogos.tasks.{name}")
    runs = [f for _, f in inspect.getmembers(module, inspect.isfunction) if f.__module__ == module.__name__]
    runs = [f for f in runs if "seed" in inspect.signature(f).parameters]
    assert runs
    for run in runs:
        parameters = inspect.signature(run).parameters
        assert next(iter(parameters)) == "engine" and {"sampling", "samples"} <= set(parameters)
        assert parameters["seed"].default == 0 and parameters["seed"].kind is inspect.Parameter.KEYWORD_ONLY


def test_every_task_has_a_method():
    methods = {name for name in vars(scilogos.tasks.Logos) if not name.startswith("_")}
    assert {"retrosynthesis", "sites", "ligands", "materials", "edit", "cdr"} <= methods
