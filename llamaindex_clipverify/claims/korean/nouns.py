"""The nouns of a Korean sentence with their particles, colours and counts."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from llamaindex_clipverify.claims.korean.grammar import COPULA, NOT_NOUNS, NOT_THERE, PARTICLES, THERE
from llamaindex_clipverify.claims.korean.words import korean, korean_words
from llamaindex_clipverify.claims.vocabulary import Vocabulary, english


@dataclass(frozen=True)
class Word:
    """A word of a sentence, in lower case, with its span in the answer."""

    text: str
    start: int
    end: int


@dataclass(eq=False)
class Mention:
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


class NounReader:
    """Finds the nouns of a vocabulary, and unknown nouns that are said to be there."""

    def __init__(self, vocabulary: Vocabulary | None = None) -> None:
        """Use `korean()` or a copy extended by `Vocabulary.with_nouns`, with the Korean forms as synonyms."""
        self.vocabulary = vocabulary or korean()
        self._counter = re.compile(_counting(self.vocabulary, korean_words().counters))
        own = self.vocabulary is not korean()
        self._english = _english_with(self.vocabulary) if own else None
        self._nouns = {**korean_words().wider, **self.vocabulary.nouns}

    def _mentions(self, words: Sequence[Word]) -> list[Mention]:
        found: list[Mention] = []
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

    def _known(self, words: Sequence[Word], at: int) -> Mention | None:
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
                return Mention(self._nouns[stem], known, stem, at, at + length, start, end, particle)
        return None

    def _stem(self, text: str) -> tuple[str, str] | None:
        """Split a word into a noun and its particle, "" or a copula: 고양이들이 is 고양이 and 이."""
        for size in range(len(text), 0, -1):
            stem, rest = text[:size], text[size:]
            if stem in self._nouns:
                rest = rest.removeprefix("들")
                if rest == "" or rest in PARTICLES or COPULA.match(rest):
                    return stem, rest
        return None

    def _unknown(self, words: Sequence[Word], at: int) -> Mention | None:
        """Read an unlisted word as a noun if the sentence says that it is or is not there: 펭귄이 있다."""
        text = words[at].text
        follows = words[at + 1].text if at + 1 < len(words) else ""
        behind = self._count_at(words, at + 1)
        if behind is not None and at + 1 + behind[1] < len(words):
            follows = words[at + 1 + behind[1]].text
        if not (THERE.match(follows) or NOT_THERE.match(follows)) or self._stem_colour(text):
            return None
        for particle in ("이", "가", "은", "는") if behind is None else ("이", "가", "은", "는", ""):
            stem = text.removesuffix(particle)
            good = len(stem) >= 2 and (stem != text or not particle) and stem not in NOT_NOUNS
            if good and not any(stem.startswith(link) for link in self.vocabulary.relations):
                start = words[at].start
                return Mention(stem, False, stem, at, at + 1, start, start + len(stem), particle)
        return None

    def _is_counter(self, words: Sequence[Word], at: int) -> bool:
        """Return whether 개 is the counter and not the dog: a number is before the counter."""
        before = words[at - 1].text if at else ""
        return before in self.vocabulary.numbers or before.isdigit()

    def _describe(self, words: Sequence[Word], mention: Mention, floor: int) -> None:
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
            mention.particle = rest if rest in PARTICLES else mention.particle

    def _count_at(self, words: Sequence[Word], at: int) -> tuple[int, int, int] | None:
        """Return number, length in words, and characters used of the last word for a count that begins here: 두 마리, 3개."""
        for taken in (1, 2):
            if at < 0 or at + taken > len(words):
                return None
            match = self._counter.match(" ".join(word.text for word in words[at : at + taken]))
            if match is not None and (taken == 2) == (" " in match.group("whole")):
                rest = match.group("rest")
                if rest and rest not in PARTICLES and not COPULA.match(rest):
                    continue
                number = match.group("number")
                value = int(number) if number.isdigit() else self.vocabulary.numbers[number]
                return value, taken, len(words[at + taken - 1].text) - len(rest)
        return None

    def _count_ending(self, words: Sequence[Word], at: int, floor: int) -> tuple[int, int] | None:
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
                    or COPULA.match(rest)
                    or rest.startswith(("다", "습니다", "지", "고", "며", "아", "어", "네", "죠"))
                )
                return colour if fits else None
        return None


def _counting(words: Vocabulary, counters: Sequence[str]) -> str:
    numbers = "|".join(sorted(map(re.escape, words.numbers), key=len, reverse=True))
    units = "|".join(sorted(map(re.escape, counters), key=len, reverse=True))
    return rf"^(?P<whole>(?P<number>\d+|{numbers})\s?(?:{units}))(?P<rest>\S*)$"


def _english_with(words: Vocabulary) -> Vocabulary:
    """Return the English vocabulary with the canonical nouns that a user added."""
    return replace(
        english(), plurals={**english().plurals, **words.plurals}, groups={**english().groups, **words.groups}
    )
