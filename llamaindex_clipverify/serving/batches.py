"""Micro-batches: answers that wait at the same time are verified in one call, so that one model serves many callers."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from llamaindex_clipverify.answer import Answer
from llamaindex_clipverify.errors import ClipVerifyError, ServerError
from llamaindex_clipverify.report.report import Report
from llamaindex_clipverify.verification.reading import Reading

Read = Callable[[Sequence[Answer]], Awaitable[Sequence[Reading | None]]]
"""Reads answers before they are verified."""
Run = Callable[[Sequence[Answer], Sequence[Reading | None]], Sequence[Report | ClipVerifyError]]
"""Verifies answers; what was not read before it reads itself."""


@dataclass(frozen=True)
class _Waiting:
    answer: Answer
    made: Callable[[Report], Any]
    result: asyncio.Future[Any]


class Batches:
    """A queue of answers. One thread verifies: whatever waits when it is free is its next batch."""

    def __init__(
        self,
        run: Run,
        *,
        most: int,
        gather: float,
        waiting: int,
        observe: Callable[[int], None] | None = None,
        read: Read | None = None,
    ) -> None:
        """Make a queue.

        Args:
            run: Verifies several answers; called in a thread.
            most: Maximum number of answers in a batch.
            gather: Seconds to wait for requests that are arriving before a batch is begun that is not full.
            waiting: Maximum number of answers that wait.
            observe: Called with the size of each batch.
            read: Reads the answers of a batch while another one is verified.
        """
        self.run, self.most, self.gather, self.most_waiting, self.observe = run, most, gather, waiting, observe
        self._waiting: deque[_Waiting] = deque()
        self._arriving = 0
        self._more = asyncio.Event()
        self._pool = ThreadPoolExecutor(1, "clipverify-verify")
        self.read = read
        self._task: asyncio.Task[None] | None = None
        self._verifying: asyncio.Task[None] | None = None

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
        for task in (self._task, self._verifying):
            if task is not None:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def _work(self) -> None:
        """Take one batch after the other: while one is verified, the next is read."""
        while True:
            await self._more.wait()
            if self._arriving and len(self._waiting) < self.most:
                await asyncio.sleep(self.gather)
            batch = self._taken()
            if not batch:
                continue
            busy = self._verifying is not None and not self._verifying.done()
            readings = await self.read([one.answer for one in batch]) if self.read and (busy or len(batch) > 1) else []
            if self._verifying is not None:
                await self._verifying
            self._verifying = asyncio.create_task(self._verify(batch, readings))

    def _taken(self) -> list[_Waiting]:
        """Take the next batch from the queue, without those whose callers have left."""
        batch: list[_Waiting] = []
        while self._waiting and len(batch) < self.most:
            one = self._waiting.popleft()
            if not one.result.done():
                batch.append(one)
        if not self._waiting:
            self._more.clear()
        return batch

    async def _verify(self, batch: Sequence[_Waiting], readings: Sequence[Reading | None]) -> None:
        if self.observe is not None:
            self.observe(len(batch))
        loop = asyncio.get_running_loop()
        try:
            results = await loop.run_in_executor(self._pool, self._made, batch, readings)
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

    def _made(self, batch: Sequence[_Waiting], readings: Sequence[Reading | None]) -> list[Any]:
        """Verify in the thread, and make of each report what its caller wants."""
        results: list[Any] = []
        for one, result in zip(batch, self.run([one.answer for one in batch], readings), strict=True):
            if isinstance(result, ClipVerifyError):
                results.append(result)
                continue
            try:
                results.append(one.made(result))
            except Exception as error:  # noqa: BLE001 - it is the error of this caller alone
                results.append(error)
        return results
