# Everything a contributor runs. Each target sets itself up in .venv, from the locks; a second call sets nothing up and
# needs no network. `make` alone lists the targets.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo test test-ci lint docs bench soak lock clean

PYTHON ?=
WORKERS ?= 2
VENV := .venv/bin/python
CODE := rules engine scenarios
PIP := $(VENV) -m pip --disable-pip-version-check install --quiet --quiet
COMPILE := pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' Makefile

demo: .venv/.stamp-run ## pay a real season's pool in a fresh store, explain one payout, say what to try next
	@sh docs/examples/demo.sh

test: .venv/.stamp-test ## the suite: layers, docs, doctests, goldens, properties
	$(VENV) -m pytest -n $(WORKERS) --dist worksteal -m 'not ci and not soak' --doctest-modules --ignore=engine/store/migrations/env.py $(CODE) tests

test-ci: .venv/.stamp-test ## tests that need strace, LibreOffice or Chromium, or take minutes
	@$(VENV) -m pytest -m ci tests; $(call nothing-collected,ci)

lint: .venv/.stamp-test ## ruff (rules and format) and mypy --strict
	$(VENV) -m ruff check .
	$(VENV) -m ruff format --check .
	$(VENV) -m mypy

docs: .venv/.stamp-test ## write the reference pages from the code, and renew what pages and examples of errors show
	@$(VENV) docs/generate.py

bench: .venv/.stamp-test ## measure: every tests/benchmarks/bench_*.py, one after the other
	@found=; for bench in tests/benchmarks/bench_*.py; do \
	  [ -e "$$bench" ] || continue; \
	  found=yes; echo "$$bench"; $(VENV) "$$bench" || exit 1; \
	done; [ -n "$$found" ] || echo "make bench: there is no tests/benchmarks/bench_*.py, so nothing was measured"

soak: .venv/.stamp-test ## the long campaign: 5,000 fresh examples for each property marked soak
	@HYPOTHESIS_PROFILE=soak $(VENV) -m pytest -m soak tests; $(call nothing-collected,soak)

lock: .venv/pyvenv.cfg ## renew both locks after a change of dependencies (all newest: make lock UPGRADE=--upgrade)
	@set -e; scratch=; trap 'rm -rf "$$scratch"' EXIT; uv=uv; \
	if ! command -v uv >/dev/null 2>&1; then \
	  scratch=$$(mktemp -d); $(VENV) -m venv "$$scratch"; uv="$$scratch/bin/uv"; \
	  "$$scratch/bin/python" -m pip --disable-pip-version-check install --quiet uv; \
	fi; \
	"$$uv" $(COMPILE) $(UPGRADE) --extra build -o requirements.lock pyproject.toml >/dev/null; \
	"$$uv" $(COMPILE) $(UPGRADE) --extra build --extra test -c requirements.lock -o requirements-test.lock pyproject.toml >/dev/null; \
	if grep -n http requirements.lock requirements-test.lock; then \
	  echo "make lock: the lines above hold an address, which ties the lock to one registry: remove it" >&2; exit 1; \
	fi; echo "requirements.lock and requirements-test.lock are renewed: run make test, then commit both"

clean: ## remove what these targets made (.venv, caches, build output); never a store
	rm -rf .venv build .hypothesis .mypy_cache .ruff_cache .pytest_cache *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Set-up. A stamp is younger than the lock it was made from. The test lock holds every line of the run-time lock, so
# setting up for tests also stamps for a run.

.venv/.stamp-run: requirements.lock pyproject.toml | .venv/pyvenv.cfg
	@$(call install,requirements.lock)
	@touch $@

.venv/.stamp-test: requirements-test.lock pyproject.toml | .venv/pyvenv.cfg
	@$(call install,requirements-test.lock)
	@touch $@ .venv/.stamp-run

.venv/pyvenv.cfg:
	@for python in $(or $(PYTHON),python3.11 python3 python3.12 python3.13 python3.14); do \
	  "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && break; python=; \
	done; \
	if [ -z "$$python" ]; then \
	  echo "Partage needs Python 3.11 or newer$(if $(PYTHON), and $(PYTHON) is not): install one (Debian 12 and later:" \
	    "apt-get install python3 python3-venv), or name yours with make PYTHON=..." >&2; exit 1; \
	fi; \
	if ! "$$python" -c 'import ensurepip, venv' >/dev/null 2>&1; then \
	  echo "$$python cannot make a virtual environment: install its venv package (Debian: apt-get install python3-venv)" \
	    "and run make again" >&2; exit 1; \
	fi; \
	"$$python" -m venv .venv || { rm -rf .venv; exit 1; }

define install
echo "setting up .venv from $(1) (once)"; \
{ $(PIP) --require-hashes -r $(1) && $(PIP) --no-deps --no-build-isolation -e .; } || \
  { echo "make: the set-up failed for the reason pip gives above, and nothing was run" >&2; exit 1; }
endef

# pytest answers 5 when no test was collected: that is no failure, and no success to boast of either.
define nothing-collected
answer=$$?; if [ $$answer -eq 5 ]; then echo "no test is marked $(1), so nothing was checked"; exit 0; fi; exit $$answer
endef
