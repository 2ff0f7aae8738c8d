"""Numbers of a Korean sentence with their counters: 두 마리, 의자 네 개, 최소 세 명."""

from __future__ import annotations

from llamaindex_clipverify.claims.korean.counters import read_counter
from llamaindex_clipverify.claims.korean.phrases import Draft, Item, Phrase, Reading, Spot
from llamaindex_clipverify.claims.korean.sentence import Sentence
from llamaindex_clipverify.claims.korean.token import Token
from llamaindex_clipverify.claims.korean.word_lists import word_set, word_table

LIMITS = word_table("limits")
"""Word beside a number to what it makes of it: about, least or most."""
_ROUGH = word_set("rough_amounts")
_NO_NUMBERS = word_set("no_numbers")
_PARTITIVES = word_set("partitives")
_COUNTED_ALONE = word_set("counted_alone")

_RESULTS = ("조각", "등분", "부분", "갈래", "줄")
"""Counters that say, with 으로, into how many parts something is divided."""

Numbers = tuple[int | None, int | None, int | None]
"""Exact number, least and most of a count."""


def read_number(sentence: Sentence, at: int, token: Token, draft: Draft, stack: list[Item]) -> Reading:
    """Read a number with its counter: it counts the noun before it, the noun after it, or a noun further away."""
    after = sentence.token(at + 1)
    top = stack[-1] if stack else None
    beside = (
        top
        if isinstance(top, Phrase) and top.after == at and top.case not in ("join", "list") and not top.copula
        else None
    )
    if token.kind == "number" and after is not None and after.text.startswith("번째"):
        return Reading(after=at + 2)  # "세 번째 개는" counts no dogs
    counter = _counter(sentence, token, after, beside)
    if token.kind == "number" and counter is None:
        return _bare_number(sentence, at, token, draft, beside)
    end = after if counter is not None and after is not None else token
    case, copula, length, limit = counter or (token.case, token.copula, token.end - token.stop, token.limit)
    place = at + (2 if counter else 1)
    numbers = _amount(token, limit or draft.limit, end)
    following = sentence.token(place)
    if following is not None and following.stem in _ROUGH and not limit:
        numbers = _amount(token, LIMITS.get(following.stem, "about"), end)
        case, copula, place = following.case, following.copula, place + 1
    draft.limit = ""
    if at and sentence.tokens[at - 1].text in _PARTITIVES:
        return _one_of_them(token, case, end.end - length, place)
    if case == "to" and end.text.startswith(_RESULTS):
        return Reading(after=place)  # "여덟 조각으로 잘려 있다" counts no pizzas
    if case == "of" or (beside is None and case == "" and not copula and sentence.nominal_after(place - 1)):
        _into(draft, numbers, token.start)
        return Reading(after=place)
    if beside is None or beside.number is not None or beside.at_least is not None:
        return _alone(token, numbers, case, end, length, place)
    _attach(beside, numbers, case, end.end - length, place)
    return Reading(after=place)


def _counter(
    sentence: Sentence, token: Token, after: Token | None, beside: Phrase | None
) -> tuple[str, str, int, str] | None:
    """Return how the word after a number reads as its counter; 사람 is a counter after a noun only."""
    if token.kind != "number" or after is None or after.kind == "mark":
        return None
    if beside is None and after.text.startswith("사람"):
        return None
    return read_counter(after.text)


def _one_of_them(token: Token, case: str, stop: int, place: int) -> Reading:
    """Read 한 명 and 하나 after 그중: they stand for things named before, and count nothing."""
    if case != "at":
        return Reading(after=place)
    them = Phrase(
        noun="", sort="things", start=token.start, head=token.start, end=stop, after=place, pronoun=True, case=case
    )
    return Reading(after=place, item=Spot.of(them, case=case, relation="on"))


def _alone(token: Token, numbers: Numbers, case: str, counter: Token, length: int, place: int) -> Reading:
    """Return a number that counts no noun beside it; 한 명도 counts nothing."""
    denied = case == "also" and numbers[0] == 1
    count = Token(
        text=token.text, denied=denied, start=token.start, stop=counter.end - length, end=counter.end, kind="counter",
        stem=counter.text, case=case,
    )  # fmt: skip
    return Reading(after=place, count=(*numbers, count), fresh=True)


def _attach(phrase: Phrase, numbers: Numbers, case: str, end: int, place: int) -> None:
    if not (numbers[0] == 1 and case == "also"):
        phrase.number, phrase.at_least, phrase.at_most = numbers
        phrase.end = end
        for one in phrase.joined if numbers[0] is None else ():
            one.at_least, one.at_most = one.at_least or numbers[1], one.at_most or numbers[2]
    else:
        phrase.none = True
    if phrase.case == "" or case in ("but",):
        phrase.case = "subject" if case == "also" else case
    phrase.after = place


def _bare_number(sentence: Sentence, at: int, token: Token, draft: Draft, beside: Phrase | None) -> Reading:
    numbers = _amount(token, draft.limit, token)
    if beside is not None and beside.surface in _PARTITIVES and token.stem in _COUNTED_ALONE:
        beside.silent = True  # "그중 하나는"
        return _one_of_them(token, token.case, token.stop, at + 1)
    if beside is None and token.stem == "하나" and token.case == "at" and sentence.subject:
        return _one_of_them(token, token.case, token.stop, at + 1)
    if beside is None and token.stem in _COUNTED_ALONE - {"하나"} and token.case in ("subject", "topic"):
        return Reading(after=at + 1, item=_persons(token, numbers, at + 1))
    if sentence.nominal_after(at) and beside is None:
        following = sentence.tokens[at + 1]
        if token.text == "한" and not (following.noun is not None and following.noun.sort == "body"):
            draft.begin(token.start)
        elif token.text not in _NO_NUMBERS:
            _into(draft, numbers, token.start)
    elif beside is not None and token.stem in _COUNTED_ALONE:
        _attach(beside, numbers, token.case, token.stop, at + 1)
    return Reading(after=at + 1)


def _persons(token: Token, numbers: Numbers, place: int) -> Phrase:
    """Return the persons that a number alone counts: "앞치마를 두른 셋이"."""
    return Phrase(
        noun="person", sort="people", start=token.start, head=token.start, end=token.stop, after=place, case=token.case,
        number=numbers[0], plural=True,
    )  # fmt: skip


def _amount(token: Token, limit: str, end: Token) -> Numbers:
    if token.table == "vague":
        low, _, high = token.value.partition("-")
        return None, int(low), int(high) if high else None
    number = int(token.value)
    number *= 2 if end.text.startswith("쌍") or "쌍" in token.text else 1
    if limit == "about":
        return None, number, number
    if limit == "least":
        return None, number, None
    return (None, None, number) if limit == "most" else (number, None, None)


def _into(draft: Draft, numbers: Numbers, start: int) -> None:
    draft.number, draft.at_least, draft.at_most = numbers
    draft.begin(start)
