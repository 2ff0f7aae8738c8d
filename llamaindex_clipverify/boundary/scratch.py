"""Temporary folders that do not outlive their process, even one that was killed.

Each holds a lock that the system releases when its process ends, in whatever way. Whoever makes the next folder of the same kind
removes those whose lock nobody holds.
"""

from __future__ import annotations

import atexit
import os
import shutil
import stat
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from pathlib import Path
from typing import Any

from llamaindex_clipverify.boundary.failures import reason
from llamaindex_clipverify.errors import DataError

fcntl: Any = None
"""The locks of files; None on Windows, where what a killed process left stays."""
with suppress(ImportError):
    fcntl = import_module("fcntl")

_LOCK = ".lock"
_STALE = 24 * 3600.0
"""Seconds after which a folder without a lock was left: by an early release, or by a process killed before it made one."""
_ATTEMPTS = 20
_held: dict[Path, int] = {}
"""Handles of the locks of this process."""


def scratch_folder(prefix: str) -> Path:
    """Return a new temporary folder, removed at exit; those that killed processes left under this prefix are removed now.

    Raises:
        DataError: None can be made.
    """
    folder = _made(prefix)
    atexit.register(_remove, folder, os.getpid())
    return folder


@contextmanager
def scratch(prefix: str) -> Iterator[Path]:
    """Yield a new temporary folder and remove it at the end; otherwise as `scratch_folder`."""
    folder = _made(prefix)
    try:
        yield folder
    finally:
        _remove(folder, os.getpid())


def _made(prefix: str) -> Path:
    _sweep(prefix)
    try:
        for _ in range(_ATTEMPTS):
            folder = Path(tempfile.mkdtemp(prefix=prefix))
            if fcntl is None or _locked(folder):
                return folder
    except OSError as error:
        do = "make space, or set TMPDIR to another folder"
        raise DataError("no temporary folder can be made", got=reason(error), do=do) from error
    raise DataError("no temporary folder can be made", got=f"{_ATTEMPTS} were removed at once", do="set TMPDIR")


def _locked(folder: Path) -> bool:
    """Lock a new folder; False where another process, which took it for one that was left, is removing it."""
    try:
        handle = os.open(folder / _LOCK, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.path.samestat(os.fstat(handle), (folder / _LOCK).stat()):
            _held[folder] = handle
            return True
    except (BlockingIOError, FileNotFoundError):
        pass
    os.close(handle)
    return False


def _remove(folder: Path, owner: int) -> None:
    if os.getpid() == owner:  # a forked child does not remove what its parent uses
        shutil.rmtree(folder, ignore_errors=True)
        if (handle := _held.pop(folder, None)) is not None:
            os.close(handle)


def _sweep(prefix: str) -> None:
    """Remove the folders of dead processes: this user's own, no links, and no lock is held."""
    if fcntl is None:
        return
    with suppress(OSError):
        for folder in Path(tempfile.gettempdir()).glob(f"{prefix}*"):
            with suppress(OSError):
                known = folder.lstat()
                if stat.S_ISDIR(known.st_mode) and known.st_uid == os.getuid():
                    _sweep_one(folder, known.st_mtime)


def _sweep_one(folder: Path, changed: float) -> None:
    try:
        handle = os.open(folder / _LOCK, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK)
    except FileNotFoundError:
        if time.time() - changed > _STALE:
            shutil.rmtree(folder, ignore_errors=True)
        return
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)  # an error where its process lives
        shutil.rmtree(folder, ignore_errors=True)
    finally:
        os.close(handle)
