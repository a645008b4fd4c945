# make demo   set up, then watch a network whose ReLUs die and its healthy twin
# make test   set up, then every test, lint, type and layer check
# make test-long   the tests that take long and hold what a shorter test or a table holds as well
# make test-torch   the newest torch that pip finds, in an environment of its own, under the tests that depend on it
# make sanitize   the kernels' tests under AddressSanitizer and UndefinedBehaviorSanitizer
# make bench   the whole benchmark beside every peer, into docs/bench.md; an hour on a quiet machine
# make bench-torch   rectifier.nn beside torch.nn, into docs/bench_torch.md and docs/lean.md; a quarter of an hour
# make neutrality, make faults   every test script plain and watched, and with every part of the watcher broken; into docs
# make public CHECKOUTS=DIR   public training scripts plain and watched, into docs/public_scripts.md; an hour or two
# make bench-watch   what watching costs, beside its peers, into docs/watch_cost.md; some hours on a quiet machine
# make accuracy   set up, then measure every function on every input and write docs/accuracy.md (an hour or more)
# make clinic   `rectifier run` on every script of the clinic, into docs/clinic.md; a quarter of an hour
# make clinic-treat   `rectifier treat` on every script of the clinic, into docs/clinic-treat.md; an hour or more, resumed
# make clinic-peers   the peers of Rectifier that give verdicts on the same scripts, after `make clinic`, into docs/clinic-peers.md
# make clinic-sweep   hundreds of generated runs with measured truth, into docs/clinic-sweep.md; hours, kept in build/clinic-sweep
# make clinic-verify   measure the truth of the clinic's labels again, into clinic/truth.json
# make install   only set up: .venv with the native build, the dependencies and CPU torch

