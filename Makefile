# What one does with this repository. Whatever is missing (nats-server, Postgres) is fetched by the programs themselves.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

# Given to `paige up`, as in: make run ARGS="--help"
ARGS ?=
# Named together each time, so that cargo chooses the same features and builds nothing twice.
MEASURED := -p standalone -p simulator -p replay -p e2e -p projections

# Tests wait a third of their time: three of them share two cores.
THREADS = $(shell expr 3 \* $$(getconf _NPROCESSORS_ONLN) / 2)

.PHONY: help run test lint check bench chaos

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## start NATS, Postgres, all services and the simulator; Ctrl-C stops everything
	@cargo run --quiet --release -p standalone --bin paige -- up $(ARGS)

test: ## every test, on real servers
	@cargo build --workspace --bins --tests
	@if cargo nextest --version >/dev/null 2>&1; then \
	  cargo nextest run --workspace --tests --no-fail-fast --test-threads $(THREADS); \
	else \
	  cargo test --workspace --tests --no-fail-fast; \
	fi

lint: ## formatting, lints as errors
	@cargo fmt --all --check
	@cargo clippy --workspace --all-targets --quiet -- -D warnings

check: lint ## formatting, lints as errors, tidiness
	@cargo test --quiet --workspace --test tidy

bench: ## the figures, beside the broker's and Postgres's own limits; ARGS=ingress for one row (visible, recorder, reads, sending, erasure, idle, start, rebuild), ARGS=deletion for one that takes half an hour or more
	@cargo build --release --quiet $(MEASURED) --bin paige --bin simulator --bin replay --bench figures --bench rebuild
	@if [ "$(ARGS)" != rebuild ]; then cargo bench --quiet $(MEASURED) --bench figures -- $(ARGS); fi
	@if [ -z "$(ARGS)" ] || [ "$(ARGS)" = rebuild ]; then cargo bench --quiet $(MEASURED) --bench rebuild; fi

chaos: ## kill every process in turn under load; a few minutes, ends with a tally
	@cargo run --quiet -p e2e --bin chaos -- $(ARGS)
