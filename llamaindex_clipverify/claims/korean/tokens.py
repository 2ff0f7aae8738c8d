"""Words of a Korean sentence with their possible readings: a noun with its particle, a verb with its ending, a number."""

from __future__ import annotations

import itertools
import re

from llamaindex_clipverify.claims.korean import particles
from llamaindex_clipverify.claims.korean.counters import read_counter
from llamaindex_clipverify.claims.korean.letters import is_closed
from llamaindex_clipverify.claims.korean.token import Token
from llamaindex_clipverify.claims.korean.verb_forms import compound_verbs, unlisted_verbs, verb_readings
from llamaindex_clipverify.claims.korean.word_lists import word_list, word_set
from llamaindex_clipverify.claims.korean.words import Lexicon, Noun, lexicon
from llamaindex_clipverify.claims.vocabulary import Vocabulary, english
from llamaindex_clipverify.claims.wordnet import wordnet

_WORD = re.compile(r"\d{1,9}[.+]\d{1,9}[^\W_]{0,40}|[^\W_]{1,40}|[,;:()\[\]·/–—]")
_ASCII = re.compile(r"[a-zA-Z][a-zA-Z0-9+-]*")
_NUMBER = re.compile(r"\d{1,9}")
_MARKS = frozenset(",;:()[]·/–—")
_TABLES = (
    "relations",
    "positions",
    "colours",
    "other_colours",
    "materials",
    "patterns",
    "sizes",
    "states",
    "weather",
    "times",
    "settings",
)
"""Tables of korean_terms.json that describe a stem; the first that has it counts."""
_AUXILIARY_LETTERS = frozenset("있않계")
_SINO = "".join(word_list("sino_numerals"))
"""Number words of one letter that are no number when a counter is written against them: 이마리."""
LOANS = word_set("loan_adjectives")
"""Adjectives from other languages before a noun, which say nothing that a picture shows: 모던, 빈티지."""
_SHOWN_AS = frozenset(("모습", "자세", "포즈"))
"""Words for the picture that may stand between a clause and its noun."""
_ALONE = word_set("counted_alone")
"""Number words that count without a counter: 의자 하나가."""


