"""Which training examples are learnt, and how much: by the verifier's trust in what they say of their own pictures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from llamaindex_clipverify.answer import Answer
from llamaindex_clipverify.errors import ClipVerifyError
from llamaindex_clipverify.finetuning.examples import Example
from llamaindex_clipverify.report import Report
from llamaindex_clipverify.verifier import Verifier

_AT_ONCE = 64


@dataclass(frozen=True)
class Selection:
    """Examples that are learnt, with a weight each."""

    examples: tuple[Example, ...]
    weights: tuple[float, ...]
    """0–1, of each example's tokens in the loss."""
    dropped: tuple[tuple[str, float], ...] = ()
    """Names and trusts of the examples left out."""
    unverifiable: int = 0
    """Examples that nothing could check: they are kept, with weight 1."""
    checked: bool = False

    def __str__(self) -> str:
        """Say it in one line."""
        if not self.checked:
            return "training captions were not checked"
        total = len(self.examples) + len(self.dropped)
        parts = [f"{len(self.dropped)} of {total} training captions dropped"]
        if any(weight != 1 for weight in self.weights):
            parts.append(f"mean weight {sum(self.weights) / len(self.weights):.2f}")
        return ", ".join([*parts, f"{self.unverifiable} unverifiable ones kept"])


def trusts(
    verifier: Verifier, examples: Sequence[Example], progress: Callable[[int, int], None] | None = None
) -> list[float | None]:
    """Return the trust of each example: of its least trusted answer; None where nothing could be checked.

    Args:
        verifier: Who judges.
        examples: What is judged.
        progress: Told how many examples are done, of how many.
    """
    found: list[float | None] = []
    for start in range(0, len(examples), _AT_ONCE):
        part = examples[start : start + _AT_ONCE]
        answers = [Answer(text, example.pictures) for example in part for text in example.answers]
        reports = iter(verifier.verify_batch(answers))
        for example in part:
            known = [trust for _ in example.answers if (trust := _trust(next(reports))) is not None]
            found.append(min(known, default=None))
        if progress is not None:
            progress(start + len(part), len(examples))
    return found


def _trust(report: Report | ClipVerifyError) -> float | None:
    return None if isinstance(report, ClipVerifyError) else report.trust


def select(
    examples: Sequence[Example], trust: Sequence[float | None], min_trust: float | None, weight_by_trust: bool
) -> Selection:
    """Leave out what is trusted less than the minimum, and weigh the rest.

    Args:
        examples: The training part.
        trust: Of each example, as `trusts` gives it.
        min_trust: Examples below are dropped; None drops none.
        weight_by_trust: Whether an example weighs as much as it is trusted.
    """
    least = 0.0 if min_trust is None else min_trust
    kept = [(example, one) for example, one in zip(examples, trust, strict=True) if one is None or one >= least]
    dropped = [
        (example.name, one) for example, one in zip(examples, trust, strict=True) if one is not None and one < least
    ]
    weights = [one if weight_by_trust and one is not None else 1.0 for _, one in kept]
    return Selection(
        tuple(example for example, _ in kept),
        tuple(weights),
        tuple(dropped),
        sum(one is None for one in trust),
        checked=True,
    )
