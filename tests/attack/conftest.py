"""What the attacks share: every one is counted, and a raw error, a hang or a file opened outside fails the suite.

The suite writes its figures to the file named in ``CLIPVERIFY_ATTACK_FIGURES``, with the most memory that one process had.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from attacking import Attacks


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test here as an attack."""
    for item in items:
        if Path(item.path).is_relative_to(Path(__file__).parent):
            item.add_marker("attack")


_all: dict[str, dict[str, Any]] = {}
_peaks: list[int] = []


@pytest.fixture
def attacks(request: pytest.FixtureRequest) -> Iterator[Attacks]:
    """Count the attacks of one test; it fails where one was raw or hung."""
    counted = Attacks(request.node.name)
    yield counted
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 2**10
    request.node.user_properties.append(("attacks", {"kind": counted.kind, "peak_mb": peak, **counted.figures()}))
    assert not counted.raw, f"{len(counted.raw)} raw: {counted.raw[:10]}"
    assert sum(counted.came.values()), "nothing was attacked"


_OPENED: list[str] = []
_WATCHED: list[str] = []


def _caller() -> str:
    return " < ".join(
        f"{Path(frame.filename).name}:{frame.lineno}" for frame in reversed(traceback.extract_stack()[-9:-2])
    )


def _audit(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "open" and _WATCHED and isinstance(arguments[0], (str, bytes)):
        path = os.fsdecode(arguments[0])
        if any(path.startswith(watched) for watched in _WATCHED):
            _OPENED.append(f"{path} by {_caller()}")
    elif event in ("os.system", "subprocess.Popen", "os.exec", "os.posix_spawn") and _WATCHED:
        _OPENED.append(f"{event} {arguments[0]!r}")


sys.addaudithook(_audit)


@pytest.fixture
def outside(tmp_path: Path) -> Iterator[Path]:
    """A folder outside all that is allowed: whatever opens a file of it, or starts a program, fails the test."""
    folder = tmp_path / "outside"
    folder.mkdir()
    _OPENED.clear()
    _WATCHED.append(str(folder))
    yield folder
    _WATCHED.clear()
    assert not _OPENED, f"opened outside: {_OPENED[:5]}"


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Add the figures of a test to the file: one that is interrupted keeps those of the tests that ended. Workers write nothing."""
    target = os.environ.get("CLIPVERIFY_ATTACK_FIGURES")
    if report.when != "teardown" or not target or "PYTEST_XDIST_WORKER" in os.environ:
        return
    for name, figures in report.user_properties:
        if name == "attacks" and isinstance(figures, dict):
            _peaks.append(figures.pop("peak_mb"))
            _all[figures.pop("kind")] = figures
            Path(target).write_text(json.dumps({**_all, "peak_mb": max(_peaks)}, indent=1) + "\n", "utf-8")
