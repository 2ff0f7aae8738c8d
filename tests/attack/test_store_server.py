"""A Chroma server that is killed, paused and started again while it is written to, searched and verified against."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from attacking import Attacks
from chroma_server import ChromaServer

from llamaindex_clipverify import EvidenceIndex
from llamaindex_clipverify.llama_index import get_report
from llamaindex_clipverify.testing import FRESH, draw_scene

PICTURES = 96


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("pictures")
    for place in range(PICTURES):
        draw_scene(FRESH + 9_000 + place).image.save(made / f"{place:02}.png")
    return made


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ChromaServer]:
    monkeypatch.setattr("llamaindex_clipverify.index.chroma.SECONDS", 10.0)
    running = ChromaServer(tmp_path / "store")
    yield running
    running.kill()


def _uses(index: EvidenceIndex, url: str, folder: Path) -> dict[str, Callable[[], Any]]:
    """Return every use of an index that talks to its store."""
    pictures = sorted(folder.glob("*.png"))
    engine = index.as_query_engine(llm="tiny")
    return {
        "search": lambda: index.search("a cup"), "search by picture": lambda: index.search(image=pictures[0]), "count": lambda: len(index),
        "hits": lambda: list(index.hits()), "add": lambda: index.add(pictures[:3]), "facts": lambda: index.facts(["x"]),
        "remove": lambda: index.remove(["x"]), "update": lambda: index.update("x", "a caption"), "sizes": lambda: index.count(),
        "verify": lambda: index.verifier.verify("A cup.", pictures[:2]), "integrity": lambda: index.verify_integrity(),
        "open": lambda: EvidenceIndex.open(url), "make": lambda: EvidenceIndex(url, "tiny"), "query": lambda: engine.query("What is there?"),
        "retrieve": lambda: index.as_retriever(2).retrieve("a cup"), "folders": index.folders,
    }  # fmt: skip


@pytest.mark.parametrize("way", ["killed", "paused"])
def test_every_use_while_it_is_down_and_after(
    attacks: Attacks, server: ChromaServer, folder: Path, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    index = EvidenceIndex.from_documents(sorted(folder.glob("*.png"))[:12], server.url, "tiny", "tiny")
    before = index.verifier.verify("There is a cup.", [folder / "00.png"]).trust
    server.kill() if way == "killed" else server.pause()
    monkeypatch.setattr("llamaindex_clipverify.index.chroma.SECONDS", 1.0)
    index.records.client._inner._server._session.timeout = 1.0
    for name, use in _uses(index, server.url, folder).items():
        attacks.run(f"{name} {way}", use)
    assert attacks.came["refused"] >= 14 or attacks.raw, attacks.came
    server.start() if way == "killed" else server.resume()
    monkeypatch.setattr("llamaindex_clipverify.index.chroma.SECONDS", 30.0)
    index.records.client._inner._server._session.timeout = 30.0
    for name, use in _uses(index, server.url, folder).items():
        if name != "update":
            attacks.run(f"{name} after", use)
    assert len(index) == 12 and index.verify_integrity().whole
    assert index.verifier.verify("There is a cup.", [folder / "00.png"]).trust == before
    assert get_report(index.as_query_engine(llm="tiny").query("What is there?")).claims


def _during(work: Callable[[], Any], server: ChromaServer, after: float) -> Any:
    """Kill the server in the middle of some work, and return the error of it, or what it made."""
    box: list[Any] = []

    def run() -> None:
        try:
            box.append(work())
        except BaseException as error:  # noqa: BLE001 - looked at by the caller
            box.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    time.sleep(after)
    server.kill()
    thread.join(180)
    server.start()
    return box[0] if box else TimeoutError("hangs")


def test_killed_in_the_middle_of_the_work(attacks: Attacks, server: ChromaServer, folder: Path) -> None:
    index = EvidenceIndex.from_documents([], server.url, "tiny", "tiny")

    def verify() -> None:
        for place in range(1000):
            index.verifier.verify(f"There are {place} cups.", [folder / f"{place % PICTURES:02}.png"])
            index.search(f"a cup {place}")

    def checked(name: str, work: Callable[[], Any], after: float) -> None:
        def attack() -> Any:
            came = _during(work, server, after)
            if isinstance(came, BaseException):
                raise came
            return came

        attacks.run(name, attack, 200)

    for after in (0.3, 1.0, 2.0):
        checked(f"indexing, {after} s", lambda: index.add([folder]), after)
        known = {hit.id for hit in index.hits()}
        assert known <= set(index.facts(list(known))) | {hit.id for hit in index.hits()}
    checked("verifying and searching", verify, 1.0)
    index.add([folder])
    assert len(index) == PICTURES and index.verify_integrity(repair=True).pictures == PICTURES
    assert EvidenceIndex.open(server.url).verify_integrity().whole
