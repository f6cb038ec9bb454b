# Each verb sets up what it needs by itself: Python 3.11+ and make are enough.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PHOTOS ?= demo/photos
DATA ?=
WEIGHTS ?=
MODEL ?= $(shell cat worker/models/DEFAULT)
# Recipes read paths from the environment: quotes and $ in them mean nothing to make or the shell.
override PHOTOS := $(value PHOTOS)
override DATA := $(value DATA)
override WEIGHTS := $(value WEIGHTS)
export PHOTOS DATA WEIGHTS MODEL
DEMO_HOME := build/demo
# Tests mostly wait, so there are more processes than cores. Files run
# in order, and those that wait longest come first. ARGS='-n0 tests/…' runs in one process, e.g. for --pdb.
PARALLEL := -n 6 --dist loadfile --no-loadscope-reorder

.PHONY: demo test check chaos campaign fuzz fuzz-messages bench audit lock containers docs model clean

# One stamp per environment: `make demo` does not install what only developers need.
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
	$(BIN)/python -m demo.run --home $(DEMO_HOME) -- "$$PHOTOS"

test: $(VENV)/dev.stamp  ## Run the tests.
	$(BIN)/python -m pytest $(PARALLEL) -m 'not chaos' $(ARGS)

chaos: $(VENV)/dev.stamp  ## Inject faults of all kinds while jobs run, seeded.
	$(BIN)/python -m pytest -n 2 -m chaos tests/chaos $(ARGS)

campaign: $(VENV)/dev.stamp  ## The same for longer (ARGS='--seed 801 --photos 3000 --cuts 30 --kills 10').
	$(BIN)/python -m tests.chaos $(ARGS)

fuzz: $(VENV)/dev.stamp  ## Mutated photos through the pipeline (ARGS='--files 20000 --seed 2').
	$(BIN)/python -m tests.chaos.fuzz $(ARGS)

fuzz-messages: $(VENV)/dev.stamp  ## Forged messages to a real worker (ARGS='--messages 10000 --seed 1').
	$(BIN)/python -m tests.chaos.message_fuzz $(ARGS)

bench: $(VENV)/dev.stamp  ## Speed, memory, overhead, quality in one table (ARGS='FOLDER --data DATA --quick --record').
	$(BIN)/python -m tests.bench $(ARGS)

audit: $(VENV)/dev.stamp  ## Known vulnerabilities, outdated pins (needs the advisory database).
	$(PYTHON) -m venv build/audit
	-build/audit/bin/python -m pip install --quiet --disable-pip-version-check pip-audit
	$(BIN)/python -m tests.audit --pip-audit build/audit/bin/pip-audit $(ARGS)

LOCK = build/lock/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
  --no-emit-index-url --no-annotate --upgrade --custom-compile-command 'make lock'
lock:  ## Pin what the images install, at today's releases.
	$(PYTHON) -m venv build/lock
	build/lock/bin/python -m pip install --quiet --disable-pip-version-check uv
	$(LOCK) --extra worker --output-file infra/docker/worker.lock pyproject.toml
	$(LOCK) --extra metrics --output-file infra/docker/producer.lock pyproject.toml
	$(PYTHON) -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["build-system"]["requires"], sep="\n")' | \
	  $(LOCK) --output-file infra/docker/build.lock -

containers: $(VENV)/dev.stamp  ## Images and Compose with a container engine (ARGS='--stand-ins --minio').
	$(BIN)/python -m tests.containers $(ARGS)

docs: $(VENV)/dev.stamp  ## Generate what the docs take from the code.
	$(BIN)/python -m docs.generate

check: $(VENV)/dev.stamp  ## Lint, format, types, import rules.
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m docs.generate --check

model: $(VENV)/training.stamp  ## Train and release the default model (DATA=/folder/of/datasets WEIGHTS=imagenet.npz).
	@[ -n "$$DATA" ] && [ -n "$$WEIGHTS" ] || \
	  { echo 'usage: make model DATA=/folder/of/datasets WEIGHTS=imagenet.npz [MODEL=mobilenet_v2-8]'; exit 2; }
	$(BIN)/glasses-train all --data="$$DATA" --init="$$WEIGHTS" \
	  --corrections training/label_corrections.csv --threshold 0.4 --name="$$MODEL" --models worker/models --force --compare

clean:  ## Remove the environment and everything generated.
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache runs
