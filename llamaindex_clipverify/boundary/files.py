"""The file system: regular files only, read up to a limit, and written whole or not at all.

A pipe or a device is never read: it may block for ever or never end. A file is written beside its target and then put into its
place, so that an older file survives whatever goes wrong.
"""

from __future__ import annotations

import errno
import json
import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO, TextIO
from urllib.parse import urlsplit
from urllib.request import url2pathname

from llamaindex_clipverify.boundary.failures import reason
from llamaindex_clipverify.errors import ClipVerifyError, DataError

MOST_TEXT = 256 * 2**20
"""Maximum size of a file of text in bytes."""


_MASK = os.umask(0o022)
os.umask(_MASK)
_NEW = 0o666 & ~_MASK
"""Rights of a new file, by the mask that the process was started with."""


class NotRegularError(OSError):
    """A pipe, a device or a socket stands where a file was asked for."""

    def __init__(self, path: Path) -> None:
        """Name the path."""
        super().__init__(errno.EINVAL, "not a regular file", str(path))


def local(source: str | Path) -> Path:
    """Return the path that a text names: a path, or a ``file://`` URL of this machine; ``~`` is the user's home.

    Raises:
        OSError: No path at all: it holds a NUL, names no such user, or is the URL of another machine.
    """
    text = os.fspath(source)
    if text.lower().startswith("file:"):
        parts = urlsplit(text)
        if parts.netloc.lower() not in ("", "localhost"):
            raise OSError(errno.EINVAL, "the URL of a file on another machine", text)
        text = url2pathname(parts.path)
    if "\0" in text:
        raise OSError(errno.EINVAL, "a path with a NUL character", text.replace("\0", "\ufffd"))
    try:
        return Path(text).expanduser()
    except RuntimeError as error:
        raise OSError(errno.ENOENT, "no such user", text) from error


def resolved(source: str | Path) -> Path:
    """Return the path without links and dots; errors as `local`, and `OSError` for links in a circle."""
    path = local(source)
    try:
        return path.resolve()
    except RuntimeError as error:
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(path)) from error


def is_file(source: str | Path) -> bool:
    """Return whether a text names a regular file; False for whatever is no path."""
    with suppress(OSError, ValueError):
        return local(source).is_file()
    return False


def exists(source: str | Path) -> bool:
    """Return whether a text names anything that is there; False for whatever is no path."""
    with suppress(OSError, ValueError):
        return local(source).exists()
    return False


def is_folder(source: str | Path) -> bool:
    """Return whether a text names a folder; False for whatever is no path."""
    with suppress(OSError, ValueError):
        return local(source).is_dir()
    return False


@contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """Open a regular file for reading, without waiting for anything.

    Raises:
        OSError: It is missing, a folder, no regular file, or may not be read.
    """
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    try:
        _require_regular(os.fstat(handle).st_mode, path)
        stream = os.fdopen(handle, "rb")
    except BaseException:
        os.close(handle)
        raise
    with stream:
        yield stream


def _require_regular(mode: int, path: Path) -> None:
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if not stat.S_ISREG(mode):
        raise NotRegularError(path)


def content(path: Path, most: int) -> bytes:
    """Return the bytes of a regular file.

    Raises:
        OSError: As for `opened`; `EFBIG` above `most` bytes.
    """
    with opened(path) as stream:
        data: bytes | None = stream.read(most + 1)
    if data is None:  # a log of the kernel, which would be waited for
        raise NotRegularError(path)
    if len(data) > most:
        raise OSError(errno.EFBIG, f"larger than {most:,} bytes", str(path))
    return data


def text(path: str | Path, most: int = MOST_TEXT) -> str:
    """Return the text of a regular file in UTF-8, with or without a byte order mark.

    Raises:
        OSError: As for `content`.
        ValueError: It is no text in UTF-8.
    """
    return content(local(path), most).decode("utf-8-sig")


def read_text(path: str | Path, what: str, do: str = "", most: int = MOST_TEXT) -> str:
    """Return the text of a file in UTF-8, with or without a byte order mark.

    Args:
        path: The file.
        what: What the error says when it cannot be read.
        do: What to do then.
        most: Maximum size in bytes.

    Raises:
        DataError: It cannot be read, or is no text in UTF-8.
    """
    try:
        return text(path, most)
    except (OSError, ValueError) as error:
        raise DataError(what, got=f"{path} ({reason(error)})", do=do) from error


def read_json(path: str | Path, what: str, do: str = "") -> Any:
    """Return what a JSON file holds; errors as `read_text`."""
    return parsed(read_text(path, what, do), what, do, path)


def parsed(text: str, what: str, do: str = "", got: object = None) -> Any:
    """Return what a JSON text holds.

    Raises:
        DataError: It is no JSON, or nested too deeply.
    """
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        about = reason(error) if got is None else f"{got} ({reason(error)})"
        raise DataError(what, got=about, do=do) from error


def write_bytes(path: str | Path, data: bytes, *, kind: type[ClipVerifyError] = DataError) -> Path:
    """Write a file whole or not at all; missing folders are made. Return its path.

    Raises:
        ClipVerifyError: Of `kind`, when it cannot be written; an older file is still there then.
    """
    part: Path | None = None
    try:
        target = local(path)
        if target.exists() and not target.is_file():  # /dev/stdout, a pipe: nothing to replace
            target.write_bytes(data)
            return target
        real = resolved(target)  # a link stays a link
        real.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{real.name[:40]}-", suffix=".part", dir=real.parent)
        part = Path(name)
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        part.chmod(real.stat().st_mode & 0o777 if real.exists() else _NEW)
        part.replace(real)
    except (OSError, ValueError) as error:
        if part is not None:
            part.unlink(missing_ok=True)
        raise kind("the file cannot be written", got=f"{path} ({reason(error)})", do="name another place") from error
    return target


def begin(path: Path, text: str) -> TextIO:
    """Open a regular file for writing anew, begun with a text; links are not followed, and nothing is waited for.

    Raises:
        DataError: It cannot be written, or is a link or no regular file.
    """
    flags = os.O_WRONLY | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    handle = -1
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, flags, _NEW)
        _require_regular(os.fstat(handle).st_mode, path)
        os.ftruncate(handle, 0)
        stream = os.fdopen(handle, "w", encoding="utf-8")
        stream.write(text)
    except (OSError, ValueError) as error:
        if handle >= 0:
            os.close(handle)
        do = "remove what is there, or name another place"
        raise DataError("the file cannot be written", got=f"{path} ({reason(error)})", do=do) from error
    return stream


def write_text(path: str | Path, text: str) -> Path:
    r"""Write a text in UTF-8, as `write_bytes` does; halves of surrogate pairs are written as their escape, ``\udc80``."""
    return write_bytes(path, text.encode("utf-8", "backslashreplace"))
