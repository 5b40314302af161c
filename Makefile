# The commands of the README. Each sets up what it needs in .venv and does nothing twice.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
RUN := $(VENV)/.runtime
DEV := $(VENV)/.dev

.PHONY: demo test lint bench screenshots sitting requirements clean

demo: $(RUN)
	$(BIN)/makeright demo

test: $(DEV)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -n 2 --dist loadgroup

lint: $(DEV)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
	$(BIN)/mypy

bench: $(DEV)
	@for script in benchmarks/*.py; do echo "== $$script"; $(BIN)/python $$script || exit 1; done

# Takes the pictures of the documentation anew (needs Chromium).
screenshots: $(DEV)
	$(BIN)/python docs/images/take.py
	$(BIN)/python docs/images/sidebar.py
	$(BIN)/python docs/images/console.py

# Plays the first sitting on the sandbox, once per helpdesk, and records it: docs/sitting-*.txt.
sitting: $(DEV)
	$(BIN)/python docs/sitting.py

# Rewrites the pinned and hashed lists from pyproject.toml.
requirements: $(DEV)
	$(BIN)/uv pip compile -q --universal --generate-hashes --no-emit-index-url --custom-compile-command "make requirements" pyproject.toml -o requirements.txt
	$(BIN)/uv pip compile -q --universal --generate-hashes --no-emit-index-url --custom-compile-command "make requirements" pyproject.toml --extra dev -o requirements-dev.txt

clean:
	rm -rf $(VENV) var build dist *.egg-info

$(VENV)/.made:
	$(PYTHON) -c 'import sys; sys.exit("Python 3.11 to 3.14 is needed, this is %d.%d; try: make PYTHON=python3.12" % sys.version_info[:2] if not (3, 11) <= sys.version_info[:2] < (3, 15) else 0)'
	$(PYTHON) -m venv $(VENV)
	touch $@

$(RUN): $(VENV)/.made requirements.txt pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	touch $@

$(DEV): $(RUN) requirements-dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	touch $@
