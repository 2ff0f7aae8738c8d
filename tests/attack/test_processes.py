"""Full and read-only disks, damaged stores, two writers, kills, forks, spawns, and servers that misbehave or restart."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from attacking import OF_PROCESSES, Attacks

from llamaindex_clipverify import EvidenceIndex
from llamaindex_clipverify.errors import ClipVerifyError
from llamaindex_clipverify.testing import FRESH, draw_scene

sys.path.insert(0, str(Path(__file__).parents[1]))
from faults import FaultServer, said, serving, status
from forks import FORK
from test_remote import FAULTS, achat, astream, chat, llm_of, stream
from warm import warm

_INDEX = """
import sys
from llamaindex_clipverify import EvidenceIndex
from llamaindex_clipverify.errors import ClipVerifyError
for store in sys.argv[3:]:
    try:
        index = EvidenceIndex(store, "tiny", "tiny")
        print("ready", flush=True)
        for turn in range(int(sys.argv[2])):
            index.add([sys.argv[1]])
            index.update(next(index.hits()).id, f"caption {turn}")
        print("added", len(index), flush=True)
    except ClipVerifyError as error:
        assert "\\n" not in str(error)
        print("typed", error, flush=True)
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("pictures")
    for place in range(12):
        draw_scene(FRESH + 9_000 + place).image.save(made / f"{place:02}.png")
    return made


def _ran(
    code: str, *arguments: object, prefix: tuple[str, ...] = (), seconds: float = 390
) -> subprocess.CompletedProcess[str]:
    if not prefix:
        return warm().run(code, arguments)
    command = [*prefix, sys.executable, "-c", code, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=seconds, check=False)


def _unshared(script: str) -> tuple[str, ...]:
    """Return the prefix that runs a command in a mount namespace of its own, after a script."""
    return ("unshare", "-rm", "sh", "-c", f'{script} && exec "$@"', "sh")


def _may_mount(place: Path) -> bool:
    try:
        return _ran("", prefix=_unshared(f"mount -t tmpfs -o size=1m none {place}")).returncode == 0
    except FileNotFoundError:
        return False


@pytest.mark.parametrize("size", ["200k", "1m", "3m"])
def test_a_full_disk(attacks: Attacks, folder: Path, tmp_path: Path, size: str) -> None:
    place = tmp_path / "disk"
    place.mkdir()
    if not _may_mount(place):
        pytest.skip("no mounts are allowed here")

    def index() -> None:
        ran = _ran(_INDEX, folder, 2, place / "store", prefix=_unshared(f"mount -t tmpfs -o size={size} none {place}"))
        assert ran.stdout.splitlines()[-1].startswith(("typed", "added")), ran.stdout + ran.stderr[-600:]

    attacks.run("index", index, OF_PROCESSES)


def test_a_read_only_disk(attacks: Attacks, folder: Path, tmp_path: Path) -> None:
    place = tmp_path / "disk"
    place.mkdir()
    if not _may_mount(place):
        pytest.skip("no mounts are allowed here")
    EvidenceIndex.from_documents([folder], place / "store", "tiny", "tiny")
    script = f"mount --bind {place} {place} && mount -o remount,ro,bind {place}"

    def index() -> None:
        ran = _ran(_INDEX, folder, 1, place / "store", prefix=_unshared(script))
        assert "typed" in ran.stdout and "Traceback" not in ran.stderr, ran.stdout + ran.stderr[-600:]

    attacks.run("index", index, OF_PROCESSES)


def test_two_writers_and_kills(attacks: Attacks, folder: Path, tmp_path: Path) -> None:
    store = tmp_path / "store"
    EvidenceIndex.from_documents([], store, "tiny", "tiny")

    def together() -> None:
        both = [
            warm().start(_INDEX, [folder, 2, store]) for _ in range(2)
        ]  # fmt: skip
        for one in both:
            out, err = one.communicate()
            assert out.splitlines()[-1].startswith(("typed", "added")), out + err[-600:]

    def killed(seconds: float) -> None:
        one = warm().start(_INDEX, [folder, 9, store])
        assert one.stdout is not None
        one.stdout.readline()
        time.sleep(seconds)
        one.kill()
        assert one.wait() == -signal.SIGKILL

    _patient(attacks, "together", together)
    for seconds in (0.1, 0.6):
        _patient(attacks, f"killed after {seconds} s", lambda seconds=seconds: killed(seconds))
    index = EvidenceIndex.open(store)
    index.add([folder])
    assert len(index) == 12 and index.verify_integrity(repair=True).pictures == 12
    assert EvidenceIndex.open(store).verify_integrity().whole


