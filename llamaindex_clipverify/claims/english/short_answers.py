"""Short answers together with their question: "Three." to "How many clocks are there?" states that there are three clocks.

The statement is split as usual; its claims span the short answer. A pattern stands
for each form of questions with how many, of one of two, and of weather and sizes; `wh_questions` reads the others.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from llamaindex_clipverify.claims.english.grammar import BE
from llamaindex_clipverify.claims.english.polar_questions import polar
from llamaindex_clipverify.claims.english.question_parts import PLACED, last_question, noun_phrase
from llamaindex_clipverify.claims.english.sentences import sentences
from llamaindex_clipverify.claims.english.tagger import tagger
from llamaindex_clipverify.claims.english.terms import terms
from llamaindex_clipverify.claims.english.wh_questions import answered
from llamaindex_clipverify.claims.vocabulary import english
from llamaindex_clipverify.claims.wordnet import wordnet

_LONGEST = 6
"""Words of the longest answer that is read together with its question."""
_LONGEST_QUESTION = 300
"""Characters."""
_YES = re.compile(r"^\W*(yes|yeah|yep|correct|true|right)\b\W*$", re.I)
_NO = re.compile(r"^\W*(no|nope|none|false|not really)\b\W*$", re.I)
_COUNTED = re.compile(r"^there(?:'s| is| are) (\w+)$", re.I)
"""A number as an answer: "There are five."."""
_BEGINS = re.compile(r"^\s*(yes|no)\s*[,.;:!]\s", re.I)
_CHOICE = re.compile(
    r"\b(?P<one>\w+)(?: (?:part|side|half))?,? or (?:(?:on|in|at|to) )?(?:the |an? )?(?P<two>\w+)(?: (?:part|side|half))?\b",
    re.I,
)
_MORE = re.compile(r"^\W*are there more (\w+) or (\w+)\b", re.I)
_LABEL = re.compile(r"^(?:short )?answer\s*:\s*", re.I)
_CITATION = re.compile(r"\[\d{1,4}\]")
_PRESENCE = ("there", "you see", "visible", "shown", "can be seen", "present")
_Answer = Callable[[re.Match[str], str], str | None]


def statement(question: str, answer: str) -> str | None:
    """Return the statement that a short answer to a question makes, or None if the answer is no short one."""
    plain = _LABEL.sub("", _CITATION.sub("", answer).strip()).rstrip(".!").strip()
    counted = _COUNTED.match(plain)
    if counted is not None and (counted[1].isdecimal() or counted[1].lower() in english().numbers):
        plain = counted[1]
    if not plain or len(plain.split()) > _LONGEST or "\n" in plain or len(question) > _LONGEST_QUESTION:
        return None
    offered = re.search(rf"\bor\b.*\b{re.escape(plain)}\b|\b{re.escape(plain)}\b.*\bor\b", question, re.I)
    if not offered and (_YES.match(plain) or _NO.match(plain)):
        stated = polar(question, yes=bool(_YES.match(plain)))
        if stated is not None:
            return stated
    if re.match(r"^(yes|no)\b\s*(?:[^\w\s]|$)", plain, re.I) or _is_sentence(plain):
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


# -- how many, how big, and one of two --------------------------------------------------------------------------------------


def _answered(question: str, answer: str) -> str | None:
    """Return the statement of an answer to a question that is no yes-or-no question."""
    asked = last_question(question)
    for pattern, state in _FORMS:
        found = pattern.match(asked)
        said = state(found, answer) if found is not None else None
        if said is not None:
            return said
    return answered(asked, answer)


def _many(found: re.Match[str], answer: str) -> str | None:
    noun, verb, rest = found[1], (found[2] or "").lower(), (found[3] or "").strip()
    answer = answer.removesuffix(" of them")
    if re.search(r"\b(?:and|or)\b", noun):
        return None  # a number of both together
    if answer.lower() in ("none", "zero", "0", "no"):
        answer = "no"
    owner = re.match(r"^(.+) have$", rest, re.I)
    if verb in ("do", "does") and owner is not None and owner[1].lower() not in ("you", "we"):
        return f"{owner[1]} has {answer} {noun}."
    if not rest or rest.lower().startswith(_PRESENCE) or verb in ("do", "can"):
        return f"There are {answer} {noun}."
    return f"{answer} {noun} {verb} {rest}."


def _which_of_two(found: re.Match[str], answer: str) -> str | None:
    return f"the {answer} {found[1]} {found[2]}." if answer.lower() in (found[3].lower(), found[4].lower()) else None


def _either(found: re.Match[str], answer: str) -> str | None:
    named = re.search(rf"\b{re.escape(answer)}\b", found.string, re.I)
    return f"{found[1]} is {answer}." if named else None


def _chosen(found: re.Match[str], answer: str) -> str | None:
    if answer.lower() in ("day", "night") and re.match(r"^\W*is it\b", found.string, re.I):
        return f"It is {answer.lower()}time."
    more = _MORE.match(found.string)
    if more is not None and answer.lower() in (more[1].lower(), more[2].lower()):
        other = more[2] if answer.lower() == more[1].lower() else more[1]
        return f"There are more {answer} than {other}."
    choice = _CHOICE.search(found.string)
    offered = {choice["one"].lower(), choice["two"].lower()} if choice is not None else set[str]()
    if choice is None or not (answer.lower() in offered or offered <= set(answer.lower().split())):
        return None  # or both: "black and white"
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
    return f"{found[1]} is {value}." if value else f"{found[1]} has {noun_phrase(answer)} pattern."


def _one_of_them(found: re.Match[str], answer: str) -> str | None:
    """Read "which of the two dogs is brown": the one on the left."""
    noun = found[1].split()[-1]
    one = wordnet().singular(noun) or noun
    said = re.sub(r"^(?:the )?(?:one )?", "", answer, flags=re.I)
    side = PLACED.match(said)
    return f"the {one} {said} is {found[2]}." if side else f"the {said} {one} is {found[2]}."


def _measured(found: re.Match[str], answer: str) -> str | None:
    return None if re.match(r"^\d", answer) else f"{found[2]} {found[1]} {answer}."


def _form(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"^\W*{pattern}\W*$", re.I)


_FORMS: tuple[tuple[re.Pattern[str], _Answer], ...] = (
    (
        _form(r"how many\s+(.+?)\s+((?:the|this|that|these|his|her)\s.+?)\s+(?:has|have)"),
        lambda q, a: f"{q[2]} has {a} {q[1]}.",
    ),
    (_form(r"what (?:is|'s) the (?:total )?number of (\w+s|people|men|women|children|sheep)()( .*)?"), _many),
    (_form(r"how many\s+(?:of the\s+)?(.+?)\s+(are|is|do|does|can|have|has|were)\b\s*(.*?)"), _many),
    (_form(r"how many\s+((?!are |is |of )\w+(?: \w+)?)()()"), _many),
    (_form(r"what (?:pattern|print|design) (?:does|do) (.+?) have"), _patterned),
    (_form(r"what (?:pattern|print|design) (?:is|are) on (.+?)"), _patterned),
    (_form(r"(?:what|which)(?: one| \w+)? is (\w+er),? (?!to |than )(.+?),? or (.+?)"), _compared),
    (_form(r"which (?:one )?of the (?:two )?(.+?) (?:is|are) (.+?)"), _one_of_them),
    (_form(r"what (?:time of (?:the )?day|season) is (?:it|this)(?: .*)?"), lambda q, a: f"It is {a} time."),
    (_form(r"(?:what|how) is the weather(?: like)?(?: .*)?"), lambda q, a: f"The weather is {a}."),
    (
        _form(
            r"how (?:large|big|small|tall|high|long|short|wide|thick|old)(?: do you think| would you say)?\s+(is|are)\s+(.+?)"
        ),
        _measured,
    ),
    (_form(r"(?:what|which)(?: \w+)*? (is|are) ([^,]+?), (?:the |an? )?(.+?),? or (?:the |an? )?(.+?)"), _which_of_two),
    (
        _form(r"(?:how do(?:es)?|do(?:es)?|is|are) (.+?),?\s+(?:look|appear|seem)s?(?: to be| like)?,?\s+.*\bor\b.*"),
        _either,
    ),
    (_form(r".+\bor\b.+"), _chosen),
)
"""Forms of questions, and the statement that an answer makes; the first that fits is used, then `wh_questions`."""
