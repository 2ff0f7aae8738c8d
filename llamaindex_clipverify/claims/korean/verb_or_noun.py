"""Decides whether a Korean word that may be a verb is one, or a noun, a number or a term."""

from __future__ import annotations

from collections.abc import Sequence

from llamaindex_clipverify.claims.korean.letters import is_closed
from llamaindex_clipverify.claims.korean.phrases import Item, Phrase
from llamaindex_clipverify.claims.korean.token import Token
from llamaindex_clipverify.claims.korean.word_lists import word_list, word_set
from llamaindex_clipverify.claims.korean.words import lexicon

_NUMERALS = word_set("number_modifiers")
_COUNTERS = word_list("counter_letters")
"""First letters of the counters that follow a number."""
_AUXILIARIES = word_set("auxiliaries_of_connectives")
_DENYING = word_set("denying_verbs") | {"말다"}
_WAYS = word_set("possible_nouns")
_RATHER = word_set("rather_verbs")
"""Words that are a noun with 는 too, but hardly ever: 노는 *playing*."""
_NAMING = ("noun", "abstract", "place", "term", "counter")


def is_verb(token: Token, before: Token | None, after: Token | None, stack: Sequence[Item]) -> bool:
    """Return whether a word that may be a verb is one here, and no noun, number or term."""
    if _only_a_verb(token) or _may_be(token, after) or _does(token, before):
        return True
    if token.kind == "number":
        if _has_looks(token, before):
            return True
        return token.text not in _NUMERALS and not _counts(after)
    ending = token.verbs[0].ending
    if (token.copula and _misfits(token)) or _compares(token, stack) or _is_helped(ending, after):
        return True
    governed = (ending in ("noun", "purpose") and token.case) or (ending == "will" and _is_object(token, after))
    if governed or _is_counted(token, after) or _is_ground(token, after):
        return False
    if ending == "adn" and _is_adjective(token, before, after):
        return True
    if ending == "ji":
        return after is not None and any(verb.word in _DENYING for verb in after.verbs)
    return _is_governed(token, before, after, stack)


def _is_object(token: Token, after: Token | None) -> bool:
    """Return whether a word is the object of the next, and no adnominal before a noun: "검을 들고", not "입을 옷"."""
    if token.kind != "noun" or token.case != "object" or after is None:
        return False
    return (after.kind != "noun" and bool(after.verbs)) or after.case in ("at", "in", "to")


def _only_a_verb(token: Token) -> bool:
    return (
        token.kind in ("", "unknown")
        or token.text in _RATHER
        or (token.kind == "abstract" and token.text.endswith("든"))
    )


def _may_be(token: Token, after: Token | None) -> bool:
    """Return whether "-ㄹ 수" follows: 볼 수 있다 has no bowl."""
    return after is not None and after.text in _WAYS and any(verb.ending == "will" for verb in token.verbs)


def _does(token: Token, before: Token | None) -> bool:
    """Return whether a noun with 하고 is a verb, and does not join: "서로 인사하고", "운동을 하고"."""
    if not token.text.endswith("하고") or token.case != "join" or token.verbs[0].word != f"{token.stem}하다":
        return False
    if token.kind == "abstract":
        return True
    governed = before is not None and before.case in ("subject", "topic", "object", "at", "in", "to", "join")
    return governed or (before is not None and before.text in lexicon().sets["adverbs"])


def _compares(token: Token, stack: Sequence[Item]) -> bool:
    """Return whether a size has 보다 before it: 주먹보다 작은."""
    return token.table == "sizes" and bool(stack) and isinstance(stack[-1], Phrase) and stack[-1].compared


def _misfits(token: Token) -> bool:
    """Return whether a form of the copula needs a vowel before it, and has none: 길고 is no 길 and 고."""
    return token.text[len(token.stem) :] in ("고", "며", "다", "면", "면서") and is_closed(token.stem)


def _is_counted(token: Token, after: Token | None) -> bool:
    """Return whether a noun without particle is counted or grouped by the next word: 새 한 마리, 새 떼."""
    if token.kind != "noun" or token.case or after is None:
        return False
    return after.kind in ("number", "counter") or (after.kind == "unknown" and after.stem in lexicon().sets["groups"])


def _is_ground(token: Token, after: Token | None) -> bool:
    """Return whether a noun without particle stands before a place word: 구름 위."""
    return token.kind == "noun" and not token.case and not token.copula and after is not None and after.kind == "place"


def _has_looks(token: Token, before: Token | None) -> bool:
    """Return whether 한 is the verb: "갈색 머리를 한 사람"."""
    if token.text != "한" or before is None or before.case != "object" or before.noun is None:
        return False
    return before.noun.sort == "body"


def _is_helped(ending: str, after: Token | None) -> bool:
    """Return whether an auxiliary follows: 쓰고 있다, 쓰지 않다."""
    return (
        ending in ("go", "inf", "ji") and after is not None and any(verb.word in _AUXILIARIES for verb in after.verbs)
    )


def _is_adjective(token: Token, before: Token | None, after: Token | None) -> bool:
    """Return whether a short word before a noun is a colour or a size, or has an adverb: 큰, 흰, 매우 긴."""
    if len(token.stem) != 1 or after is None or after.kind == "mark":
        return False
    sorts = {sense.sort for sense in lexicon().senses.get(token.verbs[0].word, ())}
    return bool(sorts & {"colour", "size"}) or (before is not None and before.text in lexicon().sets["adverbs"])


def _is_governed(token: Token, before: Token | None, after: Token | None, stack: Sequence[Item]) -> bool:
    """Return whether the word before needs a verb: a noun with a particle, or a garment without one."""
    verb = token.verbs[0]
    top = stack[-1] if stack else None
    held = isinstance(top, Phrase) and top.case == "object" and before is not None and before.kind == "unknown"
    marked = before is not None and before.case in ("object", "at", "in", "to", "subject") and before.kind != "mark"
    governed = bool(stack) and (marked or (held and before is not None and not before.case))
    if token.kind == "noun" and token.case and len(token.stem) > 1:
        return len(verb.word) > len(token.stem) and governed
    if verb.ending in ("go", "and", "final", "inf") and token.kind in _NAMING:
        chained = before is not None and after is not None and bool(after.verbs) and verb.ending in ("go", "inf")
        return governed or (chained and token.case == "" and not token.copula)
    return governed or _is_bare_garment(before)


def _is_bare_garment(token: Token | None) -> bool:
    if token is None or token.kind != "noun" or token.case or token.noun is None:
        return False
    return token.noun.sort == "garments"


def _counts(token: Token | None) -> bool:
    return token is not None and token.text.startswith(_COUNTERS)
