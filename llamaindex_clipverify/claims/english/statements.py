"""Claims about the noun phrases of a sentence: presence, number, colour, relations and actions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from llamaindex_clipverify.claims.claim import Claim, Kind
from llamaindex_clipverify.claims.english.clauses import Clause
from llamaindex_clipverify.claims.english.grammar import (
    ARTICLES,
    BE,
    CARRIES,
    COPULAS,
    DEFINITE,
    DEGREES,
    FINITE,
    NOT_ACTIONS,
    POSTURES,
    PREPOSITIONS,
    RELATIVES,
)
from llamaindex_clipverify.claims.english.mentions import Mention
from llamaindex_clipverify.claims.english.scopes import is_negative
from llamaindex_clipverify.claims.wordnet import wordnet

WRITTEN = re.compile(
    r"[\"“][^\"”]+[\"”]|[$€£¥₩]\s?\d+(?:[.,]\d+)*|\b\d+(?:[.,]\d+)*\s?(?:dollars|euros|won|percent|%|€|£)"
    r"|\b\d{1,2}:\d{2}\b|\b\d{4}-\d{2}-\d{2}\b"
    r"|(?<=\bsays )[A-Z][A-Z0-9]+\b|(?<=\breads )[A-Z][A-Z0-9]+\b|(?<=\bword )[A-Z][A-Z0-9]+\b"
)
"""Quotations, prices, percentages, times, dates, and capitals after *says*, *reads* and *word*."""
_BREAKS = frozenset(("but", "while", ";", "whereas", "because", "there", "—"))
_BETWEEN = frozenset(("between", "than"))


class Reading(Clause):
    """One sentence, read as claims."""

    def claims(self, known_before: set[str]) -> list[Claim]:
        """Return all claims of the sentence; `known_before` (nouns of earlier sentences) is extended in place."""
        found = [*self._colours(), *self._lists(), *self._relations(), *self._actions()]
        return [*found, *self._nouns(known_before)]

    # -- of one noun ----------------------------------------------------------------------------------------------

    def _nouns(self, known_before: set[str]) -> Iterator[Claim]:
        for mention in self.mentions:
            if mention.pronoun or not mention.shown:
                continue
            repeated = mention.noun in known_before and mention.determiner in DEFINITE and not mention.negated
            covered = repeated or id(mention) in self.covered
            if not covered or mention.colours or (mention.number is not None and not (mention.negated and covered)):
                yield from self.there(mention)
            if not mention.negated:
                known_before.add(mention.noun)

    def there(self, mention: Mention) -> Iterator[Claim]:
        """Yield the claims that a mention is present, with its number or its colours."""
        if mention.number and not mention.negated:
            colour = mention.colours[0] if mention.colours else None
            yield self._claim("count", mention, number=mention.number, colour=colour)
        elif mention.colours:
            for colour in mention.colours:
                yield self._claim("attribute", mention, colour=colour)
        else:
            yield self._claim("object", mention, plural=mention.plural and not mention.negated)

    # -- predicates of colour -------------------------------------------------------------------------------------

    def _colours(self) -> Iterator[Claim]:
        """Read "… is (not) red (and white)"."""
        at = 0
        while at < len(self.words):
            if at in self.inside or self.hedged[at] or self.words[at].text not in self.vocabulary.colours:
                at += 1
                continue
            copula = self._copula_before(at)
            last = at
            if copula is not None:
                last = self._last_colour(at)
                yield from self._coloured(copula, at, last)
            at = last + 1

    def _copula_before(self, at: int) -> int | None:
        place = at - 1
        while place >= 0 and (
            self._text(place) in DEGREES or is_negative(self.words, place) or self._text(place) == "neither"
        ):
            if self._text(place) in COPULAS:
                break
            place -= 1
        if place + 1 < at and self._text(place) == "," and self._text(place + 1) in ("painted", "colored", "coloured"):
            return place  # "a bench, painted green"
        if place < 0 or self._text(place) not in COPULAS:
            return None
        return (
            place
            if place not in self.inside or any(mention.pronoun and mention.head == place for mention in self.mentions)
            else None
        )

    def _last_colour(self, at: int) -> int:
        while self._text(at + 1) in ("and", ",", "or", "nor"):
            step = 3 if self._text(at + 2) == "and" else 2
            if self._text(at + step) not in self.vocabulary.colours or at + step in self.inside:
                break
            at += step
        return at

    def _coloured(self, copula: int, first: int, last: int) -> Iterator[Claim]:
        denied = any(is_negative(self.words, at) or self._text(at) == "neither" for at in range(copula, first))
        for subject in self._subjects(copula):
            negative = denied or subject.determiner == "none"
            for mention in subject.means():
                self.covered.add(id(mention))
                for at in range(first, last + 1):
                    colour = self.vocabulary.colours.get(self._text(at))
                    if colour is not None:
                        yield self._predicate(subject, mention, at, colour, negative)

    def _predicate(self, subject: Mention, mention: Mention, at: int, colour: str, negative: bool) -> Claim:
        start = self.words[subject.head].start
        denied = negative != (mention.negated and not subject.pronoun)
        kind: Kind = "count" if subject.pronoun and subject.number else "attribute"
        number = subject.number if kind == "count" else None
        plural = mention.plural if kind == "attribute" else True
        return self._build_claim(
            kind, mention, start, self.words[at].end, negated=denied, colour=colour, number=number, plural=plural
        )

    def _lists(self) -> Iterator[Claim]:
        """Read "cups: 1" and "car: red"."""
        for mention in self.mentions:
            at = mention.after
            if self._text(at) != ":" or not mention.shown or mention.determiner or mention.number is not None:
                continue
            value = self._text(at + 1)
            closes = at + 2 >= len(self.words) or self._text(at + 2) in (",", ";", "(")
            if value in self.vocabulary.colours and closes:
                self.covered.add(id(mention))
                yield self._claim("attribute", mention, at + 2, colour=self.vocabulary.colours[value])
            elif closes and (value.isdigit() or value in self.vocabulary.numbers):
                self.covered.add(id(mention))
                number = int(value) if value.isdigit() else self.vocabulary.numbers[value]
                kind: Kind = "count" if number else "object"
                known = {"number": number} if number else {"negated": True, "plural": False}
                yield self._claim(kind, mention, at + 2, **known)

    # -- of two nouns ---------------------------------------------------------------------------------------------

    def _relations(self) -> Iterator[Claim]:
        for place, (first, second) in enumerate(pairwise(self.mentions)):
            link = self._link(first.after, second)
            if link is not None and second.shown and not second.pronoun:
                yield from self._related(place, link, second)
        yield from self._fronted()

    def _link(self, start: int, second: Mention) -> tuple[int, str] | None:
        """Return position and canonical name of a relation directly before a mention, or None."""
        for at in range(start, second.begins):
            form, relation = self.vocabulary.relation_at([word.text for word in self.words[at : second.begins]])
            if relation is not None and at + form == second.begins and not self.hedged[at]:
                by = self._text(at) == "by" and form == 1
                return None if by and self._is_agent(at) else (at, relation)
        return None

    def _is_agent(self, at: int) -> bool:
        """Return whether *by* introduces an agent: "surrounded by a fence"."""
        before = self._text(at - 1)
        return before.endswith("ed") or before in (
            "driven",
            "ridden",
            "held",
            "worn",
            "drawn",
            "made",
            "taken",
            "eaten",
            "led",
        )

    def _related(self, place: int, link: tuple[int, str], second: Mention) -> Iterator[Claim]:
        at, relation = link
        near = self.mentions[place]
        between = self._between(near.after, at)
        if _BREAKS & set(between) or _BETWEEN & set(between) or ("," in between[:-1] and not set(between) & RELATIVES):
            return
        verb = next(
            (spot for spot in range(near.after, at) if self._text(spot) in BE or self._text(spot) in POSTURES), None
        )
        if "and" in between and verb is None:
            return
        subjects = self._subjects(verb) if verb is not None else [self._carrier(place)]
        if verb is not None and self._text(verb) in POSTURES and self._text(verb).endswith(("ed", "ing")):
            subjects = [near] if self._text(verb - 1) not in BE else subjects
        for subject in subjects:
            for mention in subject.means():
                yield self._relation(subject, mention, relation, second, between)

    def _carrier(self, place: int) -> Mention:
        """Return the subject of a trailing relation: the man in "a man with a hat on a bench"."""
        while place:
            before, here = self.mentions[place - 1], self.mentions[place]
            between = self._between(before.after, here.begins)
            if len(between) != 1 or between[0] not in CARRIES - {"of"} or not before.shown:
                break
            place -= 1
        return self.mentions[place]

    def _relation(self, subject: Mention, mention: Mention, relation: str, other: Mention, between: list[str]) -> Claim:
        denied = any(text in ("not", "never") or text.endswith("n't") for text in between)
        negated = denied or (mention.negated != other.negated)
        if mention.negated and not denied:
            self.covered.add(id(mention))
        start, end = self.words[subject.head].start, self.words[other.after - 1].end
        colour = mention.colours[0] if mention.colours else None
        return self._build_claim(
            "relation", mention, start, end, negated=negated, known=mention.known and other.known, colour=colour,
            relation=relation, reference=other.noun,
        )  # fmt: skip

    def _fronted(self) -> Iterator[Claim]:
        """Read sentences that begin with a relation: "On the table there is a cup", "Under the bed, a cat …"."""
        if len(self.mentions) < 2:
            return
        ground, figure = self.mentions[0], self.mentions[1]
        link = self._link(0, ground)
        between = self._between(ground.after, figure.begins)
        verb = {text for text in between if text in BE or text in POSTURES or text in ("there", ",")}
        if link is None or not verb or not (ground.shown and figure.shown) or figure.pronoun or "and" in between:
            return
        if not set(between) <= BE | POSTURES | {"there", ",", "you", "can", "see", "be", "seen"} | {"'s"}:
            return
        start, end = self.words[link[0]].start, self.words[figure.after - 1].end
        yield self._build_claim(
            "relation", figure, start, end, relation=link[1], reference=ground.noun,
            known=ground.known and figure.known, colour=figure.colours[0] if figure.colours else None,
        )  # fmt: skip

    # -- of verbs -------------------------------------------------------------------------------------------------

    def _actions(self) -> Iterator[Claim]:
        for at, word in enumerate(self.words):
            text = word.text
            moving = text.endswith("ing") and len(text) > 4 and text not in NOT_ACTIONS and text.isalpha()
            if at in self.inside or self.hedged[at] or not (moving or text in FINITE):
                continue
            if self._text(at - 1) in ARTICLES or self._text(at - 1) in PREPOSITIONS:
                continue
            for subject, negative in self._actors(at, moving):
                if text in ("reads", "read") and subject.noun != "person":
                    continue
                for mention in subject.means():
                    if not mention.negated:
                        yield self._acting(subject, mention, at, negative)

    def _acting(self, subject: Mention, mention: Mention, at: int, negative: bool) -> Claim:
        start, end = self.words[subject.head].start, self.words[at].end
        return self._build_claim("action", mention, start, end, negated=negative, colour=None)

    def _actors(self, at: int, moving: bool) -> list[tuple[Mention, bool]]:
        """Return the subjects of an action verb, each with whether the action is negated."""
        place, negative = at - 1, False
        while self._text(place) in DEGREES | {"who", "that", "which", "currently", "always"} or (
            place >= 0 and (is_negative(self.words, place) or self._text(place).endswith("ly"))
        ):
            negative = negative or is_negative(self.words, place)
            if self._text(place) in BE:
                break
            place -= 1
        if moving and self._text(place) in BE:
            return [(one, negative) for one in self._subjects(place)]
        before = next((mention for mention in self.mentions if mention.after == place + 1), None)
        if before is None or before.possessive or (before.pronoun and moving):
            return []
        if not moving:
            return [(one, negative) for one in self._subjects(at)[-1:]]
        return [(self._animate(before), negative)]

    def _animate(self, near: Mention) -> Mention:
        """Return the animate subject: the man in "a man in a bathroom fixing a sink"."""
        place = self.mentions.index(near)
        first = self.mentions[self._chain_start(self.mentions, place)]
        acts = [one for one in (near, first) if one.noun == "person" or self._is_living(one.noun)]
        return acts[0] if acts else near

    @staticmethod
    def _is_living(noun: str) -> bool:
        return any(wordnet().is_kind(noun, root) for root in ("person", "animal"))

    # -- words ----------------------------------------------------------------------------------------------------
