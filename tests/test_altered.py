"""What somebody altered or damaged: records, profiles, reports, golden and cache files. One typed error, or the right answer."""

from __future__ import annotations

import base64
import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from altered import variants
from conftest import Ran
from forks import FORK
from llama_index.core.schema import ImageNode
from PIL import Image

from llamaindex_clipverify import EvidenceIndex, Profile, Report, Verifier
from llamaindex_clipverify.boundary.tables import inert
from llamaindex_clipverify.errors import ClipVerifyError, DataError, PictureError
from llamaindex_clipverify.evaluation.evaluation import read_rows
from llamaindex_clipverify.evidence.stored import is_sound
from llamaindex_clipverify.facts.disk_cache import DiskCache
from llamaindex_clipverify.facts.encoding import pack, unpack
from llamaindex_clipverify.index.chroma import Guarded
from llamaindex_clipverify.picture import Picture
from llamaindex_clipverify.report.format import printable
from llamaindex_clipverify.report.report import Report as Made
from llamaindex_clipverify.trust import profile as profiles

TEXT = "There is a yellow cup left of a zebra."


def test_an_altered_report_is_read_or_refused(tiny: Verifier, scene_file: Path) -> None:
    data = json.loads(tiny.verify(TEXT, [scene_file], "What is there?").to_json())
    refused = read = 0
    for name, changed in variants(data):
        try:
            again = Report.from_dict(changed)
        except DataError:
            refused += 1
            continue
        read += 1
        assert again.to_json() and str(again) and again._repr_html_() and again.to_markdown(), name
    assert refused > 600 and read > 50


@pytest.mark.slow
def test_an_altered_profile_is_read_or_refused(tmp_path: Path, tiny: Verifier, scene_file: Path) -> None:
    data = json.loads((Path(profiles.__file__).parent / "profiles" / "tiny.json").read_text("utf-8"))
    facts = tiny.facts([scene_file])
    path = tmp_path / "altered.json"
    refused = read = 0
    for name, changed in variants(data, depth=3):
        path.write_text(json.dumps(changed))
        try:
            found = Profile.load(path)
        except DataError:
            refused += 1
            continue
        read += 1
        verifier = Verifier(tiny.checks, profile=found, encoder=tiny.encoder, detector=tiny.detector)
        for checked in verifier.report(_answer(scene_file), facts).claims:
            assert checked.trust is None or 0 <= checked.trust <= 1, name
    assert refused > 300 and read


def _answer(scene_file: Path) -> Any:
    from llamaindex_clipverify.answer import Answer

    return Answer.of(TEXT, [scene_file])


@pytest.mark.parametrize("name", ["a" * 5000, "../../../etc/passwd", "/dev/zero", "x\0", "~nobody9"])
def test_a_profile_of_an_odd_name_is_one_error(name: str) -> None:
    with pytest.raises(DataError, match="profile"):
        Profile.load(name)


# -- stored facts -----------------------------------------------------------------------------------------------------


def test_what_unpacks_to_too_much_is_refused() -> None:
    bomb = base64.b64encode(zlib.compress(b"\0" * 300_000_000, 9)).decode()
    with pytest.raises(DataError, match="more than"):
        unpack([bomb])


@pytest.mark.slow
def test_altered_facts_are_sound_or_seen_again(tiny: Verifier, scene_file: Path) -> None:
    [facts] = tiny.facts([scene_file])
    raw = zlib.decompress(base64.b64decode("".join(pack(facts))))
    begin = 4 + int.from_bytes(raw[:4], "big")
    head = json.loads(raw[4:begin])
    unsound = 0
    for _, changed in variants(head, depth=4):
        text = json.dumps(changed).encode()
        packed = base64.b64encode(zlib.compress(len(text).to_bytes(4, "big") + text + raw[begin:])).decode()
        try:
            found = unpack([packed])
        except DataError:
            unsound += 1
            continue
        if not is_sound(found):
            unsound += 1
            continue
        report = tiny.report(_answer(scene_file), [found])
        assert all(one.trust is None or 0 <= one.trust <= 1 for one in report.claims) and report.to_json()
    assert unsound > 200


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory, scene_file: Path) -> EvidenceIndex:
    return EvidenceIndex.from_documents([scene_file], tmp_path_factory.mktemp("store"), "tiny", "tiny")


