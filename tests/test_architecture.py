"""The order of the folders, read from the imports. A folder imports only from rows above its own in `ORDER`, or its own row."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

import pytest

PACKAGE = "llamaindex_clipverify"
ROOT = Path(__file__).parents[1] / PACKAGE

ORDER: tuple[tuple[str, ...], ...] = (
    ("errors", "geometry", "message", "numerics"),
    ("boundary", "tracing"),
    ("picture", "prompts"),
    ("answer", "node_pictures", "claims"),
    ("facts", "models", "languages"),
    ("evidence",),
    ("trust", "explainers"),
    ("report",),
    ("verification",),
    ("index", "evaluation", "monitoring", "description", "similarity_matrices"),
    ("remote",),
    ("testing",),
    ("adapting",),
    ("llama_index", "integrations", "demo", "doctor", "ui", "serving"),
    ("cli",),
    ("__main__",),
)
"""Folders and root files, the lowest first. Imports inside functions and for types count like all others."""

ALLOWED = {
    ("verification", "remote"): "Verifier.remote returns the client, imported when called",
    ("index", "llama_index"): "as_retriever and as_query_engine return LlamaIndex objects, imported when called",
}
"""Imports against the order: importing and imported folder, and why."""

OWNERS: dict[str, tuple[str, ...]] = {
    "torch": (
        "models.clip",
        "models.yolo",
        "models.transformers_detector",
        "models.cam",
        "explainers.*",
        "models.llava",
        "models.grounder",
        "models.onnx_export",
        "adapting.finetuning.lora",
        "doctor",
    ),
    "torchvision": (),
    "transformers": (
        "models.pretrained",
        "models.clip",
        "models.transformers_detector",
        "models.llava",
        "models.grounder",
        "adapting.finetuning.lora",
    ),
    "peft": ("adapting.finetuning.lora",),
    "accelerate": ("adapting.finetuning.lora",),
    "ultralytics": ("models.yolo",),
    "pytorch_grad_cam": ("models.cam",),
    "captum": ("explainers.integrated_gradients",),
    "safetensors": ("models.yolo", "models.clip", "models.llava"),
    "cv2": ("doctor",),
    "deepeval": ("integrations.deepeval",),
    "ragas": ("integrations.ragas",),
    "together": ("models.together",),
    "openai": ("llama_index.openai",),
    "httpx": ("models.together", "models.http_limits", "models.service_errors"),
    "clip": (),
    "opentelemetry": ("tracing",),
    "datasets": ("boundary.tables",),
    "pyarrow": ("boundary.tables",),
    "pypdfium2": ("boundary.pages",),
    "pillow_heif": ("boundary.decoding",),
    "rapidocr": ("models.ocr",),
    "onnx": ("models.onnx_export",),
    "onnxruntime": ("models.onnx", "models.onnx_export"),
    "chromadb": ("index.chroma",),
    "starlette": ("ui.app", "serving.app", "serving.responses"),
    "fastapi": ("serving.app",),
    "python_multipart": ("serving.app",),
    "uvicorn": ("serving.server",),
    "prometheus_client": ("serving.metrics",),
    "mcp": ("serving.mcp_server",),
    "langchain_core": ("integrations.langchain",),
    "ray": ("integrations.ray_engine",),
    "llama_index": ("llama_index.*", "index.index", "demo", "ui.answering"),
    "sklearn": ("trust.scope", "trust.fitting", "explainers.dropping"),
    "matplotlib": (
        "report.*",
        "evidence.colour",
        "similarity_matrices",
        "trust.fitting",
        "evaluation.*",
        "adapting.finetuning.history",
    ),
    "pandas": ("report.report", "evaluation.evaluation", "evaluation.answers", "description", "boundary.tables"),
    "jinja2": ("report.html",),
    "markupsafe": ("report.html",),
    "typer": ("cli.*",),
    "rich": ("cli.output", "report.terminal", "report.tables", "report.report"),
}
"""Each heavy or optional library, and the files that may import it; ``X.*`` is the folder X."""


def _modules() -> dict[str, str]:
    """Return the source of every module by its name inside the package."""
    found = {}
    for path in sorted(ROOT.rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        if name:
            found[name] = path.read_text("utf-8")
    return found


@cache
def _imports(source: str) -> tuple[str, ...]:
    """Return the full name of every imported module or name, wherever the import stands."""
    return tuple(_found(source))


def _found(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith("import_module"):
            yield from (str(name.value) for name in node.args[:1] if isinstance(name, ast.Constant))


def _edges(modules: Mapping[str, str]) -> set[tuple[str, str]]:
    """Return the pairs of importing and imported folder or root file."""
    names = {name.split(".")[0] for name in modules}
    return {
        (module.split(".")[0], folder)
        for module, source in modules.items()
        for name in _imports(source)
        if name.startswith(f"{PACKAGE}.") and (folder := name.split(".")[1]) in names and folder != module.split(".")[0]
    }


def _row(folder: str) -> int:
    rows = [number for number, names in enumerate(ORDER) if folder in names]
    assert rows, f"{folder} is in no row of ORDER: add it where it belongs"
    return rows[0]


def upward(modules: Mapping[str, str]) -> set[tuple[str, str]]:
    """Return the imports against the order."""
    return {edge for edge in _edges(modules) if _row(edge[1]) > _row(edge[0])} - set(ALLOWED)


def cycles(modules: Mapping[str, str]) -> set[tuple[str, str]]:
    """Return the pairs of folders that import each other, directly or through others."""
    edges = _edges(modules) - set(ALLOWED)
    reach = {folder: {two for one, two in edges if one == folder} for pair in edges for folder in pair}
    for _ in reach:
        reach = {one: others.union(*(reach[two] for two in others)) for one, others in reach.items()}
    return {(one, two) for one, others in reach.items() for two in others if one < two and one in reach[two]}


MODULES = _modules()


def test_no_folder_imports_from_a_later_row():
    assert not upward(MODULES)


def test_no_two_folders_import_each_other():
    assert not cycles(MODULES)


@pytest.mark.parametrize(
    "line",
    [
        f"from {PACKAGE}.cli.app import app",
        f"def f():\n    from {PACKAGE}.cli.app import app",
        f"from {PACKAGE} import cli",
        f"import importlib\ndef f():\n    return importlib.import_module('{PACKAGE}.cli.app')",
        f"from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from {PACKAGE}.cli.app import app",
    ],
)
def test_a_planted_import_against_the_order_is_found(line: str):
    planted = {**MODULES, "evidence.colour": MODULES["evidence.colour"] + "\n" + line}
    assert upward(planted) == {("evidence", "cli")}


def test_a_planted_cycle_within_a_row_is_found():
    planted = {**MODULES, "models.clip": MODULES["models.clip"] + f"\ndef f():\n    from {PACKAGE}.facts import Facts"}
    planted["facts.facts"] += f"\nfrom {PACKAGE}.models.registry import load_encoder"
    assert not upward(planted)
    assert ("facts", "models") in cycles(planted)


def test_every_allowed_exception_is_needed():
    assert set(ALLOWED) <= _edges(MODULES)


@pytest.mark.parametrize("library", OWNERS)
def test_a_heavy_library_is_imported_in_its_own_file_only(library: str):
    users = {module for module, source in MODULES.items() for name in _imports(source) if name.split(".")[0] == library}
    owners = OWNERS[library]
    strangers = {
        user
        for user in users
        if not any(user == one or (one.endswith(".*") and f"{user}.".startswith(one[:-1])) for one in owners)
    }
    assert not strangers


def test_the_root_holds_only_what_all_share():
    assert len(list(ROOT.glob("*.py"))) <= 14


def test_no_file_is_a_bag():
    names = {part for module in MODULES for part in module.split(".")}
    assert not names & {"utils", "helpers", "core", "common", "misc", "manager"}


def test_importing_the_package_costs_no_model_library():
    code = (
        f"import sys, {PACKAGE} as package\n"
        "package.Report, package.Picture, package.Claim, package.Policy, package.EnglishSplitter\n"
        "heavy = {'torch', 'transformers', 'llama_index', 'ultralytics', 'sklearn', 'matplotlib', 'pandas', 'jinja2', 'rich', 'cv2'}\n"
        "found = heavy & set(sys.modules)\n"
        "assert not found, found"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr


def test_no_library_is_left_changed_for_others():
    """Ultralytics replaces PIL's open by one that wants a further package where a file is no picture."""
    code = f"from PIL import Image\nopened = Image.open\nimport {PACKAGE}.models.yolo\nassert Image.open is opened"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr


def test_every_public_noun_is_there():
    import llamaindex_clipverify as package

    for name in package.__all__:
        assert getattr(package, name) is not None
    with pytest.raises(AttributeError):
        _ = package.Nonsense
