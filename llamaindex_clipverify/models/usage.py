"""What the answers of a remote model have cost so far, in tokens and money."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock


@dataclass(frozen=True, kw_only=True)
class Usage:
    """Counts as the server told them; requests that failed are not in them."""

    requests: int = 0
    """Answers received."""
    prompt_tokens: int = 0
    """With the tokens that stand for pictures."""
    completion_tokens: int = 0
    unmeasured: int = 0
    """Answers whose tokens the server did not tell."""
    cost: float | None = None
    """In the currency of the prices; None without prices, or where an answer is unmeasured."""

    @property
    def total_tokens(self) -> int:
        """Tokens of prompts and answers."""
        return self.prompt_tokens + self.completion_tokens


class UsageCounter:
    """Adds up tokens; safe to be called from many threads."""

    def __init__(self, prompt_price: float | None = None, completion_price: float | None = None) -> None:
        """Count from zero; the prices are per million tokens."""
        self.prompt_price, self.completion_price = prompt_price, completion_price
        self._lock = Lock()
        self._counted = (0, 0, 0, 0)

    def add(self, prompt_tokens: int | None, completion_tokens: int | None) -> None:
        """Count one answer; None where the server did not tell."""
        measured = prompt_tokens is not None and completion_tokens is not None
        more = (1, prompt_tokens or 0, completion_tokens or 0, 0 if measured else 1)
        with self._lock:
            requests, prompt, completion, unmeasured = (old + new for old, new in zip(self._counted, more, strict=True))
            self._counted = (requests, prompt, completion, unmeasured)

    @property
    def usage(self) -> Usage:
        """What was counted so far."""
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
