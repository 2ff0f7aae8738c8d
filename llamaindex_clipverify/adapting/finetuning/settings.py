"""Settings of a fine-tuning run, each with its default and range."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any, Literal

from llamaindex_clipverify.errors import DataError

_DROPPED = ("sentences", "captions")
_HALVES = ("language", "vision", "both")


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Settings of one run; the same settings, data and model give the same weights on one machine."""

    epochs: float = 3.0
    """Number of epochs."""
    batch_size: int = 8
    """Batch size. If memory is too small, lower it and raise `accumulate`."""
    accumulate: int = 1
    """Number of batches whose gradients are accumulated for one step."""
    learning_rate: float = 2e-4
    """Peak learning rate, after a warm-up over 3 % of the steps, followed by cosine decay."""
    rank: int = 16
    """LoRA rank. Use 16 for most data, 64 for a style far from the model's training data."""
    learn: Literal["language", "vision", "both"] = "language"
    """Which half is trained besides the projector: the language model to change wording, the vision tower for
    pictures that look unlike any it has seen, such as another drawing style."""
    seed: int = 0
    """Random seed of the split, the initial weights, dropout and the order of the data."""
    max_length: int | None = None
    """Maximum number of tokens of an example, pictures included. Longer ones are truncated. Default: the context window."""
    save_every: int | None = None
    """Steps between checkpoints and measurements of the validation loss. Default: a tenth of the run."""
    shares: tuple[float, float, float] = (0.8, 0.1, 0.1)
    """Shares of the training, validation and test part."""
    min_trust: float | None = None
    """Minimum trust 0–1; sentences of training captions below it are dropped. Needs a verifier."""
    drop: Literal["sentences", "captions"] = "sentences"
    """What is dropped for a sentence below `min_trust`: the sentence, or its whole caption or conversation."""
    weight_by_trust: bool = False
    """Whether training examples are weighted by their trust. Needs a verifier."""

    def __post_init__(self) -> None:
        """Check the ranges of all settings.

        Raises:
            DataError: A value is out of range.
        """
        for name in ("epochs", "batch_size", "accumulate", "learning_rate", "rank", "max_length", "save_every"):
            value = getattr(self, name)
            if value is not None and not value > 0:
                raise DataError(f"{name.replace('_', ' ')} must be above 0", got=value)
        if self.min_trust is not None and not 0 <= self.min_trust <= 1:
            raise DataError("min_trust must be between 0 and 1", got=self.min_trust)
        if self.drop not in _DROPPED:
            raise DataError("unknown value of drop", got=self.drop, do=f"choose one of {_DROPPED}")
        if self.learn not in _HALVES:
            raise DataError("no such half of the model", got=self.learn, do=f"choose one of {_HALVES}")

    @property
    def by_trust(self) -> bool:
        """Return whether the verifier must check the training part."""
        return self.min_trust is not None or self.weight_by_trust

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON."""
        return {**asdict(self), "shares": list(self.shares)}

    @classmethod
    def of(cls, **options: Any) -> Settings:
        """Make settings of options, some of which may be none.

        Raises:
            DataError: An option is unknown.
        """
        strange = set(options) - {one.name for one in fields(cls)}
        if strange:
            raise DataError(
                "no such setting", got=sorted(strange), do=f"choose one of {[one.name for one in fields(cls)]}"
            )
        return cls(**options)
