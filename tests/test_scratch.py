"""Temporary folders: removed when their process is dead, however it died, and never while it lives or where they are not its own."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import pytest

from llamaindex_clipverify.boundary import scratch as module
from llamaindex_clipverify.boundary.scratch import scratch, scratch_folder
from llamaindex_clipverify.errors import DataError

PREFIX = "clipverify-test-"
_DAYS = 3 * 24 * 3600


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return tmp_path


def _old(folder: Path) -> Path:
    os.utime(folder, (time.time() - _DAYS, time.time() - _DAYS))
    return folder


def test_the_folder_of_a_killed_process_is_removed(place: Path) -> None:
    code = (
        "import sys, time, tempfile; tempfile.tempdir = sys.argv[1]\n"
        "from llamaindex_clipverify.boundary.scratch import scratch_folder\n"
        f"print(scratch_folder({PREFIX!r}), flush=True); time.sleep(60)"
    )
    process = subprocess.Popen([sys.executable, "-c", code, str(place)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    left = _old(Path(process.stdout.readline().strip()))
    own = scratch_folder(PREFIX)
    assert left.is_dir() and own.is_dir()
    process.kill()
    process.wait()
    scratch_folder(PREFIX)
    assert not left.exists() and own.is_dir()


def test_what_was_left_without_a_lock_is_removed_when_it_is_old(place: Path) -> None:
    old, new = place / f"{PREFIX}old", place / f"{PREFIX}new"
    for folder in (old, new):
        (folder / "Ultralytics").mkdir(parents=True)
    _old(old)
    scratch_folder(PREFIX)
    assert not old.exists() and new.is_dir()


def test_links_and_the_folders_of_others_stay(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = place / "target"
    target.mkdir()
    (target / "kept").touch()
    link = place / f"{PREFIX}link"
    link.symlink_to(target)
    locked_by_link = place / f"{PREFIX}lock-is-a-link"
    locked_by_link.mkdir()
    (locked_by_link / ".lock").symlink_to(target / "kept")
    (place / f"{PREFIX}file").touch()
    (place / f"{PREFIX}others").mkdir()
    others = _old(place / f"{PREFIX}others")
    lstat = Path.lstat

    def of_another(path: Path) -> os.stat_result:
        known = lstat(path)
        return os.stat_result([*known[:4], os.getuid() + 1, *known[5:]]) if path == others else known

    monkeypatch.setattr(Path, "lstat", of_another)
    scratch_folder(PREFIX)
    assert link.is_symlink() and (target / "kept").is_file() and others.is_dir()
    assert locked_by_link.is_dir() and (place / f"{PREFIX}file").is_file()


def test_makers_and_sweepers_at_once_lose_nothing(place: Path) -> None:
    made: list[Path] = []

    def make() -> None:
        for _ in range(60):
            folder = scratch_folder(PREFIX)
            assert (folder / ".lock").is_file()
            made.append(folder)

    threads = [threading.Thread(target=make) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(made)) == 240 and all(folder.is_dir() for folder in made)


def test_a_folder_that_a_sweeper_took_is_made_again(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mkdtemp, taken = tempfile.mkdtemp, []

    def swept(prefix: str) -> str:
        made = mkdtemp(prefix=prefix)
        if len(taken) < 3:
            taken.append(made)
            Path(made).rmdir()
        return made

    monkeypatch.setattr(module.tempfile, "mkdtemp", swept)
    assert scratch_folder(PREFIX).is_dir() and len(taken) == 3


def test_it_ends_with_its_block(place: Path) -> None:
    handles = len(list(Path("/proc/self/fd").iterdir()))
    with scratch(PREFIX) as folder:
        (folder / "a").touch()
    assert not folder.exists() and len(list(Path("/proc/self/fd").iterdir())) == handles


def test_no_place_is_one_typed_error(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(place / "gone"))
    with pytest.raises(DataError, match=r"no temporary folder can be made.*TMPDIR"):
        scratch_folder(PREFIX)


def test_a_child_makes_a_folder_of_its_own(tmp_path: Path) -> None:
    """The settings of ultralytics are not inherited: a child that lives longer would make the removed folder again."""
    code = (
        "import os, sys, subprocess\nfrom llamaindex_clipverify.models import yolo\n"
        "from ultralytics.utils import USER_CONFIG_DIR\n"
        "assert 'YOLO_CONFIG_DIR' not in os.environ\n"
        "print(USER_CONFIG_DIR, USER_CONFIG_DIR.is_dir())"
    )
    env = {**{name: value for name, value in os.environ.items() if name != "YOLO_CONFIG_DIR"}, "TMPDIR": str(tmp_path)}
    ran = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True)
    assert ran.stdout.startswith(str(tmp_path / "clipverify-yolo-")) and ran.stdout.strip().endswith("True")
    assert list(tmp_path.iterdir()) == []
