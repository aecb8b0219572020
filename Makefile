# The front door: `make install`, `make run`, `make check`, `make test`, `make bench`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
PYTEST := $(BIN)/pytest --numprocesses logical --maxprocesses 4 --dist loadfile
# What is tested once more without compiled modules.
UNCOMPILED := tests/wire tests/reactor tests/cluster tests/roles tests/store/test_journal.py tests/acceptance/test_messages.py

.PHONY: install run test check format protos bench bench-report clean

install: $(STAMP)
	@$(BIN)/python scripts/compile_hot_path.py

$(STAMP): pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Hongyan needs Python 3.11 or newer; set PYTHON=/path/to/python3.11")'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --upgrade 'pip>=25.1'
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[s3,sniff,mysql,postgres,redis]' --group dev
	$(BIN)/python -m compileall -q src
	touch $(STAMP)

run: install
	$(BIN)/hongyan up --demo

check: install
	$(BIN)/ruff format --check src tests scripts examples
	$(BIN)/ruff check src tests scripts examples
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/vulture
	$(BIN)/deptry src
	$(BIN)/yamllint --strict --config-file deploy/.yamllint.yaml deploy
	$(BIN)/check-jsonschema --builtin-schema vendor.compose-spec deploy/compose/compose.yaml
	$(BIN)/kubernetes-validate --strict --quiet deploy/kubernetes/hongyan.yaml
	$(BIN)/python scripts/generate_protos.py --check
	sh scripts/check_web.sh
	$(BIN)/python scripts/generate_config_reference.py --check
	$(BIN)/python scripts/generate_cli_reference.py --check

format: install
	$(BIN)/ruff format src tests scripts examples
	$(BIN)/ruff check --fix src tests scripts examples

test: install
	sh scripts/install_test_servers.sh
	@$(BIN)/python scripts/compile_hot_path.py
	$(PYTEST)
	HONGYAN_COMPILED=0 $(PYTEST) $(UNCOMPILED)

protos: install
	$(BIN)/python scripts/generate_protos.py
	$(BIN)/python scripts/generate_web_wire.py

bench: install
	$(BIN)/python scripts/bench.py

bench-report: install
	$(BIN)/python scripts/bench_report.py

clean:
	rm -rf $(VENV) src/hongyan/_compiled build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
