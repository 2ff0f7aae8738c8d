"""Asks an open-vocabulary detector for the nouns of a claim, when the claim is judged; the answer is kept per picture and noun.

When a picture is first seen, such a detector looks for the nouns of the vocabulary only. What else a claim names is looked for in
the picture itself, as long as it is at hand: one that only its stored facts stand for, or whose file is gone, stays unasked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from threading import RLock

from cachetools import LRUCache

from llamaindex_clipverify.claims.claim import Claim
from llamaindex_clipverify.evidence.check import Check
from llamaindex_clipverify.evidence.looks import asked_for, with_detections
from llamaindex_clipverify.evidence.objects import JUDGED
from llamaindex_clipverify.evidence.patterns import PATTERN_FACTS
from llamaindex_clipverify.evidence.sightings import COLOUR_FACTS, DETECTOR_FACTS
from llamaindex_clipverify.facts.facts import Facts
from llamaindex_clipverify.models.pickling import Portable
from llamaindex_clipverify.models.protocols import Detector
from llamaindex_clipverify.picture import Picture
from llamaindex_clipverify.verification.implied import presences

_A_ROW_A_BOX = (COLOUR_FACTS, PATTERN_FACTS)
"""Checks whose facts have a row for each box, so that further boxes need further rows."""


class Questions(Portable):
    """The pictures that may still be asked about, the most recent ones; thread-safe."""

    _not_pickled = {"_pictures": lambda: None}  # noqa: RUF012

    def __init__(self, size: int, keep: Callable[[Facts], None]) -> None:
        """Hold `size` pictures; `keep` stores facts with new answers."""
        self.size = size
        self.keep = keep
        self._pictures: LRUCache[str, Picture] | None = None
        self._lock = RLock()

    def hold(self, pictures: Iterable[Picture]) -> None:
        """Remember pictures that were just observed."""
        with self._lock:
            if self._pictures is None:
                self._pictures = LRUCache(max(self.size, 1))
            for picture in pictures:
                self._pictures[picture.id] = picture

    def ask(self, detector: Detector, checks: Sequence[Check], claims: Iterable[Claim], facts: Facts) -> Facts:
        """Return facts with the detector's answers on all nouns of some claims; as they are where the picture is not at hand."""
        if facts.of(DETECTOR_FACTS) is None:
            return facts
        wanted = sorted(_nouns(claims) - asked_for(facts))
        with self._lock:
            picture = None if self._pictures is None else self._pictures.get(facts.picture)
            if picture is None or not wanted:
                return facts
            try:
                [found] = detector.detect([picture], wanted)
                more = with_detections(facts, found, wanted)
                for check in checks:
                    if check.name in _A_ROW_A_BOX and check.name in more.seen:
                        more = replace(more, seen={**more.seen, check.name: check.observe([picture], [more])[0]})
            except Exception:  # noqa: BLE001 - its file is gone, or the detector fails on the words: the nouns stay unasked
                return facts
            finally:
                picture.forget()
            self.keep(more)
            return more


def _nouns(claims: Iterable[Claim]) -> set[str]:
    """Return the things that claims are about, in English."""
    judged = [one for claim in claims for one in (claim, *presences(claim)) if one.kind in JUDGED]
    return {noun for one in judged if one.words.language == "en" for noun in (one.noun, one.reference) if noun}
