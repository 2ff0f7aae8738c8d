"""Collects the claims of one Korean sentence, and states the presence of its nouns at the end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from llamaindex_clipverify.claims.claim import Claim, Kind
from llamaindex_clipverify.claims.english.terms import terms
from llamaindex_clipverify.claims.korean.phrases import Clause, Phrase, Spot
from llamaindex_clipverify.claims.vocabulary import Vocabulary, english

_DEPTH = ("behind", "in front of", "between", "around")
_PATTERNS = ("pattern", "stripe", "flower pattern")
_RELATIONS = frozenset(english().relations.values())


def colours_of(phrase: Phrase) -> list[str | None]:
    """Return the colours of a phrase; [None] if it has none."""
    return [*phrase.colours, *phrase.others] or [None]


def _goes_without_saying(phrase: Phrase) -> bool:
    """Return whether a phrase is a part of the body that only takes part in an action: 무릎을 꿇다, 손에 들다."""
    taking_part = phrase.case in ("object", "at", "in", "to", "of")
    return phrase.sort == "body" and taking_part and not phrase.negated and not phrase.values


class Claims:
    """Collects the claims of one sentence."""

    def __init__(self, vocabulary: Vocabulary, last: Sequence[Phrase]) -> None:
        """Collect claims; `last` are the persons or things that a pronoun may mean."""
        self.vocabulary = vocabulary
        self.found: list[Claim] = []
        self.phrases: list[Phrase] = []
        self.hushed: list[tuple[int, int]] = []
        self.pending_size: tuple[str, int, int] | None = None
        self.lacking: list[Clause] = []
        self.instead: Phrase | None = None
        """What 아니라 denies of the next place: 소파 of 소파가 아니라 바닥에."""
        self.last = list(last)
        self.sides: dict[str, list[Phrase]] = {}
        """Side to what it is a side of: 왼쪽 of a person."""
        self.focus: list[Phrase] = []
        """Subjects of the clause before."""

    def add(self, phrase: Phrase) -> None:
        """Take a new phrase of the sentence, with what its modifiers say."""
        self.phrases.append(phrase)
        if phrase.pronoun:
            people = [one for one in (*self.last, *self.phrases) if one.living and not one.pronoun]
            things = [one for one in (*self.last, *self.phrases) if not one.pronoun and not one.silent]
            phrase.stands_for = (people if phrase.sort == "people" else things)[-1:]
            return
        for kind, value, start, end in phrase.values:
            if kind == "scene":
                self.scene("place", value, start, end)
            else:
                self.about(kind, phrase, min(start, phrase.head), max(end, phrase.end), value=value)
        for colour in phrase.denied_colours:
            self.about("attribute", phrase, phrase.start, phrase.end, colour=colour, negated=True)
        for owner in phrase.owners:
            for one in owner.stands_for if owner.pronoun else [owner]:
                before = len(self.found)
                self._owned(one, phrase)
                phrase.facts += [place for place in range(before, len(self.found)) if place not in phrase.facts]

    def _owned(self, owner: Phrase, phrase: Phrase) -> None:
        """Read a noun with 의: the whole of a part, somebody's looks or garment, or a place."""
        if self.is_part(owner, phrase):
            self.part(phrase, owner, negated=False)
        elif (owner.sort == "body" and (phrase.sort == "people" or owner.noun == "leg")) or (
            self._is_feature(owner) and owner.noun not in _PATTERNS and self.is_part(phrase, owner)
        ):
            self.part(owner, phrase, negated=False)
        elif owner.sort == "places" and not owner.silent:
            self.scene("place", owner.noun, owner.start, owner.end)
        elif owner.sort == "garments" and phrase.living:
            self.wearing(phrase, owner, owner.start, phrase.end, negated=False)

    @staticmethod
    def _is_feature(owner: Phrase) -> bool:
        """Return whether a noun with 의 can only be a part of what follows: "빨간 지붕의 집"."""
        return owner.sort == "parts" or (owner.sort == "surfaces" and owner.noun in terms().parts)

    def hush(self, start: int, end: int) -> None:
        """State nothing of a doubtful part of the sentence."""
        self.hushed.append((start, end))

    # -- making claims ----------------------------------------------------------------------------------------------

    def about(self, kind: Kind, phrase: Phrase, start: int, end: int, **words: Any) -> Claim:
        """Add a claim about a phrase."""
        known = phrase.known and kind in ("object", "attribute", "count")
        base = Claim(
            text="", start=start, end=end, kind=kind, noun=phrase.noun, known=known, narrow=phrase.narrow,
            plural=phrase.plural or (phrase.number or 1) > 1,
        )  # fmt: skip
        claim = base.swap(**words)
        phrase.facts.append(len(self.found))
        self.found.append(claim)
        if claim.negated and kind not in ("attribute",):
            phrase.covered = phrase.covered or (phrase.case == "subject" and kind in ("relation", "depth", "position"))
        return claim

    def scene(self, facet: str, value: str, start: int, end: int) -> None:
        """Add a claim on place, weather or time."""
        if not any(one.kind == "scene" and one.value == value for one in self.found):
            self.found.append(Claim(text="", start=start, end=end, kind="scene", value=value, facet=facet, known=False))

    def relation(self, relation: str, figure: Phrase, ground: Phrase, spot: Spot | None, *, negated: bool) -> None:
        """Add a relation of two phrases."""
        start = min(figure.start if spot is None or spot.start > figure.start else figure.head, ground.start)
        start = min(figure.start, ground.start) if figure.start >= ground.start else start
        end = max(figure.end, spot.end if spot is not None else ground.end)
        if relation in _DEPTH:
            self.about(
                "depth", figure, start, end, relation=relation, reference=ground.noun, negated=negated, known=False
            )
        else:
            known = figure.known and ground.known and relation in _RELATIONS
            self.about(
                "relation", figure, start, end, relation=relation, reference=ground.noun, negated=negated, known=known
            )

    def part(self, piece: Phrase, owner: Phrase, *, negated: bool) -> None:
        """Add the claims that a thing has a part, one a colour."""
        if piece.noun == owner.noun:
            return
        piece.covered = piece.covered or negated
        start, end = min(piece.start, owner.start), max(piece.end, owner.end)
        for colour in colours_of(piece):
            self.about("part", piece, start, end, reference=owner.noun, colour=colour, negated=negated, known=False)

    def wearing(self, wearer: Phrase, garment: Phrase, start: int, end: int, *, negated: bool) -> None:
        """Add the claims that somebody wears something, one a colour."""
        garment.covered = garment.covered or negated
        if negated and wearer.case in ("subject",) and wearer.surface == "아무":
            wearer.covered = True
        for colour in colours_of(garment):
            self.about(
                "wearing", wearer, start, end, reference=garment.noun, colour=colour, negated=negated, known=False
            )

    @staticmethod
    def is_part(owner: Phrase, piece: Phrase) -> bool:
        """Return whether a thing can be a part of another."""
        name = (piece.narrow or piece.noun).split()[-1]
        if owner.sort == "people":
            return piece.sort == "body"
        if owner.sort == "animals":
            return piece.sort in ("body",)
        if owner.sort in ("body", "garments") and piece.sort == "body":
            return False
        return piece.sort in ("parts", "body") or (
            name in terms().parts and owner.sort not in ("nature", "food", "unknown")
        )

    # -- the end of a sentence --------------------------------------------------------------------------------------

    def finish(self, known_before: set[str]) -> list[Claim]:
        """Return the claims, with those that state the presence of the phrases."""
        for phrase in self.phrases:
            if not phrase.silent and not phrase.pronoun and phrase.sort != "sports":
                self._present(phrase, known_before)
        return [claim for claim in self._unique() if not self._is_hushed(claim)]

    def _present(self, phrase: Phrase, known_before: set[str]) -> None:
        repeated = phrase.noun in known_before and phrase.case in ("topic", "of") and not phrase.negated
        if not phrase.negated:
            known_before.add(phrase.noun)
        # "세 마리가 아니다" denies the number, "한 마리도 없다" the thing
        counted = phrase.number is not None and (not phrase.negated or phrase.number > 1)
        inexact = phrase.at_least is not None or phrase.at_most is not None
        start, end = phrase.start, phrase.end
        if counted:
            colour = phrase.colours[0] if phrase.colours else None
            self.about("count", phrase, start, end, number=phrase.number, colour=colour, negated=phrase.negated)
        elif phrase.negated and inexact:
            pass  # the number is denied, below
        elif phrase.colours and not phrase.covered:
            for colour in phrase.colours:
                self.about("attribute", phrase, start, end, colour=colour, negated=phrase.negated)
        elif not repeated and not phrase.covered and phrase.noun != "background" and not _goes_without_saying(phrase):
            self.about("object", phrase, phrase.head if not phrase.number else start, end, negated=phrase.negated)
        for colour in phrase.others:
            self.about("attribute", phrase, start, end, colour=colour, known=False, negated=phrase.negated)
        if phrase.at_least or phrase.at_most:
            self.about(
                "bound", phrase, start, end, at_least=phrase.at_least, at_most=phrase.at_most, plural=True, known=False,
                negated=phrase.negated,
            )  # fmt: skip

    def _is_hushed(self, claim: Claim) -> bool:
        return any(
            (start <= claim.start and claim.end <= end + 1) or start < claim.end <= end for start, end in self.hushed
        )

    def _unique(self) -> list[Claim]:
        seen: dict[tuple[object, ...], Claim] = {}
        for one in self.found:
            key = (
                one.kind,
                one.noun,
                one.narrow,
                one.colour,
                one.number,
                one.at_least,
                one.relation,
                one.reference,
                one.value,
                one.negated,
                one.start if one.kind in ("object", "count", "attribute") else 0,
            )
            seen.setdefault(key, one)
        return list(seen.values())
