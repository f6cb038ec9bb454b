# Each verb sets up what it needs by itself: Python 3.11+ and make are enough.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PHOTOS ?= demo/photos
DATA ?=
WEIGHTS ?=
DEMO_HOME := build/demo
# Tests wait more than they compute: more processes than cores. In the order of the files, of which
# those that wait come first. ARGS='-n0 tests/…' runs in one process, e.g. for --pdb.
PARALLEL := -n 4 --dist loadfile --no-loadscope-reorder

.PHONY: demo test check chaos fuzz bench audit docs model clean

# One environment a stamp, so that `make demo` does not wait for what only developers need.
$(VENV)/bin/python:
	$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV)

$(VENV)/local.stamp: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[local]'
	@touch $@

$(VENV)/dev.stamp: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@ $(VENV)/local.stamp

$(VENV)/training.stamp: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev,training]'
	@touch $(VENV)/dev.stamp $(VENV)/local.stamp $@

demo: $(VENV)/local.stamp  ## Start the stack, submit photos, show verdicts (PHOTOS=/any/folder).
	$(BIN)/python -m demo.run --home $(DEMO_HOME) '$(PHOTOS)'

test: $(VENV)/dev.stamp  ## Run the tests.
	$(BIN)/python -m pytest $(PARALLEL) -m 'not chaos' $(ARGS)

chaos: $(VENV)/dev.stamp  ## Kill real processes while jobs run, seeded.
	$(BIN)/python -m pytest -m chaos $(ARGS)

fuzz: $(VENV)/dev.stamp  ## Mutated photos through the pipeline (ARGS='--files 20000 --seed 2').
	$(BIN)/python -m tests.chaos.fuzz $(ARGS)

bench: $(VENV)/dev.stamp  ## Speed, memory, overhead, quality in one table (ARGS='FOLDER --data DATA --quick --record').
	$(BIN)/python -m tests.bench $(ARGS)

audit: $(VENV)/dev.stamp  ## Known vulnerabilities, outdated pins (needs the advisory database).
	$(PYTHON) -m venv build/audit
	-build/audit/bin/python -m pip install --quiet --disable-pip-version-check pip-audit
	$(BIN)/python -m tests.audit --pip-audit build/audit/bin/pip-audit $(ARGS)

docs: $(VENV)/dev.stamp  ## Generate what the docs take from the code.
	$(BIN)/python -m docs.generate

check: $(VENV)/dev.stamp  ## Lint, format, types, import rules.
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m docs.generate --check

model: $(VENV)/training.stamp  ## Train and release (DATA=/folder/of/datasets WEIGHTS=imagenet.npz).
	@test -n '$(DATA)' -a -n '$(WEIGHTS)' || \
	  { echo 'usage: make model DATA=/folder/of/datasets WEIGHTS=imagenet.npz'; exit 2; }
	$(BIN)/glasses-train all --data '$(DATA)' --init '$(WEIGHTS)' \
	  --corrections training/label_corrections.csv

clean:  ## Remove the environment and everything generated.
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache runs
