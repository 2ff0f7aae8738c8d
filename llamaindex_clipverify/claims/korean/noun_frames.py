"""Korean nouns with a word that frames them: 아이 사진, 남자 뒷모습, 교복 차림, 양 떼; and words for two persons: 모녀."""

from __future__ import annotations

from dataclasses import replace

from llamaindex_clipverify.claims.korean.counters import read_counter
from llamaindex_clipverify.claims.korean.noun_meanings import phrase_of
from llamaindex_clipverify.claims.korean.phrases import ATTIRE, Clause, Draft, Phrase, Reading, Spot
from llamaindex_clipverify.claims.korean.sentence import Sentence
from llamaindex_clipverify.claims.korean.token import Token
from llamaindex_clipverify.claims.korean.word_lists import word_set, word_table
from llamaindex_clipverify.claims.korean.words import Sense, lexicon
from llamaindex_clipverify.claims.vocabulary import english

_VIEWS = word_set("views")
_PAIRS = word_table("pairs_of_persons")
_TRACES = word_set("traces")
_SIDES = word_set("picture_sides")
_FRAMES = word_set("frames")
_AMONG = word_set("partitives")
_SOME = word_set("some_of_them")


def attire(sentence: Sentence, at: int, token: Token, draft: Draft) -> Reading:
    """Read "교복 차림의 학생" and "정장 차림으로 서 있다": somebody wears the garment."""
    garment, after = phrase_of(sentence, at, token, draft), sentence.tokens[at + 1]
    if after.case == "of" or after.copula == "adn":
        garment.joined = _worn_too(sentence)
        return Reading(after=at + 2, owner=garment)
    if after.case == "to":
        sentence.claims.add(garment)
        garment.case = "object"
        clause = Clause(
            senses=[Sense("wearing", "wear")],
            word=ATTIRE,
            start=garment.start,
            end=after.end,
            ending="go",
            after=at + 2,
        )
        clause.items = [garment]
        sentence.waiting.append(clause)
    if after.case == "subject":
        garment.case, garment.after = "subject", at + 2
        return Reading(after=at + 2, item=garment)
    return Reading(after=at + 2, fresh=True)


def _worn_too(sentence: Sentence) -> list[Phrase]:
    """Take the garments of "셔츠에 청바지 차림" from the stack."""
    top = sentence.top
    if not isinstance(top, Spot) or top.word or not all(one.sort == "garments" for one in top.grounds):
        return []
    sentence.stack.pop()
    return top.grounds


def names_picture(sentence: Sentence, at: int) -> bool:
    """Return whether the sentence ends with a word for the picture: "모자를 쓴 아이 사진"."""
    after = sentence.tokens[at + 1]
    plain = after.case in ("", "copula") and after.copula in ("", "final")
    return plain and after.stem in lexicon().sets["picture"] | _VIEWS and sentence.ends_after(at + 1)


def pictured(sentence: Sentence, at: int, token: Token, draft: Draft) -> Reading:
    """Read a noun before a word for the picture: the picture shows it."""
    phrase = phrase_of(sentence, at, token, draft)
    phrase.after = at + 2
    return Reading(after=at + 2, item=phrase)


def first_of_pair(phrase: Phrase, token: Token) -> Phrase:
    """Return the other person of a word for two: the mother of 모녀."""
    name = _PAIRS[token.stem]
    noun = english().canonical(name)
    return replace(
        phrase, noun=noun, narrow=name if noun != name else None, joined=[], facts=[], values=[], colours=[], owners=[]
    )


def is_trace(token: Token, after: Token) -> bool:
    """Return whether "X 모습이" follows: it stands for X."""
    living = token.noun is not None and token.noun.sort in ("people", "animals")
    return living and after.stem in _TRACES and after.case in ("topic", "subject", "object")


def trace(sentence: Sentence, at: int, token: Token, after: Token, draft: Draft) -> Reading:
    """Read a noun before 모습: the particle after 모습 is its own."""
    phrase = phrase_of(sentence, at, token, draft)
    phrase.case, phrase.after = after.case, at + 2
    return Reading(after=at + 2, item=phrase)


def is_group(token: Token) -> bool:
    """Return whether a word after a noun makes it a group: 양 떼, 책 더미."""
    named = token.kind in ("unknown", "abstract", "number", "counter") or token.stem == "무리"
    return token.stem in lexicon().sets["groups"] and named


def make_group(phrase: Phrase, group: Token, after: int) -> None:
    """Let a noun be at least three: 양 떼."""
    phrase.at_least, phrase.case, phrase.copula = 3, group.case, group.copula
    phrase.end, phrase.after = group.stop, after


def shows_side(sentence: Sentence, at: int) -> bool:
    """Return whether "의 측면 모습" follows: the picture shows the noun from a side."""
    side, frame = sentence.token(at + 1), sentence.token(at + 2)
    return side is not None and frame is not None and side.stem in _SIDES and not side.case and frame.stem in _FRAMES


def side_shown(sentence: Sentence, at: int, phrase: Phrase) -> Reading:
    """Read "냉장고의 측면 모습": what follows may be beside the noun."""
    frame = sentence.tokens[at + 2]
    phrase.case, phrase.after = "" if frame.case in ("to", "copula") else frame.case, at + 3
    sentence.claims.focus = [phrase]
    return Reading(after=at + 3, item=phrase)


def takes_part(sentence: Sentence, at: int) -> int:
    """Return the position after "중 일부가", "중 두 마리는" or "대부분은", some of what the noun names; 0 where none follows."""
    place = at + 1
    among = sentence.token(place)
    if among is not None and among.text in _AMONG:
        place += 1
    some = sentence.token(place)
    if some is not None and some.kind == "number" and place > at + 1:
        return place + 1 if some.case else place + 2 if _counter_case(sentence, place + 1) else 0
    return place + 1 if some is not None and some.stem in _SOME and some.case else 0


def _counter_case(sentence: Sentence, at: int) -> str:
    """Return the case of a counter, "" without one."""
    token = sentence.token(at)
    read = read_counter(token.text) if token is not None and token.kind != "mark" else None
    return read[0] if read is not None else ""


def some_of(sentence: Sentence, at: int, token: Token, draft: Draft) -> Reading:
    """Read "상자 중 일부가": the boxes, without a number."""
    phrase, after = phrase_of(sentence, at, token, draft), takes_part(sentence, at)
    phrase.case, phrase.after = _counter_case(sentence, after - 1) or sentence.tokens[after - 1].case, after
    return Reading(after=after, item=phrase)
