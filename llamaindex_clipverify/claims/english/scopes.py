"""Scope of negations, hedges and comparisons: marks the noun phrases inside the scope."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from llamaindex_clipverify.claims.english.grammar import (
    ABSENT,
    BE,
    COPULAS,
    DETERMINERS,
    FINITE,
    HAVE,
    HEDGED_PAIRS,
    HEDGES,
    NOT_ACTIONS,
    PREPOSITIONS,
    PRESENT,
    SHOWING,
)
from llamaindex_clipverify.claims.english.mentions import Mention
from llamaindex_clipverify.claims.english.sentences import Word

_ENDS = frozenset(
    ("but", "only", "except", "although", "though", "while", "because", ";", ":", "—", "that", "which", "where")
)
_TRIGGERS = frozenset("without lacks lack lacking neither nor free sign not never cannot longer".split())
_PLACES = PREPOSITIONS - {"of", "with", "without"}
_PICTURE = frozenset("picture image photo scene photograph".split())
_SEEING = frozenset("see find spot notice observe".split())


def is_negative(words: Sequence[Word], at: int) -> bool:
    """Return whether a word is *not*, *never* or ends in *n't*; "not only" does not count."""
    text = words[at].text
    if text.endswith("n't"):
        return True
    return text in ("not", "never", "cannot") and _text(words, at + 1) != "only"


def negate(words: Sequence[Word], mentions: Sequence[Mention]) -> None:
    """Mark the mentions whose presence is denied."""
    for begin in _denials(words):
        last = _scope_end(words, mentions, begin)
        for mention in mentions:
            mention.negated = mention.negated or begin <= mention.head < last
    for mention in mentions:
        if mention.determiner == "no" or mention.number == 0:
            _negate_list(words, mentions, mention)
    for mention in mentions:
        mention.negated = mention.negated or _said_absent(words, mention)


def _denials(words: Sequence[Word]) -> Iterator[int]:
    """Yield the start of the scope of each denial of existence."""
    for at, word in enumerate(words):
        if word.text not in _TRIGGERS and not word.text.endswith("n't"):
            continue
        before, after = _text(words, at - 1), _text(words, at + 1)
        if word.text in ("without", "lacks", "lack", "lacking", "neither", "nor"):
            yield at + 1
        elif (word.text, after) in (("free", "of"), ("sign", "of")) and (word.text == "free" or before == "no"):
            yield at + 2
        elif (is_negative(words, at) and _denies(words, at, before)) or (word.text == "longer" and before == "no"):
            yield at + 1


def _denies(words: Sequence[Word], at: int, before: str) -> bool:
    """Return whether a *not* denies existence: "there isn't", "does not show", "cannot see", "is not a"."""
    text, after = words[at].text, _text(words, at + 1)
    if text == "not" and (after, _text(words, at + 2)) in (("a", "single"), ("one", "single")):
        return True
    if "there" in (before, _text(words, at - 2)) or before == "there's":
        return True
    if text in ("can't", "cannot") or before == "can":
        return after in _SEEING
    if (text.removesuffix("n't") in HAVE or before in HAVE) and after in SHOWING | _SEEING:
        return True
    copula = text in BE or before in BE or before.endswith("'s")
    return copula and (after in ("a", "an", "any") or after == "actually")


def _scope_end(words: Sequence[Word], mentions: Sequence[Mention], begin: int) -> int:
    heads = {mention.head for mention in mentions if mention.shown}
    for at in range(begin, len(words)):
        text = words[at].text
        closes = text in COPULAS | _PLACES | FINITE or (text.endswith("ing") and text not in NOT_ACTIONS)
        if text in _ENDS or (closes and any(begin <= head < at for head in heads)):
            return at
        if text in (",", "and") and not _list_continues(words, at):
            return at
    return len(words)


def _list_continues(words: Sequence[Word], at: int) -> bool:
    """Return whether the list continues with an *or* in this clause: "no cats, dogs or horses"."""
    for word in words[at + 1 : at + 9]:
        if word.text in ("or", "nor"):
            return True
        if word.text in COPULAS or word.text in _ENDS or word.text in ("there", "it", "and"):
            return False
    return words[at].text == "and" and _text(words, at + 1) not in DETERMINERS | {"there", "it", "they", "one"}


def _negate_list(words: Sequence[Word], mentions: Sequence[Mention], first: Mention) -> None:
    """Negate a mention and the mentions joined to it by *or*."""
    first.negated, end = True, first.after
    for mention in mentions:
        between = [word.text for word in words[end : mention.begins]]
        if mention.begins < end or not set(between) <= {",", "or", "nor"} or not between:
            continue
        if "or" in between or "nor" in between or _list_continues(words, end):
            mention.negated, end = True, mention.after


