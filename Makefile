# Two commands do all the set-up:  make train   and   make test.  `make help` lists the rest.
#
# .venv is built once. Its stamp bears the version of Python and a checksum of this folder's path and of what
# pyproject.toml and its lists say: when one of these changes, the next command brings .venv up to date. The stamp
# comes last, so that a build that was cut short starts anew, and is a link to .venv's Python, so that it goes when that
# Python goes.

ARGS =
PYTHON ?=
# What belongs to another environment would leak into this one.
unexport PYTHONPATH PYTHONHOME VIRTUAL_ENV PIP_USER PIP_TARGET PIP_PREFIX

run := .venv/bin/python
# The versions that did, and what pyproject.toml reads: in a project made from the template they come with the engine.
constraints := $(firstword $(wildcard constraints.txt src/epochwise/constraints.txt))
needs_of := $(wildcard src/epochwise/requirements.txt requirements.txt)
pins := $(shell { pwd; cat pyproject.toml $(constraints) $(needs_of); } | cksum | tr ' ' -)

# Prints a Python's version and its path outside any virtual environment, where Epochwise can run on it.
ask := import sys; v = sys.version_info[:2]; (3, 11) <= v < (3, 14) or sys.exit(1); \
    print("%d.%d" % v, sys._base_executable)
# Each is run, not only looked for: a name on the PATH need not work. The one that built .venv comes first.
pythons := $(if $(PYTHON),"$(PYTHON)",$(wildcard $(run)) python3 python3.13 python3.12 python3.11)

# Without PYTHON=... any Python that built .venv will do.
stamp := $(if $(PYTHON),,$(shell for s in .venv/.installed-*-$(pins); do test -e $$s && echo $$s; done))
ifeq ($(stamp),)
found := $(shell for p in $(pythons); do said=$$("$$p" -I -c '$(ask)' 2>/dev/null) && echo "$$said" && break; done)
version := $(firstword $(found))
stamp := .venv/.installed-$(version)-$(pins)
endif

.PHONY: help train test long ranks commands faults cluster gpu pictures projects lint docs clean
help:
	@echo "make train [ARGS='model=resnet trainer.max_epochs=50']   train; ARGS are those of train.py"
	@echo "make test  [ARGS='-k packaging']                         run the tests; ARGS are those of pytest"
	@echo "make long                                                run the tests that take longer; 7 minutes"
	@echo "make ranks                                               run the tests of several processes as one run; 20 minutes"
	@echo "make commands                                            run every command of README.md and docs/; an hour"
	@echo "make faults                                              kill, interrupt and starve hundreds of runs; an hour"
	@echo "make cluster                                             two machines, SLURM, PostgreSQL, where there are; as root"
	@echo "make gpu                                                 test and measure on a GPU; 8 minutes (docs/gpu.md)"
	@echo "make pictures                                            train three runs, and photograph what one sees of them"
	@echo "make projects                                            make projects, install and test them; an hour, 18 GB"
	@echo "make lint                                                ruff, yamllint and mypy"
	@echo "make docs                                                build the pages of docs/ into site/"
	@echo "make clean                                               remove .venv and caches; outputs/ and datasets/ stay"
	@echo "PYTHON=python3.12 with any of them builds .venv with that Python (3.11 to 3.13)."

train: $(stamp)
	@$(run) train.py $(ARGS)

test: $(stamp)
	@$(run) -m pytest -n auto --maxprocesses 4 --dist worksteal $(ARGS)

long: $(stamp)
	@$(run) -m pytest -m "long and not ranks" -n auto --maxprocesses 4 --dist worksteal $(ARGS)

ranks: $(stamp)
	@$(run) -m pytest -m ranks $(ARGS)

commands: $(stamp)
	@$(run) -m pytest -m commands $(ARGS)

faults: $(stamp)
	@$(run) -m pytest -m faults -n auto --maxprocesses 4 --dist worksteal $(ARGS)

cluster: $(stamp)
	@$(run) -m pytest -m cluster $(ARGS)

gpu: $(stamp)
	@$(run) benchmarks/gpu.py $(ARGS)

pictures: $(stamp)
	@$(run) -m benchmarks.pictures

projects: $(stamp)
	@$(run) -m pytest -m projects $(ARGS)

lint: $(stamp)
	@$(run) -m ruff check .
	@$(run) -m ruff format --check .
	@$(run) -m yamllint --strict .
	@$(run) -m mypy

docs: $(stamp)
	@$(run) -c "import material" 2>/dev/null || $(run) -m pip install -q -c constraints.txt -e '.[docs]'
	@NO_MKDOCS_2_WARNING=1 $(run) -m mkdocs build --strict --quiet

clean:
	rm -rf .venv build site .pytest_cache .mypy_cache .ruff_cache .hypothesis src/*.egg-info
	find . -name __pycache__ -prune -exec rm -rf {} +

needs = Epochwise needs Python 3.11, 3.12 or 3.13; $(if $(PYTHON),PYTHON=$(PYTHON) $(or $(given),does not run),none of \
$(pythons) is one: name yours with PYTHON=...)
given = $(addprefix is ,$(shell "$(PYTHON)" -I -c 'import platform; print(platform.python_version())' 2>/dev/null))

# Only a .venv that was once finished, by this version of Python, is brought up to date in place.
$(stamp):
	@$(if $(found),,$(error $(needs)))
	@$(run) -c "" 2>/dev/null && ls .venv/.installed-$(version)-* >/dev/null 2>&1 || rm -rf .venv
	@rm -f .venv/.installed-*
	@echo "Building .venv with Python $(version): once, about 2 minutes after the downloads (on Linux 6 GB of disk)"
	@set -- $(wordlist 2,99,$(found)); "$$*" -m venv .venv >/dev/null 2>&1 || \
	    { "$$*" -m venv --clear --without-pip .venv && "$$*" -m pip --python $(run) install -q pip; }
	@{ $(run) -m pip install --progress-bar off $(addprefix -c ,$(constraints)) -e '.[dev]' && ln -s bin/python $@; } | \
	    while read -r line; do case $$line in *" MB)"* | "Installing coll"*) echo "$${line%%:*}";; esac; done
	@test -e $@
