# The two commands of the README are `make demo` and `make test`; both set up what they need.
PYTHON ?= python3
SERVE ?= 1
VENV := .venv
BIN := $(VENV)/bin

RUN_PACKAGES := python3-venv gcc libc6-dev avrdude simavr libsimavr-dev libelf-dev gcc-avr avr-libc \
	arduino-core-avr qemu-system-arm
TEST_PACKAGES := chromium postgresql poppler-utils

.PHONY: demo test setup setup-test lint translations firmware bench-allocation bench-registers bench-devices faults mutants-allocation clean

demo: setup
	$(BIN)/stemfleet demo $(if $(filter 0,$(SERVE)),--no-serve)

test: setup-test lint
	$(BIN)/pytest -m "not rig" -n auto --dist loadfile
	$(BIN)/pytest -m rig

lint: setup-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

setup: $(VENV)/run.stamp

setup-test: $(VENV)/test.stamp

$(VENV)/run.stamp: pyproject.toml scripts/system-packages
	scripts/system-packages $(RUN_PACKAGES)
	@echo "Python packages: into $(VENV)"
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --editable '.[virtual]'
	touch $@

$(VENV)/test.stamp: $(VENV)/run.stamp
	scripts/system-packages $(TEST_PACKAGES)
	@echo "Python packages for the tests: into $(VENV)"
	$(BIN)/python -m pip install --quiet --editable '.[virtual,test]'
	touch $@

# Gathers the texts of pages and errors into the catalogues, says what has no translation, and compiles them.
translations: setup-test
	$(BIN)/python scripts/translations.py

firmware: setup
	$(MAKE) -C firmware

# Minutes, and twice a gigabyte of memory: tables on the screen and in docs/benchmarks.md. Rivals live in an environment of their own.
bench-allocation: setup
	test -x build/bench/rivals/bin/python || $(PYTHON) -m venv build/bench/rivals
	build/bench/rivals/bin/python -m pip install --quiet scipy networkx
	$(BIN)/python benchmarks/allocation/run.py --folder build/bench --others build/bench/rivals/bin/python

# Half an hour: every fault of every kind of virtual board, boards unplugged and benches killed at random moments. Prints its
# seed (again: make faults FAULTS="--seed 7") and writes docs/faults.md.
faults: setup-test
	$(BIN)/python tests/devices/fault_campaign.py $(FAULTS)

# Import and search of registers beside plain sqlite3 programs: ten minutes, 2 GB of disk; into docs/benchmarks.md too.
bench-registers: setup
	$(BIN)/python benchmarks/registers/run.py --folder build/bench/registers
	$(BIN)/python benchmarks/registers/points.py --folder build/bench/registers
	$(BIN)/python benchmarks/registers/points.py --folder build/bench/registers --schools 500000 --records 2000000

# Many emulated boards at once beside one, our phases beside the tools alone: ten minutes; into docs/benchmarks.md too. Takes
# options: make bench-devices BENCH="--runs 1 --boards 6".
bench-devices: setup
	$(BIN)/python benchmarks/devices/run.py $(BENCH)

# Every fault that the allocation's tests must find is put in, one at a time, into a copy.
mutants-allocation: setup-test
	$(BIN)/python tests/allocation/mutants.py

clean:
	rm -rf $(VENV) build dist
