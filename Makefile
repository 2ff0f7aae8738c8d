# Needs python 3.11 or later, make and pip; everything else is put into .uv and .venv here.
PYTHON ?= $(shell for python in python3.11 python3.12 python3.13 python3; do \
  $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)
UV := .uv/bin/uv
RUN := .venv/bin
STAMP := .venv/.installed
OFFLINE_THERE := HF_HUB_OFFLINE=1 TRANSFORMERS_OFFLINE=1 ../.ci/offline
OFFLINE := HF_HUB_OFFLINE=1 TRANSFORMERS_OFFLINE=1 .ci/offline
JOBS ?= 2
EXTRAS := tiny,yolo,cam,together,openai,clip,ocr,onnx,finetune,langchain,data,pdf,ui,serve,mcp,traces

export UV_LINK_MODE = copy
export UV_PYTHON_DOWNLOADS = never

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-deepeval test-packages test-oldest test-slow test-attack wheel sbom audit lint types format constraints figures real picture notebooks docs clean

help:  ## Show what there is
	@echo "make TARGET; UV_TORCH_BACKEND=cpu make setup installs several GB less where the CPU build can be reached"
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(STAMP)  ## Install everything into .venv (once; again only when the requirements change)

$(UV):
	@[ -n "$(PYTHON)" ] || { echo "python 3.11 or later is needed; name it: make setup PYTHON=/path/to/python"; exit 1; }
	$(PYTHON) -m venv .uv
	.uv/bin/pip install --quiet --disable-pip-version-check uv

# The stamp holds a checksum of the requirements: without a change there, nothing is installed and no network is needed.
REQUIREMENTS = { sed '/^\[tool\./,$$d' pyproject.toml; cat tiny/pyproject.toml constraints.txt overrides.txt; } | cksum

$(STAMP): pyproject.toml tiny/pyproject.toml constraints.txt overrides.txt | $(UV)
	@if [ -x $(RUN)/python ] && [ "$$($(REQUIREMENTS))" = "$$(cat $(STAMP) 2>/dev/null)" ]; then touch $(STAMP); else set -e; \
	  [ -x $(RUN)/python ] || $(UV) venv --quiet --python $(PYTHON) .venv; \
	  $(UV) pip install --python $(RUN)/python -e '.[$(EXTRAS)]' --group dev -c constraints.txt --override overrides.txt; \
	  $(REQUIREMENTS) > $(STAMP); fi

demo: setup  ## Index drawn pictures, ask, verify what the bundled LLaVA answers; writes clipverify-demo/report.html
	$(RUN)/clipverify demo

test: setup  ## Run the tests, without network
	OMP_NUM_THREADS=1 $(OFFLINE) $(RUN)/python -m pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder $(ARGS)

DEEPEVAL := .venv-deepeval/bin

test-deepeval: $(UV)  ## Run the tests of the deepeval metric, in an environment of its own
	@[ -x $(DEEPEVAL)/python ] || $(UV) venv --quiet --python $(PYTHON) .venv-deepeval
	$(UV) pip install --quiet --python $(DEEPEVAL)/python -e '.[tiny,deepeval,yolo,cam]' -c constraints-deepeval.txt --override overrides.txt
	$(OFFLINE) $(DEEPEVAL)/python -m pytest -q -c /dev/null --rootdir tests/deepeval_suite tests/deepeval_suite $(ARGS)

PACKAGES := .venv-packages/bin

test-packages: $(UV)  ## Run the tests with Arize Phoenix and ragas, in an environment of its own
	@[ -x $(PACKAGES)/python ] || $(UV) venv --quiet --python $(PYTHON) .venv-packages
	$(UV) pip install --quiet --python $(PACKAGES)/python -e '.[tiny,yolo,cam,traces,ragas]' --group packages -c constraints-packages.txt --override overrides.txt
	PYTHONPATH=tests OMP_NUM_THREADS=1 $(OFFLINE) $(PACKAGES)/python -m pytest -q -c /dev/null --rootdir tests/packages_suite tests/packages_suite $(ARGS)

OLDEST := .venv-oldest/bin

test-oldest: $(UV)  ## Run the tests with the oldest supported releases, in an environment of its own
	@[ -x $(OLDEST)/python ] || $(UV) venv --quiet --python $(PYTHON) .venv-oldest
	$(UV) pip install --quiet --python $(OLDEST)/python -e '.[$(EXTRAS)]' \
	  --group dev -c constraints-oldest.txt --override overrides.txt
	OMP_NUM_THREADS=1 $(OFFLINE) $(OLDEST)/python -m pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder $(ARGS)

test-slow: setup  ## Run the tests that take minutes, with vector stores of others
	$(UV) pip install --quiet --python $(RUN)/python --group slow -c constraints.txt --override overrides.txt
	$(OFFLINE) $(RUN)/python -m pytest -m slow $(ARGS)

test-attack: setup  ## Attack every door: pictures, texts, files, records, servers, processes (some 15 minutes)
	OMP_NUM_THREADS=1 CLIPVERIFY_ATTACK_FIGURES=benchmarks/results/attacks.json $(OFFLINE) $(RUN)/python -m pytest -n $(JOBS) --dist worksteal -m attack tests/attack $(ARGS)

lint: setup  ## Check style
	$(RUN)/ruff check .
	$(RUN)/ruff format --check .

types: setup  ## Check types
	$(RUN)/mypy

