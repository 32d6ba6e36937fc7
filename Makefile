PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Without byte code every import of TensorFlow takes three times as long.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: install run test quick test-all lint bench gpu-report lock notebooks slides dist clean

# Everything that the other commands need, in .venv.
install: $(VENV)/ready

run: $(VENV)/ready
	$(BIN)/python -m harness run --all

# The tests for every change. CI also runs the long ones, and `make test-all` studies too.
# Tests run in PROCESSES at once, in the order of their files: the short ones fill the end.
# `make test COVER=yes` also measures which lines and branches run.
PROCESSES ?= 2
PYTEST := $(BIN)/python -m pytest -n $(PROCESSES) --dist loadfile --no-loadscope-reorder $(if $(COVER),--cov=harness)

test: $(VENV)/ready lint
	$(PYTEST) -m "not long and not releases"

# What starts no TensorFlow, for in between.
quick: $(VENV)/ready
	$(PYTEST) -m "not tensorflow and not long and not releases"

test-all: $(VENV)/ready lint
	$(PYTEST)

lint: $(VENV)/ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check harness tests docs restorebench_seal.py restorebench_pytest.py
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/vermin -t=3.7- --violations --no-tips --eval-annotations --exclude str.decode harness/worker scenarios restorebench_seal.py

bench: $(VENV)/ready
	$(BIN)/python -m pytest tests/benchmarks --benchmark-enable
	$(BIN)/python tests/benchmarks/run_all_over_import.py

# On a machine with an NVIDIA GPU: everything on CPU and GPU, side by side, written to reports/.
gpu-report: .venv-gpu/ready
	.venv-gpu/bin/python -m harness gpu-report

lock:
	$(BIN)/uv pip compile -q --upgrade --universal --generate-hashes --no-annotate --no-emit-index-url \
	  --python-version 3.11 --extra dev pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile -q --upgrade --universal --generate-hashes --no-annotate --no-emit-index-url \
	  --python-version 3.11 --extra gpu pyproject.toml -o requirements-gpu.lock

# The core of the course as notebooks, from the scenarios.
notebooks: $(VENV)/ready
	$(BIN)/python -m docs.notebooks.make_notebooks

# The slides of the workshop as PDF: needs Node.js and a browser, such as Chromium.
slides:
	npx --yes @marp-team/marp-cli@4.5.1 --no-config --pdf --pdf-outlines docs/workshop/slides.md

# The sdist and the wheel, in dist/. What an older build left would be packed again.
dist: $(VENV)/ready
	rm -rf build dist restorebench.egg-info
	$(BIN)/python -m build
	$(BIN)/twine check --strict dist/*
	$(BIN)/check-wheel-contents dist

clean:
	rm -rf .venv .venv-gpu build dist restorebench.egg-info

$(VENV)/ready: requirements.lock
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; \
	  sys.exit(None if (3, 11) <= v < (3, 14) else f"ERROR  Python 3.11 to 3.13 is needed, {sys.executable} is {v[0]}.{v[1]}\nTIP    make PYTHON=python3.12 $(MAKECMDGOALS)")'
	$(PYTHON) -m venv $(VENV)
# The lock is complete. With dependencies, pip looks for them again, finds a newer coverage[toml] than
# the lock's coverage, and refuses what has no hash.
	$(BIN)/python -m pip install --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	touch $@

.venv-gpu/ready: requirements-gpu.lock
	$(PYTHON) -m venv .venv-gpu
	.venv-gpu/bin/python -m pip install --disable-pip-version-check --no-deps --require-hashes -r requirements-gpu.lock
	touch $@
