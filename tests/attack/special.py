"""Special files, odd names and names that are none: given to every door that takes a path."""

from __future__ import annotations

import os
import socket
from pathlib import Path

from PIL import Image

ODD_NAMES = [
    os.fsdecode(b"\xff\xfe.png"),
    "new\nline.png",
    "\x1b[31m.png",
    "a\u202egnp.exe.png",
    " .png",
    "-rf.png",
    "'\".png",
    "*.png",
    "caf\u00e9.png",
    "cafe\u0301.png",
    "\u00a0.PNG",
    "\U0001f4a9.png",
    "\u212b.png",
    "a.png ",
    ".png",
]
"""Names of pictures that can be read."""
NO_FILES = [
    "/dev/zero", "/dev/random", "/dev/null", "/dev/stdin", "/dev/full", "/dev/tty", "/proc/self/mem", "/proc/kmsg",
    "/proc/self/fd/0", "/proc/self/environ", "/", ".", "..", "", " ", "~", "~nobody9/a.png", "a" * 300, "a" * 5000, "a/" * 3000,
    "a\0b.png", "file:///dev/zero", "file://other/a.png", "file:", "http:", "http://", "data:", "data:,", "data:image/png;base64,!",
    "gopher://x/a.png", "\\\\host\\share\\a.png", "C:\\a.png", "con", "//etc//passwd", "ftp://127.0.0.1/a.png", "\ud800.png",
    "http://127.0.0.1:99999/a.png", "http://[::1", "http://127.0.0.1:1/a.png", "https://127.0.0.1:1/a.png", "http://\udcff/a.png",
    "http://xn--/a.png", f"http://{'a' * 300}.test/a.png", "http://0/a.png", "/proc/self/root/dev/zero", "/dev/fd/99", "/sys/kernel/notes",
]  # fmt: skip
"""Devices, folders, addresses, and what is no name."""


def special(folder: Path) -> list[str]:
    """Make special files and pictures of odd names in a new folder, and return these names and `NO_FILES`."""
    folder.mkdir()
    os.mkfifo(folder / "pipe.png")
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(str(folder / "socket.png"))
    (folder / "loop.png").symlink_to(folder / "loop.png")
    (folder / "to_pipe.png").symlink_to(folder / "pipe.png")
    (folder / "to_zero.png").symlink_to("/dev/zero")
    (folder / "dangling.png").symlink_to(folder / "nothing")
    (folder / "folder.png").mkdir()
    (folder / "empty.png").touch()
    (folder / "text.png").write_text("no picture")
    with (folder / "sparse.png").open("wb") as stream:
        stream.truncate(10**12)
    for name in ODD_NAMES:
        Image.new("RGB", (4, 4)).save(folder / name, "PNG")
    return [*(str(folder / name) for name in sorted(path.name for path in folder.iterdir())), *NO_FILES]
