# `make help` lists the targets. Everything lands in ignored folders: .venv, .venvs, build, dist.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_CONSTRAINT := $(CURDIR)/constraints.txt
# Python keeps what it has compiled: each worker of the tests would compile all test modules again.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help demo test test-fast check docs release format cases schemas picture rules bench clean

help: ## List the targets
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

# Built whole or not at all: an interrupted installation leaves no stamp and starts over.
$(READY): pyproject.toml constraints.txt
	@rm -f $@
	@echo "Installing into $(VENV), once; this takes about a minute."
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	@touch $@

demo: $(READY) ## Compile, diff and run a job on this machine, without an AWS account
	@PATH="$(CURDIR)/$(BIN):$$PATH" sh manifests/demo.sh

# More workers than cores: many tests wait, for processes, timeouts and answers that come late.
test: $(READY) ## Run all tests
	$(BIN)/python -m pytest -n 6 --dist worksteal $(TESTS)

# About a minute on two cores: what starts neither a process nor an endpoint, and one case of each apply.
test-fast: $(READY) ## Run the tests that are quick, for the inner loop
	$(BIN)/python -m pytest --fast -n 2 --dist worksteal $(TESTS)

check: $(READY) ## Check format, lint and types, and build, try the distribution and the image
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -q -rs tests/wheel.py tests/image.py tests/action/installed.py

format: $(READY) ## Rewrite the sources in the house format
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

cases: $(READY) ## Rewrite the expected files of tests/cases; read the difference like code
	$(BIN)/python -m pytest -q tests/compiler/test_cases.py --rewrite-cases

schemas: $(READY) ## Generate the AWS schemas from botocore's service model
	$(BIN)/python schemas/generate.py

picture: $(READY) ## Record docs/terminal.svg, the picture of a terminal in the README
	$(BIN)/python docs/generators/terminal_picture.py

rules: $(READY) ## Generate what the code knows: reference pages and their tables, and the man page
	$(BIN)/python -m docs.generators

# Strict: a link that leads nowhere, or a page that no menu has, is an error. Not --quiet, which would hide both
# from --strict, too.
docs: $(READY) ## Build the documentation as a site, build/docs/index.html
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict
	@echo "build/docs/index.html; with its search: python3 -m http.server -b 127.0.0.1 -d build/docs"

release: $(READY) ## Check, build, commit and tag VERSION=x.y.z; publishing stays with you
	@test -n "$(VERSION)" || { echo "usage: make release VERSION=x.y.z" >&2; exit 2; }
	$(BIN)/python .ci/release.py "$(VERSION)"

bench: $(READY) ## Measure ecsplan against its peers and write bench/RESULTS.md
	$(BIN)/python bench/run.py

clean: ## Remove what the other targets made
	rm -rf $(VENV) .venvs build dist .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