format: setup  ## Put the code into its form
	$(RUN)/ruff check --fix .
	$(RUN)/ruff format .

constraints: $(UV)  ## Pin anew what setup installs
	$(UV) pip compile pyproject.toml --extra all --extra spacy --group dev --group slow --group training --override overrides.txt --no-emit-package llamaindex-clipverify-tiny \
	  --no-emit-index-url --python-version 3.11 --upgrade --quiet -o constraints.txt
	$(UV) pip compile pyproject.toml --extra deepeval --extra yolo --extra cam --override overrides.txt \
	  --no-emit-index-url --python-version 3.11 --upgrade --quiet -o constraints-deepeval.txt
	$(UV) pip compile pyproject.toml --extra yolo --extra cam --extra traces --extra ragas --group packages --override overrides.txt \
	  --no-emit-index-url --python-version 3.11 --upgrade --quiet -o constraints-packages.txt
	$(UV) pip compile --group docs --no-emit-index-url --python-version 3.11 --upgrade --quiet -o constraints-docs.txt

figures: setup  ## Measure again and write the tables of both README files and docs/figures.md (some two hours)
	$(RUN)/python benchmarks/claims.py
	$(RUN)/python benchmarks/ablations.py
	$(RUN)/python benchmarks/guarantee.py
	$(RUN)/python benchmarks/retrieval.py --fresh
	$(RUN)/python benchmarks/hallucinations.py
	$(RUN)/python benchmarks/describing.py
	$(RUN)/python benchmarks/speed.py
	$(RUN)/python benchmarks/documents.py
	$(RUN)/python benchmarks/typographic.py
	$(RUN)/python benchmarks/light.py
	$(RUN)/python benchmarks/indexing.py --large
	$(RUN)/python benchmarks/doors.py
	$(RUN)/python benchmarks/serving.py
	$(RUN)/python benchmarks/report_page.py --page clipverify-demo/many.html
	$(RUN)/python benchmarks/tables.py

real: setup  ## Download real models and public sets, measure them, and write docs/real-results.md (needs internet; hours)
	$(RUN)/python benchmarks/real.py $(ARGS)

picture: demo  ## Photograph the page of the demonstration, and the chat: docs/report.png, docs/chat.png (needs chromium and chromedriver)
	$(RUN)/python .ci/pictures.py clipverify-demo/report.html clipverify-demo/looks --readme docs/report.png --answer 3
	$(RUN)/python .ci/pictures.py --chat docs/chat.png

notebooks: setup  ## Run the notebooks of examples/ and store their outputs
	OMP_NUM_THREADS=1 $(OFFLINE) $(RUN)/python .ci/notebooks.py $(ARGS)

DOCS := .venv-docs/bin

# Only the tools are installed, never the package: its modules are read, not imported.
docs: setup  ## Build the documentation into site/, strictly, in an environment of its own
	@[ -x $(DOCS)/mkdocs ] || { set -e; [ -x $(DOCS)/python ] || $(UV) venv --quiet --python $(PYTHON) .venv-docs; \
	  $(UV) pip install --quiet --python $(DOCS)/python --group docs -c constraints-docs.txt; }
	PYTHONPATH=$(CURDIR) $(DOCS)/mkdocs build --strict

AUDIT := .venv-audit/bin

$(AUDIT)/python: | $(UV)
	$(UV) venv --quiet --python $(PYTHON) .venv-audit
	$(UV) pip install --quiet --python $@ cyclonedx-bom pip-audit

wheel: setup  ## Build wheels and source distributions of library and weights into dist/, and run the ten lines from each in a bare environment
	rm -rf dist .venv-wheel
	$(UV) build --quiet --out-dir dist
	$(UV) build --quiet --out-dir dist tiny
	@for file in dist/*; do size=$$(stat -c %s $$file); echo "$$file $$((size / 1000)) kB"; [ $$size -le 22000000 ] || { echo "larger than 22 MB"; exit 1; }; done
	$(UV) venv --quiet --python $(PYTHON) .venv-wheel
	$(UV) pip install --quiet --no-sources --find-links dist --python .venv-wheel/bin/python "$$(ls dist/llamaindex_clipverify-*.whl)[tiny,yolo,cam]" -c constraints.txt --override overrides.txt
	cd .venv-wheel && $(OFFLINE_THERE) bin/python ../examples/verify_an_answer.py
	$(UV) pip install --quiet --no-deps --reinstall --python .venv-wheel/bin/python dist/*.tar.gz
	cd .venv-wheel && $(OFFLINE_THERE) bin/python ../examples/verify_an_answer.py

sbom: setup $(AUDIT)/python  ## Write the software bill of materials of .venv: clipverify.cdx.json (CycloneDX)
	$(AUDIT)/cyclonedx-py environment $(RUN)/python --output-reproducible --of JSON -o clipverify.cdx.json

audit: setup $(AUDIT)/python  ## Ask for known flaws of what is installed (needs internet)
	$(AUDIT)/pip-audit --progress-spinner off --path $$($(RUN)/python -c 'import sysconfig; print(sysconfig.get_paths()["purelib"])')

clean:  ## Remove what was made here, except .uv and .venv
	rm -rf build dist site clipverify-demo .pytest_cache .mypy_cache .ruff_cache
	find . -name __pycache__ -not -path './.venv/*' -not -path './.uv/*' -prune -exec rm -rf {} +
