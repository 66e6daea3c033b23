# make demo    a hub and its agents on this machine, on real data
# make test    the whole test-suite
# make test-unit  the tests that need nothing but their own process
# make check   everything that needs no patience: format, lint, types, imports, stubs, protos, deploy, fast tests
# make pythons the fast tests of the core, golden releases among them, with each other version of Python that is here;
#              CORE=--core leaves the golden releases and the rooms that they stand on
# make fuzz    change valid inputs of every reader for SECONDS, 60 by default
# make bench   the measurements of benchmarks/RESULTS.md
# make proto   regenerate syncline/wire/gen from protos/

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

PYTHON ?= $(shell command -v python3.11 || echo python3)
JOBS ?= 2
OTHER_PYTHONS := 3.12 3.13
SECONDS := 60
BUF_VERSION := 1.75.0

VENV := .venv
BIN := $(VENV)/bin
PIP_INSTALL := -m pip install --quiet --disable-pip-version-check --constraint
DEMO_READY := $(VENV)/.ready-demo
DEV_READY := $(VENV)/.ready-dev
PROTO_VENV := .venv-proto
PROTO_READY := $(PROTO_VENV)/.ready
PROTO_PYTHON := $(PROTO_VENV)/bin/python
BUF := .tools/node_modules/.bin/buf
BUF_READY := .tools/.ready-buf-$(BUF_VERSION)

.PHONY: demo test test-unit check static pythons fuzz bench proto clean install-dev \
        format-check lint types imports proto-check buf-lint deploy-check test-fast bytecode

demo: $(DEMO_READY) bytecode
	$(BIN)/syncline demo $(ARGS)

test: $(DEV_READY) bytecode
	$(BIN)/python -m pytest -q -n $(JOBS) --dist worksteal $(ARGS)

test-unit: $(DEV_READY) bytecode
	$(BIN)/python -m pytest -q -n $(JOBS) --dist worksteal tests/unit $(ARGS)

check: static test-fast

static: format-check lint types imports proto-check buf-lint deploy-check

pythons:
	@JOBS=$(JOBS) scripts/test_with_python.sh $(CORE) $(OTHER_PYTHONS) -- $(ARGS)

fuzz: $(DEV_READY) bytecode
	$(BIN)/python -m tests.fuzz --seconds $(SECONDS) $(ARGS)

bench: $(DEV_READY) bytecode
	$(BIN)/python -m benchmarks $(ARGS)

clean:
	rm -rf demo build dist .tools .hypothesis .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
	find . -name __pycache__ -not -path './.venv*' -prune -exec rm -rf {} +

# --- the parts of `make check` -------------------------------------------------------------------------------

format-check: $(DEV_READY)
	$(BIN)/ruff format --check --quiet

lint: $(DEV_READY)
	$(BIN)/ruff check --quiet

types: $(DEV_READY)
	$(BIN)/mypy

imports: $(DEV_READY)
	$(BIN)/lint-imports

deploy-check: $(DEV_READY)
	$(BIN)/python -m pytest -q -n $(JOBS) --dist worksteal tests/house

test-fast: $(DEV_READY) bytecode
	$(BIN)/python -m pytest -q -n $(JOBS) --dist worksteal -m "not slow" --ignore=tests/house

# --- the wire ------------------------------------------------------------------------------------------------

proto: $(PROTO_READY)
	$(PROTO_PYTHON) scripts/generate_stubs.py

proto-check: $(PROTO_READY)
	$(PROTO_PYTHON) scripts/generate_stubs.py --check

buf-lint:
	@if command -v npm >/dev/null; then $(MAKE) --silent $(BUF_READY) && $(BUF) lint; \
	else echo "buf lint skipped: npm is not installed"; fi

# --- environments: made once, made again when what they install from changes ---------------------------------

install-dev: $(DEV_READY)

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(DEMO_READY): pyproject.toml constraints.txt | $(BIN)/python
	@echo "Installing packages into $(VENV): a minute or two, once."
	$(BIN)/python $(PIP_INSTALL) constraints.txt --editable '.[demo]'
	touch $@

$(DEV_READY): pyproject.toml constraints.txt | $(BIN)/python
	@echo "Installing packages into $(VENV): a minute or two, once."
	$(BIN)/python $(PIP_INSTALL) constraints.txt --editable '.[databases,demo,dev,excel,postgres]'
	touch $(DEMO_READY) $@

# An editable install leaves this to the first import, and an environment may forbid imports to write: then each of
# our many short processes would compile every module anew.
bytecode: | $(BIN)/python
	$(BIN)/python -m compileall -q syncline supplier_agent trusted_party

$(PROTO_READY): constraints-proto.txt
	test -x $(PROTO_PYTHON) || $(PYTHON) -m venv $(PROTO_VENV)
	$(PROTO_PYTHON) $(PIP_INSTALL) constraints-proto.txt grpcio-tools
	touch $@

$(BUF_READY):
	npm install --silent --no-fund --no-audit --no-save --prefix .tools @bufbuild/buf@$(BUF_VERSION)
	touch $@
