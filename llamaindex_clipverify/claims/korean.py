"""The Korean splitter: Korean answers into typed claims, without a model. Claims use English canonical words.

It reads nouns of the vocabulary with particles stripped, numbers with counters (두 마리, 3개), colours before a noun or as
its predicate, relations (왼쪽, 오른쪽, 위, 아래, 안, 옆), actions (-고 있다), written words, and negation (없다, 아니다,
-지 않다). 위 is read as *above*, which includes *on*. An unknown noun whose presence is stated becomes an unverifiable
claim. It resolves no pronouns.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from importlib.resources import files
from itertools import pairwise
from typing import Any

from llamaindex_clipverify.claims.claim import Claim, Kind
from llamaindex_clipverify.claims.vocabulary import Vocabulary, english

_SENTENCE = re.compile(r"(?:[^.!?;\n。]|\.(?=\d))+[.!?。]*")
_LAYOUT = re.compile(r"^[ \t]*(?:\d+[.)](?=\s)|[-*+•](?=\s)|#{1,6}(?=\s))|\*{1,3}|`+", re.M)
_WORD = re.compile(r"[^\s,.!?;:()\"“”'‘’「」。]+")
_WRITTEN = re.compile(
    r"[\"“「‘'][^\"”」’'\n]+[\"”」’']|[$€£¥₩]\s?\d+(?:[.,]\d+)*|\d+(?:,\d{3})*(?:[.]\d+)?\s?(?:원|달러|유로|퍼센트|%)|\b\d{1,2}:\d{2}\b"
)
_SMALL_TALK = re.compile(r"\?\s*$|^\s*(?:네|예|아니요|아니오|물론입니다|물론이죠)\W*$")
_HEDGE = re.compile(
    r"아마|것\s?같|수도\s?있|지도\s?모|듯(?:하|합|싶|$|\s)|추측|추정|생각(?:합|해|한|된|됩)|보입니다만|일\s?수\s?있"
)
_CITED = re.compile(r"(\d+)\s?번(?:째)?\s?(?:이미지|사진|그림)|(첫|두|세|네)\s?번째\s?(?:이미지|사진|그림)")
_ORDINALS = ("첫", "두", "세", "네")
_SUBJECT = ("이", "가", "은", "는", "도", "께서", "만")
_PARTICLES = (
    "에서는", "에게서", "에서도", "으로는", "께서는", "이라는", "에는", "에도", "에서", "에게", "으로", "부터", "까지",
    "처럼", "보다", "하고", "이랑", "이나", "라는", "와는", "과는", "마다", "조차", "밖에", "은", "는", "이", "가", "을", "를",
    "에", "의", "와", "과", "도", "만", "로", "랑", "나", "께서",
)  # fmt: skip
_JOINING = ("와", "과", "하고", "이랑", "랑", "이나", "나")
_COPULA = re.compile(
    r"^(?:이)?(?:다|고|며|지만|에요|예요|었다|였다|었습니다|였습니다|ㅂ니다|입니다|인|이고|이며|이지만|인데|이다|라|라고)$|^입니다$"
)
_THERE = re.compile(r"^(?:있|보이|보인|보입|존재|놓여|서\s?있|앉아)")
_NOT_THERE = re.compile(r"^없")
_NEGATED_VERB = re.compile(r"^(?:않|못)")
_BE_NOT = re.compile(r"^아[니닙닌]")


@dataclass(frozen=True)
class Korean:
    """The Korean vocabulary with the words that do not fit into a `Vocabulary`."""

    vocabulary: Vocabulary
    counters: tuple[str, ...]
    wider: dict[str, str]
    """Surface form to an English hypernym: 동물 to *animal*."""


@lru_cache
def korean_words() -> Korean:
    """Return the words of claims/words/korean.json."""
    data = json.loads((files("llamaindex_clipverify.claims") / "words" / "korean.json").read_text(encoding="utf-8"))
    base = english()
    vocabulary = replace(
        base,
        language=data["language"],
        nouns=_surface(data["nouns"]),
        plural_forms=frozenset(),
        singular_forms=frozenset(form for forms in data["nouns"].values() for form in forms),
        colours=_surface(data["colours"]),
        numbers=data["numbers"],
        relations=_surface(data["relations"]),
        narrow=_surface(data["narrow"]),
    )
    return Korean(vocabulary, tuple(data["counters"]), _surface(data["wider"]))


def korean() -> Vocabulary:
    """Return the built-in Korean vocabulary: surface forms are Korean, canonical words English."""
    return korean_words().vocabulary


def _surface(table: dict[str, list[str]]) -> dict[str, str]:
    return {form: canonical for canonical, forms in table.items() for form in forms}


@dataclass(frozen=True)
class _Word:
    text: str
    start: int
    end: int


@dataclass(eq=False)
class _Mention:
    """A noun with its modifiers; `place` is its first word, `after` the first word after the noun and its count."""

    noun: str
    known: bool
    surface: str
    place: int
    after: int
    start: int
    end: int
    particle: str
    number: int | None = None
    colours: list[str] = field(default_factory=list)
    negated: bool = False
    counted_end: int | None = None
    claimed: bool = False


class KoreanSplitter:
    """Splits Korean answers; the claims use English canonical nouns."""

    language = "ko"

    def __init__(self, vocabulary: Vocabulary | None = None) -> None:
        """Use `korean()` or a copy extended by `Vocabulary.with_nouns`, with the Korean forms as synonyms."""
        self.vocabulary = vocabulary or korean()
        self._counter = re.compile(_counting(self.vocabulary, korean_words().counters))
        own = self.vocabulary is not korean()
        self._english = _english_with(self.vocabulary) if own else None
        self._nouns = {**korean_words().wider, **self.vocabulary.nouns}

    def split(self, answer: str) -> list[Claim]:
        """Return the claims of an answer, sorted by their first character; an empty answer has none."""
        plain = _LAYOUT.sub(lambda found: " " * len(found.group()), answer)
        claims: list[Claim] = []
        known_before: set[str] = set()
        for match in _SENTENCE.finditer(plain):
            if _WORD.search(match.group()) and not _SMALL_TALK.search(match.group()):
                claims += self._sentence(plain, match.start(), match.end(), known_before)
        claims.sort(key=lambda claim: (claim.start, claim.end))
        return [claim.swap(text=answer[claim.start : claim.end]) for claim in claims]

    def _sentence(self, answer: str, start: int, end: int, known_before: set[str]) -> list[Claim]:
        text = answer[start:end]
        written = [Claim(m.group(), m.start(), m.end(), "text") for m in _WRITTEN.finditer(answer, start, end)]
        if _HEDGE.search(text):
            return written or [_whole(answer, start, end)]
        words = [_Word(m.group().lower(), m.start(), m.end()) for m in _WORD.finditer(answer, start, end)]
        words = [word for word in words if not any(one.start <= word.start < one.end for one in written)]
        mentions = self._mentions(words)
        self._negate(words, mentions)
        claims = [
            *self._predicates(words, mentions),
            *self._relations(words, mentions),
            *self._actions(words, mentions),
        ]
        claims += [claim for one in mentions for claim in self._noun(one, known_before)]
        cited = _cited(text)
        found = [self._finish_claim(answer, claim) for claim in claims] + written
        return [claim.swap(cites=cited) for claim in found or [_whole(answer, start, end)]]

    def _finish_claim(self, answer: str, claim: Claim) -> Claim:
        unread = not claim.known and not (claim.noun or "").isascii()
        return claim.swap(text=answer[claim.start : claim.end], vocabulary=self.vocabulary if unread else self._english)

    # -- nouns ----------------------------------------------------------------------------------------------------

    def _mentions(self, words: Sequence[_Word]) -> list[_Mention]:
        found: list[_Mention] = []
        at = 0
        while at < len(words):
            mention = self._known(words, at) or self._unknown(words, at)
            if mention is None or (mention.noun == "dog" and self._is_counter(words, at)):
                at += 1
                continue
            self._describe(words, mention, found[-1].after if found else 0)
            found.append(mention)
            at = mention.after
        return found

    def _known(self, words: Sequence[_Word], at: int) -> _Mention | None:
        """Return the longest noun that begins here, one or two words long, with its particle."""
        for length in (2, 1):
            if at + length > len(words) or self._count_at(words, at) is not None:
                continue
            text = " ".join(word.text for word in words[at : at + length])
            parts = self._stem(text)
            if parts is not None:
                stem, particle = parts
                start = words[at].start
                end = words[at + length - 1].end - (len(text) - len(stem))
                known = stem in self.vocabulary.nouns
                return _Mention(self._nouns[stem], known, stem, at, at + length, start, end, particle)
        return None

    def _stem(self, text: str) -> tuple[str, str] | None:
        """Split a word into a noun and its particle, "" or a copula: 고양이들이 is 고양이 and 이."""
        for size in range(len(text), 0, -1):
            stem, rest = text[:size], text[size:]
            if stem in self._nouns:
                rest = rest.removeprefix("들")
                if rest == "" or rest in _PARTICLES or _COPULA.match(rest):
                    return stem, rest
        return None

    def _unknown(self, words: Sequence[_Word], at: int) -> _Mention | None:
        """Read an unlisted word as a noun if the sentence says that it is or is not there: 펭귄이 있다."""
        text = words[at].text
        follows = words[at + 1].text if at + 1 < len(words) else ""
        behind = self._count_at(words, at + 1)
        if behind is not None and at + 1 + behind[1] < len(words):
            follows = words[at + 1 + behind[1]].text
        if not (_THERE.match(follows) or _NOT_THERE.match(follows)) or self._stem_colour(text):
            return None
        for particle in ("이", "가", "은", "는") if behind is None else ("이", "가", "은", "는", ""):
            stem = text.removesuffix(particle)
            good = len(stem) >= 2 and (stem != text or not particle) and stem not in _NOT_NOUNS
            if good and not any(stem.startswith(link) for link in self.vocabulary.relations):
                start = words[at].start
                return _Mention(stem, False, stem, at, at + 1, start, start + len(stem), particle)
        return None

    def _is_counter(self, words: Sequence[_Word], at: int) -> bool:
        """Return whether 개 is the counter and not the dog: a number is before the counter."""
        before = words[at - 1].text if at else ""
        return before in self.vocabulary.numbers or before.isdigit()

    def _describe(self, words: Sequence[_Word], mention: _Mention, floor: int) -> None:
        """Read colours and a count before the noun, and a count after it."""
        at = mention.place
        while at > floor:
            colour = self._stem_colour(words[at - 1].text)
            count = self._count_ending(words, at, floor)
            if colour is not None and not words[at - 1].text.endswith(("다", "고", "며", "은색은", "이", "는")):
                mention.colours.insert(0, colour)
                at -= 1
            elif count is not None:
                mention.number, taken = count
                at -= taken
            else:
                break
            mention.start = words[at].start
        behind = self._count_at(words, mention.after)
        if behind is not None and mention.particle in ("", "이", "가", "은", "는", "을", "를"):
            number, taken, size = behind
            mention.number, mention.after = number, mention.after + taken
            last = words[mention.after - 1]
            mention.end = last.start + size
            rest = last.text[size:]
            mention.particle = rest if rest in _PARTICLES else mention.particle

    def _count_at(self, words: Sequence[_Word], at: int) -> tuple[int, int, int] | None:
        """Return number, length in words, and characters used of the last word for a count that begins here: 두 마리, 3개."""
        for taken in (1, 2):
            if at < 0 or at + taken > len(words):
                return None
            match = self._counter.match(" ".join(word.text for word in words[at : at + taken]))
            if match is not None and (taken == 2) == (" " in match.group("whole")):
                rest = match.group("rest")
                if rest and rest not in _PARTICLES and not _COPULA.match(rest):
                    continue
                number = match.group("number")
                value = int(number) if number.isdigit() else self.vocabulary.numbers[number]
                return value, taken, len(words[at + taken - 1].text) - len(rest)
        return None

    def _count_ending(self, words: Sequence[_Word], at: int, floor: int) -> tuple[int, int] | None:
        """Return number and length in words of a count that ends before a word: 두 마리의."""
        for taken in (1, 2):
            count = self._count_at(words, at - taken) if at - taken >= floor else None
            if count is not None and count[1] == taken and words[at - 1].text.endswith("의"):
                return count[0], taken
        return None

    def _stem_colour(self, text: str) -> str | None:
        for size in range(len(text), 0, -1):
            colour = self.vocabulary.colours.get(text[:size])
            if colour is not None:
                rest = text[size:]
                fits = (
                    rest in ("", "의", "색", "과", "와", "을", "를", "이", "가", "은", "는")
                    or _COPULA.match(rest)
                    or rest.startswith(("다", "습니다", "지", "고", "며", "아", "어", "네", "죠"))
                )
                return colour if fits else None
        return None

    def _noun(self, mention: _Mention, known_before: set[str]) -> Iterator[Claim]:
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

    def _negate(self, words: Sequence[_Word], mentions: Sequence[_Mention]) -> None:
        """Negate the subjects of 없다, "보이지 않다" and 아니다."""
        begin = 0
        for at, word in enumerate(words):
            unseen = _NEGATED_VERB.match(word.text) and at and re.match(r"(?:있|보이|존재)\w*지", words[at - 1].text)
            if (
                _NOT_THERE.match(word.text)
                or unseen
                or (word.text.startswith("보이") and at and words[at - 1].text == "안")
            ):
                self._deny([one for one in mentions if not self._is_ground(words, one)], begin, at)
            if _BE_NOT.match(word.text):
                self._deny([one for one in mentions if one.after == at], begin, at)
            if self._closes(words, at):
                begin = at + 1

    def _is_ground(self, words: Sequence[_Word], mention: _Mention) -> bool:
        """Return whether a noun only gives a location: the table of 탁자 위에."""
        return mention.after < len(words) and self._relation(words[mention.after].text)[0] is not None

    @staticmethod
    def _deny(mentions: Sequence[_Mention], begin: int, at: int) -> None:
        here = [one for one in mentions if begin <= one.place and one.after <= at]
        subjects = [one for one in here if one.particle in ("이", "가", "은", "는", "도", "", "을", "를")]
        for one in subjects[-1:]:
            one.negated = True
            place = here.index(one)
            while (
                place and (here[place - 1].particle in (*_JOINING, "도")) and here[place - 1].after == here[place].place
            ):
                place -= 1
                here[place].negated = True

    def _closes(self, words: Sequence[_Word], at: int) -> bool:
        """Return whether a clause ends with this word: 있고, 없지만, 빨간색이며."""
        text = words[at].text
        follows = words[at + 1].text if at + 1 < len(words) else ""
        if text.endswith("고") and _THERE.match(follows):
            return False
        return (
            len(text) > 1
            and text.endswith(("고", "며", "지만", "는데", "인데", "라", "다", "니다", "요"))
            and not text.endswith("하고")
        )

    # -- colours as predicates ------------------------------------------------------------------------------------

    def _predicates(self, words: Sequence[_Word], mentions: Sequence[_Mention]) -> Iterator[Claim]:
        """Read "자동차는 빨간색이다", "빨갛지 않다", "빨간색이 아니다"."""
        inside = {at for one in mentions for at in range(one.place, one.after)}
        for at, word in enumerate(words):
            colour = self._stem_colour(word.text)
            if colour is None or at in inside or self._modifies(words, at, mentions):
                continue
            subjects = self._subjects(mentions, at)
            follows = words[at + 1].text if at + 1 < len(words) else ""
            denied = bool(_BE_NOT.match(follows) or _NEGATED_VERB.match(follows))
            for one in subjects:
                one.claimed = True
                end = word.start + _colour_length(word.text, self.vocabulary)
                yield _claim("attribute", one, one.start, end, colour=colour, negated=denied)

    def _modifies(self, words: Sequence[_Word], at: int, mentions: Sequence[_Mention]) -> bool:
        """Return whether a colour modifies a noun and is not its predicate."""
        return any(one.start <= words[at].start < one.end for one in mentions)

    @staticmethod
    def _subjects(mentions: Sequence[_Mention], at: int) -> list[_Mention]:
        """Return the last subject before a word and the nouns joined to it by 와 or 과."""
        before = [one for one in mentions if one.after <= at]
        places = [place for place, one in enumerate(before) if one.particle in _SUBJECT]
        if not places:
            return []
        place = places[-1]
        group = [before[place]]
        while place and before[place - 1].particle in _JOINING and before[place - 1].after == before[place].place:
            place -= 1
            group.insert(0, before[place])
        return group

    # -- relations and actions ------------------------------------------------------------------------------------

    def _relations(self, words: Sequence[_Word], mentions: Sequence[_Mention]) -> Iterator[Claim]:
        """Read "A가 B의 왼쪽에 있다", "B 위에 A가 있다", "B 옆에 있는 A"."""
        for at, word in enumerate(words):
            relation, size = self._relation(word.text)
            ground = next((one for one in mentions if one.after == at and one.particle in ("", "의")), None)
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

    def _figures(
        self, words: Sequence[_Word], mentions: Sequence[_Mention], ground: _Mention, at: int
    ) -> list[_Mention]:
        follows = words[at + 1].text if at + 1 < len(words) else ""
        later = [one for one in mentions if one.place > at]
        if (
            re.match(r"(?:있는|놓인|앉은|서|앉아|놓여|달린)", follows)
            and later
            and not self._ends_here(words, at, later[0])
        ):
            return later[:1]
        earlier = [one for one in mentions if one.after <= ground.place]
        subjects = self._subjects(earlier, ground.place)
        if subjects:
            return subjects
        if not later:
            return []
        last = next((place for place, one in enumerate(later) if one.particle in _SUBJECT), None)
        return (
            later[: last + 1]
            if last is not None and all(one.particle in _JOINING for one in later[:last])
            else later[:1]
        )

    def _ends_here(self, words: Sequence[_Word], at: int, later: _Mention) -> bool:
        return any(self._closes(words, place) for place in range(at + 1, later.place))

    @staticmethod
    def _denied(words: Sequence[_Word], at: int) -> bool:
        """Return whether "있지 않다" follows within the clause."""
        follows = [word.text for word in words[at + 1 : at + 4]]
        return any(one.endswith("지") and _NEGATED_VERB.match(other) for one, other in pairwise(follows))

    def _actions(self, words: Sequence[_Word], mentions: Sequence[_Mention]) -> Iterator[Claim]:
        """Read "개가 달리고 있다"."""
        for at in range(1, len(words)):
            doing = (
                words[at - 1].text.endswith("고") and words[at].text.startswith("있") and len(words[at - 1].text) > 1
            )
            if not doing or (words[at - 1].text.endswith("하고") and self._stem(words[at - 1].text)):
                continue
            subjects = self._subjects(mentions, at - 1)
            if words[at].text == "있는":
                subjects = [one for one in mentions if one.place > at][:1]
            for one in subjects:
                if not one.negated:
                    start, end = min(one.start, words[at - 1].start), max(one.end, words[at].end)
                    yield _claim("action", one, start, end)


_NOT_NOUNS = frozenset(
    (
        "그것",
        "이것",
        "저것",
        "여기",
        "거기",
        "이미지",
        "사진",
        "그림",
        "배경",
        "장면",
        "아무것",
        "무엇",
        "모습",
        "하나",
        "그녀",
        "우리",
    )
)


def _claim(kind: Kind, mention: _Mention, start: int, end: int, **words: Any) -> Claim:
    narrow = korean().narrow.get(mention.surface)
    base = Claim("", start, end, kind, mention.negated, mention.noun, mention.known, narrow=narrow)
    return base.swap(**{"plural": (mention.number or 1) > 1, **words})


def _counting(words: Vocabulary, counters: Sequence[str]) -> str:
    numbers = "|".join(sorted(map(re.escape, words.numbers), key=len, reverse=True))
    units = "|".join(sorted(map(re.escape, counters), key=len, reverse=True))
    return rf"^(?P<whole>(?P<number>\d+|{numbers})\s?(?:{units}))(?P<rest>\S*)$"


def _colour_length(text: str, words: Vocabulary) -> int:
    sizes = [size for size in range(1, len(text) + 1) if text[:size] in words.colours]
    return max(sizes, default=len(text))


def _english_with(words: Vocabulary) -> Vocabulary:
    """Return the English vocabulary with the canonical nouns that a user added."""
    return replace(
        english(), plurals={**english().plurals, **words.plurals}, groups={**english().groups, **words.groups}
    )


def _cited(sentence: str) -> int | None:
    match = _CITED.search(sentence)
    if match is None:
        return None
    place = int(match[1]) - 1 if match[1] else _ORDINALS.index(match[2])
    return place if place >= 0 else None


def _whole(answer: str, start: int, end: int) -> Claim:
    text = answer[start:end]
    begin = start + len(text) - len(text.lstrip())
    stop = begin + len(text.strip())
    return Claim(answer[begin:stop], begin, stop, "other")
