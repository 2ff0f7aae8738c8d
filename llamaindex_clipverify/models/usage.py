"""Usage of a remote model: tokens and cost."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock

from llamaindex_clipverify.models.forking import watch


@dataclass(frozen=True, kw_only=True)
class Usage:
    """Counts reported by the server, without failed requests."""

    requests: int = 0
    """Answers received."""
    prompt_tokens: int = 0
    """Prompt tokens, picture tokens included."""
    completion_tokens: int = 0
    unmeasured: int = 0
    """Answers without a token count from the server."""
    cost: float | None = None
    """Cost in the currency of the prices; None without prices or if an answer has no token count."""

    @property
    def total_tokens(self) -> int:
        """Tokens of prompts and answers."""
        return self.prompt_tokens + self.completion_tokens


class UsageCounter:
    """Thread-safe token counter."""

    def __init__(self, prompt_price: float | None = None, completion_price: float | None = None) -> None:
        """Start at zero; prices are per million tokens."""
        self.prompt_price, self.completion_price = prompt_price, completion_price
        self._lock = Lock()
        self._counted = (0, 0, 0, 0)
        watch(self)

    def add(self, prompt_tokens: int | None, completion_tokens: int | None) -> None:
        """Count one answer; None for a count that the server did not report."""
        measured = prompt_tokens is not None and completion_tokens is not None
        more = (1, prompt_tokens or 0, completion_tokens or 0, 0 if measured else 1)
        with self._lock:
            requests, prompt, completion, unmeasured = (old + new for old, new in zip(self._counted, more, strict=True))
            self._counted = (requests, prompt, completion, unmeasured)

    @property
    def usage(self) -> Usage:
        """Return the counts so far."""
        with self._lock:
            requests, prompt, completion, unmeasured = self._counted
        return Usage(
            requests=requests,
            prompt_tokens=prompt,
            completion_tokens=completion,
            unmeasured=unmeasured,
            cost=self._cost(prompt, completion, unmeasured),
        )

    def _cost(self, prompt: int, completion: int, unmeasured: int) -> float | None:
        if self.prompt_price is None or self.completion_price is None or unmeasured:
            return None
        return (prompt * self.prompt_price + completion * self.completion_price) / 1e6
