"""Reads answers in a process of its own: claims of the next batch are read while those of the last one are judged.

Reading takes about half of the time of an answer on indexed pictures, needs no model, and in one process it would keep the thread
that judges waiting. Only English answers are read there; all others, and all where no process can be had, are read where they are
judged.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
import threading
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.connection import wait

from llamaindex_clipverify.answer import Answer
from llamaindex_clipverify.verification.reading import Reading, Splitters

Text = tuple[str, str | None]
"""An answer and its question."""
_splitters: Splitters | None = None


class Reader:
    """One process that reads."""

    def __init__(self) -> None:
        """Start it; without the means for a process it reads nothing."""
        self._pool: ProcessPoolExecutor | None = None
        try:
            context = multiprocessing.get_context("spawn")
            self._pool = ProcessPoolExecutor(1, context, _begin)
            self._pool.submit(_read, [("There is a dog.", None)])
        except (OSError, ImportError, BrokenProcessPool):
            self.close()

    async def read(self, answers: Sequence[Answer]) -> list[Reading | None]:
        """Return what was read of each answer; None for one that is to be read where it is judged."""
        if self._pool is None:
            return [None] * len(answers)
        texts: list[Text] = [(answer.text, answer.question) for answer in answers]
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, _read, texts)
        except (BrokenProcessPool, OSError, RuntimeError):
            self.close()
            return [None] * len(answers)

    def close(self) -> None:
        """End the process, and wait for it: one that still ran when the interpreter ends would be waited for without end."""
        pool, self._pool = self._pool, None
        if pool is not None:
            pool.shutdown(wait=True, cancel_futures=True)


def _begin() -> None:
    """Prepare the process: it ends with its parent, and leaves signals to it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent.sentinel,), daemon=True).start()


def _end_with(sentinel: int) -> None:
    wait([sentinel])
    os._exit(0)


def _read(texts: Sequence[Text]) -> list[Reading | None]:
    """Read in the process."""
    global _splitters
    if _splitters is None:
        _splitters = Splitters(None)
    return [_reading(_splitters, *text) for text in texts]


def _reading(splitters: Splitters, text: str, question: str | None) -> Reading | None:
    try:
        found = splitters.read(text, question)
    except Exception:  # noqa: BLE001 - it is read again where it is judged, and fails there with its error
        return None
    return found if found.language == "en" and all(claim.vocabulary is None for claim in found.claims) else None
