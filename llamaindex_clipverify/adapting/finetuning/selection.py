"""Selects and weights training captions by the verifier's trust in each of their sentences.

A caption of five sentences with one wrong word teaches four true things: by default only the sentence that is distrusted is left
out, not the caption.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from llamaindex_clipverify.adapting.finetuning.examples import IMAGE, Example
from llamaindex_clipverify.adapting.finetuning.settings import Settings
from llamaindex_clipverify.answer import Answer, sentences
from llamaindex_clipverify.errors import ClipVerifyError
from llamaindex_clipverify.report.report import Report
from llamaindex_clipverify.verification.verifier import Verifier

_AT_ONCE = 64

Trusts = tuple[tuple[float | None, ...], ...]
"""Trust 0–1 of each sentence of each answer of an example; None for a sentence without a checkable claim."""


@dataclass(frozen=True, kw_only=True)
class Selection:
    """Examples that are learnt, with a weight each."""

    examples: tuple[Example, ...]
    weights: tuple[float, ...]
    """0–1, of each example's tokens in the loss."""
    dropped: tuple[tuple[str, float], ...] = ()
    """Names of the examples left out whole, and the least trust of their sentences."""
    cut: tuple[tuple[str, str, float], ...] = ()
    """Sentences left out of the examples that are kept: the example's name, the sentence, its trust."""
    unverifiable: int = 0
    """Examples that nothing could check: they are kept, with weight 1."""
    checked: bool = False

    def __str__(self) -> str:
        """Return a summary in one line."""
        if not self.checked:
            return "training captions were not checked"
        total = len(self.examples) + len(self.dropped)
        parts = [f"{len(self.dropped)} of {total} training captions dropped"]
        if self.cut:
            parts.append(f"{len(self.cut)} sentences left out of others")
        if any(weight != 1 for weight in self.weights):
            parts.append(f"mean weight {sum(self.weights) / len(self.weights):.2f}")
        return ", ".join([*parts, f"{self.unverifiable} unverifiable ones kept"])


def trusts(
    verifier: Verifier, examples: Sequence[Example], progress: Callable[[int, int], None] | None = None
) -> list[Trusts]:
    """Return the trust of each sentence of each example: of its least trusted claim.

    Args:
        verifier: The verifier.
        examples: The examples to verify.
        progress: Progress callback: called with (examples done, examples in total).
    """
    found: list[Trusts] = []
    for start in range(0, len(examples), _AT_ONCE):
        part = examples[start : start + _AT_ONCE]
        answers = [Answer.on_pictures(text, example.pictures) for example in part for text in example.answers]
        reports = iter(verifier.verify_batch(answers))
        found += [tuple(_by_sentence(text, next(reports)) for text in example.answers) for example in part]
        if progress is not None:
            progress(start + len(part), len(examples))
    return found


def _by_sentence(text: str, report: Report | ClipVerifyError) -> tuple[float | None, ...]:
    claims = [] if isinstance(report, ClipVerifyError) else report.claims
    return tuple(
        min(
            (claim.trust for claim in claims if begin <= claim.claim.start < end and claim.trust is not None),
            default=None,
        )
        for begin, end in sentences(text)
    )


def select(examples: Sequence[Example], trust: Sequence[Trusts], settings: Settings) -> Selection:
    """Leave out sentences or examples with less than the minimum trust, and weight the rest.

    Args:
        examples: The training part.
        trust: Of each example, as `trusts` gives it.
        settings: The least trust, whether sentences or captions are dropped for it, and whether an example weighs as much as the
            least trusted of its sentences.
    """
    floor = settings.min_trust or 0.0
    kept: list[tuple[Example, float]] = []
    dropped: list[tuple[str, float]] = []
    cut: list[tuple[str, str, float]] = []
    for example, known in zip(examples, trust, strict=True):
        least = _least(known)
        low = least is not None and least < floor
        rest = _without(example, known, floor) if low and settings.drop == "sentences" else None
        if low and rest is None:
            dropped.append((example.name, least or 0.0))
            continue
        if rest is not None:
            cut += [(example.name, sentence, value) for sentence, value in _told(example, known) if value < floor]
            least = _least(tuple(tuple(v for v in row if v is None or v >= floor) for row in known))
        kept.append((rest or example, least if settings.weight_by_trust and least is not None else 1.0))
    return Selection(
        examples=tuple(example for example, _ in kept),
        weights=tuple(weight for _, weight in kept),
        dropped=tuple(dropped),
        cut=tuple(cut),
        unverifiable=sum(_least(known) is None for known in trust),
        checked=True,
    )


def _least(trust: Trusts) -> float | None:
    return min((value for row in trust for value in row if value is not None), default=None)


def _told(example: Example, trust: Trusts) -> list[tuple[str, float]]:
    """Return the sentences that could be checked, with their trust."""
    return [
        (text[begin:end], value)
        for text, row in zip(example.answers, trust, strict=True)
        for (begin, end), value in zip(sentences(text), row, strict=True)
        if value is not None
    ]


def _without(example: Example, trust: Trusts, floor: float) -> Example | None:
    """Return an example without its distrusted sentences, and without questions that are left unanswered; None if all are.

    The marks of the pictures move on to the next question.
    """
    rows = iter(trust)
    turns: list[tuple[str, str]] = []
    marks = 0
    for role, text in example.turns:
        if role == "user":
            text = "\n".join([*[IMAGE] * marks, text])
            marks = 0
        elif role == "assistant":
            text = _kept(text, next(rows), floor)
            if not text:
                marks = turns.pop()[1].count(IMAGE) if turns and turns[-1][0] == "user" else 0
                continue
        turns.append((role, text))
    answered = any(role == "assistant" for role, _ in turns)
    return replace(example, turns=tuple(turns)) if answered and not marks else None


def _kept(text: str, trust: Sequence[float | None], floor: float) -> str:
    begins = [begin for begin, _ in sentences(text)]
    pieces = zip(begins, [*begins[1:], len(text)], trust, strict=True)
    return "".join(text[begin:end] for begin, end, value in pieces if value is None or value >= floor).rstrip()
