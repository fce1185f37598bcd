# The scripts of the house. Each sets up what it needs; a newcomer types `make run` or `make test`.
SHELL := /bin/bash
BIN := .venv/bin

.PHONY: run test check bench compiled fuzz corpus scoreboard setup engines requirements clean

setup: .venv/.ready
.venv/.ready: pyproject.toml requirements/dev.txt scripts/setup
	scripts/setup .venv requirements/dev.txt
	touch $@

.venv/.server: pyproject.toml requirements/server.txt scripts/setup
	scripts/setup .venv requirements/server.txt
	touch $@

run: .venv/.server
	$(BIN)/retour serve --demo

engines:
	scripts/engines

# One process for each core; a file's tests stay together, for they share their servers and browser. Files come
# in the order of tests/conftest.py: what takes long first.
test: setup engines
	$(BIN)/python -m pytest --numprocesses auto --maxprocesses 8 --dist loadfile --no-loadscope-reorder $(ARGS)

check: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python scripts/tables

# The same source as machine code, beside the pure form: build/compiled, and as a wheel in dist/.
compiled: setup
	scripts/compiled .venv

bench: setup
	scripts/engines --bench
	scripts/compiled .venv || true
	$(BIN)/python -m bench

# Coverage-guided: SECONDS for each target; `make fuzz TARGETS="parse judge" SECONDS=600`.
SECONDS ?= 60
fuzz: setup .venv/.fuzz
	nice $(BIN)/python -m tests.fuzz $(TARGETS) --seconds $(SECONDS)

.venv/.fuzz: requirements/fuzz.txt | .venv/.ready
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/fuzz.txt
	touch $@

corpus: setup
	@PYTHONPATH=tests $(BIN)/python -m core.scoreboard
	@if [ -x ../shared/corpora/score.py ]; then PATH="$(CURDIR)/$(BIN):$$PATH" ../shared/corpora/score.py $(ARGS); \
	else echo "make corpus: ../shared/corpora is not here; the table is of our own samples"; fi

scoreboard: setup
	@PYTHONPATH=tests $(BIN)/python -m core.scoreboard --write

# Pins and hashes without index addresses; run after a change of pyproject.toml.
requirements: setup
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate --extra server pyproject.toml requirements/tools.in -o requirements/server.txt
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate --all-extras pyproject.toml requirements/tools.in -o requirements/dev.txt
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate requirements/fuzz.in -o requirements/fuzz.txt

clean:
	rm -rf .venv build dist .fuzz .mypy_cache .ruff_cache .pytest_cache .hypothesis
