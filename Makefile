# The two commands: `make study` and `make test`. Each makes .venv when it is missing.

PYTHON ?= python3
CORES ?= all
# Further arguments of pip, for instance an index of torch without GPU libraries.
PIP_ARGS ?=
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: study test test-slow test-cluster check report bench clean

# The whole study, from images to tables and figures.
study: $(READY)
	$(BIN)/snakemake --cores $(CORES)

# results/report.html: every table and figure with its caption.
report: study
	$(BIN)/snakemake --cores 1 --report results/report.html

test: $(READY)
	$(BIN)/python -m pytest -n 2

# What `make test` leaves out for time: a study that is killed again and again, a full disk.
test-slow: $(READY)
	$(BIN)/python -m pytest -n 2 -m slow

# A real, one-node Slurm; needs root and Debian's slurm-wlm and munge, else it is skipped.
test-cluster: $(READY)
	$(BIN)/python -m pytest tests/cluster

# Formatting and style of code, rules and workflow.
check: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/snakefmt --check Snakefile rules
	$(BIN)/snakemake --lint

# The project against its peers, on the study's own models; about twenty minutes of one core.
BENCH_INPUTS := results/pairs/0-50.npz \
	$(foreach vae,single ensemble,results/models/$(vae)/seed-0/model.safetensors \
	results/latents/$(vae)/seed-0.npz)
bench: $(READY)
	$(BIN)/python -m pip install --quiet --no-deps -r benchmarks/requirements.txt
	$(BIN)/snakemake --cores $(CORES) -- $(BENCH_INPUTS)
	$(BIN)/python benchmarks/run.py
	$(BIN)/python benchmarks/breakdown.py

clean:
	rm -rf results .snakemake

$(READY): requirements.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet $(PIP_ARGS) -r requirements.txt
	touch $@