def _said_absent(words: Sequence[Word], mention: Mention) -> bool:
    """Return whether "… is not visible" or "… is missing" follows a mention."""
    at, negative = mention.after, False
    if _text(words, at) not in BE and _text(words, at) not in ("can", "cannot", "can't"):
        return False
    while at < len(words) and (
        words[at].text in BE or words[at].text in ("can", "cannot", "can't", "not", "be", "actually")
    ):
        negative = negative or is_negative(words, at)
        at += 1
    text = _text(words, at)
    if text in ABSENT:
        return not negative and _text(words, at + 1) in ("", "from", "in", ",", ".")
    if text in PRESENT:
        at += 1
    follows = _text(words, at)
    in_picture = follows == "in" and bool({_text(words, at + 1), _text(words, at + 2)} & _PICTURE)
    return negative and (in_picture or (text in PRESENT and follows in ("", ",", "and", "but", "at", "here", "there")))


def hedge(words: Sequence[Word], mentions: Sequence[Mention]) -> list[bool]:
    """Return for each word whether it is hedged; hedged mentions are marked as not shown and give no claims."""
    under = [False] * len(words)
    clauses = _clauses(words)
    for place, (start, end) in enumerate(clauses):
        marks = [at for at in range(start, end) if _is_hedge(words, at)]
        if not marks:
            continue
        begin = (
            start
            if not any(start <= mention.head < marks[0] for mention in mentions) or _includes_subject(words, marks[0])
            else marks[0]
        )
        if not any(begin <= mention.head < end for mention in mentions) and end >= len(words) - 1:
            begin = 0
        _mark(under, begin, end)
        for follow, stop in clauses[place + 1 :]:
            if _is_main_clause(words, follow, stop):
                break
            _mark(under, follow, stop)
    for mention in mentions:
        if under[mention.head]:
            mention.shown = False
    return under


def _includes_subject(words: Sequence[Word], at: int) -> bool:
    """Return whether the hedge modifies the verb, so that its scope includes the subject."""
    return words[at].text in (
        "might",
        "may",
        "could",
        "would",
        "should",
        "probably",
        "if",
        "whether",
        "likely",
    ) and _text(words, at - 1) not in (",", "and")


def _is_hedge(words: Sequence[Word], at: int) -> bool:
    text = words[at].text
    if text in HEDGES:
        return not (text == "may" and _text(words, at + 1).isdigit())
    pair = (text, _text(words, at + 1)) in HEDGED_PAIRS
    return (
        pair
        or (text == "waiting" and _text(words, at + 1) == "for")
        or (text == "wait" and _text(words, at + 1) == "for")
    )


def _clauses(words: Sequence[Word]) -> list[tuple[int, int]]:
    cuts = [0]
    cuts += [at for at, word in enumerate(words) if at and word.text in (",", ";", "but", "—", "because", "while")]
    return list(zip(cuts, [*cuts[1:], len(words)], strict=True))


def _is_main_clause(words: Sequence[Word], start: int, end: int) -> bool:
    texts = [word.text for word in words[start:end]]
    return texts[0] == "but" or any(text in COPULAS | HAVE | {"there", "with"} for text in texts)


def _mark(under: list[bool], start: int, end: int) -> None:
    under[start:end] = [True] * (end - start)


def compare(words: Sequence[Word], mentions: Sequence[Mention]) -> None:
    """Mark mentions that are only compared with as not shown: "more dogs than cats", "looks like a rabbit"."""
    for mention in mentions:
        before, further = _text(words, mention.begins - 1), _text(words, mention.begins - 2)
        simile = before == "like" and (
            further.startswith("look") or further in ("shaped", "seems", "is", "are", "something")
        )
        as_big_as = before == "as" and _text(words, mention.begins - 3) == "as"
        purpose = before == "for" and mention.plural and mention.begins == mention.head
        camera = mention.noun == "camera" and before in ("at", "towards", "toward", "for", "to")
        counted = before == "than" and further in ("more", "less", "fewer") and mention.rough
        sport = (
            before in ("playing", "play", "plays", "played")
            and mention.noun == "sports ball"
            and mention.determiner is None
        )
        if (before == "than" and not counted) or sport or simile or as_big_as or camera or purpose:
            mention.shown = False


def _text(words: Sequence[Word], at: int) -> str:
    return words[at].text if 0 <= at < len(words) else ""
