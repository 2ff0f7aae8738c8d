"""Input and output of a vision language model: messages and answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL import Image

Conversation = Sequence[tuple[str, Sequence["str | Image.Image"]]]
"""Messages, oldest first: role (system, user or assistant) and texts and pictures in order."""


@dataclass(frozen=True, kw_only=True)
class Generated:
    """Answer of a vision language model."""

    text: str
    token_logprobs: tuple[float, ...] = ()
    """Log-probability (natural logarithm, at most 0) of each generated token; empty if unavailable."""
    prompt_tokens: int = 0
    """Prompt tokens, picture tokens included."""
    finish: str = "stop"
    """``stop``, or ``length`` when the limit of new tokens was reached."""

    @property
    def completion_tokens(self) -> int:
        """Return the number of generated tokens, the end token included."""
        return len(self.token_logprobs)

    @property
    def mean_logprob(self) -> float | None:
        """Return the mean log-probability of a token: confidence in the wording, not in its truth."""
        return sum(self.token_logprobs) / len(self.token_logprobs) if self.token_logprobs else None
