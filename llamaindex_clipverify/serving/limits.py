"""Limits of a service: what one request may cost, and how many may come."""

from __future__ import annotations

from dataclasses import dataclass, fields

from llamaindex_clipverify.errors import DataError


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Limits of a service. Strangers send answers and pictures: each has a price, and all of it runs on one model."""

    body: int = 64 * 2**20
    """Maximum size of a request in bytes."""
    answer: int = 20_000
    """Maximum length of an answer in characters."""
    pictures: int = 16
    """Maximum number of pictures of an answer."""
    passages: int = 64
    """Maximum number of passages of an answer, each of at most `answer` characters."""
    seconds: float = 30.0
    """Seconds from the first byte of a request to its answer, and the time in which its body must have come."""
    stream_seconds: float = 600.0
    """Seconds that a stream may take."""
    idle_seconds: float = 60.0
    """Seconds that a stream may wait for the next piece of its answer."""
    rate: int = 1_200
    """Requests of one key in a minute; 0 for any number."""
    concurrent: int = 64
    """Requests under way at a time."""
    batch: int = 16
    """Answers verified in one call."""
    gather: float = 0.003
    """Seconds that a batch waits for requests whose bodies are arriving."""

    def __post_init__(self) -> None:
        """Check the numbers.

        Raises:
            DataError: One is not above 0, except `rate` and `gather`, which may be 0.
        """
        for field in fields(self):
            value, least = getattr(self, field.name), 0 if field.name in ("rate", "gather") else 1e-9
            if value < least:
                raise DataError(f"not a limit: {field.name}", got=value, do="give a number above 0")
