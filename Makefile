# The two commands: `make study` and `make test`. Each makes .venv when it is missing.

PYTHON ?= python3
CORES ?= all
# Further arguments of pip, for instance an index of torch without GPU libraries.
PIP_ARGS ?=
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: study test test-slow test-cluster check report bench bench-dimensions replication clean

# The whole study, from images to tables and figures.
study: $(READY)
	$(BIN)/snakemake --cores $(CORES)
	@echo "The study on one page: results/study.html"

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

# The project against its peers, on models of its own; three quarters of an hour of one core.
BENCH_MODELS := $(foreach seed,20 21 22,results/latents/single/seed-$(seed).npz) \
	$(foreach seed,20 21,results/latents/ensemble/seed-$(seed).npz)
bench: $(READY)
	$(BIN)/python -m pip install --quiet --no-deps -r benchmarks/requirements.txt
	$(BIN)/snakemake --cores $(CORES) --directory benchmarks/models \
		--configfile config.yaml benchmarks/models.yaml -- $(BENCH_MODELS)
	$(BIN)/python benchmarks/run.py

# The same in 2, 8 and 32 dimensions, with GEORCE among the contestants; hours of one core.
DIMENSIONS := 2 8 32
BENCH_TYPES := single ensemble gaussian-single gaussian-ensemble
bench-dimensions: $(READY)
	$(BIN)/python -m pip install --quiet --no-deps -r benchmarks/requirements.txt
	for d in $(DIMENSIONS); do \
		$(BIN)/snakemake --cores $(CORES) --directory benchmarks/models/d-$$d \
			--configfile benchmarks/dimensions.yaml --config "model={latent_dim: $$d}" -- \
			$(foreach vae,$(BENCH_TYPES),results/latents/$(vae)/seed-30.npz) || exit 1; \
	done
	$(BIN)/python benchmarks/dimensions.py --dimensions $(DIMENSIONS)

# Many models of 1, 2, 3 and 10 decoders: what docs/findings.md tells; hours of one core.
replication: $(READY)
	$(BIN)/snakemake --cores $(CORES) --directory studies/replication \
		--configfile studies/replication.yaml -- \
		results/tables/contrasts.csv results/tables/cv.csv results/tables/models.csv \
		results/tables/claims.csv results/tables/proximity.csv results/tables/contest.csv

clean:
	rm -rf results .snakemake

$(READY): requirements.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet $(PIP_ARGS) -r requirements.txt
	touch $@
