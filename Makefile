.DEFAULT_GOAL := help
PYTHON_IN = .venv/bin/python

.PHONY: help
help: ## Show every target
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 18

.venv/.local: requirements/local.txt deploy/local/environment.sh
	@deploy/local/environment.sh local && touch $@

.venv/.dev: requirements/dev.txt deploy/local/environment.sh
	@deploy/local/environment.sh dev && touch $@

.PHONY: demo
demo: .venv/.local ## Run the whole on this machine with sample complaints (ARGS=--exit: stop by itself)
	@$(PYTHON_IN) -m deploy.local demo $(ARGS)

.PHONY: check
check: .venv/.dev ## Format, lint, types, import contracts and unit tests: seconds
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/mypy -p services -p shared -p deploy
	.venv/bin/mypy tests bench
	.venv/bin/lint-imports
	$(PYTHON_IN) -m pytest -q -n 2 tests/unit tests/architecture

.PHONY: test
test: check ## Everything: check, then integration, end-to-end and fault tests on real Kafka, PostgreSQL and Dovecot
	@deploy/local/debian-packages.sh
	$(PYTHON_IN) -m pytest -n 2 --dist loadfile tests/integration
	$(PYTHON_IN) -m pytest tests/e2e tests/faults

.PHONY: bench
bench: .venv/.dev ## The whole stack under load next to the bare pipe (a few minutes)
	@$(PYTHON_IN) -m bench.main_job $(ARGS)

.PHONY: bench-timers
bench-timers: .venv/.dev ## 100,000 deadlines of one second among 10 million open cases (ten minutes, 40 GB of disk)
	@$(PYTHON_IN) -m bench.timers $(ARGS)

.PHONY: bench-routing
bench-routing: .venv/.dev ## How fast one core decides where complaints go (ARGS="--data FILE --model FILE")
	@$(PYTHON_IN) -m bench.routing $(ARGS)

.PHONY: bench-redaction
bench-redaction: .venv/.dev ## Precision and recall of the redaction on the labelled sentences
	@$(PYTHON_IN) -m bench.redaction $(ARGS)

.PHONY: bench-intake
bench-intake: .venv/.dev ## The intake next to an empty handler and bare inserts (ARGS=--million: memory over a million)
	@$(PYTHON_IN) -m bench.intake $(ARGS)

.PHONY: bench-deadlines
bench-deadlines: .venv/.dev ## A million deadlines against a naive count, and how many a core counts (two minutes)
	@$(PYTHON_IN) -m bench.deadlines $(ARGS)

.PHONY: bench-incidents
bench-incidents: .venv/.dev ## What finding one incident costs among a million complaints (ARGS=--pairs, ARGS="--data FILE": how often it is right)
	@nice -n 10 $(PYTHON_IN) -m bench.incidents $(ARGS)

.PHONY: simulate
simulate: .venv/.dev ## A year of 200,000 complaints in virtual time: is what misbehaves found (ARGS="--complaints 20000 --twice")
	@$(PYTHON_IN) -m bench.year $(ARGS)
