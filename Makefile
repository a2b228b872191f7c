# make run    check the homework problems (sets up .venv first)
# make test   the tests                   make lint   ruff and mypy     make setup  only what they need
# make thorough   more seeds, and the mend of every mistake in tests/documents
# make bench  what start-up costs, and what other tools find on the same formulas (PEERS=/an/environment/bin/python)
# make clean  remove what make made
# make docs   the pages in docs/ as a site, in docs/_build
#
# PYTHON names the interpreter that makes the environment (3.11 or newer);
# VENV the environment: VENV=/some/where uses another one.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
INSTALL := $(PIP) install --constraint .ci/constraints.txt

# What one process has compiled, the next ones find: the tests start many.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: run test thorough lint bench docs clean setup

run: $(VENV)/.runs
	@set -e; for problem in mlp resblock ppca; do \
	  echo "derivcheck $$problem"; echo; $(BIN)/derivcheck $$problem; echo; \
	done

test: $(VENV)/.tests
	@echo "about 6,300 tests on two processes: 10 to 25 minutes on a machine of two cores, longer on a busy one"
	$(BIN)/python -m pytest -n 2 --dist loadfile -q  # a file in one process: what is checked once is kept

setup: $(VENV)/.tests

thorough: $(VENV)/.tests
	$(BIN)/python -m pytest -n 2 --dist loadfile -q -m thorough

lint: $(VENV)/.tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(VENV)/.runs
	PEERS="$(PEERS)" $(BIN)/python tests/bench.py

docs: $(BIN)/python
	$(INSTALL) --editable '.[docs]'
	$(BIN)/python -m sphinx -q -W --keep-going -b html docs docs/_build
	@echo "docs/_build/index.html"

clean:
	rm -rf .venv docs/_build build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "derivcheck needs Python 3.11 or newer: make PYTHON=/path/to/python3.11"; exit 2; }
	$(PYTHON) -m venv $(VENV)

# What a user installs is enough to run; the developers' tools come with the tests.
$(VENV)/.runs: pyproject.toml .ci/constraints.txt | $(BIN)/python
	$(INSTALL) --editable .
	@touch $@

$(VENV)/.tests: pyproject.toml .ci/constraints.txt | $(BIN)/python
	$(INSTALL) --editable '.[dev]'
	@touch $@ $(VENV)/.runs
