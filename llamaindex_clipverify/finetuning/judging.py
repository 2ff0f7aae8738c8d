"""What a model's descriptions of pictures are worth, by the verifier: trust, contradicted claims, hallucinated objects."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from llamaindex_clipverify.answer import Answer
from llamaindex_clipverify.errors import ClipVerifyError
from llamaindex_clipverify.picture import Picture
from llamaindex_clipverify.prompts import Prompts
from llamaindex_clipverify.report import Report
from llamaindex_clipverify.verifier import Verifier


@dataclass(frozen=True)
class Judgement:
    """Figures on descriptions of the same pictures."""

    pictures: int
    claims: int
    coverage: float
    """Share 0–1 of the claims that could be checked."""
    mean_trust: float | None
    """Of the claims that could be checked."""
    contradicted: float | None
    """Share 0–1 of the claims that could be checked."""
    hallucinated: float | None
    """Share 0–1 of the named objects, of those the detector knows, that it sees nowhere; None without a detector."""

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON."""
        return {key: round(one, 4) if isinstance(one, float) else one for key, one in asdict(self).items()}


@dataclass(frozen=True)
class Description:
    """What a model said of one picture, and the report on it."""

    picture: str
    text: str
    report: Report | None
    """None for a blank text or a picture that cannot be read any more."""

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON."""
        trust = self.report.trust if self.report else None
        return {"picture": self.picture, "text": self.text, "trust": None if trust is None else round(trust, 4)}


def describe(
    llava: Any,
    pictures: Sequence[Picture],
    *,
    ask: str = Prompts().describe,
    batch_size: int = 8,
    max_new_tokens: int = 128,
    progress: Callable[[int, int], None] | None = None,
) -> list[str]:
    """Return the model's greedy description of each picture.

    Args:
        llava: A `models.llava.Llava`.
        pictures: What to describe.
        ask: The words that ask for it.
        batch_size: Pictures at once.
        max_new_tokens: Most tokens of a description.
        progress: Told how many pictures are done, of how many.
    """
    texts: list[str] = []
    for start in range(0, len(pictures), batch_size):
        part = pictures[start : start + batch_size]
        answers = llava.generate([[("user", [picture.image, ask])] for picture in part], max_new_tokens)
        texts += [answer.text for answer in answers]
        for picture in part:
            picture.forget()
        if progress is not None:
            progress(len(texts), len(pictures))
    return texts


def judge(verifier: Verifier, pictures: Sequence[Picture], texts: Sequence[str]) -> tuple[Judgement, list[Description]]:
    """Verify each description on its picture and return the figures and the single descriptions."""
    spoken = [place for place, text in enumerate(texts) if text.strip()]
    done = verifier.verify_batch([Answer(texts[place], (pictures[place],)) for place in spoken])
    reports = {place: one for place, one in zip(spoken, done, strict=True) if not isinstance(one, ClipVerifyError)}
    described = [
        Description(picture.name, text, reports.get(place))
        for place, (picture, text) in enumerate(zip(pictures, texts, strict=True))
    ]
    return _figures(len(pictures), list(reports.values())), described


def _figures(pictures: int, reports: Sequence[Report]) -> Judgement:
    claims = [claim for report in reports for claim in report.claims]
    trusts = [claim.trust for claim in claims if claim.trust is not None]
    wrong = sum(claim.verdict == "contradicted" for claim in claims)
    missed = sum(len(report.object_agreement.hallucinated) for report in reports)
    found = sum(len(set(report.object_agreement.named) & set(report.object_agreement.seen)) for report in reports)
    return Judgement(
        pictures,
        len(claims),
        len(trusts) / len(claims) if claims else 0.0,
        sum(trusts) / len(trusts) if trusts else None,
        wrong / len(trusts) if trusts else None,
        missed / (missed + found) if missed + found else None,
    )


def table(before: Judgement, after: Judgement) -> str:
    """Return the figures side by side, aligned."""
    lines = [("", "before", "after")]
    lines += [(name, _cell(getattr(before, key), form), _cell(getattr(after, key), form)) for name, key, form in _LINES]
    widths = [max(len(line[column]) for line in lines) for column in range(3)]
    return "\n".join(
        f"{name:<{widths[0]}}  {first:>{widths[1]}}  {second:>{widths[2]}}".rstrip() for name, first, second in lines
    )


_LINES = (
    ("pictures described", "pictures", "d"),
    ("claims", "claims", "d"),
    ("coverage", "coverage", ".0%"),
    ("mean trust", "mean_trust", ".2f"),
    ("claims contradicted", "contradicted", ".1%"),
    ("objects hallucinated", "hallucinated", ".1%"),
)


def _cell(value: float | None, form: str) -> str:
    return "–" if value is None else format(value, form)
