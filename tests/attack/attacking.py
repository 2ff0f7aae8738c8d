"""Runs attacks and counts what came of them."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

from llamaindex_clipverify.errors import ClipVerifyError

_PATIENCE = 60.0
"""Seconds after which an attack counts as hanging."""
OF_PROCESSES = 400.0
"""The same for attacks that start a process, which imports everything anew."""


class Attacks:
    """Counts what came of the attacks of one kind."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.came: Counter[str] = Counter()
        self.raw: list[str] = []
        self.slowest = 0.0

    def run(self, name: str, attack: Callable[[], Any], patience: float = _PATIENCE) -> Any:
        """Run one attack; a typed error is fine, a raw one and a hang (longer than `patience` seconds) are kept."""
        box: list[Any] = []

        def work() -> None:
            try:
                box.append(("read", attack()))
            except ClipVerifyError as error:
                box.append(("refused" if "\n" not in str(error) else "raw", error))
            except BaseException as error:  # noqa: BLE001 - that is what is looked for
                box.append(("raw", error))

        started = time.monotonic()
        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        thread.join(patience)
        outcome, value = box[0] if box else ("hang", None)
        return self._note(name, outcome, value, started)

    async def arun(self, name: str, attack: Awaitable[Any]) -> Any:
        """Await one attack as `run` runs one."""
        started = time.monotonic()
        outcome, value = "read", None
        try:
            async with asyncio.timeout(_PATIENCE):
                value = await attack
        except TimeoutError:
            outcome = "hang"
        except ClipVerifyError as error:
            outcome, value = ("refused" if "\n" not in str(error) else "raw"), error
        except Exception as error:  # noqa: BLE001 - that is what is looked for
            outcome, value = "raw", error
        return self._note(name, outcome, value, started)

    def _note(self, name: str, outcome: str, value: Any, started: float) -> Any:
        self.slowest = max(self.slowest, time.monotonic() - started)
        self.came[outcome] += 1
        if outcome in ("raw", "hang"):
            self.raw.append(f"{name}: {outcome} {value!r}"[:300])
        return value if outcome == "read" else None

    def figures(self) -> dict[str, Any]:
        """Return the counts."""
        return {"attacks": sum(self.came.values()), **self.came, "slowest_s": round(self.slowest, 1)}
