"""The Korean splitter: Korean answers into typed claims, without a model. Claims use English canonical words.

It reads nouns of the vocabulary with particles stripped, numbers with counters (두 마리, 3개), colours before a noun or as
its predicate, relations (왼쪽, 오른쪽, 위, 아래, 안, 옆), actions (-고 있다), written words, and negation (없다, 아니다,
-지 않다). 위 is read as *above*, which includes *on*. An unknown noun whose presence is stated becomes an unverifiable
claim. It resolves no pronouns.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

from llamaindex_clipverify.claims.claim import Claim, Kind
from llamaindex_clipverify.claims.korean.grammar import (
    BE_NOT,
    CITED,
    HEDGE,
    JOINING,
    LAYOUT,
    NEGATED_VERB,
    NOT_THERE,
    ORDINALS,
    SENTENCE,
    SMALL_TALK,
    SUBJECT,
    THERE,
    WORD,
    WRITTEN,
)
from llamaindex_clipverify.claims.korean.nouns import Mention, NounReader, Word
from llamaindex_clipverify.claims.korean.words import korean
from llamaindex_clipverify.claims.vocabulary import Vocabulary


class KoreanSplitter(NounReader):
    """Splits Korean answers; the claims use English canonical nouns."""

    language = "ko"

    def split(self, answer: str) -> list[Claim]:
        """Return the claims of an answer, sorted by their first character; an empty answer has none."""
        plain = LAYOUT.sub(lambda found: " " * len(found.group()), answer)
        claims: list[Claim] = []
        known_before: set[str] = set()
        for match in SENTENCE.finditer(plain):
            if WORD.search(match.group()) and not SMALL_TALK.search(match.group()):
                claims += self._sentence(plain, match.start(), match.end(), known_before)
        claims.sort(key=lambda claim: (claim.start, claim.end))
        return [claim.swap(text=answer[claim.start : claim.end]) for claim in claims]

    def _sentence(self, answer: str, start: int, end: int, known_before: set[str]) -> list[Claim]:
        text = answer[start:end]
        written = [
            Claim(text=m.group(), start=m.start(), end=m.end(), kind="text")
            for m in WRITTEN.finditer(answer, start, end)
        ]
        if HEDGE.search(text):
            return written or [_whole(answer, start, end)]
        words = [Word(m.group().lower(), m.start(), m.end()) for m in WORD.finditer(answer, start, end)]
        words = [word for word in words if not any(one.start <= word.start < one.end for one in written)]
        mentions = self._mentions(words)
        self._negate(words, mentions)
        claims = [
            *self._predicates(words, mentions),
            *self._relations(words, mentions),
            *self._actions(words, mentions),
        ]
        claims += [claim for mention in mentions for claim in self._noun(mention, known_before)]
        cited = _cited(text)
        found = [self._finish_claim(answer, claim) for claim in claims] + written
        return [claim.swap(cites=cited) for claim in found or [_whole(answer, start, end)]]

    def _finish_claim(self, answer: str, claim: Claim) -> Claim:
        unread = not claim.known and not (claim.noun or "").isascii()
        return claim.swap(text=answer[claim.start : claim.end], vocabulary=self.vocabulary if unread else self._english)

    def _noun(self, mention: Mention, known_before: set[str]) -> Iterator[Claim]:
        repeated = mention.noun in known_before and mention.particle in ("은", "는", "의") and not mention.negated
        if not mention.negated:
            known_before.add(mention.noun)
        if mention.number is not None and mention.number > 0 and not mention.negated:
            colour = mention.colours[0] if mention.colours else None
            yield _claim("count", mention, mention.start, mention.end, number=mention.number, colour=colour)
        elif mention.colours:
            for colour in mention.colours:
                yield _claim("attribute", mention, mention.start, mention.end, colour=colour)
        elif not (repeated or mention.claimed):
            yield _claim("object", mention, mention.start, mention.end)

    # -- negation -------------------------------------------------------------------------------------------------

    def _negate(self, words: Sequence[Word], mentions: Sequence[Mention]) -> None:
        """Negate the subjects of 없다, "보이지 않다" and 아니다."""
        begin = 0
        for at, word in enumerate(words):
            unseen = NEGATED_VERB.match(word.text) and at and re.match(r"(?:있|보이|존재)\w*지", words[at - 1].text)
            if (
                NOT_THERE.match(word.text)
                or unseen
                or (word.text.startswith("보이") and at and words[at - 1].text == "안")
            ):
                self._deny([mention for mention in mentions if not self._is_ground(words, mention)], begin, at)
            if BE_NOT.match(word.text):
                self._deny([mention for mention in mentions if mention.after == at], begin, at)
            if self._closes(words, at):
                begin = at + 1

    def _is_ground(self, words: Sequence[Word], mention: Mention) -> bool:
        """Return whether a noun only gives a location: the table of 탁자 위에."""
        return mention.after < len(words) and self._relation(words[mention.after].text)[0] is not None

    @staticmethod
    def _deny(mentions: Sequence[Mention], begin: int, at: int) -> None:
        here = [mention for mention in mentions if begin <= mention.place and mention.after <= at]
        subjects = [one for one in here if one.particle in ("이", "가", "은", "는", "도", "", "을", "를")]
        for one in subjects[-1:]:
            one.negated = True
            place = here.index(one)
            while (
                place and (here[place - 1].particle in (*JOINING, "도")) and here[place - 1].after == here[place].place
            ):
                place -= 1
                here[place].negated = True

    def _closes(self, words: Sequence[Word], at: int) -> bool:
        """Return whether a clause ends with this word: 있고, 없지만, 빨간색이며."""
        text = words[at].text
        follows = words[at + 1].text if at + 1 < len(words) else ""
        if text.endswith("고") and THERE.match(follows):
            return False
        return (
            len(text) > 1
            and text.endswith(("고", "며", "지만", "는데", "인데", "라", "다", "니다", "요"))
            and not text.endswith("하고")
        )

    # -- colours as predicates ------------------------------------------------------------------------------------

    def _predicates(self, words: Sequence[Word], mentions: Sequence[Mention]) -> Iterator[Claim]:
        """Read "자동차는 빨간색이다", "빨갛지 않다", "빨간색이 아니다"."""
        inside = {at for mention in mentions for at in range(mention.place, mention.after)}
        for at, word in enumerate(words):
            colour = self._stem_colour(word.text)
            if colour is None or at in inside or self._modifies(words, at, mentions):
                continue
            subjects = self._subjects(mentions, at)
            follows = words[at + 1].text if at + 1 < len(words) else ""
            denied = bool(BE_NOT.match(follows) or NEGATED_VERB.match(follows))
            for one in subjects:
                one.claimed = True
                end = word.start + _colour_length(word.text, self.vocabulary)
                yield _claim("attribute", one, one.start, end, colour=colour, negated=denied)

    def _modifies(self, words: Sequence[Word], at: int, mentions: Sequence[Mention]) -> bool:
        """Return whether a colour modifies a noun and is not its predicate."""
        return any(mention.start <= words[at].start < mention.end for mention in mentions)

    @staticmethod
    def _subjects(mentions: Sequence[Mention], at: int) -> list[Mention]:
        """Return the last subject before a word and the nouns joined to it by 와 or 과."""
        before = [mention for mention in mentions if mention.after <= at]
        places = [place for place, one in enumerate(before) if one.particle in SUBJECT]
        if not places:
            return []
        place = places[-1]
        group = [before[place]]
        while place and before[place - 1].particle in JOINING and before[place - 1].after == before[place].place:
            place -= 1
            group.insert(0, before[place])
        return group

    # -- relations and actions ------------------------------------------------------------------------------------

    def _relations(self, words: Sequence[Word], mentions: Sequence[Mention]) -> Iterator[Claim]:
        """Read "A가 B의 왼쪽에 있다", "B 위에 A가 있다", "B 옆에 있는 A"."""
        for at, word in enumerate(words):
            relation, size = self._relation(word.text)
            ground = next(
                (mention for mention in mentions if mention.after == at and mention.particle in ("", "의")), None
            )
            if relation is None or ground is None:
                continue
            figures = self._figures(words, mentions, ground, at)
            denied = self._denied(words, at)
            for figure in figures:
                start = min(figure.start, ground.start)
                end = max(figure.end, word.start + size)
                absent = figure.negated
                figure.claimed = figure.claimed or absent
                yield _claim(
                    "relation", figure, start, end, relation=relation, reference=ground.noun,
                    known=figure.known and ground.known, negated=denied or absent,
                )  # fmt: skip

    def _relation(self, text: str) -> tuple[str | None, int]:
        for size in range(len(text), 0, -1):
            relation = self.vocabulary.relations.get(text[:size])
            if relation is not None:
                return (
                    (relation, size) if text[size:] in ("에", "에는", "에서", "에도", "으로", "의", "") else (None, 0)
                )
        return None, 0

    def _figures(self, words: Sequence[Word], mentions: Sequence[Mention], ground: Mention, at: int) -> list[Mention]:
        follows = words[at + 1].text if at + 1 < len(words) else ""
        later = [mention for mention in mentions if mention.place > at]
        if (
            re.match(r"(?:있는|놓인|앉은|서|앉아|놓여|달린)", follows)
            and later
            and not self._ends_here(words, at, later[0])
        ):
            return later[:1]
        earlier = [mention for mention in mentions if mention.after <= ground.place]
        subjects = self._subjects(earlier, ground.place)
        if subjects:
            return subjects
        if not later:
            return []
        last = next((place for place, one in enumerate(later) if one.particle in SUBJECT), None)
        return (
            later[: last + 1]
            if last is not None and all(one.particle in JOINING for one in later[:last])
            else later[:1]
        )

    def _ends_here(self, words: Sequence[Word], at: int, later: Mention) -> bool:
        return any(self._closes(words, place) for place in range(at + 1, later.place))

    @staticmethod
    def _denied(words: Sequence[Word], at: int) -> bool:
        """Return whether "있지 않다" follows within the clause."""
        follows = [word.text for word in words[at + 1 : at + 4]]
        return any(one.endswith("지") and NEGATED_VERB.match(other) for one, other in pairwise(follows))

    def _actions(self, words: Sequence[Word], mentions: Sequence[Mention]) -> Iterator[Claim]:
        """Read "개가 달리고 있다"."""
        for at in range(1, len(words)):
            doing = (
                words[at - 1].text.endswith("고") and words[at].text.startswith("있") and len(words[at - 1].text) > 1
            )
            if not doing or (words[at - 1].text.endswith("하고") and self._stem(words[at - 1].text)):
                continue
            subjects = self._subjects(mentions, at - 1)
            if words[at].text == "있는":
                subjects = [mention for mention in mentions if mention.place > at][:1]
            for one in subjects:
                if not one.negated:
                    start, end = min(one.start, words[at - 1].start), max(one.end, words[at].end)
                    yield _claim("action", one, start, end)


def _claim(kind: Kind, mention: Mention, start: int, end: int, **words: Any) -> Claim:
    narrow = korean().narrow.get(mention.surface)
    base = Claim(
        text="",
        start=start,
        end=end,
        kind=kind,
        negated=mention.negated,
        noun=mention.noun,
        known=mention.known,
        narrow=narrow,
    )
    return base.swap(**{"plural": (mention.number or 1) > 1, **words})


def _colour_length(text: str, words: Vocabulary) -> int:
    sizes = [size for size in range(1, len(text) + 1) if text[:size] in words.colours]
    return max(sizes, default=len(text))


def _cited(sentence: str) -> int | None:
    match = CITED.search(sentence)
    if match is None:
        return None
    place = int(match[1]) - 1 if match[1] else ORDINALS.index(match[2])
    return place if place >= 0 else None


def _whole(answer: str, start: int, end: int) -> Claim:
    text = answer[start:end]
    begin = start + len(text) - len(text.lstrip())
    stop = begin + len(text.strip())
    return Claim(text=answer[begin:stop], start=begin, end=stop, kind="other")
