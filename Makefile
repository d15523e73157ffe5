# One way to do each thing. Every target sets up what it needs, so a fresh clone can start with any of them.
.PHONY: setup demo run test check wheel test-wheel bench bench-quick fuzz lock format schema texts manual pictures clean

PYTHON ?= python3
BIN := .venv/bin

setup: .venv/ready

# uv installs the locked set in seconds; where it has no build for the machine, pip does the same more slowly.
.venv/ready: requirements.txt requirements-setup.txt pyproject.toml bot/web/vendored.py
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Liveblog Relay needs Python 3.11 or newer; name one with: make PYTHON=python3.12")'
	$(PYTHON) -m venv --clear .venv
	@$(BIN)/pip install -q --disable-pip-version-check --require-hashes -r requirements-setup.txt \
	&& VIRTUAL_ENV=$(CURDIR)/.venv $(BIN)/uv pip install -q --system-certs --require-hashes -r requirements.txt \
	|| $(BIN)/pip install -q --disable-pip-version-check --require-hashes -r requirements.txt
	@$(BIN)/pip install -q --disable-pip-version-check --no-index --no-deps --no-build-isolation -e .
	@touch $@

demo: setup
	@$(BIN)/python -m bot demo

run: setup
	@$(BIN)/python -m bot run

test: setup
	$(BIN)/python -m pytest -q -n 4 --dist worksteal

# What is given away: dist/ holds the source, and the wheel that was built out of it.
wheel: setup
	@rm -rf dist
	$(BIN)/python -m build --no-isolation

# The same tests as `make test`, of the built wheel in a venv of its own, with the tree's packages nowhere near.
test-wheel: wheel
	.ci/wheel $(BIN)/uv

check: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# Takes minutes; BENCH="--write-docs" puts the table into docs/performance.md, BENCH="--only speed" measures just that.
bench: setup
	$(BIN)/python -m tests.benchmarks $(BENCH)

bench-quick: setup
	$(BIN)/python -m tests.benchmarks --quick $(BENCH)

# Needs atheris, which is in no lock (`.venv/bin/pip install atheris`): READER=amp SECONDS=600 looks longer at one reader.
READER ?= all
SECONDS ?= 60
fuzz: setup
	$(BIN)/python -m tests.fuzzing $(READER) --seconds $(SECONDS)

# Every sentence of the code into the template and the catalogues; docs/translating.md says what comes then.
texts: setup
	$(BIN)/python -m tests.translating update

# The man page and the shells' completions, out of the command line; a test says when they are behind it.
manual: setup
	$(BIN)/python -m tests.manual

# What editors know of the configuration file; a test says when it is out of date.
schema: setup
	$(BIN)/python -m bot schema > config/relay.schema.json.part && mv config/relay.schema.json.part config/relay.schema.json

# Screenshots of the demo for docs/pictures.md; needs Chromium, and a minute and a half.
pictures: setup
	$(BIN)/python -m tests.picturing

format: setup
	$(BIN)/ruff check --fix-only -q .
	$(BIN)/ruff format -q .

# Names, versions and hashes only: an index address in a lock would send everybody to one registry. The first lock has
# everything; in the others is the part of it that setting up and building need, and the part that running needs, on
# however many machines: who runs one has the few packages of the extra "cluster" there, and never imported.
LOCK := $(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate
lock: setup
	$(LOCK) --upgrade pyproject.toml --group dev -o requirements.txt
	$(LOCK) -c requirements.txt --upgrade --group build -o requirements-setup.txt
	$(LOCK) -c requirements.txt --upgrade pyproject.toml --extra cluster -o requirements-run.txt

clean:
	rm -rf .venv var dist .mypy_cache .pytest_cache .ruff_cache .hypothesis
