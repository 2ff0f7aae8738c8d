"""The process that reads answers: what it reads is what a verifier reads, and nothing depends on it."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest
from services import command, png, without_times

from llamaindex_clipverify.answer import Answer
from llamaindex_clipverify.picture import Picture
from llamaindex_clipverify.serving.reading import Reader
from llamaindex_clipverify.serving.service import Service
from llamaindex_clipverify.verification.reading import Splitters
from llamaindex_clipverify.verification.verifier import Verifier

TEXTS = (
    "There is a yellow cup [1]. The clock is red, and 24 is on the sign.",
    "노란 컵이 있다.",
    "a" * 300_000,
    "Nobody is happy.",
)


def answers(picture: Picture) -> list[Answer]:
    return [Answer.on_pictures(text[:90_000], [picture], "What is there?") for text in TEXTS]


@pytest.fixture
def reader():
    made = Reader()
    yield made
    made.close()


async def test_what_is_read_there_is_what_is_read_here(reader, scene, tiny):
    given = answers(Picture.of(scene.image))
    found = await reader.read(given)
    here = Splitters(None)
    assert [reading is not None for reading in found] == [True, False, found[2] is not None, True]
    for reading, answer in zip(found, given, strict=True):
        assert reading is None or reading == here.read(answer.text, answer.question)
    one, two = tiny.verify_batch(given, found), tiny.verify_batch(given)
    assert [without_times(report.to_dict()) for report in one] == [without_times(report.to_dict()) for report in two]


async def test_a_process_that_dies_is_done_without(reader, scene):
    given = answers(Picture.of(scene.image))[:1]
    assert (await reader.read(given))[0] is not None
    for process in list(reader._pool._processes.values()):
        os.kill(process.pid, signal.SIGKILL)
    assert await reader.read(given) == [None] and await reader.read(given) == [None]


def test_a_splitter_of_ones_own_is_not_read_elsewhere(tiny):
    from llamaindex_clipverify.claims.english.splitter import EnglishSplitter

    assert Service(tiny).reads_by_itself
    assert not Service(Verifier(tiny.checks, splitter=EnglishSplitter())).reads_by_itself


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="reads /proc")
def test_the_process_ends_with_the_service(scene):
    with command("--models", "tiny") as (process, running):
        remote = Verifier.remote(running.url)
        assert (
            len(
                remote.verify_batch(
                    [Answer.of(f"There are {number} dogs.", [png(scene.image)]) for number in (2, 3, 4)]
                )
            )
            == 3
        )
        children = [
            int(child)
            for task in Path(f"/proc/{process.pid}/task").iterdir()
            for child in (task / "children").read_text().split()
        ]
        assert children
        process.kill()
        process.wait(30)
        deadline = time.monotonic() + 30
        while left := [child for child in children if _runs(child)]:
            assert time.monotonic() < deadline, left
            time.sleep(0.1)


def _runs(process: int) -> bool:
    try:
        return ") Z " not in Path(f"/proc/{process}/stat").read_text()
    except OSError:
        return False