@pytest.mark.parametrize("value", ["x", -5, 10**9, float("nan"), "", 3.7, True])
@pytest.mark.parametrize("collection", ["pictures", "regions"])
def test_an_altered_record_is_seen_again_or_refused(
    index: EvidenceIndex, scene_file: Path, collection: str, value: Any
) -> None:
    table = getattr(index.records, collection)
    before = table.get(include=["metadatas", "embeddings", "documents"])
    keys = [key for key in before["metadatas"][0] if key.startswith("clipverify_")]
    try:
        for key in keys:
            table.update(ids=[before["ids"][0]], metadatas=[{**before["metadatas"][0], key: value}])
            fresh = EvidenceIndex.open(index.store)
            try:
                assert list(fresh.hits()) and fresh.search("a cup") and fresh.verify_integrity().pictures == 1
                report = fresh.verifier.verify(TEXT, [scene_file])
                assert report.trust is None or 0 <= report.trust <= 1
            except ClipVerifyError:
                pass
            table.update(ids=[before["ids"][0]], metadatas=[before["metadatas"][0]])
    finally:
        table.upsert(**{name: before[name][:1] for name in ("ids", "metadatas", "embeddings", "documents")})


def test_a_store_that_fails_is_one_error(index: EvidenceIndex) -> None:
    class Panic(BaseException):
        pass

    class Broken:
        metadata: dict[str, str] = {}  # noqa: RUF012 - a stand-in

        def get(self, **_: object) -> None:
            raise Panic("unwrap on a None")

        def count(self) -> int:
            raise sqlite3.OperationalError("database or disk is full")

    with pytest.raises(DataError, match="the store of the index failed"):
        Guarded(Broken(), "here").get()
    with pytest.raises(DataError, match="disk is full"):
        Guarded(Broken(), "here").count()


@pytest.mark.parametrize("damage", [b"", b"not a database at all" * 100, None])
def test_a_damaged_store_is_one_error(tmp_path: Path, damage: bytes | None) -> None:
    (tmp_path / "chroma.sqlite3").write_bytes(damage if damage is not None else b"SQLite format 3\0" + b"\xff" * 4000)
    with pytest.raises(DataError):
        EvidenceIndex.open(tmp_path)


def test_a_cache_that_fails_is_one_error(tmp_path: Path) -> None:
    cache = DiskCache(tmp_path / "cache.sqlite3")
    cache._open.execute("DROP TABLE shelf")
    for use in (lambda: cache.get(["a"]), lambda: cache.put({"a": b"b"}), lambda: len(cache)):
        with pytest.raises(DataError, match="the cache failed"):
            use()
    with pytest.raises(DataError, match="cannot be opened"):
        DiskCache("/proc/nowhere/cache.sqlite3")


def test_a_damaged_cache_changes_no_verdict(tmp_path: Path, scene_file: Path) -> None:
    from llamaindex_clipverify.facts.memory import DiskMemory

    path = tmp_path / "cache.sqlite3"
    whole = Verifier.tiny(memory=DiskMemory(path), texts=DiskCache(path)).verify(TEXT, [scene_file])
    with sqlite3.connect(path) as connection:
        for value in (b"", b"x", b"\xff" * 64, "text", 5, np.full(128, np.nan, np.float32).tobytes()):
            connection.execute("UPDATE shelf SET value = ?", (value,))
            connection.commit()
            again = Verifier.tiny(memory=DiskMemory(path), texts=DiskCache(path)).verify(TEXT, [scene_file])
            assert [one.trust for one in again.claims] == [one.trust for one in whole.claims]


# -- what is left out is named ----------------------------------------------------------------------------------------


