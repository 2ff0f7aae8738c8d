"""Structured logs: one JSON object in each line of stderr. No line holds a key, and none an answer unless asked."""

from __future__ import annotations

import json
import sys
import threading
from datetime import UTC, datetime
from typing import Any, TextIO


class Log:
    """Writes lines."""

    def __init__(self, stream: TextIO | None = None, *, answers: bool = False) -> None:
        """Write to a stream, stderr by default; `answers` says whether texts of answers are written."""
        self.stream, self.answers = stream, answers
        self._lock = threading.Lock()

    def write(self, event: str, **values: Any) -> None:
        """Write an event with its values; those that are None are left out."""
        known = {name: value for name, value in values.items() if value is not None}
        line = {"time": datetime.now(UTC).isoformat(timespec="milliseconds"), "event": event, **known}
        text = json.dumps(line, ensure_ascii=True, default=str)
        with self._lock:
            stream = self.stream or sys.stderr
            stream.write(f"{text}\n")
            stream.flush()
