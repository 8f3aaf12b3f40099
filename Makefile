# Two commands do everything: `make demo` shows a sample school, `make test` passes the tests.
# Each makes its own virtual environment in .venv; a second run starts at once.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
LOCK := .ci/lock.txt
# How many tests run at once: each file of tests stays together.
AT_ONCE ?= 2
PIP := $(BIN)/python -m pip install -q -c $(LOCK)
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# Compiled tests are kept beside them: collecting 6,000 tests takes 10 s instead of 15.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help demo test quick lint bench wheel clean
.DEFAULT_GOAL := demo

help:  ## this list
	@sed -n 's/^\([a-z]*\):.*  ## /\1\t/p' $(MAKEFILE_LIST) | expand -t 8

demo: $(VENV)/.ready  ## make a sample school and serve it
	$(BIN)/guanai demo $(ARGS)

# Without ROOM every test; with it those of one room or sub-room: make test ROOM=care/duties
ROOM ?=
test: $(VENV)/.test-ready  ## all tests, also in Chromium; those of one room: make test ROOM=care/duties
	sh .ci/browser
	$(BIN)/python -m pytest -m "" -n $(AT_ONCE) --dist loadfile --no-loadscope-reorder tests/$(ROOM) $(ARGS)

quick: $(VENV)/.test-ready  ## the tests that need no network, no browser and no kernel, in a minute
	$(BIN)/python -m pytest -n $(AT_ONCE) --dist loadfile tests/$(ROOM) $(ARGS)

lint: $(VENV)/.lint-ready  ## ruff and mypy
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

PART ?= storage imports search pages
bench: $(VENV)/.test-ready  ## storage, imports, search and pages; one part with its options: make bench PART=pages ARGS="--children 300"
	sh .ci/browser
	set -e; for part in $(PART); do PYTHONPATH=tests $(BIN)/python -m bench.$$part $(ARGS); done

wheel: $(VENV)/.test-ready  ## build the wheel and try it in a bare environment
	sh .ci/wheel $(BIN)/python

$(VENV)/.ready: $(LOCK) pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "guanai needs Python 3.11 or newer. Name one: make $(MAKECMDGOALS) PYTHON=python3.12"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) \
	  || { rm -rf $(VENV); echo "The venv module is missing. On Debian: apt-get install python3-venv"; exit 1; }
	$(PIP) setuptools wheel
	$(PIP) --no-build-isolation -e .
	@touch $@

$(VENV)/.test-ready: $(VENV)/.ready
	$(PIP) --no-build-isolation -e ".[test]"
	@touch $@

$(VENV)/.lint-ready: $(VENV)/.ready
	$(PIP) --no-build-isolation -e ".[lint]"
	@touch $@

clean:
	rm -rf $(VENV) build dist *.egg-info
