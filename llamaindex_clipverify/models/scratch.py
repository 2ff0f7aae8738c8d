"""Temporary folders that do not outlive their process, even one that was killed."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any

fcntl: Any = None
"""The locks of files; None on Windows, where what a killed process left stays."""
with suppress(ImportError):
    fcntl = import_module("fcntl")

_LOCK = ".lock"
_held: list[int] = []
"""Handles of the locks of this process; the system releases them when it ends, in whatever way."""


def scratch_folder(prefix: str) -> Path:
    """Return a new temporary folder, removed at exit; those that killed processes left under this prefix are removed now."""
    _sweep(prefix)
    folder = Path(tempfile.mkdtemp(prefix=prefix))
    if fcntl is not None:
        _held.append(os.open(folder / _LOCK, os.O_CREAT | os.O_RDWR, 0o600))
        fcntl.flock(_held[-1], fcntl.LOCK_EX)
    atexit.register(_remove, folder, os.getpid())
    return folder


def _remove(folder: Path, owner: int) -> None:
    if os.getpid() == owner:  # a forked child does not remove what its parent uses
        shutil.rmtree(folder, ignore_errors=True)


def _sweep(prefix: str) -> None:
    """Remove the folders whose lock nobody holds, if they are this user's own."""
    if fcntl is None:
        return
    for folder in Path(tempfile.gettempdir()).glob(f"{prefix}*"):
        with suppress(OSError):
            if folder.is_symlink() or folder.stat().st_uid != os.getuid() or not (folder / _LOCK).is_file():
                continue
            handle = os.open(folder / _LOCK, os.O_RDWR)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder, ignore_errors=True)
            finally:
                os.close(handle)
