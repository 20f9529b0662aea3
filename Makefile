VENV_PYTHON := .venv/bin/python
TEST_PYTHON := $(VENV_PYTHON)
NOTEBOOKS := $(wildcard notebooks/*.ipynb)
TESTS := tests --ignore=tests/browser
# Some seconds a test, for what seldom changes. CI, and what is run before a release, leave nothing out: WITHOUT= .
WITHOUT := -m "not slow"
UV := build/uv/bin/uv

# Nothing from outside may take the place of a tested package.
unexport PYTHONPATH PYTHONHOME VIRTUAL_ENV

# Where the home cannot be written (a container, a locked-down classroom), IPython, Jupyter, Matplotlib, pip and
# Chromium have another one: each of them would warn, and a warning is an error here.
ifneq ($(shell [ -d "$$HOME" ] && [ -w "$$HOME" ] && echo yes),yes)
$(shell mkdir -p build/home)
export HOME := $(CURDIR)/build/home
endif

.PHONY: help lab site lite slides app test unlinted test-machines test-lowest test-newest test-hosts test-browser bench \
	notebooks lint format constraints

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "%-14s %s\n", $$1, $$2}' Makefile

lab: ## open the course in JupyterLab (PORT=8890, ARGS="--ip=0.0.0.0")
	@tools/venv.sh lab
	@exec $(VENV_PYTHON) -m tools.lab $(if $(PORT),--port=$(PORT)) $(ARGS)

site: ## the course as a folder of pages for any static host, into build/site
	@tools/venv.sh site
	@$(VENV_PYTHON) -m web.site

lite: ## JupyterLab and the notebooks for a browser without a server, into build/site/lite
	@tools/venv.sh site
	@$(VENV_PYTHON) -m web.lite

slides: ## a reveal.js deck of each lesson, for any browser, into build/slides (needs npm)
	@tools/venv.sh lab
	@$(VENV_PYTHON) -m web.slides

app: ## the explorers alone, for everybody who has the address (PORT=8870, ARGS="--ip=0.0.0.0")
	@tools/venv.sh app
	@exec $(VENV_PYTHON) -m web.app $(if $(PORT),--port=$(PORT)) $(ARGS)

test: lint ## lint, unit, property and explorer tests, then every notebook under strict nbval
	@$(MAKE) --no-print-directory unlinted

unlinted: # what test is without lint: the legs of test-machines
	PYTHONWARNINGS=error $(TEST_PYTHON) -m pytest $(TESTS) $(WITHOUT) -n 2 --dist loadscope
	$(TEST_PYTHON) -m pytest --nbval --nbval-current-env -n 2 --dist loadscope $(NOTEBOOKS)

test-machines: ## the tests that compute, and the notebooks, as on processors and systems of other kinds
	@tools/venv.sh test
	$(VENV_PYTHON) -m tools.other_machines

test-lowest: $(UV) ## make test with the lowest versions that pyproject.toml allows
	@tools/other_versions.sh lowest

test-newest: $(UV) ## make test with the newest versions of everything, on the newest Python that is here
	@tools/other_versions.sh newest

test-hosts: $(UV) ## try an explorer in marimo, Notebook, Shiny, Solara and a shared notebook, in Chromium (HOSTS=marimo)
	@tools/venv.sh browser
	@$(VENV_PYTHON) -m tools.hosts $(HOSTS)

test-browser: ## drive the notebooks in a real JupyterLab in Chromium
	@tools/venv.sh browser
	$(VENV_PYTHON) -m pytest tests/browser -n 2 --dist loadscope --no-loadscope-reorder --maxfail=5 --durations=15

bench: ## measure sliders, helpers, memory, start and a class of thirty, into benchmarks/RESULTS.md
	@tools/venv.sh bench
	$(VENV_PYTHON) -m benchmarks.helpers --write
	$(VENV_PYTHON) -m benchmarks.memory --write
	$(VENV_PYTHON) -m benchmarks.cold_start --write
	$(VENV_PYTHON) -m benchmarks.slider_latency --write
	$(VENV_PYTHON) -m benchmarks.frozen --write
	$(VENV_PYTHON) -m benchmarks.classroom --write

notebooks: ## run the notebooks and write clean outputs into them (NOTEBOOKS=notebooks/02-….ipynb)
	@tools/venv.sh test
	$(VENV_PYTHON) -m tools.run_notebooks $(NOTEBOOKS)

lint: ## ruff's rules and formatting, notebooks too; where npm is, types and formatting of the JavaScript
	@tools/venv.sh test
	$(VENV_PYTHON) -m ruff check
	$(VENV_PYTHON) -m ruff format --check
	$(VENV_PYTHON) -m tools.javascript $(if $(JAVASCRIPT),--$(JAVASCRIPT))

format: ## let ruff, and Biome where npm is, mend what they can
	@tools/venv.sh test
	$(VENV_PYTHON) -m ruff check --fix
	$(VENV_PYTHON) -m ruff format
	$(VENV_PYTHON) -m tools.javascript --write

constraints: $(UV) ## write constraints.txt anew, with the newest versions that every Python from 3.11 on can take
	$(UV) pip compile --quiet --upgrade --universal --python-version 3.11 --fork-strategy fewest \
		--all-extras --no-annotate --custom-compile-command 'make constraints' -o constraints.txt pyproject.toml

$(UV):
	@tools/venv.sh test
	$(VENV_PYTHON) -m venv build/uv
	build/uv/bin/python -m pip install --quiet uv
