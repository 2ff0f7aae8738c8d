"""Micro-batches: answers that wait at the same time are verified in one call, so that one model serves many callers."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from llamaindex_clipverify.answer import Answer
from llamaindex_clipverify.errors import ClipVerifyError, ServerError
from llamaindex_clipverify.report.report import Report

Run = Callable[[Sequence[Answer]], Sequence[Report | ClipVerifyError]]


@dataclass(frozen=True)
class _Waiting:
    answer: Answer
    made: Callable[[Report], Any]
    result: asyncio.Future[Any]


class Batches:
    """A queue of answers. One thread verifies: whatever waits when it is free is its next batch."""

    def __init__(
        self, run: Run, *, most: int, gather: float, waiting: int, observe: Callable[[int], None] | None = None
    ) -> None:
        """Make a queue.

        Args:
            run: Verifies several answers; called in a thread.
            most: Maximum number of answers in a batch.
            gather: Seconds to wait for requests that are arriving before a batch is begun that is not full.
            waiting: Maximum number of answers that wait.
            observe: Called with the size of each batch.
        """
        self.run, self.most, self.gather, self.most_waiting, self.observe = run, most, gather, waiting, observe
        self._waiting: deque[_Waiting] = deque()
        self._arriving = 0
        self._more = asyncio.Event()
        self._pool = ThreadPoolExecutor(1, "clipverify-verify")
        self._task: asyncio.Task[None] | None = None

    def __len__(self) -> int:
        """Return how many answers wait."""
        return len(self._waiting)

    @contextmanager
    def arriving(self) -> Iterator[None]:
        """Say that a request is being read: a batch may wait for it."""
        self._arriving += 1
        try:
            yield
        finally:
            self._arriving -= 1

    async def verify(self, answer: Answer, made: Callable[[Report], Any]) -> Any:
        """Return what `made` makes of the report on an answer; it is called in the thread, too.

        Raises:
            ClipVerifyError: The answer cannot be verified.
            ServerError: Too many wait.
        """
        if len(self._waiting) >= self.most_waiting:
            raise ServerError("too many answers are waiting", got=f"{len(self._waiting):,}", do="ask again in a second")
        if self._task is None:
            self._task = asyncio.create_task(self._work())
        result: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Waiting(answer, made, result))
        self._more.set()
        return await result

    async def close(self) -> None:
        """Stop; what is under way ends."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def _work(self) -> None:
        while True:
            await self._more.wait()
            if self._arriving and len(self._waiting) < self.most:
                await asyncio.sleep(self.gather)
            batch: list[_Waiting] = []
            while self._waiting and len(batch) < self.most:
                one = self._waiting.popleft()
                if not one.result.done():  # else its caller has left
                    batch.append(one)
            if not self._waiting:
                self._more.clear()
            if batch:
                await self._verify(batch)

    async def _verify(self, batch: Sequence[_Waiting]) -> None:
        if self.observe is not None:
            self.observe(len(batch))
        loop = asyncio.get_running_loop()
        try:
            results = await loop.run_in_executor(self._pool, self._made, batch)
        except BaseException as error:
            for one in batch:
                if not one.result.done():
                    one.result.set_exception(ServerError("the service is stopping", do="ask again later"))
            if isinstance(error, asyncio.CancelledError):
                raise
            return
        for one, result in zip(batch, results, strict=True):
            if one.result.done():
                continue
            if isinstance(result, BaseException):
                one.result.set_exception(result)
            else:
                one.result.set_result(result)

    def _made(self, batch: Sequence[_Waiting]) -> list[Any]:
        """Verify in the thread, and make of each report what its caller wants."""
        results: list[Any] = []
        for one, result in zip(batch, self.run([one.answer for one in batch]), strict=True):
            if isinstance(result, ClipVerifyError):
                results.append(result)
                continue
            try:
                results.append(one.made(result))
            except Exception as error:  # noqa: BLE001 - it is the error of this caller alone
                results.append(error)
        return results
