# Every target does its own set-up; `make` shows what there is.
VENV ?= .venv
BIN := $(VENV)/bin
SIZE ?= small
ONLY ?=
PYTEST ?=
# Two processes suit two cores; -n auto on larger machines: make test WORKERS=auto
WORKERS ?= 2
# How much tests of properties try: make test HYPOTHESIS=thorough
HYPOTHESIS ?= usual
export VENV HYPOTHESIS

.DEFAULT_GOAL := help
.PHONY: help run demo dev test test-long test-sqlite test-postgres check bench setup setup-dev screenshots

help:  ## what can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

run: setup  ## start Teplo here: http://localhost:8000 (PORT=… for another port)
	@exec $(BIN)/teplo up

demo: setup  ## bring an example company to life in ./var, then start
	@$(BIN)/teplo demo
	@exec $(BIN)/teplo up

dev: setup-dev  ## start with details on errors and templates read anew
	@TEPLO_DEBUG=1 exec $(BIN)/teplo up

test: setup-dev  ## all tests, on SQLite and on PostgreSQL
	@sh scripts/chromium.sh
	@$(MAKE) --no-print-directory test-sqlite
	@$(MAKE) --no-print-directory test-postgres

test-sqlite: setup-dev  ## the tests on SQLite
	@env -u TEST_DATABASE_URL $(BIN)/pytest -q -n $(WORKERS) --dist worksteal $(PYTEST)

test-postgres: setup-dev  ## the tests on PostgreSQL (TEST_DATABASE_URL, or one started just for them)
	@$(BIN)/python scripts/postgres.py $(BIN)/pytest -q -n $(WORKERS) --dist worksteal $(PYTEST)

test-long: setup-dev  ## what takes long, for the night: properties tried thoroughly, processes killed, both engines
	@sh scripts/chromium.sh
	@$(MAKE) --no-print-directory test-sqlite HYPOTHESIS=thorough PYTEST="-m 'property or faults or long' --timeout=7200 $(PYTEST)"
	@$(MAKE) --no-print-directory test-postgres HYPOTHESIS=thorough PYTEST="-m 'property or faults or long' --timeout=7200 $(PYTEST)"

check: setup-dev  ## style, types, layers, templates, migrations, translations, architecture
	$(BIN)/ruff format --check src tests benchmarks scripts
	$(BIN)/ruff check src tests benchmarks scripts
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/djlint --lint --quiet src/teplo/web/templates
	DJANGO_SETTINGS_MODULE=teplo.config.testing $(BIN)/django-admin makemigrations --check --dry-run
	$(BIN)/python scripts/messages.py check
	$(BIN)/pytest -q tests/architecture

bench: setup-dev  ## measure: SIZE=small (two minutes) or full (a million people); ONLY=name runs one
	@$(BIN)/python scripts/postgres.py --durable $(BIN)/python -m benchmarks --size $(SIZE) $(if $(ONLY),--only $(ONLY))

screenshots: setup-dev  ## the pictures of README and docs, from the example company
	@sh scripts/chromium.sh
	@$(BIN)/python scripts/screenshots.py

setup:
	@sh scripts/setup.sh run

setup-dev:
	@sh scripts/setup.sh dev
