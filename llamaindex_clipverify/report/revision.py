"""Revision: removes from an answer what the pictures contradict.

Sentences whose checked claims are all contradicted are removed. Single phrases are removed if the splitter reads the remaining
claims as before, and marked otherwise.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from llamaindex_clipverify.answer import sentences
from llamaindex_clipverify.claims.claim import Claim, Splitter
from llamaindex_clipverify.report.report import CheckedClaim, Report

MARK = " (not supported by the pictures)"
NOTHING_LEFT = "Nothing of the answer is supported by the pictures."
_BEFORE = re.compile(r"(?:\s*,\s*(?:and|or)?\s*|\s+(?:and|or|with|beside|next to|near)\s+)$", re.I)
_ARTICLE = re.compile(r"\b(?:an?|the|some|another|also)\s+$", re.I)
_AFTER = re.compile(r"(?:\s*,\s*(?:and|or)?\s+|\s+(?:and|or)\s+)", re.I)


@dataclass(frozen=True)
class Revision:
    """A revised answer and its changes."""

    text: str
    dropped: tuple[str, ...] = ()
    """Texts of the claims that were removed."""
    softened: tuple[str, ...] = ()
    """Texts of the claims that were marked, because removing them would break their sentence."""

    @property
    def changed(self) -> bool:
        """Whether anything was changed."""
        return bool(self.dropped or self.softened)


def revise(report: Report, splitter: Splitter) -> Revision:
    """Return the answer of a report without its contradicted claims.

    A sentence all of whose checked claims are contradicted is left out. Of another, the contradicted phrase is cut out with the
    word that joins it on, if the splitter then reads the other claims as before; else it is marked.

    Args:
        report: The report on the answer.
        splitter: The splitter that read the answer.
    """
    text = report.answer
    kept: list[str] = []
    dropped: list[str] = []
    softened: list[str] = []
    end_before = 0
    for begin, end in sentences(text):
        inside = [claim for claim in report.claims if begin <= claim.claim.start < end]
        doubtful = [one for one in inside if one.verdict == "contradicted"]
        checked = [one for one in inside if one.trust is not None]
        gap, sentence = text[end_before:begin], text[begin:end]
        end_before = end
        if doubtful and len(doubtful) == len(checked):
            dropped += [one.claim.text for one in doubtful]
            continue
        for one in sorted(doubtful, key=lambda each: -each.claim.start):
            shorter = _without(sentence, begin, one, inside, splitter)
            (softened if shorter is None else dropped).append(one.claim.text)
            place = one.claim.end - begin
            sentence = f"{sentence[:place]}{MARK}{sentence[place:]}" if shorter is None else shorter
        kept += [gap, sentence]
    revised = "".join(kept).strip()
    return Revision(revised or NOTHING_LEFT, tuple(dropped), tuple(softened))


def _without(
    sentence: str, begin: int, doubted: CheckedClaim, inside: Sequence[CheckedClaim], splitter: Splitter
) -> str | None:
    """Return a sentence without one claim's phrase, or None where the other claims would not be read as before."""
    left = Counter(_meaning(claim) for claim in splitter.split(sentence))
    gone = _meaning(doubted.claim)
    wanted = left - Counter({gone: left[gone]})
    for shorter in _cuts(sentence, doubted.claim.start - begin, doubted.claim.end - begin):
        if wanted and Counter(_meaning(claim) for claim in splitter.split(shorter)) == wanted:
            return shorter
    return None


def _cuts(sentence: str, start: int, end: int) -> Iterator[str]:
    article = _ARTICLE.search(sentence, 0, start)
    before, after = sentence[: article.start() if article else start], sentence[end:]
    joined = _BEFORE.search(before)
    if joined:
        yield before[: joined.start()] + after
    follows = _AFTER.match(after)
    if follows:
        yield before + after[follows.end() :]


def _meaning(claim: Claim) -> tuple[object, ...]:
    return (
        claim.kind, claim.noun, claim.colour, claim.number, claim.at_least, claim.at_most, claim.relation, claim.reference,
        claim.value, claim.negated,
    )  # fmt: skip
