"""The texts of the package that can be shown in another language, read from its source: templates of messages, labels, pages."""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

from llamaindex_clipverify.claims.claim import Kind
from llamaindex_clipverify.report import labels
from llamaindex_clipverify.verification.notes import UNCHECKED_KINDS

ROOT = Path(__file__).parents[1] / "llamaindex_clipverify"
_CALL = re.compile(r"\bt\(\s*(\"[^\"]*\"|'[^']*')")


def messages() -> set[str]:
    """Return the templates of all messages, and of all that is shown by ``t(...)`` in Python and in pages."""
    found: set[str] = set()
    for path in sorted(ROOT.rglob("*.py")):
        tree = ast.parse(path.read_text("utf-8"))
        named = {
            one.targets[0].id: one.value
            for one in ast.walk(tree)
            if isinstance(one, ast.Assign) and isinstance(one.targets[0], ast.Name)
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and node.args and _is_translated(node.func):
                found |= {text for text in _texts(node.args[0], named) if len(text) > 1}
    for path in sorted(ROOT.rglob("*.j2")):
        found |= {ast.literal_eval(text) for text in _CALL.findall(path.read_text("utf-8"))}
    return found


def plain_reasons() -> set[str]:
    """Return the reasons without values: the plain strings that ``silent`` and the notes are given."""
    found = (
        set(UNCHECKED_KINDS.values())
        | set(labels.CALIBRATIONS.values())
        | set(labels.STATES.values())
        | set(get_args(Kind))
    )
    for folder in ("evidence", "verification"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("silent", "_Match", "_unverifiable"):
                    found |= {
                        one.value
                        for one in node.args[1:]
                        if isinstance(one, ast.Constant) and isinstance(one.value, str)
                    }
    for path in sorted((ROOT / "ui").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and str(getattr(node.func, "id", "")).endswith("Error"):
                told = [*node.args[:1], *(one.value for one in node.keywords if one.arg == "do")]
                found |= {
                    one.value
                    for one in told
                    if isinstance(one, ast.Constant) and isinstance(one.value, str) and len(one.value) > 3
                }
    found -= {"starlette"}
    for path, name in (
        ("verification/notes.py", "why_unverifiable"),
        ("explainers/trial.py", "_doubt"),
        ("verification/streaming.py", "why_not_verifiable"),
    ):
        tree = ast.parse((ROOT / path).read_text("utf-8"))
        function = next(one for one in ast.walk(tree) if isinstance(one, ast.FunctionDef) and one.name == name)
        for node in ast.walk(function):
            if isinstance(node, ast.Return) and node.value is not None:
                found |= {
                    one.value
                    for one in ast.walk(node.value)
                    if isinstance(one, ast.Constant) and isinstance(one.value, str) and " " in one.value
                }
    return found


_ERRORS = (
    "picture.py", "boundary/decoding.py", "remote/connection.py", "remote/failures.py", "models/llava.py", "models/service_errors.py",
    "models/together.py", "llama_index/openai.py",
)  # fmt: skip
"""Files whose errors visitors of the chat and readers of a report meet: not those of its owner's options."""
_TELLING = ("telling", "from_pretrained")


def shown_errors() -> set[str]:
    """Return what the errors of `_ERRORS` say and advise, where it is the same each time."""
    found: set[str] = set()
    for name in _ERRORS:
        tree = ast.parse((ROOT / name).read_text("utf-8"))
        named = {
            one.targets[0].id: one.value
            for one in ast.walk(tree)
            if isinstance(one, ast.Assign) and isinstance(one.targets[0], ast.Name)
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and _is_error(node.func):
                told = [*node.args[:2], *(one.value for one in node.keywords if one.arg in ("do", "what"))]
                found |= {text for one in told for text in _texts(one, named) if " " in text}
            elif isinstance(node, ast.Tuple) and len(node.elts) >= 3:  # the tables of errors
                found |= {text for one in node.elts for text in _texts(one, named) if " " in text}
    return found


def _is_error(function: ast.expr) -> bool:
    name = getattr(function, "id", getattr(function, "attr", ""))
    return (name.endswith("Error") and not hasattr(builtins, name)) or name in _TELLING


def _is_translated(function: ast.expr) -> bool:
    name = (
        function.id if isinstance(function, ast.Name) else function.attr if isinstance(function, ast.Attribute) else ""
    )
    return name in ("Message", "t", "_pair")


def _texts(node: ast.expr, named: dict[str, ast.expr]) -> Iterator[str]:
    """Yield the constants that an argument may be."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from _texts(node.body, named)
        yield from _texts(node.orelse, named)
    elif isinstance(node, ast.Name) and node.id in named:
        yield from _texts(named[node.id], {})
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Name):
        yield from _texts(named.get(node.func.value.id, node.func), {})  # of a table, and its default
        yield from (text for one in node.args[1:] for text in _texts(one, {}))
    elif isinstance(node, ast.Dict):
        for value in node.values:
            yield from _texts(value, {})