def test_what_is_not_indexed_is_named(tmp_path: Path, scene_file: Path, caplog: pytest.LogCaptureFixture) -> None:
    folder = tmp_path / "pictures"
    folder.mkdir()
    Image.open(scene_file).save(folder / "a.jfif", "JPEG")
    for name, data in {
        "b.heic": b"\0\0\0\x18ftypheic",
        "c.svg": b"<svg/>",
        "d.pdf": b"%PDF-1.7",
        "e.png": b"x",
    }.items():
        (folder / name).write_bytes(data)
    os.mkfifo(folder / "f.png")
    documents = [
        folder,
        ImageNode(image_path=str(folder / "gone.png")),
        ImageNode(text="only words"),
        "/nowhere.png",
        5,
    ]
    index = EvidenceIndex.from_documents(documents, tmp_path / "store", "tiny")
    assert len(index) == 1
    named = [name for name, _ in index.skipped]
    assert all(
        name in " ".join(named) for name in ("b.heic", "c.svg", "d.pdf", "e.png", "f.png", "gone.png", "nowhere.png")
    )
    assert len(named) == 9 and "PdfPageReader" in caplog.text and "[heif]" in caplog.text
    with pytest.raises(ClipVerifyError):
        index.add(documents, strict=True)


def test_what_is_changed_is_named(tmp_path: Path, scene_file: Path) -> None:
    metadata = {"a": None, "b": float("nan"), "c": [1, "x"], "d": {"e": 1}, "f": 3, "g": "text"}
    noise = Image.effect_noise((64, 64), 90)
    noise.save(tmp_path / "n.png")
    binary = (tmp_path / "n.png").read_bytes().decode("utf-8", "replace")
    index = EvidenceIndex(tmp_path / "store", "tiny")
    added = index.add([ImageNode(image_path=str(scene_file), text=binary, metadata=metadata)])
    [hit] = index.hits()
    assert hit.metadata == {"c": '[1, "x"]', "d": '{"e": 1}', "f": 3, "g": "text"} and hit.caption == ""
    assert len(added.changed) == 5 and "the bytes of a file" in added.changed[-1][1]


def test_the_pictures_of_a_collection_that_may_not_be_opened_are_named(tmp_path: Path, scene_file: Path) -> None:
    import chromadb

    table = chromadb.PersistentClient(str(tmp_path / "theirs")).create_collection("pictures", embedding_function=None)
    table.add(ids=["a", "b"], uris=["/etc/passwd.png", f"file://{scene_file}"], embeddings=[[1.0], [2.0]])
    index = EvidenceIndex.from_vector_store(table, tmp_path / "ours", "tiny", folders=[scene_file.parent])
    assert len(index) == 1 and index.skipped[0][0] == "a" and "may not be opened" in index.skipped[0][1]


# -- forked, killed ---------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_child_forked_while_others_verify_does_not_hang(tmp_path: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", FORK, str(tmp_path)], capture_output=True, text=True, timeout=500, check=False
    )
    assert "bad 0" in ran.stdout, ran.stdout + ran.stderr[-800:]


@contextmanager
def held_elsewhere(*locks: Any) -> Iterator[None]:
    """Let another thread hold locks meanwhile."""
    held, go = threading.Event(), threading.Event()

    def hold() -> None:
        with ExitStack() as stack:
            for lock in locks:
                stack.enter_context(lock)
            held.set()
            go.wait(60)

    thread = threading.Thread(target=hold)
    thread.start()
    held.wait(10)
    yield
    go.set()
    thread.join()


def test_a_detector_at_work_at_the_fork_works_in_the_child(tiny: Verifier, scene: Any) -> None:
    """Ultralytics' predictor has a lock of its own, which a thread that is not forked would hold for ever."""
    detector, picture = tiny.detector, Picture.of(scene.image)
    assert detector is not None
    seen = detector.detect([picture])
    half = detector.at(0.5)
    with held_elsewhere(detector.lock, detector.model.predictor._lock):
        child = os.fork()
        if child == 0:
            signal.alarm(200)
            same = half.lock is detector.lock and half.model is detector.model
            os._exit(0 if same and detector.detect([picture]) == seen and half.detect([picture]) else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_garbage_of_the_parent_is_not_collected_in_a_child() -> None:
    """The end of a client with threads of its own would wait in the child for ever."""
    code = "import gc, os, llamaindex_clipverify.models.registry\n" + FORKED_WITH_GARBAGE
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=200, check=False)
    assert (ran.stdout, ran.returncode) == ("kept\n", 0), ran.stderr[-500:]


