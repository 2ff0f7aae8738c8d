"""Short answers together with their question: "Three." to "How many clocks are there?" states that there are three clocks.

The statement is split as usual; its claims span the short answer. Questions are forms of a few kinds, one pattern each.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from llamaindex_clipverify.claims.english.grammar import BE
from llamaindex_clipverify.claims.english.polar_questions import polar, with_article
from llamaindex_clipverify.claims.english.sentences import sentences
from llamaindex_clipverify.claims.english.tagger import tagger
from llamaindex_clipverify.claims.english.terms import terms

_LONGEST = 6
"""Words of the longest answer that is read together with its question."""
_LONGEST_QUESTION = 300
"""Characters."""
_YES = re.compile(r"^\W*(yes|yeah|yep|correct|true|right)\b\W*$", re.I)
_NO = re.compile(r"^\W*(no|nope|none|false|not really)\b\W*$", re.I)
_BEGINS = re.compile(r"^\s*(yes|no)\s*[,.;:!]\s", re.I)
_CHOICE = re.compile(
    r"\b(?P<one>\w+)(?: (?:part|side|half))?,? or (?:(?:on|in|at|to) )?(?:the |an? )?(?P<two>\w+)(?: (?:part|side|half))?\b",
    re.I,
)
_PLACE = re.compile(
    r"^(on|in|at|under|next|near|behind|above|below|to|between|beside|inside|over|by|around|surrounding|across|along|against)\b",
    re.I,
)
_CITATION = re.compile(r"\[\d{1,4}\]")
_PRESENCE = ("there", "you see", "visible", "shown", "can be seen", "present")
_Answer = Callable[[re.Match[str], str], str | None]


def statement(question: str, answer: str) -> str | None:
    """Return the statement that a short answer to a question makes, or None if the answer is no short one."""
    plain = _CITATION.sub("", answer).strip().rstrip(".!").strip()
    if not plain or len(plain.split()) > _LONGEST or "\n" in plain or len(question) > _LONGEST_QUESTION:
        return None
    offered = re.search(rf"\bor\b.*\b{re.escape(plain)}\b|\b{re.escape(plain)}\b.*\bor\b", question, re.I)
    if not offered and (_YES.match(plain) or _NO.match(plain)):
        stated = polar(question, yes=bool(_YES.match(plain)))
        if stated is not None:
            return stated
    if re.match(r"^(yes|no)\b", plain, re.I) or _is_sentence(plain):
        return None
    return _answered(question, _within(plain))


def _within(answer: str) -> str:
    """Return an answer as it stands within a sentence: a common word at its beginning has no capital, which makes a name."""
    first, space, rest = answer.partition(" ")
    common = first.istitle() and (not space or first.endswith("ing") or first.lower() in tagger().known)
    return first.lower() + space + rest if common else answer


def confirmed(question: str, answer: str) -> tuple[int, str] | None:
    """Return the length of the *Yes* or *No* that begins a longer answer, and what it states; None if there is none."""
    found = _BEGINS.match(answer)
    stated = statement(question, found[1]) if found is not None else None
    return (found.end(1), stated) if found is not None and stated is not None else None


def _is_sentence(answer: str) -> bool:
    """Return whether an answer has a verb of its own and is read without its question: "There are three"."""
    return any(
        word.tag in ("VBZ", "VBP", "VBD", "MD") or word.text in BE
        for sentence in sentences(answer)
        for word in sentence.words
    )


# -- how many, which, what, where -----------------------------------------------------------------------------------------


def _answered(question: str, answer: str) -> str | None:
    """Return the statement of an answer to a question with what, where, which or how many."""
    for pattern, state in _FORMS:
        found = pattern.match(question)
        said = state(found, answer) if found is not None else None
        if said is not None:
            return said
    return None


def _many(found: re.Match[str], answer: str) -> str | None:
    noun, verb, rest = found[1], found[2].lower(), found[3].strip()
    answer = answer.removesuffix(" of them")
    if re.search(r"\b(?:and|or)\b", noun):
        return None  # a number of both together
    if answer.lower() in ("none", "zero", "0", "no"):
        answer = "no"
    if not rest or rest.lower().startswith(_PRESENCE) or verb in ("do", "can"):
        return f"There are {answer} {noun}."
    return f"{answer} {noun} {verb} {rest}."


def _which_of_two(found: re.Match[str], answer: str) -> str | None:
    return f"the {answer} {found[1]} {found[2]}." if answer.lower() in (found[3].lower(), found[4].lower()) else None


def _either(found: re.Match[str], answer: str) -> str | None:
    named = re.search(rf"\b{re.escape(answer)}\b", found.string, re.I)
    return f"{found[1]} is {answer}." if named else None


def _chosen(found: re.Match[str], answer: str) -> str | None:
    choice = _CHOICE.search(found.string)
    if choice is None or answer.lower() not in (choice["one"].lower(), choice["two"].lower()):
        return None
    return polar(found.string[: choice.start()] + answer + found.string[choice.end() :], yes=True)


def _compared(found: re.Match[str], answer: str) -> str | None:
    names = [re.sub(r"^(?:the|an?) ", "", part.strip(), flags=re.I) for part in (found[2], found[3])]
    said = re.sub(r"^(?:the|an?) ", "", answer, flags=re.I).lower()
    if said not in (name.lower() for name in names):
        return None
    other = next(name for name in names if name.lower() != said)
    return f"The {said} is {found[1]} than the {other}."


def _patterned(found: re.Match[str], answer: str) -> str:
    value = terms().patterns.get(answer.lower())
    return f"{found[1]} is {value}." if value else f"{found[1]} has {_noun(answer)} pattern."


def _doing(found: re.Match[str], answer: str) -> str:
    said = answer if found[3].lower() == "doing" else f"{found[3]} {_noun(answer)}"
    return f"{found[2]} {found[1]} {said}{found[4]}."


def _thing_at(found: re.Match[str], answer: str) -> str | None:
    return None if found[1].lower().startswith(("in the image", "in this")) else f"{_noun(answer)} is {found[1]}."


def _what(found: re.Match[str], answer: str) -> str:
    return f"{_noun(answer)} {found[1]} {found[2]}." if _PLACE.match(found[2]) else f"There is {_noun(answer)}."


def _where(found: re.Match[str], answer: str) -> str:
    return f"{found[2]} {found[1]} {answer if _PLACE.match(answer) else f'in {answer}'}."


def _ending(found: re.Match[str], answer: str) -> str:
    return f"{found[1]} is {found[2]} {_noun(answer)}."


def _saying(found: re.Match[str], answer: str) -> str:
    return f'{found[1]} says "{answer}".'


def _noun(answer: str) -> str:
    """Return an answer as a noun phrase: with an article if it is a bare singular."""
    return answer if " " in answer or answer.endswith(("s", "ing")) else with_article(answer)


def _form(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"^\W*{pattern}\W*$", re.I)


_ENDINGS = "on top of|in front of|next to|on|in|under|near|behind|above|below|inside|over|with|at"
_WRITTEN = "number|numbers|word|words|text|letter|letters|percentage|price|time|date|name|message|title|year"
_PLACES = r"(?:to the (?:left|right)|left|right|above|below|on|under|behind|in front|next|near|beside|inside|in)\b"
_FORMS: tuple[tuple[re.Pattern[str], _Answer], ...] = (
    (_form(r"how many\s+(?:of the\s+)?(.+?)\s+(are|is|do|does|can|have|has|were)\b\s*(.*?)"), _many),
    (_form(r"what colou?r(?:ed)? (\w+) (?:does|do) (.+?) have"), lambda q, a: f"{q[2]} has {a} {q[1]}."),
    (_form(r"what (?:pattern|print|design) (?:does|do) (.+?) have"), _patterned),
    (_form(r"(?:what|which) (?:room|place) is (?:this|it|shown)(?: .*)?"), lambda q, a: f"This is {_noun(a)}."),
    (_form(r"(?:what|which)(?: one)? is (\w+er),? (.+?),? or (.+?)"), _compared),
    (_form(r"what (?:does|do) (.+?) (?:say|read)"), _saying),
    (_form(r"(?:what|which) shape (?:is|are) (.+?)"), lambda q, a: f"{q[1]} is {a}."),
    (_form(r"what (?:time of (?:the )?day|season) is (?:it|this)(?: .*)?"), lambda q, a: f"It is {a} time."),
    (_form(r"(?:what|how) is the weather(?: like)?(?: .*)?"), lambda q, a: f"The weather is {a}."),
    (_form(r"what (?:material )?(?:is|are)\s+(.+?)\s+made (?:of|out of)"), lambda q, a: f"{q[1]} is made of {a}."),
    (
        _form(r"(?:what|which)(?:'s| is)?(?: the)? colou?rs?(?: of)?\s+(?:(?:is|are|does|do|of)\s+)?(.+?)(?:\s+have)?"),
        lambda q, a: f"{q[1]} is {a}.",
    ),
    (
        _form(
            r"how (?:large|big|small|tall|long|short|wide|thick|old)(?: do you think| would you say)?\s+(is|are)\s+(.+?)"
        ),
        lambda q, a: f"{q[2]} {q[1]} {a}.",
    ),
    (_form(r"(?:what|which)(?: \w+)*? (is|are) ([^,]+?), (?:the |an? )?(.+?),? or (?:the |an? )?(.+?)"), _which_of_two),
    (
        _form(r"(?:how do(?:es)?|do(?:es)?|is|are) (.+?),?\s+(?:look|appear|seem)s?(?: to be| like)?,?\s+.*\bor\b.*"),
        _either,
    ),
    (
        _form(r"(?:on\s+)?(?:which|what) (?:side|part|half)(?: of the \w+)?\s+(is|are)\s+(.+?)(?:\s+(?:on|in))?"),
        lambda q, a: f"{q[2]} {q[1]} on the {a} side of the image.",
    ),
    (_form(r"where\s+(is|are|was|were)\s+(.+?)"), _where),
    (_form(r".+\bor\b.+"), _chosen),
    (_form(rf"what (?:is|are) ((?:the|this|that|an?)(?: \w+){{1,4}}) ((?:\w+ing )?(?:{_ENDINGS}))"), _ending),
    (
        _form(rf"(?:what|which) (?:{_WRITTEN})\b.*? (?:is|are|does|do) (.+?) (?:say|read|show|display)(?:s|ing)?"),
        _saying,
    ),
    (_form(r"(?:what|which) (?:kind|type|sort)s? of \w+ (?:is|are)\s+(.+?)"), lambda q, a: f"{_noun(a)} is {q[1]}."),
    (_form(r"(.+?) (?:is|are) (?:of )?(?:what|which) colou?rs?"), lambda q, a: f"{q[1]} is {a}."),
    (_form(r"(?:what|who|which \w+)\s+(is|are)\s+(\w+ing\b.*?)"), lambda q, a: f"{_noun(a)} {q[1]} {q[2]}."),
    (_form(r"(?:what|who)(?: \w+)?\s+(is|are)\s+(.+?)\s+(\w+ing)(.*?)"), _doing),
    (_form(rf"what(?:'s| is| are) ({_PLACES}.*?)"), _thing_at),
    (_form(rf"what (?:is|are) (?:the|this|that)(?: name of the)?(?: \w+){{1,4}}? ({_PLACES}.*?)"), _thing_at),
    (_form(r"(?:what|who|which \w+|what \w+)\s+(is|are)\s+(.+?)"), _what),
)
"""Forms of questions, and the statement that an answer makes; the first that fits is used."""
