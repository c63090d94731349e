# `make` lists the targets. Every target that needs the environment makes it first.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
SPEED  ?= 1
CORES  := ingest.grid ingest.outbox ingest.frames ingest.strands ingest.source_clock transcriber.endpointing \
          transcriber.speakers transcriber.turns transcriber.voices transcriber.opinions transcriber.hindsight \
          transcriber.watch transcriber.vocabulary transcriber.timing transcriber.coverage transcriber.latency \
          transcriber.lines brain.sentences brain.citations brain.composing \
          brain.rules.retrieval brain.addressed.addressing speaker.talking shared.view shared.backlog shared.fullness \
          shared.stages gateway.search.folding gateway.search.index gateway.search.fragments gateway.hooks.deliveries \
          gateway.hooks.messages gateway.hooks.addresses
ON_REDIS := tests/shared tests/ingest/test_carrier.py tests/flows/test_question_to_answer.py \
            tests/gateway/test_keeping.py tests/gateway/test_searches.py
ALONE  := echo "Once more, alone: what failed beside others on a busy machine may have missed a deadline."
STAMP  := $(VENV)/.ready
TOOLS  := $(VENV)/.shipping
PIP    := VIRTUAL_ENV=$(VENV) $(BIN)/python -m uv pip install -q --no-deps
COMPILE := $(BIN)/python -m uv pip compile --universal --generate-hashes --no-emit-index-url --python-version 3.11 -q

# The embedded engines' runtime would report its use to Microsoft (shared/privacy.py).
export ORT_DISABLE_TELEMETRY := 1

.DEFAULT_GOAL := help
.PHONY: help setup demo test check servers lint format types imports lock bench promises screenshots shipping audit sbom \
        wheel clean

help: ## List the targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: $(STAMP) ## Create .venv with everything in it

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "chimein needs Python 3.11 or newer: install it, or name it with make PYTHON=python3.12"; exit 1; }
	@echo "Creating $(VENV) (about 300 MB to download the first time) ..."
	@if command -v uv >/dev/null 2>&1; then \
	  uv venv -q --allow-existing --python $(PYTHON) $(VENV) && \
	  VIRTUAL_ENV=$(VENV) uv pip install -q --no-deps --require-hashes -r requirements.lock && \
	  VIRTUAL_ENV=$(VENV) uv pip install -q --no-deps -e . ; \
	else \
	  $(PYTHON) -m venv $(VENV) && \
	  $(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --require-hashes -r requirements.lock && \
	  $(BIN)/python -m pip install -q --disable-pip-version-check --no-deps -e . ; \
	fi
	@touch $(STAMP)

demo: $(STAMP) ## Play the sample meeting: transcript, spoken answer, briefing (SPEED=4 is faster)
	@$(BIN)/chimein rehearse --speed $(SPEED)

$(TOOLS): deploy/locks/tools.lock deploy/tools.sh $(STAMP)
	@echo "Fetching what the files in deploy/ are checked with (about 130 MB) ..."
	@$(PIP) --require-hashes -r deploy/locks/tools.lock
	@sh deploy/tools.sh $(BIN)
	@touch $(TOOLS)

test: $(STAMP) ## Run every test, with coverage of the pure cores
	@$(BIN)/python -m pytest -n 3 -m "not shipping" --dist loadgroup $(CORES:%=--cov=%) --cov-report= \
	|| { $(ALONE); \
	     $(BIN)/python -m pytest -m "not shipping" --last-failed --last-failed-no-failures none; }
	@$(BIN)/python -m coverage report --fail-under=95

check: $(STAMP) lint types imports test servers shipping audit ## Exactly what CI runs

shipping: $(TOOLS) ## Check image, compose, chart, alerts and dashboard, and run the wheel as the image does
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python -m pytest -q -n 2 --dist loadfile -m shipping tests/deploy

audit: $(TOOLS) ## Look for known vulnerabilities in what is installed (STRICT=1 fails where the database is out of reach)
	@$(BIN)/python deploy/audit.py $(if $(STRICT),--strict) requirements.lock

sbom: $(TOOLS) ## dist/sbom.json (CycloneDX) and dist/licences.md, of what an image holds
	@$(BIN)/python deploy/sbom.py dist

wheel: $(TOOLS) ## dist/: the wheel and the source distribution
	@$(BIN)/python -m hatchling build -d dist

servers: $(STAMP) ## Tests of everything that Redis does, on every server that this machine has and on a cluster
	@$(BIN)/python -c 'from rehearsal.redis_servers import server_binaries; print(*list(server_binaries())[1:], "cluster", sep="\n")' | \
	while read -r kind; do \
	  echo "on $$kind:"; \
	  on() { $(BIN)/python -m pytest -q --redis "$$kind" -W ignore::ResourceWarning \
	    -W ignore::pytest.PytestUnraisableExceptionWarning "$$@" $(ON_REDIS) </dev/null; }; \
	  on -n 2 --dist loadfile || { $(ALONE); on --last-failed --last-failed-no-failures none; } || exit 1; \
	done

lint: $(STAMP) ## Formatting and lint
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .

types: $(STAMP) ## mypy, strict
	@$(BIN)/mypy

imports: $(STAMP) ## Who may import whom
	@$(BIN)/lint-imports

format: $(STAMP) ## Format, and fix what can be fixed
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

lock: $(STAMP) ## Resolve the dependencies anew
	@$(COMPILE) pyproject.toml --all-extras -o requirements.lock
	@$(COMPILE) pyproject.toml -c requirements.lock --no-annotate --no-header -o deploy/locks/base.lock
	@$(COMPILE) pyproject.toml --extra local -c requirements.lock --no-annotate --no-header -o deploy/locks/local.lock
	@$(COMPILE) deploy/tools.in -c requirements.lock --no-annotate --no-header -o deploy/locks/tools.lock

bench: $(STAMP) ## Measure hops, cost per meeting, what a core holds, starts; a table and bench-output/results.json
	@$(BIN)/python -m bench

eval: $(STAMP) ## How right answers, citations and action items are, with the model that is configured (V=1 lists misses)
	@PYTHONPATH=.:tests/support $(BIN)/python -m evaluation $(if $(V),-v)

promises: $(STAMP) ## Break things under load and count what was lost (ONLY=8 SEED=1 MINUTES=10 for one of them)
	@$(BIN)/chimein promises $(ONLY:%=--only %) $(SEED:%=--seed %) $(MINUTES:%=--minutes %)
	@$(if $(ONLY),,$(BIN)/python -m pytest -q tests/promises)

screenshots: $(STAMP) ## A picture of each state of the console page, in screenshots/ (needs chromium)
	@PYTHONPATH=.:tests/support $(BIN)/python -m screenshots

clean: ## Remove what the other targets made
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage \
	  rehearsal-output bench-output screenshots .chimein