FORKED_WITH_GARBAGE = """
class Client:
    def __del__(self):
        if os.getpid() != parent:
            os._exit(3)

parent, client = os.getpid(), Client()
client.itself = client
gc.disable()
del client
child = os.fork()
if child == 0:
    gc.enable()
    gc.collect()
    os._exit(0)
print("kept" if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0 else "collected")
"""


def test_a_lock_held_at_the_fork_is_free_in_the_child(tiny: Verifier, scene: Any) -> None:
    with held_elsewhere(tiny._facts._lock):
        child = os.fork()
        if child == 0:
            os._exit(0 if tiny._facts._lock.acquire(timeout=5) else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


# -- the command line, and what is shown ------------------------------------------------------------------------------


def test_no_crash_exits_with_one(
    clipverify: Callable[..., Ran], scene_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for error in (RuntimeError("odd\nlines"), MemoryError(), RecursionError("deep"), KeyError("x"), UnicodeError("u")):

        def fail(*_: object, kept: Exception = error, **__: object) -> None:
            raise kept

        monkeypatch.setattr("llamaindex_clipverify.cli.options.ModelOptions.verifier", fail)
        ran = clipverify("verify", "--answer", "A cup.", "--image", scene_file, "--models", "tiny")
        assert ran.code == 2 and ran.err.count("\n") == 1 and ran.err.startswith("clipverify: "), ran.err


@pytest.mark.parametrize("name", ["a" * 5000 + ".png", "~nobody9/a.png", "\x1b[31mred.png", "a\u202egnp.exe"])
def test_odd_names_are_one_plain_line(clipverify: Callable[..., Ran], name: str) -> None:
    ran = clipverify("verify", "--answer", "A cup.", "--image", name, "--models", "tiny")
    assert ran.code == 2 and ran.err.count("\n") == 1 and "\x1b" not in ran.err and "\u202e" not in ran.err


def test_nothing_in_a_page_or_cell_acts(tiny: Verifier, scene_file: Path) -> None:
    report = tiny.verify("A cup \u202e</script><!-- \x1b[31m is here.", [scene_file], "\u2066odd?")
    for shown in (str(report), report._repr_html_(), report.to_markdown()):
        assert "\u202e" not in shown and "\x1b" not in shown and "\u2066" not in shown
    assert "</script" not in report.to_json() and "<!--" not in report.to_json()
    assert json.loads(report.to_json())["answer"] == report.answer
    assert len(printable("\u202eab\ud800")) == 4
    assert [inert(cell) for cell in ("=1+1", " -2", "@x", "+3", "a=b", 5)] == ["'=1+1", "' -2", "'@x", "'+3", "a=b", 5]


def test_a_report_that_cannot_be_written_leaves_the_old_one(tmp_path: Path, tiny: Verifier, scene_file: Path) -> None:
    path = tmp_path / "r.json"
    tiny.verify("A cup.", [scene_file]).save(path)
    before = path.read_bytes()
    odd = Made(answer="A cup \ud800.", claims=(), pictures=(Picture.closed("a", (1, 1), "odd\udc80.png"),))
    odd.save(path)
    assert json.loads(path.read_text("utf-8"))["pictures"][0]["uri"] == "odd\udc80.png"
    path.write_bytes(before)
    with pytest.raises((DataError, PictureError)):
        odd.save(tmp_path / "r.json" / "x.json")
    assert path.read_bytes() == before


def test_a_page_grows_with_its_text(tiny: Verifier, scene_file: Path) -> None:
    times = []
    for number in (40, 160):
        report = tiny.verify("There is a yellow cup. " * number, [scene_file])
        started = time.perf_counter()
        report._repr_html_()
        times.append(time.perf_counter() - started)
    assert times[1] < 10 * times[0] + 0.5


@pytest.mark.parametrize("name", ["a" * 300, "a" * 5000, "a/" * 3000, "a\0b"])
def test_names_too_long_for_a_file_are_no_rows(name: str) -> None:
    with pytest.raises(DataError, match="the rows cannot be read"):
        read_rows(name)
