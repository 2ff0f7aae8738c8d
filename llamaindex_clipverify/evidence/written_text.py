"""Written text: do the words in the picture say what the claim says is written?

Lines (OCR) are compared in normal form: numbers, amounts, percentages, dates, times and codes as values, names and quotations as
words. Labels select the position: "the tax is 1.25" is looked for on the row, or in the column, of "tax". The check contradicts
only if another legible value or name is at the position meant, or if the picture is a page or sign, legible throughout, and only
other values of that type were read. It is silent where nothing is written or the reading is doubtful. It does not read
handwriting well and does not understand words: "the shop is closed" is not a claim for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from typing import Any, Literal

from llamaindex_clipverify.claims.claim import Claim
from llamaindex_clipverify.claims.written_claims import Statement, normalise_words, statement
from llamaindex_clipverify.evidence.evidence import Evidence, silent, stance_of
from llamaindex_clipverify.evidence.lines import (
    LEGIBLE,
    READER_FACTS,
    Spot,
    Written,
    lines,
    near,
    same_row,
    values,
    whole,
    words,
)
from llamaindex_clipverify.evidence.sightings import bounded_logit, where
from llamaindex_clipverify.facts.facts import Facts
from llamaindex_clipverify.message import Message
from llamaindex_clipverify.models.protocols import Reader
from llamaindex_clipverify.picture import Picture

Case = Literal["in place", "there", "elsewhere", "other in place", "other of its sort", "other words"]
BELIEF: dict[Case, float] = {
    "in place": 0.97,
    "there": 0.93,
    "elsewhere": 0.45,
    "other in place": 0.04,
    "other of its sort": 0.15,
    "other words": 0.15,
}
"""Probability of a claim in each case. On drawn documents every case but "elsewhere", which is rare there, is right in 99 of 100
(``python benchmarks/documents.py --fit``); the numbers here are more cautious, because photographs are harder to read."""
_SURE = 0.9
_MOST_LINES = 200


@dataclass(frozen=True)
class WrittenText:
    """Belief 0–1 that the words are where the claim says (see `BELIEF`), closer to .5 the less legible the line is."""

    reader: Reader
    name: str = READER_FACTS
    version: int = 1
    needs: tuple[str, ...] = ()

    @property
    def model(self) -> str:
        """Id of the reader."""
        return self.reader.id

    def observe(self, pictures: Sequence[Picture], known: Sequence[Facts]) -> list[dict[str, Any]]:
        """Read: ``lines``, each ``text``, ``confidence``, ``box`` xyxy and ``tilt`` in degrees."""
        return [
            {
                "lines": [
                    {
                        "text": line.text,
                        "confidence": round(line.confidence, 3),
                        "box": [round(edge, 1) for edge in line.box],
                        "tilt": line.tilt,
                    }
                    for line in found[:_MOST_LINES]
                ]
            }
            for found in self.reader.read(pictures)
        ]

    def judge(self, claim: Claim, facts: Facts) -> Evidence | None:
        """Judge claims of the kind `text`."""
        if claim.kind != "text" or facts.of(self.name) is None:
            return None
        if not lines(facts):
            empty = silent(self.name, "nothing is written in the picture")
            return replace(empty, picture=facts.picture, is_unrelated=True)
        match = _match(claim, facts)
        if match is None:
            return silent(self.name, "no value, name or quotation to look for")
        return self._evidence(match, facts)

    def _evidence(self, match: _Match, facts: Facts) -> Evidence:
        if match.case is None:
            return replace(silent(self.name, match.reason), picture=facts.picture)
        belief = 0.5 + (BELIEF[match.case] - 0.5) * match.confidence
        region = match.spot.line.box if match.spot else None
        return Evidence(
            check=self.name,
            stance=stance_of(belief, 0.6, 0.4),
            score=belief,
            reason=match.reason
            if region is None
            else Message("{found} at {where}", found=match.reason, where=where(region)),
            picture=facts.picture,
            region=region,
            features={"logit": bounded_logit(belief)},
            belief=belief,
        )


@dataclass(frozen=True)
class _Match:
    """The result of the comparison: a case, or None when nothing can be said."""

    case: Case | None
    reason: str
    confidence: float = 1.0
    spot: Spot | None = None


def _quoted(text: str) -> Message:
    return Message("“{text}”", text=text)


def _labelled(name: str, text: str) -> Message:
    return Message("{name}: “{text}”", name=name, text=text)


def case_of(claim: Claim, facts: Facts) -> Case | None:
    """Return the case of a text claim in one picture, which `BELIEF` is fitted on; None when nothing can be said."""
    match = _match(claim, facts)
    return match.case if match is not None else None


def _match(claim: Claim, facts: Facts) -> _Match | None:
    said, written = claim.written or statement(claim.text), lines(facts)
    if said is None:
        return None
    return _value(said, written, facts.size) if said.value is not None else _words(said, written, facts.size)


# -- values -----------------------------------------------------------------------------------------------------------


def _value(said: Statement, written: Sequence[Written], size: tuple[int, int]) -> _Match:
    value = said.value
    assert value is not None
    spots = [spot for spot in values(written) if spot.value is not None and spot.value.comparable(value)]
    own = [spot for spot in spots if spot.value is not None and spot.value.same(value)]
    others = [spot for spot in spots if spot not in own]
    labels = [label for label in _labels(said.labels, written) if any(_belongs(label, spot, spots) for spot in spots)]
    if labels:
        return _placed(value.text, labels, spots, own, others)
    if own:
        best = max(own, key=lambda spot: spot.line.confidence)
        return _Match("there", _quoted(best.line.text), best.line.confidence, best)
    return _absent(value.text, value.sort, others, whole(written, size, LEGIBLE))


def _absent(text: str, sort: str, others: Sequence[Spot], all_read: bool) -> _Match:
    """Return the match of a value that was not read: contradicted only if all text was legible, with other such values."""
    if sort == "number" or not others:
        none = "“{text}” is not to be read, nor any other such {sort}"
        return _Match(None, Message(none, text=text, sort=Message(sort)))
    if not all_read:
        part = "“{text}” is not to be read, but not all that is written may be legible"
        return _Match(None, Message(part, text=text))
    spot = max(others, key=lambda one: SequenceMatcher(None, one.text, text).ratio())
    reason = Message("“{text}” is nowhere; the nearest is “{nearest}”", text=text, nearest=spot.text)
    return _Match("other of its sort", reason, spot.line.confidence, spot)


def _placed(
    text: str, labels: Sequence[Sequence[Spot]], spots: Sequence[Spot], own: Sequence[Spot], others: Sequence[Spot]
) -> _Match:
    """Decide between the positions that the labels name: the best right value against the best other value."""
    mine, best = _best(labels, spots, own)
    theirs, rival = _best(labels, spots, others)
    name = " ".join(label[0].text for label in labels)
    if best is not None and mine > 0 and mine >= theirs - 0.05:
        return _Match("in place", _labelled(name, best.line.text), best.line.confidence, best)
    if rival is not None and theirs >= 0.65 * len(labels):
        if rival.line.confidence < LEGIBLE:
            faint = Message("{name}: “{text}” is hardly legible", name=name, text=rival.line.text)
            return _Match(None, faint)
        other = Message("{name}: “{text}”, not “{wanted}”", name=name, text=rival.text, wanted=text)
        return _Match("other in place", other, rival.line.confidence, rival)
    if best is not None:
        apart = Message("“{text}”, but not clearly next to {name}", text=best.line.text, name=name)
        return _Match("elsewhere", apart, best.line.confidence, best)
    return _Match(None, Message("“{text}” was not read next to {name}", text=text, name=name))


def _best(labels: Sequence[Sequence[Spot]], spots: Sequence[Spot], among: Sequence[Spot]) -> tuple[float, Spot | None]:
    """Return the spot that belongs best to all labels together, and how well; the more legible one among equals."""
    rated = [(sum(_belongs(label, spot, spots) for label in labels), spot) for spot in among]
    return max(rated, key=lambda row: (row[0], row[1].line.confidence), default=(0.0, None))


def _belongs(label: Sequence[Spot], spot: Spot, spots: Sequence[Spot]) -> float:
    """Return how well a spot belongs to any occurrence of a label; the next value to its right fits slightly better."""
    best = 0.0
    for place in label:
        row = [
            one for one in spots if same_row(place.line, one.line) and one.left >= place.right - 1 and one is not spot
        ]
        value = near(place, spot, crowded=bool(row))
        first = value == 1.0 and all(one.left >= spot.left for one in row)
        best = max(best, value if first or value < 1.0 else 0.97)
    return best


def _labels(names: Sequence[str], written: Sequence[Written]) -> list[list[Spot]]:
    """Return, for each label word in the picture, its occurrences."""
    shown = list(words(written))
    wanted = [word for name in names for word in normalise_words(name)]
    found = []
    for name in wanted:
        spots = [spot for word, spot in shown if _alike(name, word)]
        if spots:
            found.append([replace(spot, alone=_all_named(spot.line, wanted)) for spot in spots])
    return found


def _all_named(line: Written, wanted: Sequence[str]) -> bool:
    return all(any(_alike(name, word) for name in wanted) for word in normalise_words(line.text))


# -- words ------------------------------------------------------------------------------------------------------------


def _words(said: Statement, written: Sequence[Written], size: tuple[int, int]) -> _Match:
    shown = [line for line in written if normalise_words(line.text)]
    text = " ".join(said.words)
    own = [line for line in shown if _holds(normalise_words(line.text), said.words)]
    labels = _labels(said.labels, written)
    slot = _slot(labels, shown)
    named = labels[0][0].text if labels else ""
    if own:
        best = max(own, key=lambda line: line.confidence)
        spot = Spot(line=best, left=best.left, right=best.right, text=best.text)
        if slot is None or slot.line in own or any(same_row(slot.line, line) for line in own):
            return _Match("in place" if slot else "there", _quoted(best.text), best.confidence, spot)
        return _Match("other in place", _labelled(named, slot.text), slot.line.confidence, slot)
    spread = [line for line in shown if any(word in normalise_words(line.text) for word in said.words)]
    if len(spread) > 1 and all(any(word in normalise_words(line.text) for line in spread) for word in said.words):
        return _Match("there", _quoted(" ".join(line.text for line in spread)), spread[0].confidence * 0.9)
    nearest = _likeness(text, shown)
    if (
        slot is not None
        and slot.line.confidence >= LEGIBLE
        and _ratio(text, " ".join(normalise_words(slot.text))) < 0.75
    ):
        return _Match("other in place", _labelled(named, slot.text), slot.line.confidence, slot)
    if not said.claims_words:
        return _Match(None, "the name is not to be read")
    if nearest > 0.7 or not whole(written, size, _SURE):
        return _Match(None, "the words are not to be read, but not all that is written may be legible")
    return _Match("other words", "the words are nowhere in what is written", min(line.confidence for line in written))


def _slot(labels: Sequence[Sequence[Spot]], shown: Sequence[Written]) -> Spot | None:
    """Return the text after a label: the rest of its line after a colon, or else the next line on its row."""
    for label in labels:
        for place in label:
            head, mark, rest = place.line.text.partition(":")
            if mark and normalise_words(rest) and place.text.rstrip(":") in head:
                return Spot(line=place.line, left=place.left, right=place.line.right, text=rest.strip())
            row = [line for line in shown if line is not place.line and same_row(line, place.line)]
            right = [line for line in row if line.left >= place.right - 1]
            if right and place.line.text.rstrip(": ").endswith(place.text.rstrip(":")):
                line = min(right, key=lambda one: one.left)
                return Spot(line=line, left=line.left, right=line.right, text=line.text)
    return None


def _holds(have: Sequence[str], want: Sequence[str]) -> bool:
    """Whether a line contains the words in this order; spaces may be lost or added."""
    places = range(len(have) - len(want) + 1)
    if any(tuple(have[at : at + len(want)]) == tuple(want) for at in places):
        return True
    joined, line = "".join(want), "".join(have)
    return len(joined) >= 5 and joined in line


def _alike(one: str, two: str) -> bool:
    """Whether a label and a word of the picture, both in normal form, may be the same: a long word may have a misread letter."""
    if one == two:
        return True
    if min(len(one), len(two)) < 6 or abs(len(one) - len(two)) > 1 or _digits(one) != _digits(two):
        return False
    return _ratio(one, two) >= 1 - 1.2 / max(len(one), len(two))


def _digits(word: str) -> str:
    return "".join(sign for sign in word if sign in "23456789")


def _likeness(text: str, shown: Sequence[Written]) -> float:
    return max((_ratio(text, " ".join(normalise_words(line.text))) for line in shown), default=0.0)


def _ratio(one: str, two: str) -> float:
    return SequenceMatcher(None, one, two).ratio()
