"""Hedges: what is only supposed, or denied as a whole, gives no claims."""

from __future__ import annotations

from collections.abc import Sequence

from llamaindex_clipverify.claims.english.grammar import (
    COPULAS,
    HAVE,
    HEDGED_PAIRS,
    HEDGES,
    PRESENT,
)
from llamaindex_clipverify.claims.english.mentions import Mention, text_at
from llamaindex_clipverify.claims.english.sentences import Word


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
        aside = words[marks[0]].text in _ASIDES and marks[0] <= start + 1
        trailing = not any(begin <= mention.head < end for mention in mentions) and end >= len(words) - 1
        if trailing and not aside and words[marks[0]].text not in _OWN_CLAUSE:
            begin = 0
        apart = words[marks[0]].text in _SEEMING and text_at(words, marks[0] - 1) in ("that", "which", "who")
        stop = _next_finite(words, marks[0] + 3, end) if apart else end
        _mark(under, begin, stop)
        if stop < end:
            continue  # "a woman that appears to be homeless sits on"
        for follow, stop in clauses[place + 1 :]:
            if aside or _is_main_clause(words, follow, stop):
                break
            _mark(under, follow, stop)
    for mention in mentions:
        if under[mention.head]:
            mention.shown, mention.hedged = False, True
    return under


_OWN_CLAUSE = frozenset("impossible unclear whether if would should appear appears appeared seem seems seemed".split())
"""Hedges that say nothing about the clauses before them: "…, so it is impossible to tell"."""
_SEEING = frozenset("see find spot notice observe identify".split())
_SEEN = frozenset("seen found spotted noticed observed identified viewed".split())
_SEEMING = frozenset("appear appears appeared appearing seem seems seemed seeming".split())
_ASIDES = frozenset(
    ("indicating", "suggesting", "implying", "possibly", "likely", "probably", "perhaps", "presumably", "potentially")
)
"""Hedges that begin a clause of their own: they say nothing about the clause before."""


def _next_finite(words: Sequence[Word], start: int, end: int) -> int:
    """Return the position of the verb of the clause around a relative clause, or its end."""
    return next((at for at in range(start, end) if words[at].tag in ("VBZ", "VBP", "VBD")), end)


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
    ) and text_at(words, at - 1) not in (",", "and")


def _is_partial(words: Sequence[Word], at: int) -> bool:
    """Return whether a word denies something of all, which may be true of some: "are not all seated", "aren't both brown"."""
    denies = words[at].text in ("not", "never") or words[at].text.endswith("n't")
    return denies and at > 0 and text_at(words, at + 1) in ("all", "both", "every", "each", "always", "necessarily")


_THINKING = frozenset("think believe suppose assume imagine".split())
"""Words that, denied, say that what follows is not so."""
_FINDING = frozenset(
    "say says claim claims see find notice show shows mean means true case indication evidence sign proof hint suggestion".split()
)
"""Words of which the same holds before *that*."""
_TELLING = frozenset("says said states stated warns warned claims claimed indicates announces explains reads".split())
"""Verbs after which *that* begins what somebody or a text says, which the picture need not show."""
_UNTRUE = frozenset(("false", "untrue", "doubt", "doubtful", "unlikely"))
"""Words that say it before *that* by themselves."""


def _is_untrue(words: Sequence[Word], at: int) -> bool:
    """Return whether a word says that what follows is not so: "it is not true that", "I do not think"."""
    text, leads = words[at].text, text_at(words, at + 1) == "that"
    if leads and text in _UNTRUE:
        return True
    if text == "that" and text_at(words, at - 1) == "not" and text_at(words, at - 2) in ("it's", "is", "was"):
        return text_at(words, at - 2) == "it's" or text_at(words, at - 3) == "it"  # "it's not that the dog is asleep"
    said = text in ("say", "says", "claim", "claims") and text_at(words, at - 1) in ("nobody", "one")
    return (said or text in _THINKING or (leads and text in _FINDING)) and _is_denied_before(words, at, 3)


def _is_denied_before(words: Sequence[Word], at: int, number: int) -> bool:
    """Return whether one of so many words before a position denies."""
    before = (word.text for word in words[max(at - number, 0) : at])
    return any(text in ("no", "not", "never", "nobody") or text.endswith("n't") for text in before)


_NEVER = (("at", "point"), ("at", "time"), ("at", "moment"), ("in", "way"), ("by", "means"))


def _denies_all(first: str, second: str, third: str) -> bool:
    """Return whether a sentence begins with what denies all of it: "nowhere is a dog", "not visible: dogs and cats"."""
    never = second == "no" and (first, third) in _NEVER
    gone = first in ("missing", "absent") and second == "from"
    return first in ("nowhere", "rarely", "seldom") or never or gone or (first == "not" and second in PRESENT)


def _is_it(words: Sequence[Word], at: int) -> bool:
    """Return whether the subject of a verb is *it*: "it looks like", "it does not look as if"."""
    before = [word.text for word in words[max(at - 4, 0) : at]]
    return "it" in (before if _is_denied_before(words, at, 4) else before[-1:])


def _is_hedge(words: Sequence[Word], at: int) -> bool:
    text = words[at].text
    following, further = text_at(words, at + 1), text_at(words, at + 2)
    unsaid = at == 0 and _denies_all(text, following, further)
    later = text in ("used", "wait", "waits", "waiting")  # "waiting to be cleaned"
    past = later and (following, further) == ("to", "be")
    told = text in _TELLING and following == "that"
    if unsaid or past or told or _is_partial(words, at) or _is_untrue(words, at):
        return True
    if text in HEDGES:
        return not (text == "may" and text_at(words, at + 1).isdecimal())
    if text in _SEEMING and (
        following == "that" or (following == "to" and (further != "be" or text_at(words, at + 3).endswith("ing")))
    ):
        return True
    if text in _SEEMING and following == "to" and text_at(words, at - 1) in ("what", "that", "which"):
        return True  # "what appears to be a table"
    if text in ("can", "could") and words[at].tag != "NN":
        unseen = following == "be" and further not in _SEEN
        if unseen or following not in _SEEING | {"be", "not", "also", "clearly"}:
            return True
    if text in ("look", "looks") and following in ("like", "as") and _is_it(words, at):
        return True
    if (text, following, further) == ("far", "from", "being"):
        return True
    return (text, text_at(words, at + 1)) in HEDGED_PAIRS or (text == "wait" and text_at(words, at + 1) == "for")


def _clauses(words: Sequence[Word]) -> list[tuple[int, int]]:
    cuts = [0]
    cuts += [at for at, word in enumerate(words) if at and word.text in (",", ";", "but", "—", "because", "while")]
    return list(zip(cuts, [*cuts[1:], len(words)], strict=True))


def _is_main_clause(words: Sequence[Word], start: int, end: int) -> bool:
    texts = [word.text for word in words[start:end]]
    return texts[0] == "but" or any(text in COPULAS | HAVE | {"there", "with"} for text in texts)


def _mark(under: list[bool], start: int, end: int) -> None:
    under[start:end] = [True] * (end - start)
