"""Short answers together with their question: "Three." to "How many clocks are there?" states that there are three clocks.

The statement is split as usual; its claims span the short answer. Questions are forms of a few kinds, one pattern each.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache

from llamaindex_clipverify.claims.english.grammar import ADJECTIVES, BE
from llamaindex_clipverify.claims.english.mentions import Mention
from llamaindex_clipverify.claims.english.phrases import Phrases
from llamaindex_clipverify.claims.english.sentences import Word, sentences
from llamaindex_clipverify.claims.english.terms import terms
from llamaindex_clipverify.claims.vocabulary import english

_LONGEST = 6
"""Words of the longest answer that is read together with its question."""
_LONGEST_QUESTION = 300
"""Characters."""
_YES = re.compile(r"^\W*(yes|yeah|yep|correct|true|right)\b\W*$", re.I)
_NO = re.compile(r"^\W*(no|nope|none|false|not really)\b\W*$", re.I)
_BEGINS = re.compile(r"^\s*(yes|no)\s*[,.;:!]\s", re.I)
_POLAR = re.compile(r"^\W*(?:so,? |and |but )?(is|are|was|were|does|do|did|can|has|have)\s+(.+?)\W*$", re.I)
_THOUGHT = re.compile(
    r"^\W*(?:do|would|can) you (?:think|say|believe)(?: that)? (.+?) (is|are|was|were|has|have|can) (.+?)\W*$", re.I
)
_SEE = re.compile(r"^(?:you|we|i)\s+(?:see|find|spot)\s+(?:any\s+|an?\s+|some\s+)?(.+)$", re.I)
_EXISTS = re.compile(r"^there\s+(?:any\s+|an?\s+|some\s+)?(.*)$", re.I)
_SEEMS = re.compile(r"^(?:it|this|that) (?:look|seem|appear|feel)\b", re.I)
_SUBJECT = re.compile(r"^(it|he|she|they|there|this|that|these|those)\s+(.*)$", re.I)
_CHOICE = re.compile(
    r"\b(?P<one>\w+)(?: (?:part|side|half))?,? or (?:(?:on|in|at|to) )?(?:the |an? )?(?P<two>\w+)(?: (?:part|side|half))?\b",
    re.I,
)
_PLACE = re.compile(
    r"^(on|in|at|under|next|near|behind|above|below|to|between|beside|inside|over|by|around|surrounding|across|along|against)\b",
    re.I,
)
_NUMBERED = re.compile(r"^(?:exactly\s+|only\s+)?(\w+)\s", re.I)
_QUANTIFIED = re.compile(
    r"^(?:at least|at most|(?:more|fewer|less) than|only|exactly|several|many|a few|few|lots? of|a lot of|enough)\b",
    re.I,
)
_ALL = re.compile(r"^(?:all|every|everyone|everybody|each|both)\b", re.I)
_NOBODY = re.compile(r"^(?:no|nobody|nothing|none|neither|no one)\b", re.I)
_ANYTHING = re.compile(r"^((?:any|some)(?:thing|one|body))\b", re.I)
_EQUAL = re.compile(r"^(?:an? |the )?(?:equal|same|even|odd) (?:number|amount)\b", re.I)
_THEMES = re.compile(r"^(?:it|this|that|these|those) (?:an?|the|in|at|on|from|of|taken|daytime|nighttime)\b", re.I)
_DO = ("do", "does", "did")
_ARTICLES = ("a", "an", "the")
_DESCRIBES = ("JJ", "JJR", "VBG", "VBN")
_GOES_ON = ("IN", "CC", "TO", ",")
"""Tags of words that may follow a predicate of one word."""
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
        polar = _polar(question, yes=bool(_YES.match(plain)))
        if polar is not None:
            return polar
    if re.match(r"^(yes|no)\b", plain, re.I) or _is_sentence(plain):
        return None
    return _answered(question, plain.lower() if plain.istitle() and " " not in plain else plain)


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


# -- yes and no -----------------------------------------------------------------------------------------------------------


def _polar(question: str, *, yes: bool) -> str | None:
    """Return "Is the car red?" as a statement: "the car is red", or "the car is not red"."""
    thought = _THOUGHT.match(question)
    if thought is not None:
        return f"{thought[1]} {thought[2]} {'' if yes else 'not '}{thought[3]}."
    found = _POLAR.match(question.split(" Yes or No")[0])
    if found is None:
        return None
    auxiliary, rest = found[1].lower(), found[2]
    if _SEEMS.match(rest):
        return None
    if exists := _EXISTS.match(rest):
        return _existing(exists[1], auxiliary, yes)
    if not yes and _NOBODY.match(rest):
        return None  # "no" may confirm it or deny it
    if see := _SEE.match(rest):
        several = see[1].endswith("s") or see[1].split()[0].endswith("s")
        return _existing(see[1], "are" if several else "is", yes)
    subject, predicate = _divided(rest, auxiliary)
    if not yes and _ALL.match(subject):
        return None  # of some it may be true
    return f"{subject} {auxiliary} {'' if yes else 'not '}{predicate}." if predicate else None


def _existing(thing: str, auxiliary: str, yes: bool) -> str | None:
    if _EQUAL.match(thing) or (not yes and _NOBODY.match(thing)):
        return None
    if _NOBODY.match(thing):
        return f"There {auxiliary} {thing}."
    if not yes and (anything := _ANYTHING.match(thing)):
        nothing = "nothing" if anything[1].lower().endswith("thing") else "nobody"
        return f"There {auxiliary} {nothing}{thing[anything.end() :]}."
    both = re.match(r"^both\s+(.+?)\s+and\s+(.+)$", thing, re.I)
    if not yes and both is not None:
        return f"There {auxiliary} no {both[1]} or {both[2]}."
    counted = _NUMBERED.match(thing)
    if not yes and (_QUANTIFIED.match(thing) or (counted is not None and _is_number(counted[1]))):
        return f"There {auxiliary} not {thing}."  # there may be fewer or more
    if not yes:
        return f"There {auxiliary} no {thing}."
    return f"There {auxiliary} {thing if auxiliary in ('are', 'were') else _with_article(thing)}."


def _with_article(noun: str) -> str:
    return f"{'an' if noun[:1].lower() in tuple('aeiou') else 'a'} {noun}"


@lru_cache
def _phrases() -> Phrases:
    return Phrases(english())


def _divided(rest: str, auxiliary: str) -> tuple[str, str]:
    """Return subject and predicate of what follows the auxiliary of a question; "" if there is no predicate."""
    words = _words(rest)
    mentions = _phrases().find(words, [False] * len(words))
    pronoun = _SUBJECT.match(rest)
    if pronoun is not None and _THEMES.match(rest):
        return pronoun[1], pronoun[2]
    if not mentions or mentions[0].begins > 0:
        return (pronoun[1], pronoun[2]) if pronoun is not None else _within(rest, words, len(words), auxiliary)
    starts = {mention.begins: mention for mention in mentions}
    last = mentions[0]
    while True:
        joint = last.after + (last.after < len(words) and words[last.after].text in ("and", "of"))
        if joint not in starts or not (joint > last.after or last.possessive):
            break
        last = starts[joint]
    after = _end(words, last)
    placed = starts.get(after + 1) if after < len(words) and words[after].tag in ("IN", "TO") else None
    end = _end(words, placed) if placed is not None else len(words)
    if end < len(words) and (words[end].tag in _DESCRIBES or words[end].text in _ARTICLES):
        after = end  # "the man on the left taller than the woman", "the animal in the photo a horse"
    ends = [one for one in (placed, last) if one is not None and not one.known and " " not in one.noun]
    for one in ends:  # "the dog on the couch asleep", "the towel wet"
        if _end(words, one) < one.after:
            break
        if one.after == len(words) or words[one.after].tag in _GOES_ON:
            within = _within(rest, words, one.after, auxiliary)
            if within[1]:
                return within
    if after >= len(words):
        return rest, ""
    return rest[: words[after].start].strip(), rest[words[after].start :].strip()


def _end(words: Sequence[Word], mention: Mention) -> int:
    """Return where a noun phrase ends, at the latest before a second article: "the bus | a double decker"."""
    inner = range(mention.begins + 1, mention.after)
    apart = (
        at for at in inner if words[at].text in _ARTICLES and words[at - 1].text not in ("of", "all", "both", "half")
    )
    return next(apart, mention.after)


def _within(rest: str, words: Sequence[Word], end: int, auxiliary: str) -> tuple[str, str]:
    """Divide what looks like one noun phrase without its auxiliary: "the towel wet", "the male nurse wear gloves".

    A word begins the predicate if it is an adjective, a participle or a verb with the auxiliary before it.
    """
    tags = ("VB", "VBP") if auxiliary in _DO else (*_DESCRIBES, "RB")
    for at in range(end - 1, 0, -1):
        subject, predicate = rest[: words[at].start].strip(), rest[words[at].start :].strip()
        whole = _words(subject)
        mentions = _phrases().find(whole, [False] * len(whole))
        if not mentions or mentions[0].begins > 0 or mentions[-1].after < len(whole):
            continue
        stated = _words(f"{subject} {auxiliary} {predicate}")
        divided = len(stated) > at + 1 and stated[at].text == auxiliary
        head = stated[at - 1] if divided else None
        if head is not None and head.tag.startswith("NN") and head.text not in ADJECTIVES:
            described = auxiliary not in _DO and stated[at + 1].text in ADJECTIVES | terms().weather.keys()
            if stated[at + 1].tag in tags or described:
                return subject, predicate
    return rest, ""


def _words(text: str) -> Sequence[Word]:
    sentence = next(iter(sentences(f"{text}.")), None)
    return sentence.words if sentence is not None else []


def _is_number(text: str) -> bool:
    return text.isdecimal() or text.lower() in english().numbers


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
    return _polar(found.string[: choice.start()] + answer + found.string[choice.end() :], yes=True)


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
    return answer if " " in answer or answer.endswith(("s", "ing")) else _with_article(answer)


def _form(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"^\W*{pattern}\W*$", re.I)


_ENDINGS = "on top of|in front of|next to|on|in|under|near|behind|above|below|inside|over|with|at"
_WRITTEN = "number|numbers|word|words|text|letter|letters|percentage|price|time|date|name|message|title|year"
_PLACES = r"(?:to the (?:left|right)|left|right|above|below|on|under|behind|in front|next|near|beside|inside|in)\b"
_FORMS: tuple[tuple[re.Pattern[str], _Answer], ...] = (
    (_form(r"how many\s+(.+?)\s+(are|is|do|does|can|have|has|were)\b\s*(.*?)"), _many),
    (_form(r"what colou?r(?:ed)? (\w+) (?:does|do) (.+?) have"), lambda q, a: f"{q[2]} has {a} {q[1]}."),
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
    (_form(rf"what (?:is|are) (?:the|this|that)(?: name of the)?(?: \w+){{1,4}}? ({_PLACES}.*?)"), _thing_at),
    (_form(r"(?:what|who|which \w+|what \w+)\s+(is|are)\s+(.+?)"), _what),
)
"""Forms of questions, and the statement that an answer makes; the first that fits is used."""