def _patient(attacks: Attacks, name: str, attack: Any) -> None:
    """Run an attack that starts processes, which have time limits of their own."""
    try:
        attack()
        attacks.came["read"] += 1
    except ClipVerifyError:
        attacks.came["refused"] += 1
    except Exception as error:  # noqa: BLE001 - that is what is looked for
        attacks.came["raw"] += 1
        attacks.raw.append(f"{name}: {error!r}"[:600])


def test_forks(attacks: Attacks, tmp_path: Path) -> None:
    def fork() -> None:
        ran = _ran(FORK, tmp_path, seconds=400)
        assert "bad 0" in ran.stdout, ran.stdout + ran.stderr[-600:]

    _patient(attacks, "8 forks", fork)


def _spawned(verifier: Any) -> float | None:
    return verifier.verify("There is a yellow cup.", [draw_scene(FRESH).image]).trust


def test_spawn(attacks: Attacks, tiny: Any) -> None:
    def spawn() -> None:
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            assert pool.apply_async(_spawned, (tiny,)).get(120) == _spawned(tiny)

    _patient(attacks, "spawn", spawn)


def test_damaged_stores(attacks: Attacks, folder: Path, tmp_path: Path) -> None:
    """Each file of a store in turn is emptied, overwritten, cut or made a folder; one process opens them all."""
    EvidenceIndex.from_documents([folder], tmp_path / "store", "tiny", "tiny")
    files = [path.relative_to(tmp_path / "store") for path in (tmp_path / "store").rglob("*") if path.is_file()]
    copies = []
    for place, name in enumerate(files):
        for way in ("empty", "noise", "cut", "folder"):
            copies.append(tmp_path / f"copy-{place}-{way}")
            shutil.copytree(tmp_path / "store", copies[-1])
            _damage(copies[-1] / name, way)
    ran = _ran(_INDEX, folder, 1, *copies, seconds=390)
    ends = [line for line in ran.stdout.splitlines() if line.startswith(("typed", "added"))]
    assert len(ends) == len(copies), f"{ran.returncode} {len(ends)} of {len(copies)} {ran.stderr[-600:]}"
    attacks.came.update("refused" if line.startswith("typed") else "read" for line in ends)


def _damage(file: Path, way: str) -> None:
    data = file.read_bytes()
    if way == "folder":
        file.unlink()
        file.mkdir()
    else:
        file.write_bytes({"empty": b"", "noise": os.urandom(max(len(data), 100)), "cut": data[: len(data) // 2]}[way])


# -- servers ----------------------------------------------------------------------------------------------------------


def test_faults_of_servers(attacks: Attacks, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("llamaindex_clipverify.models.http_limits.MOST_BYTES", 2_000_000)
    steps = [step for step, _ in FAULTS]
    steps += [status(code) for code in (100, 204, 301, 400, 402, 405, 408, 409, 413, 415, 418, 451, 501, 502, 504, 599)]
    steps += [{**said(), "cut": "quiet"}, {**said(), "cut": "broken"}, {**said(), "garbled": True}, {"hang": True}]
    steps += [{"endless": how} for how in ("blanks", "pieces", "line", "body")]
    assert len(steps) >= 35
    for kind in ("openai", "together"):
        for ask in (chat, stream, achat, astream):
            for place, step in enumerate(steps):
                with serving() as server:
                    attacks.run(
                        f"{kind} {ask.__name__} {place}", lambda s=server, k=kind, a=ask, st=step: _asked(s, k, a, st)
                    )


def _asked(server: FaultServer, kind: str, ask: Any, step: dict[str, Any]) -> None:
    server.will(step)
    said_text = ask(llm_of(kind, server.url, timeout=1.0))
    assert isinstance(said_text, str)