PYTHON ?= $(shell for p in python3.11 python3.12 python3.13 python3.14 python3; do \
  command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --disable-pip-version-check -q -c constraints.txt
STAMP := $(VENV)/.set-up
NATIVE := CMakeLists.txt $(shell find kernels bind -type f 2>/dev/null)

.PHONY: install demo test test-long test-torch check lint format sanitize accuracy neutrality faults public bench bench-torch bench-watch clinic clinic-treat clinic-verify clinic-peers clinic-sweep clean

install: $(STAMP)

# The stamp is written last, so a set-up that was cut off is simply done again.
$(STAMP): pyproject.toml constraints.txt Makefile $(NATIVE)
	@test -n "$(PYTHON)" || { echo "Rectifier needs Python 3.11 or newer and found none on PATH. Install it, or say: make PYTHON=/path/to/python" >&2; exit 1; }
	@command -v $${CXX:-c++} >/dev/null 2>&1 || { echo "Rectifier builds a native module and found no C++ compiler. Install one (Debian/Ubuntu: apt-get install g++; macOS: xcode-select --install), or set CXX." >&2; exit 1; }
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || { rm -rf $(VENV); $(PYTHON) -m venv $(VENV) || { echo "Could not make a virtual environment. On Debian/Ubuntu: apt-get install python3-venv" >&2; exit 1; }; }
	$(PIP) numpy scikit-build-core ninja cmake
	@$(BIN)/python -c 'import tomllib; p = tomllib.load(open("pyproject.toml", "rb"))["project"]; extras = p["optional-dependencies"]; print(*p["dependencies"], *(d for name in ("torch", "plot", "export", "treat", "dev") for d in extras[name] if not d.startswith(p["name"])), sep="\n")' > $(VENV)/dependencies.txt
	@# The compiler works while the rest is fetched and unpacked.
	$(PIP) --no-build-isolation --no-deps -e . & built=$$!; \
	$(PIP) "torch==2.13.0" -r $(VENV)/dependencies.txt; installed=$$?; wait $$built && exit $$installed
	@touch $@

demo: install
	$(BIN)/rectifier run examples/dying_digits.py
	$(BIN)/rectifier run examples/healthy_digits.py

# Linters run beside the tests, and speak last.
test: install
	@$(MAKE) --no-print-directory lint > $(VENV)/lint.txt 2>&1 & linting=$$!; \
	$(BIN)/python -m pytest -n $${JOBS:-3} --dist worksteal; tested=$$?; \
	wait $$linting; linted=$$?; cat $(VENV)/lint.txt; \
	test $$tested = 0 && test $$linted = 0

test-long: install
	$(BIN)/python -m pytest -n $${JOBS:-2} -m long

# The newest torch alone; all else is that of $(VENV). A release that docs/tested_torch.md does not list fails.
NEWEST := build/newest-torch
test-torch: install
	@test -x $(NEWEST)/bin/python || $(BIN)/python -m venv $(NEWEST)
	$(NEWEST)/bin/python -m pip install --disable-pip-version-check -q --upgrade torch
	@$(NEWEST)/bin/python -c 'import sysconfig, pathlib, glob; pathlib.Path(sysconfig.get_path("purelib"), "all-else.pth").write_text("import site; site.addsitedir(%r)\n" % glob.glob("$(CURDIR)/$(VENV)/lib/python*/site-packages")[0])'
	$(NEWEST)/bin/python -c 'import torch; print("torch", torch.__version__)'
	$(NEWEST)/bin/python -m pytest -n $${JOBS:-3} --dist worksteal tests/watcher tests/nn tests/cli

# JOBS threads in all. What was measured already is kept under build/accuracy and not measured again.
accuracy: install
	OMP_NUM_THREADS=1 nice -n 10 $(BIN)/python -m benchmarks.accuracy --jobs $${JOBS:-2}

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/clang-format --dry-run --Werror $$(find kernels bind benchmarks -name '*.[ch]pp')
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: install
	$(PIP) "rectifier[bench]"
	$(BIN)/rectifier bench --full --json build/bench.json --markdown docs/bench.md

bench-torch: install
	$(BIN)/python -m benchmarks.torch_activations --markdown docs/bench_torch.md
	$(BIN)/python -m benchmarks.torch_lean --markdown docs/lean.md

bench-watch: install
	OMP_NUM_THREADS=1 $(BIN)/python -m benchmarks.watch_cost --peers --markdown docs/watch_cost.md

neutrality: install
	OMP_NUM_THREADS=1 $(BIN)/python -m benchmarks.neutrality --markdown docs/neutrality.md

faults: install
	OMP_NUM_THREADS=1 $(BIN)/python -m benchmarks.faults --markdown docs/faults.md

# CHECKOUTS holds git checkouts of the repositories that benchmarks/public/manifest.toml names, as OWNER+NAME.
public: install
	@test -d "$(CHECKOUTS)" || { echo "Say where the checkouts are: make public CHECKOUTS=DIR. benchmarks/public/manifest.toml names them, with their commits." >&2; exit 1; }
	OMP_NUM_THREADS=1 $(BIN)/python -m benchmarks.public --checkouts $(CHECKOUTS) --markdown docs/public_scripts.md

clinic: install
	$(BIN)/python -m clinic --jobs $${JOBS:-2} --markdown docs/clinic.md

clinic-treat: install
	$(BIN)/python -m clinic.treat --jobs $${JOBS:-1} --markdown docs/clinic-treat.md

clinic-peers: install
	$(BIN)/python -m clinic.peers --jobs $${JOBS:-2} --again --markdown docs/clinic-peers.md

clinic-sweep: install
	OMP_NUM_THREADS=1 $(BIN)/python -m clinic.sweep --markdown docs/clinic-sweep.md

clinic-verify: install
	OMP_NUM_THREADS=1 $(BIN)/python -m clinic.verify --jobs $${JOBS:-2}

format: install
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/clang-format -i $$(find kernels bind benchmarks -name '*.[ch]pp')

# The kernels' tests on a build that stops at any wrong access to memory or undefined behaviour.
SANITIZED := build/sanitize
sanitize: install
	$(BIN)/cmake -S . -B $(SANITIZED) -G Ninja -DCMAKE_MAKE_PROGRAM=$(CURDIR)/$(BIN)/ninja -DPython_EXECUTABLE=$(CURDIR)/$(BIN)/python -DRECTIFIER_SANITIZE=ON
	$(BIN)/cmake --build $(SANITIZED)
	RECTIFIER_TEST_NATIVE=$$(ls $(CURDIR)/$(SANITIZED)/_native*.so) ASAN_OPTIONS=detect_leaks=0 OMP_NUM_THREADS=2 \
	  LD_PRELOAD="$$($${CXX:-c++} -print-file-name=libasan.so) $$($${CXX:-c++} -print-file-name=libubsan.so)" \
	  $(BIN)/python -m pytest -q -p no:cacheprovider tests/kernels tests/test_ufuncs.py tests/test_layouts.py \
	  tests/test_large_arrays.py tests/nn tests/watcher/test_lane.py -k "not compile and not export and not onnx"

clean:
	rm -rf build dist $(VENV) .mypy_cache .ruff_cache .pytest_cache .rectifier
