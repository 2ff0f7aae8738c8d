"""The order of the layers, held by reading the imports. A file imports only what stands above it in the list, or beside it."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = "llamaindex_clipverify"
ROOT = Path(__file__).parents[1] / PACKAGE

LAYERS: tuple[tuple[str, ...], ...] = (
    ("errors", "portable"),
    ("wordnet", "language", "usage"),
    ("vocabulary",),
    ("picture", "claim", "prompts"),
    ("protocols",),
    ("guarantee",),
    ("verdict",),
    ("values",),
    ("reading", "reading.*"),
    (
        "foils",
        "facts",
        "written",
        "splitter",
        "korean",
        "text_vectors",
        "answer",
        "metrics",
        "source",
        "packing",
        "chroma",
        "shelf",
        "memory",
    ),
    ("evidence",),
    ("evidence.*",),
    ("records",),
    ("profile", "report", "models", "models.table", "testing", "testing.*"),
    ("models.*", "trust", "guard", "render", "explainers"),
    ("explainers.*",),
    ("pieces", "wording"),
    ("figures",),
    ("calibration", "verifier", "compare"),
    ("foreign",),
    ("evaluation", "index", "ingest", "description"),
    ("ray_engine",),
    ("fitting", "datasets", "datasets.*", "labelling", "optimizing"),
    ("label_page",),
    ("finetuning", "finetuning.*"),
    ("html", "html.*", "markdown", "terminal", "revision", "assertions"),
    (
        "llama_index",
        "llama_index.*",
        "langchain",
        "deepeval",
        "pytest_plugin",
        "demo",
        "demo.*",
        "doctor",
        "ui",
        "ui.*",
    ),
    ("cli.app", "cli.output"),
    ("cli.options",),
    (
        "cli.checking",
        "cli.answering",
        "cli.chatting",
        "cli.first_contact",
        "cli.teaching",
        "cli.calibrating",
        "cli.optimizing",
    ),
    ("cli",),
)
"""From the bottom up. What stands in one line may import each other, as a family."""

LAZY = {
    ("index", "ingest"),
    ("index", "foreign"),
    ("index", "llama_index.retriever"),
    ("index", "llama_index.query_engine"),
    ("report", "html"),
    ("report", "markdown"),
    ("report", "terminal"),
    ("evidence", "protocols"),
    ("protocols", "evidence"),
}
"""Looks from below that are allowed inside a function: a report saves itself as a page, and prints itself."""

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
        "finetuning.lora",
        "doctor",
    ),
    "torchvision": (),
    "transformers": (
        "models.clip",
        "models.transformers_detector",
        "models.llava",
        "models.grounder",
        "finetuning.lora",
    ),
    "peft": ("finetuning.lora",),
    "accelerate": ("finetuning.lora",),
    "ultralytics": ("models.yolo",),
    "pytorch_grad_cam": ("models.cam",),
    "captum": ("explainers.integrated_gradients",),
    "safetensors": ("models.yolo", "models.clip", "models.llava"),
    "cv2": ("doctor",),
    "deepeval": ("deepeval",),
    "together": ("models.together",),
    "httpx": ("models.together",),
    "clip": (),
    "rapidocr": ("models.ocr",),
    "onnx": ("models.onnx_export",),
    "onnxruntime": ("models.onnx", "models.onnx_export"),
    "chromadb": ("chroma",),
    "gradio": ("ui.app",),
    "langchain_core": ("langchain",),
    "ray": ("ray_engine",),
    "llama_index": ("llama_index", "llama_index.*", "index", "demo", "ui.answering"),
    "sklearn": ("calibration", "explainers.dropping"),
    "matplotlib": ("figures", "compare", "report", "calibration", "evaluation", "finetuning.history"),
    "pandas": ("report", "evaluation", "description"),
    "jinja2": ("html",),
    "markupsafe": ("html",),
    "typer": ("cli", "cli.*"),
    "rich": ("cli.output", "terminal", "report"),
}
"""Each heavy or optional library, and the files that may import it."""


def _modules() -> dict[str, Path]:
    found = {}
    for path in sorted(ROOT.rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        if name:
            found[name] = path
    return found


MODULES = _modules()


def _imports(path: Path) -> Iterator[tuple[str, bool]]:
    """Yield every imported module and whether the import costs nothing at import time (in a function, or for types only)."""
    tree = ast.parse(path.read_text("utf-8"))
    free = {
        inner
        for node in ast.walk(tree)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) or _is_for_types(node)
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node in free) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module, node in free
            yield from ((f"{node.module}.{alias.name}", node in free) for alias in node.names)
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith("import_module"):
            yield from ((str(name.value), node in free) for name in node.args[:1] if isinstance(name, ast.Constant))


def _is_for_types(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)


def _own(name: str) -> str | None:
    inside = name.removeprefix(f"{PACKAGE}.")
    return inside if name.startswith(f"{PACKAGE}.") and inside in MODULES else None


def _matches(module: str, pattern: str) -> bool:
    return module == pattern or (pattern.endswith(".*") and module.startswith(pattern[:-1]))


def _layer(module: str) -> int:
    exact = [place for place, names in enumerate(LAYERS) if module in names]
    family = [place for place, names in enumerate(LAYERS) if any(_matches(module, name) for name in names)]
    assert exact or family, f"{module} stands in no layer: add it to LAYERS where it belongs"
    return (exact or family)[0]


@pytest.mark.parametrize("module", MODULES)
def test_a_file_imports_only_what_stands_below_it(module: str):
    wrong = {
        other
        for name, free in _imports(MODULES[module])
        if (other := _own(name)) and _layer(other) > _layer(module) and not free and (module, other) not in LAZY
    }
    assert not wrong, f"{module} imports {sorted(wrong)}, which stand above it"


@pytest.mark.parametrize("module", MODULES)
def test_the_core_knows_nothing_of_the_rim(module: str):
    rim = {
        "llama_index",
        "langchain",
        "deepeval",
        "pytest_plugin",
        "cli",
        "html",
        "markdown",
        "terminal",
        "demo",
        "doctor",
        "ui",
    }
    if module.split(".")[0] in rim:
        return
    looks = {other for name, _ in _imports(MODULES[module]) if (other := _own(name)) and other.split(".")[0] in rim}
    doors = {
        "report": {"html", "markdown", "terminal"},
        "index": {"llama_index.retriever", "llama_index.query_engine", "llama_index"},
    }
    assert looks <= doors.get(module, set())


@pytest.mark.parametrize("library", OWNERS)
def test_a_heavy_library_is_imported_in_its_own_file_only(library: str):
    users = {module for module, path in MODULES.items() for name, _ in _imports(path) if name.split(".")[0] == library}
    strangers = {user for user in users if not any(_matches(user, owner) for owner in OWNERS[library])}
    assert not strangers


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


def test_no_file_is_a_bag():
    names = {part for module in MODULES for part in module.split(".")}
    assert not names & {"utils", "helpers", "core", "common", "misc", "manager"}