class Tokenizer:
    """Reads the words of a sentence."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        """Use a vocabulary for nouns that users added."""
        self.own = vocabulary.nouns
        self.words: Lexicon = lexicon()

    def tokens(self, text: str, offset: int = 0) -> list[Token]:
        """Return the tokens of a sentence that begins at an offset of the answer."""
        matches = [(m.group().lower(), m.start() + offset, m.end() + offset) for m in _WORD.finditer(text)]
        found: list[Token] = []
        at = 0
        while at < len(matches):
            longer = self._phrase(matches, at)
            if longer is not None:
                found.append(longer[0])
                at += longer[1]
                continue
            found += self._word(*matches[at])
            at += 1
        for before, token in itertools.pairwise(found):
            token.after_space = token.start > before.end
        found = _without_frames(found)
        for before, token, after in zip(found, found[1:], found[2:], strict=False):
            if token.text == "자" and before.text == after.text == ",":
                token.kind, token.noun, token.verbs = "noun", Noun("ruler", "things"), []
            draws = any(verb.word == "있다" for verb in after.verbs) or before.case == "object"
            if token.text == "그리고" and draws:
                token.kind, token.verbs = "", verb_readings(token.text)  # "그림을 그리고 있다"
            if token.stem == "날" and any(verb.ending == "adn" for verb in before.verbs):
                token.kind, token.noun = "abstract", None  # "눈이 내리는 날에"
        return found

    # -- phrases of several words -----------------------------------------------------------------------------------

    def _phrase(self, matches: list[tuple[str, int, int]], at: int) -> tuple[Token, int] | None:
        for form in self.words.phrases.get(matches[at][0], ()):
            parts = form.split()
            last = matches[at + len(parts) - 1][0] if at + len(parts) <= len(matches) else ""
            middle = [one[0] for one in matches[at : at + len(parts) - 1]]
            if middle != parts[:-1] or not last.startswith(parts[-1]):
                continue
            start, end = matches[at][1], matches[at + len(parts) - 1][2]
            token = self._nominal(form, last[len(parts[-1]) :], start, end)
            if token is not None:
                return token, len(parts)
        return None

    # -- words ------------------------------------------------------------------------------------------------------

    def _word(self, word: str, start: int, end: int) -> list[Token]:
        if word in _MARKS:
            return [Token(text=word, start=start, stop=end, end=end, kind="mark")]
        digits = _NUMBER.match(word)
        if digits:
            return self._counted(word, int(digits.group()), digits.end(), start, end)
        latin = _ASCII.match(word)
        if latin:
            return [self._latin(word, latin.group(), start, end)]
        going = self._going_on(word, start, end)
        if going:
            return going
        verbs = [] if word in self.words.sets["adverbs"] or word in LOANS else verb_readings(word)
        token = self._split_noun(word, start, end)
        if token is None:
            token = self._numeral(word, start, end)
        if token is None:
            fused = self._fused(word, start, end) if not verbs and word not in self.words.sets["determiners"] else None
            if fused:
                return fused
            token = self._unknown(word, start, end) if not verbs else None
        if token is not None and token.kind == "unknown":
            verbs = unlisted_verbs(word)
        if not verbs and (token is None or token.kind == "unknown"):
            joined = self._joined_verbs(word, start, end)
            if joined:
                return joined
            verbs = compound_verbs(word)
        token = token or Token(text=word, start=start, stop=end, end=end, kind="", stem=word)
        token.verbs = verbs
        return [token]

    def _going_on(self, word: str, start: int, end: int) -> list[Token]:
        """Read a noun of doing with 중 as two words: 악수중인."""
        stem, mark, rest = word.rpartition("중")
        follows = particles.ENDINGS.get(rest) if mark and len(stem) > 1 else None
        if follows is None or not any(f"{stem}{verb}" in self.words.senses for verb in ("하다", "되다")):
            return []
        front = self._nominal(stem, "", start, start + len(stem)) or Token(
            text=stem, start=start, stop=start + len(stem), end=start + len(stem), kind="unknown", stem=stem
        )
        middle = start + len(stem)
        back = Token(text=f"중{rest}", start=middle, stop=middle + 1, end=end, kind="abstract", stem="중")
        back.case, back.copula = follows
        return [front, back]

    def _split_noun(self, word: str, start: int, end: int) -> Token | None:
        """Read a known noun and what follows it; the longest noun whose particle fits its last letter comes first."""
        loose = None
        for size in range(len(word), max(len(word) - particles.LONGEST - 2, 0), -1):
            rest = word[size:]
            token = self._nominal(word[:size], rest, start, end)
            if token is None:
                continue
            if not _misfits(word[:size], rest) and not (size == 1 and loose is not None):
                return token
            loose = loose or token
        return loose

    def _nominal(self, stem: str, rest: str, start: int, end: int) -> Token | None:
        plural = next((mark for mark in particles.PLURALS if rest.startswith(mark)), "")
        follows = particles.ENDINGS.get(rest[len(plural) :]) if len(rest) <= particles.LONGEST + 1 else None
        if follows is None:
            return None
        token = Token(
            text=stem + rest, start=start, stop=end - len(rest), end=end, kind="", stem=stem, plural=plural == "들"
        )
        token.case, token.copula = follows
        return token if self._known(token) else None

    def _known(self, token: Token) -> bool:
        """Fill in what a stem is; return whether it is anything."""
        stem, words = token.stem, self.words
        if stem in self.own or stem in words.nouns:
            token.kind, token.noun = "noun", words.nouns.get(stem) or Noun(self.own[stem], "things")
        table = next((table for table in _TABLES if stem in words.terms[table]), "")
        if table:
            token.kind, token.table = token.kind or "term", table
            token.value = next(filter(None, (words.terms[one].get(stem) for one in _TABLES)), "")
        if token.table in ("relations", "positions"):
            token.kind = "place" if token.noun is None else token.kind
        elif not token.kind and stem in words.terms["vague"]:
            token.kind, token.table, token.value = "number", "vague", words.terms["vague"][stem]
        elif not token.kind and stem in words.not_things:
            token.kind = "abstract"
        elif not token.kind and stem in words.sets["groups"]:
            token.kind = "unknown"
        return bool(token.kind)

    def _numeral(self, word: str, start: int, end: int) -> Token | None:
        """Read a number word, alone or with its counter: 두, 두마리, 여러."""
        for table in ("numbers", "vague"):
            for size in range(min(len(word), 6), 0, -1):
                value, rest = self.words.terms[table].get(word[:size]), word[size:]
                if value is None or (rest and word[:size] in _SINO):
                    continue
                counter = read_counter(rest) if rest else None
                alone = particles.ENDINGS.get(rest) if word[:size] in _ALONE else None
                if rest and counter is None and alone is None:
                    continue
                token = Token(text=word, start=start, stop=end, end=end, kind="number", stem=word[:size])
                token.table, token.value = table, value
                if counter is None and alone is not None:
                    token.case, token.copula, token.stop = *alone, end - len(rest)
                if counter is not None:
                    token.kind, token.case, token.copula = "counter", counter[0], counter[1]
                    token.stop, token.limit = end - counter[2], counter[3]
                return token
        return None

    def _counted(self, word: str, number: int, size: int, start: int, end: int) -> list[Token]:
        """Read digits, alone or with their counter: 3, 3마리, 20여명."""
        rest = word[size:]
        rough = rest.startswith("여") and read_counter(rest[1:]) is not None
        counter = read_counter(rest[1:] if rough else rest) if rest and rest[0] != "분" else None
        token = Token(
            text=word, start=start, stop=start + size, end=end, kind="other" if rest else "number", stem=word[:size],
            number=number, table="numbers", value=str(number),
        )  # fmt: skip
        if counter:
            token.kind, token.stop = "counter", end - counter[2]
            token.case, token.copula, token.limit = counter[0], counter[1], counter[3] or ("about" if rough else "")
        return [token]

    def _latin(self, word: str, latin: str, start: int, end: int) -> Token:
        """Read a word in Latin letters with Korean particles: laptop을."""
        rest = word[len(latin) :]
        own = self._nominal(latin, rest, start, end)
        if own is not None:
            return own
        follows = particles.ENDINGS.get(rest.removeprefix("들"))
        token = Token(text=word, start=start, stop=end - len(rest), end=end, kind="other", stem=latin)
        if follows is not None:
            token.case, token.copula = follows
            name = english().nouns.get(latin) or wordnet().singular(latin)
            if name or latin in english().narrow:
                token.kind, token.noun = "noun", Noun(english().narrow.get(latin) or name or latin, "things")
        else:
            inner = self._split_noun(rest, start + len(latin), end)
            if inner is not None and inner.kind == "noun":
                return inner
        return token

    def _fused(self, word: str, start: int, end: int) -> list[Token]:
        """Read words written together: 테이블위에, 나무도마, 두마리강아지."""
        for size in range(1, min(len(word), 8)):
            head, rest = word[:size], word[size:]
            tail = self._split_noun(rest, start + size, end) if len(rest) <= 10 else None
            if tail is None or tail.kind == "abstract":
                continue
            front = self._nominal(head, "", start, start + size)
            if tail.kind == "place" and front is not None and front.kind == "noun":
                return [front, tail]
            if (
                front is not None
                and tail.kind == "noun"
                and (len(tail.stem) > 1 or (front.table == "materials" and len(head) > 1))
                and front.table not in ("times", "relations")
            ):
                return [front, tail]
        for size in range(1, min(len(word) - 1, 8)):
            tail = self._split_noun(word[size:], start + size, end)
            if tail is not None and tail.kind == "noun" and len(tail.stem) > 1:
                return [tail]
        return []

    def _unknown(self, word: str, start: int, end: int) -> Token | None:
        """Read a noun that no list has, with the longest particle that fits it."""
        if word in self.words.sets["adverbs"] or word in self.words.sets["determiners"]:
            return None
        for size in range(1, len(word) + 1):
            rest = word[size:]
            follows = particles.ENDINGS.get(rest) if len(rest) <= particles.LONGEST else None
            if (rest == "도" and len(word) == 3) or rest in ("요", "이요"):
                continue
            if follows is not None and not _misfits(word[:size], rest) and (size > 1 or not rest):
                token = Token(text=word, start=start, stop=start + size, end=end, kind="unknown", stem=word[:size])
                token.case, token.copula = follows
                return token
        return None

    def _joined_verbs(self, word: str, start: int, end: int) -> list[Token]:
        """Read a verb and 있다 or 않다 written as one word: 들고있는, 걸려있다."""
        for size in range(1, len(word)):
            if word[size] not in _AUXILIARY_LETTERS:
                continue
            first = [one for one in verb_readings(word[:size]) if one.ending in ("go", "inf", "ji")]
            second = [one for one in verb_readings(word[size:]) if one.word in ("있다", "않다", "계시다")]
            if first and second:
                front = Token(
                    text=word[:size], start=start, stop=start + size, end=start + size, kind="", stem=word[:size]
                )
                back = Token(text=word[size:], start=start + size, stop=end, end=end, kind="", stem=word[size:])
                front.verbs, back.verbs = first, second
                return [front, back]
        return []


def _without_frames(tokens: list[Token]) -> list[Token]:
    """Leave out what stands between: 모습의 of "북을 치는 모습의 남자", the day of "눈이 내리는 날에"."""
    frame = {
        place + 1
        for place, (before, token) in enumerate(itertools.pairwise(tokens))
        if (token.stem == "날" and before.table == "weather")
        or (token.stem in _SHOWN_AS and token.case == "of" and any(verb.ending == "adn" for verb in before.verbs))
    }
    return [token for place, token in enumerate(tokens) if place not in frame]


def _misfits(stem: str, rest: str) -> bool:
    """Return whether a particle is written after the wrong kind of letter: 개이."""
    if not rest or not "가" <= stem[-1] <= "힣":
        return False
    closed = is_closed(stem)
    return (rest in particles.AFTER_VOWEL and closed and not (rest == "로" and _ends_in_l(stem))) or (
        rest in particles.AFTER_CONSONANT and not closed
    )


def _ends_in_l(stem: str) -> bool:
    return (ord(stem[-1]) - ord("가")) % 28 == 8
