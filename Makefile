# All that is kept lies in WAREHOUSE_HOME. SERVING_URL holds a password, so the programs get both by the environment alone.
export WAREHOUSE_HOME ?= $(CURDIR)/.warehouse
export SERVING_URL
export BENCH_URL

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-all faults bench check generate parsers plan dashboard picture mysql mysql-stop clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s%s\n", $$1, $$2 }' Makefile

setup: ## Make .venv with exactly what uv.lock pins (PYTHON=python3.12 picks the interpreter)
	@scripts/setup.sh

demo: setup ## Land, build, audit and publish: [DATA=folder, or a folder of them] (to SERVING_URL, if it is set)
	@scripts/server.sh
	@.venv/bin/warehouse demo $(if $(DATA),"$(DATA)")

faults: setup ## Kill a plan at 40 moments, and its server once: [FAULT_KILLS=n]
	@FAULT_KILLS=$${FAULT_KILLS:-40} .venv/bin/pytest tests/test_faults.py

test: setup ## Run all tests but the long ones, a file at a time on each core, against real servers that they start themselves
	@scripts/server.sh install
	@scripts/browser.sh install
	@.venv/bin/pytest -m "not long" --numprocesses auto --no-loadscope-reorder

test-all: setup ## Run the long tests too, and look for new faults by chance
	@scripts/server.sh install
	@scripts/browser.sh install
	@FUZZ_EXAMPLES=$${FUZZ_EXAMPLES:-300} .venv/bin/pytest --numprocesses auto --no-loadscope-reorder

bench: setup ## Measure publishing against its alternatives, into docs/benchmarks.md: [BENCH_URL=...] [BENCH_OPTIONS=...] [DELIVERY_OPTIONS=...]
	@.venv/bin/python scripts/bench.py $(BENCH_OPTIONS)
	@.venv/bin/python scripts/bench_delivery.py $(DELIVERY_OPTIONS)

check: setup ## Check formatting, lint rules, the Power BI project, what is generated, and the lock file
	@scripts/check.sh

generate: setup ## Write what follows from models and contracts: the Power BI model, the dictionary, the lineage, the measures, contracts/odcs/
	@.venv/bin/python -m scripts.generate

parsers: setup ## Fetch Microsoft's parsers and schemas, with which the tests judge the Power BI project
	@scripts/parsers.sh

plan: setup ## Show what changed, build it, audit it, publish it: [ENV=dev], else to production
	@.venv/bin/warehouse plan $(ENV)

dashboard: setup ## Write what is published as one HTML page of charts: [ENV=dev], else production
	@.venv/bin/warehouse dashboard $(ENV)

picture: setup ## Take the picture of the dashboard that README shows (docs/dashboard.png), after make demo
	@scripts/browser.sh install
	@scripts/browser.sh picture

mysql: setup ## Start the private MySQL or MariaDB server (installs MariaDB as root on Debian or Ubuntu)
	@scripts/server.sh install
	@.venv/bin/warehouse server start

mysql-stop: setup ## Stop the private server; its data stays
	@.venv/bin/warehouse server stop

clean: ## Stop the private server and remove WAREHOUSE_HOME, .venv and caches
	@scripts/clean.sh
