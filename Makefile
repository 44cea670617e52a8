# `make demo` shows the product, `make test` proves it; both create the environment that they need.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready

.PHONY: demo test soak lint types layers unit bench lock clean

$(READY): pyproject.toml requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "gitopsmith needs Python 3.11 or newer; this is $$($(PYTHON) --version). Say which to use: make PYTHON=python3.12 …"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@

demo: $(READY)
	PATH="$(abspath $(BIN)):$$PATH" examples/run 01-bootstrap demo-out/01-bootstrap
	PATH="$(abspath $(BIN)):$$PATH" PORT=$${PORT:-8080} examples/run 04-serve demo-out/04-serve
	@echo; echo "Made two organizations in $(abspath demo-out): look around in the repositories below out/."

test: lint types layers unit

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(READY)
	$(BIN)/mypy

layers: $(READY)
	$(BIN)/lint-imports

unit: $(READY)
	$(BIN)/pytest -n 2

# The long form of the tests under fire: minutes, not seconds.
soak: $(READY)
	$(BIN)/pytest -n 2 -m soak

bench: $(READY)
	$(BIN)/python -m bench

# Pins every dependency with its hashes, for all platforms, and names no index.
lock:
	uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header --extra dev pyproject.toml --output-file requirements.lock

clean:
	rm -rf $(VENV) dist build demo-out
