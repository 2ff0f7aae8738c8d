"""Lists of Korean nouns that 등 or 같은 closes: "연필, 지우개 등 여러 물건", "장갑과 헬멧 같은 용품"; and their homonyms."""

from __future__ import annotations

from llamaindex_clipverify.claims.korean.noun_meanings import phrase_of
from llamaindex_clipverify.claims.korean.phrases import Draft, Phrase, Reading
from llamaindex_clipverify.claims.korean.sentence import Sentence
from llamaindex_clipverify.claims.korean.token import Token
from llamaindex_clipverify.claims.korean.unlisted_nouns import unlisted_phrase

_VARIOUS = ("여러", "다양한", "각종", "온갖", "갖가지", "많은")
_LIVING = ("people", "animals")


def ends_list(sentence: Sentence, at: int) -> bool:
    """Return whether 등 or 같은 after a noun closes a list, or compares; 등 of somebody is the back."""
    token, after, third = sentence.tokens[at], sentence.token(at + 1), sentence.token(at + 2)
    if after is None or token.case or token.copula or after.text == "같은":
        return after is not None and after.text == "같은" and not (token.case or token.copula)
    if after.stem != "등" or _in_list(sentence):
        return after.stem == "등"
    back = token.noun is not None and token.noun.sort in _LIVING
    various = after.case == "" and third is not None and third.text in _VARIOUS
    return not back and (various or after.case in ("subject", "topic", "object"))


def _in_list(sentence: Sentence) -> bool:
    return isinstance(sentence.top, Phrase) and sentence.top.case in ("list", "join")


def _names_more(sentence: Sentence, at: int) -> bool:
    """Return whether a noun or its number follows."""
    token = sentence.token(at)
    counted = token is not None and token.kind in ("number", "counter")
    return counted or sentence.nominal_after(at - 1)


def listed(sentence: Sentence, at: int, token: Token, draft: Draft) -> Reading:
    """Read the last noun of a list with the word after it, which joins it to the noun that follows."""
    after = sentence.tokens[at + 1]
    phrase = phrase_of(sentence, at, token, draft) if token.noun is not None else unlisted_phrase(at, token, draft)
    phrase.after = at + 2
    if after.text == "같은":
        phrase.case, phrase.silent = "like", True
        if _in_list(sentence):
            phrase.case, phrase.silent = "list", token.noun is None
    elif after.case in ("", "of") and _names_more(sentence, at + 2):
        phrase.case = "list"
    else:
        phrase.case, phrase.copula = after.case, after.copula
    return Reading(after=at + 2, item=phrase)
