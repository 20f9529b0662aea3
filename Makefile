VENV_PYTHON := .venv/bin/python
NOTEBOOKS := $(wildcard notebooks/*.ipynb)

# Nothing from outside may take the place of a tested package.
unexport PYTHONPATH PYTHONHOME VIRTUAL_ENV

.PHONY: help lab test test-browser bench notebooks lint format constraints

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "%-14s %s\n", $$1, $$2}' Makefile

lab: ## open the course in JupyterLab (PORT=8890, ARGS="--ip=0.0.0.0")
	@tools/venv.sh lab
	@exec $(VENV_PYTHON) tools/lab.py $(if $(PORT),--port=$(PORT)) $(ARGS)

test: lint ## lint, unit, property and explorer tests, then every notebook under strict nbval
	PYTHONWARNINGS=error $(VENV_PYTHON) -m pytest tests --ignore=tests/browser -n 2 --dist loadscope
	$(VENV_PYTHON) -m pytest --nbval --nbval-current-env -n 2 --dist loadscope $(NOTEBOOKS)

test-browser: ## drive the notebooks in a real JupyterLab in Chromium
	@tools/venv.sh browser
	$(VENV_PYTHON) -m pytest tests/browser

bench: ## measure sliders, helpers, memory and start beside others, into benchmarks/RESULTS.md
	@tools/venv.sh bench
	$(VENV_PYTHON) benchmarks/helpers.py --write
	$(VENV_PYTHON) benchmarks/memory.py --write
	$(VENV_PYTHON) benchmarks/cold_start.py --write
	$(VENV_PYTHON) benchmarks/slider_latency.py --write

notebooks: ## run the notebooks and write clean outputs into them (NOTEBOOKS=notebooks/02-….ipynb)
	@tools/venv.sh test
	$(VENV_PYTHON) tools/run_notebooks.py $(NOTEBOOKS)

lint: ## ruff's rules and formatting, notebooks too
	@tools/venv.sh test
	$(VENV_PYTHON) -m ruff check
	$(VENV_PYTHON) -m ruff format --check

format: ## let ruff mend what it can
	@tools/venv.sh test
	$(VENV_PYTHON) -m ruff check --fix
	$(VENV_PYTHON) -m ruff format

constraints: ## write constraints.txt anew, with the newest versions that every Python from 3.11 on can take
	@tools/venv.sh test
	$(VENV_PYTHON) -m venv build/uv
	build/uv/bin/python -m pip install --quiet --upgrade uv
	build/uv/bin/uv pip compile --quiet --upgrade --universal --python-version 3.11 --fork-strategy fewest \
		--all-extras --no-annotate --custom-compile-command 'make constraints' -o constraints.txt pyproject.toml
