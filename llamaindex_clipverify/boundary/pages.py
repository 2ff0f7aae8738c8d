"""Pages of a PDF as PNG pictures. The only file that imports ``pypdfium2`` (Apache-2.0 and BSD-3-Clause, extra ``[pdf]``).

A PDF can make its renderer run without end, or take all memory: forms may draw each other. The pages are therefore rendered by a
process of its own, ``python -m llamaindex_clipverify.boundary.pages DPI``, which is killed when a page takes too long.
"""

from __future__ import annotations

import importlib.util
import io
import os
import struct
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from threading import Timer
from typing import IO, Any, cast

from llamaindex_clipverify.boundary import files
from llamaindex_clipverify.boundary.failures import reason, telling
from llamaindex_clipverify.errors import DataError, MissingExtraError, PictureError

MOST_PAGES = 500
"""Maximum number of pages that are rendered."""
SECONDS = 60.0
"""Seconds after which a page is given up."""
_MOST_BYTES = 500_000_000
_MOST_MEMORY = 3 * 2**30
"""Address space of the process in bytes."""
_LONGEST = 4000
"""Longest side of a rendered page in pixels: a page that claims to be a kilometre long is rendered smaller."""
_HEAD = struct.Struct(">cI")
"""Before each message of the process: its kind and its length."""
_PAGE, _MANY, _FAILED, _END = b"p", b"m", b"f", b"e"


def page_pictures(path: str | Path, dpi: int = 150) -> Iterator[bytes]:
    """Yield each page as a PNG file, in order.

    Args:
        path: The PDF.
        dpi: Pixels per inch, 20 to 600.

    Raises:
        DataError: A resolution outside of that, or more than `MOST_PAGES` pages.
        PictureError: No PDF, a damaged or an encrypted one, or one that takes too long.
        MissingExtraError: The extra ``pdf`` is not installed.
    """
    if not 20 <= dpi <= 600:
        raise DataError("no resolution for pages", got=dpi, do="give 20 to 600 dpi")
    if importlib.util.find_spec("pypdfium2") is None:
        raise MissingExtraError("pypdfium2", "pdf")
    with telling(PictureError, "the PDF cannot be read", got=path, do="open it in a viewer to see what is wrong"):
        yield from _rendered(files.content(files.local(path), _MOST_BYTES), dpi, path)


def _rendered(data: bytes, dpi: int, path: str | Path) -> Iterator[bytes]:
    """Yield the pages that the process renders."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-m", __name__, str(dpi)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment) as process:  # noqa: S603
        given, rendered = cast(IO[bytes], process.stdin), cast(IO[bytes], process.stdout)
        try:
            with suppress(BrokenPipeError), given:
                given.write(data)
            while (message := _next(process, rendered))[0] != _END:
                kind, content = message
                if kind == _MANY:
                    got = f"{content.decode()} in {path}"
                    raise DataError("too many pages", got=got, do=f"split it: at most {MOST_PAGES}")
                if kind == _FAILED:
                    raise RuntimeError(content.decode("utf-8", "replace"))
                yield content
        finally:
            process.kill()


def _next(process: subprocess.Popen[bytes], stream: IO[bytes]) -> tuple[bytes, bytes]:
    """Return kind and content of the next message.

    Raises:
        RuntimeError: The process takes too long, or has ended.
    """
    late = Timer(SECONDS, process.kill)
    late.daemon = True
    late.start()
    try:
        head = stream.read(_HEAD.size)
        kind, size = _HEAD.unpack(head) if len(head) == _HEAD.size else (_FAILED, 0)
        content = stream.read(size)
    finally:
        late.cancel()
    if len(head) < _HEAD.size or len(content) < size:
        raise RuntimeError(f"a page took more than {SECONDS:g} s, or too much memory")
    return kind, content


# -- in the process ---------------------------------------------------------------------------------------------------------


def _render(data: bytes, dpi: int) -> Iterator[tuple[bytes, bytes]]:
    """Yield the messages on a document: its pages, or why there are none."""
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(data)
        if len(document) > MOST_PAGES:
            yield _MANY, str(len(document)).encode()
            return
        for page in document:
            yield _PAGE, _png(page, dpi)
    except Exception as error:  # noqa: BLE001 - whatever the library raises, the other process tells it
        yield _FAILED, reason(error).encode("utf-8", "replace")
        return
    yield _END, b""


def _png(page: Any, dpi: int) -> bytes:
    width, height = page.get_size()  # points, 72 an inch
    scale = min(dpi / 72, _LONGEST / max(width, height, 1))
    image = page.render(scale=scale).to_pil()
    buffer = io.BytesIO()
    image.convert("RGB").save(buffer, "PNG")
    return buffer.getvalue()


def _limit_memory() -> None:
    with suppress(ImportError, OSError, ValueError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (_MOST_MEMORY, _MOST_MEMORY))


def main() -> None:
    """Render the PDF on standard input and write its pages to standard output."""
    data = sys.stdin.buffer.read()
    _limit_memory()
    out = sys.stdout.buffer
    with suppress(BrokenPipeError):
        for kind, content in _render(data, int(sys.argv[1])):
            out.write(_HEAD.pack(kind, len(content)) + content)
            out.flush()
    os._exit(0)  # nothing of the library is torn down


if __name__ == "__main__":
    main()
