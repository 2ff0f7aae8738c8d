"""What a vision language model is asked, and what it answers."""

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
    """What a vision model said."""

    text: str
    token_logprobs: tuple[float, ...] = ()
    """Natural logarithm of the probability of each token said, 0 at most; empty where the model does not tell."""
    prompt_tokens: int = 0
    """With the tokens that stand for pictures."""
    finish: str = "stop"
    """``stop``, or ``length`` when the limit of new tokens was reached."""

    @property
    def completion_tokens(self) -> int:
        """Tokens said, the end token included."""
        return len(self.token_logprobs)

    @property
    def mean_logprob(self) -> float | None:
        """Mean log-probability of a token: how sure the model was of its words, not of their truth."""
        return sum(self.token_logprobs) / len(self.token_logprobs) if self.token_logprobs else None
