# Everything runs in .venv, made from the lock file; a second call finds it made.
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: help demo test lint format bench torture lock clean

help:  ## what there is to do
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/'

demo: $(READY)  ## three nights on the bundled sample sites, checked against what they really say
	@$(BIN)/gongbao demo

test: $(READY)  ## all tests, on real parts
	@$(BIN)/python -m pytest -n logical --maxprocesses 4 --dist loadfile --no-loadscope-reorder  # a file's tests share servers
	@echo "all tests passed; next: make demo, then .venv/bin/gongbao read" >&2

lint: $(READY)  ## style, types, import directions
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

format: $(READY)  ## write the code as ruff wants it
	@$(BIN)/ruff check --fix . && $(BIN)/ruff format .

bench: $(READY)  ## tables of quality and speed beside the peers; needs ../shared
	@$(BIN)/python -m tests.benchmarks

torture: $(READY)  ## 1,000 kills, 10,000 faults of the store, 100,000 hostile inputs, counted; takes hours
	@$(BIN)/python -m tests.campaigns.crashes 1000
	@$(BIN)/python -m tests.campaigns.faults 10000
	@$(BIN)/python -m tests.campaigns.fuzz 100000

lock: $(READY)  ## resolve the dependencies anew
	@$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-header \
		--group dev --extra browser --extra dask pyproject.toml -o requirements.lock
	@awk '/^uv==/{p=1;print;next} p&&!/^ /{exit} p' requirements.lock | grep -v '# via' > requirements-uv.lock

# pip installs only uv, by its hashes; uv installs the rest, ten times faster. Where uv cannot reach the index that
# pip is configured for, pip does it. All is compiled here: loading it from source takes a command two seconds, and where
# PYTHONDONTWRITEBYTECODE is set nobody else compiles it.
$(READY): requirements.lock requirements-uv.lock pyproject.toml
	@echo "setting up $(VENV)" >&2
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed, this is " + sys.version.split()[0] if sys.version_info < (3, 11) else 0)'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-uv.lock
	@$(BIN)/uv pip sync --quiet --compile-bytecode --system-certs --require-hashes --python $(BIN)/python requirements.lock \
		|| $(BIN)/python -m pip install --quiet --no-deps --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@$(BIN)/python -m compileall -q pipeline spiders flows
	@touch $(READY)

clean:  ## stop the embedded store and remove all that make and gongbao made here
	@test ! -x $(BIN)/gongbao || $(BIN)/gongbao store stop || true
	@rm -rf $(VENV) .gongbao .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	@find . -name __pycache__ -prune -exec rm -rf {} +
