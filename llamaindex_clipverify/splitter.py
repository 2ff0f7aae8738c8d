"""English answers into typed claims, without a model: sentences, noun phrases, negation, colours, numbers, relations.

It can see nouns of the vocabulary with their number and colour, predicates of colour ("the car is red"), spatial relations
between two nouns, and nouns it does not know after an article. It cannot resolve pronouns, and reads verbs only as
"noun (is) …ing". A sentence without any of these is one claim of kind `other`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

from llamaindex_clipverify.claim import Claim
from llamaindex_clipverify.vocabulary import Vocabulary, english
from llamaindex_clipverify.written import with_written

_SENTENCE = re.compile(r"[^.!?;\n]+(?:\.(?=\d)[^.!?;\n]+)*[.!?]*")
_WORD = re.compile(r"[^\W\d_]+(?:[’'-][^\W\d_]+)*|\d+")
_LAYOUT = re.compile(r"^[ \t]*\d+[.)](?=\s)|</?[a-z][^<>\n]*>", re.I | re.M)
"""List numbers and markup: layout, no part of any claim."""
_HEDGE = re.compile(r"\b(?:might|may|perhaps|maybe|possibly|probably)\b")
_CITED = re.compile(
    r"\b(?:image|picture|photo)\s+(\d+)\b|\[(\d+)\]|\b(first|second|third|fourth)\s+(?:image|picture|photo)", re.I
)
_ORDINALS = ("first", "second", "third", "fourth")
_EXISTS_NOT = re.compile(
    r"\bthere\s+(?:is|are|was|were)\s*(?:n[’']t|not)\b|\b(?:is|are|was|were)n[’']t\s+any\b"
    r"|\b(?:does|do|did)(?:n[’']t|\s+not)\s+(?:contain|show|have|include|depict|feature|see)\b"
    r"|\b(?:can[’']t|cannot|can\s+not)\s+(?:see|find)\b|\b(?:without|lacks|neither|nor)\b|\bno\s+sign\s+of\b|\bfree\s+of\b",
    re.I,
)
_NO = re.compile(r"(?<![\d.,$€£¥₩])\b(?:no|zero|0)\b(?![.,:]\d)(?!\s+(?:sign|longer|doubt)\b)", re.I)
_SCOPE_END = re.compile(r"[,;:]|\bbut\b|\bonly\b|\bexcept\b|\band\s+(?:there|the|a|an)\b", re.I)
_NO_SCOPE_END = re.compile(r"[,;:]|\b(?:but|and|is|are|was|were|in|on|to|next|with|can|that|which)\b", re.I)
_QUESTION_OR_OPINION = re.compile(r"\?\s*$|^\s*(?:yes|no|sure|okay|ok)\W*$", re.I)
_COPULA = re.compile(
    r"^(?:\s+(?:in|on|at)\s+(?:the|this)"
    r"\s+(?:picture|image|scene|photo|left|right|middle|center|centre|background|foreground))?"
    r",?\s*(?:(?:is|are|was|were|looks?|appears?(?:\s+to\s+be)?|seems?(?:\s+to\s+be)?)"
    r"(?P<not>n[’']t|\s+not|\s+neither)?|which\s+(?:is|are))"
    r"\s+(?:all\s+|both\s+|colou?red\s+|painted\s+|mostly\s+|bright\s+|dark\s+|light\s+)*$",
    re.I,
)

_DETERMINERS = {"a", "an", "the", "this", "that", "these", "those", "some", "another", "any", "no", "its", "his", "her",
                "their", "each", "every", "many", "several", "multiple", "various", "exactly", "only", "single"}  # fmt: skip
_ADJECTIVES = set(
    "small large big tiny huge little tall short long wide young old new bright dark light pale colorful colourful modern "
    "wooden metal plastic glass leather round square empty full clean dirty beautiful cute fluffy furry happy sad busy "
    "parked open closed sliced cooked fresh ripe whole double single vintage classic shiny striped spotted plain lone "
    "first second third fourth last next different similar same other colored coloured painted giant elderly stuffed toy "
    "cartoon smiling sleeping great good nice lovely calm wonderful perfect pretty peaceful simple clear close".split()
)
_EMPTY_NOUNS = set(
    "image picture photo photograph scene background foreground left right side top bottom middle center centre view "
    "front back corner edge way lot number group variety couple pair bit part kind type answer question other one ones "
    "following same rest total presence context sense moment time overall atmosphere setting appearance mix color colour "
    "distance frame composition".split()
)
_FUNCTION_WORDS = set(
    "is are was were be been being has have had do does did will would can could may might must shall should not and or "
    "but nor so yet if then than as at by for from in into near of off on onto out over to under up with within without "
    "next beside behind between above below inside around through during there here it they he she we you i them him us "
    "who whom whose which what when where why how very more most much too also just both all it's there's that's".split()
)
_NOT_ACTIONS = {"being", "including", "containing", "showing", "having", "depicting", "featuring", "building", "ceiling",
                "clothing", "morning", "evening", "string", "king", "ring", "wing", "thing", "something", "nothing",
                "during", "missing"}  # fmt: skip


@dataclass
class _Mention:
    """A noun phrase found in a sentence; offsets are into the answer."""

    noun: str
    known: bool
    plural: bool
    start: int
    noun_start: int
    end: int
    determiner: str | None = None
    number: int | None = None
    colours: list[str] = field(default_factory=list)
    negated: bool = False

    @property
    def colour(self) -> str | None:
        """The first of its colours."""
        return self.colours[0] if self.colours else None


class EnglishSplitter:
    """The default splitter; `vocabulary` decides which nouns, colours and relations it knows."""

    language = "en"

    def __init__(self, vocabulary: Vocabulary | None = None) -> None:
        """Use the built-in English words, or a vocabulary extended by `Vocabulary.with_nouns`."""
        self.vocabulary = vocabulary or english()
        forms = sorted(self.vocabulary.nouns, key=len, reverse=True)
        self._nouns = re.compile(r"\b(?:" + "|".join(re.escape(form) for form in forms) + r")\b", re.I)
        links = sorted(self.vocabulary.relations, key=len, reverse=True)
        self._relations = re.compile(r"\b(?:" + "|".join(re.escape(link) for link in links) + r")\b", re.I)

    def split(self, answer: str) -> list[Claim]:
        """Return the claims of an answer in the order of their first character; an empty answer has none."""
        claims: list[Claim] = []
        known_before: set[str] = set()
        plain = _LAYOUT.sub(lambda found: " " * len(found.group()), answer)
        for match in _SENTENCE.finditer(plain):
            if _WORD.search(match.group()) and not _QUESTION_OR_OPINION.search(match.group()):
                claims += self._sentence(plain, match.start(), match.end(), known_before)
        claims.sort(key=lambda claim: (claim.start, claim.end))
        return [claim.swap(text=answer[claim.start : claim.end]) for claim in claims]

    def _sentence(self, answer: str, start: int, end: int, known_before: set[str]) -> list[Claim]:
        if _HEDGE.search(answer, start, end):
            return [_whole(answer, start, end)]
        mentions = self._mentions(answer, start, end)
        _mark_negated(answer, start, end, mentions)
        claims = list(self._of_mentions(answer, end, mentions, known_before))
        claims += self._of_relations(answer, start, mentions)
        claims += self._of_actions(answer, end, mentions)
        claims = with_written(claims, answer, start, end)
        cited = _cited(answer[start:end])
        if not claims:
            claims = [_whole(answer, start, end)]
        own = None if self.vocabulary is english() else self.vocabulary
        return [claim.swap(cites=cited, vocabulary=own) for claim in claims]

    # -- noun phrases ---------------------------------------------------------------------------------------------

    def _mentions(self, answer: str, start: int, end: int) -> list[_Mention]:
        found = [self._known(match) for match in self._nouns.finditer(answer, start, end)]
        mentions = [mention for mention in found if not self._is_colour_here(answer, start, end, mention)]
        taken = [(mention.noun_start, mention.end) for mention in mentions]
        mentions += [unknown for unknown in self._unknown(answer, start, end) if not _overlaps(unknown, taken)]
        mentions.sort(key=lambda mention: mention.start)
        before = start
        for mention in mentions:
            self._read_modifiers(answer, before, mention)
            before = mention.end
        return mentions

    def _known(self, match: re.Match[str]) -> _Mention:
        form = match.group().lower()
        words = self.vocabulary
        plural = form in words.plural_forms and form not in words.singular_forms
        return _Mention(words.nouns[form], True, plural, match.start(), match.start(), match.end())

    def _is_colour_here(self, answer: str, start: int, end: int, mention: _Mention) -> bool:
        """Tell the colour *orange* from the fruit: a noun follows it, or a copula without article precedes it."""
        if answer[mention.start : mention.end].lower() not in self.vocabulary.colours:
            return False
        follows = re.match(r"\s+(?:and\s+\w+\s+)?", answer[mention.end : end])
        if follows and follows.group() and self._nouns.match(answer, mention.end + follows.end(), end):
            return True
        before = answer[start : mention.start].rstrip().lower()
        return bool(
            re.search(r"\b(?:is|are|was|were|not|and|coloured|colored|painted|bright|dark|looks)$|n[’']t$", before)
        )

    def _unknown(self, answer: str, start: int, end: int) -> Iterator[_Mention]:
        """Find the head of a noun phrase that no list knows: the first plain word after an article or a number."""
        words = list(_WORD.finditer(answer, start, end))
        for place, word in enumerate(words):
            opener = word.group().lower()
            if (
                opener not in ("a", "an", "the", "no", "some", "several", "many", "any")
                and opener not in self.vocabulary.numbers
            ):
                continue
            head = next((w for w in words[place + 1 :] if not self._is_modifier(w.group().lower())), None)
            if head is None or _WORD_BREAK.search(answer[word.end() : head.start()]):
                continue
            noun = head.group().lower()
            if noun in _EMPTY_NOUNS or noun in _FUNCTION_WORDS or noun in self.vocabulary.nouns or noun.isdigit():
                continue
            plural = noun.endswith("s") and not noun.endswith("ss") and opener not in ("a", "an")
            yield _Mention(noun, False, plural, head.start(), head.start(), head.end())

    def _is_modifier(self, word: str) -> bool:
        words = self.vocabulary
        return (
            word in _DETERMINERS
            or word in _ADJECTIVES
            or word == "of"
            or word in words.numbers
            or word in words.colours
            or word.isdigit()
        )

    def _read_modifiers(self, answer: str, before: int, mention: _Mention) -> None:
        """Walk left from the noun over colours, numbers, adjectives and the article."""
        words = list(_WORD.finditer(answer, before, mention.noun_start))
        for word in reversed(words):
            text = word.group().lower()
            if _WORD_BREAK.search(answer[word.end() : mention.start]):
                break
            if text in self.vocabulary.colours:
                mention.colours.insert(0, self.vocabulary.colours[text])
            elif text in self.vocabulary.numbers or text.isdigit():
                mention.number = self.vocabulary.numbers.get(text, int(text) if text.isdigit() else 0)
            elif text in ("couple", "pair") and mention.plural:
                mention.number = 2
            elif (
                text == "and" and mention.colours and _ends_with_colour(answer[before : word.start()], self.vocabulary)
            ):
                pass
            elif text == "of":
                continue
            elif text in _DETERMINERS:
                mention.determiner = mention.determiner or text
                if text == "single":
                    mention.number = 1
                if text in ("a", "an", "the", "no"):
                    mention.start = word.start() if text == "no" else mention.start
                    break
            elif text not in _ADJECTIVES:
                break
            mention.start = word.start()

    # -- claims of one noun ---------------------------------------------------------------------------------------

    def _of_mentions(self, answer: str, end: int, mentions: list[_Mention], known_before: set[str]) -> Iterator[Claim]:
        for place, mention in enumerate(mentions):
            stop = mentions[place + 1].start if place + 1 < len(mentions) else end
            predicates = list(self._predicates(answer, stop, mention))
            yield from predicates
            repeated = mention.noun in known_before and mention.determiner in (
                "the",
                "this",
                "that",
                "these",
                "those",
                "its",
            )
            told = bool(predicates) or (repeated and not mention.negated)
            if not told or mention.number is not None or mention.colours:
                yield from _noun_claims(answer, mention)
            if not mention.negated:
                known_before.add(mention.noun)

    def _predicates(self, answer: str, stop: int, mention: _Mention) -> Iterator[Claim]:
        """Read "… is (not) red (and white)" behind a noun."""
        for word in _WORD.finditer(answer, mention.end, stop):
            colour = self.vocabulary.colours.get(word.group().lower())
            if colour is None:
                continue
            link = _COPULA.match(answer[mention.end : word.start()])
            if link is None:
                continue
            negated = bool(link["not"]) != mention.negated
            span = (mention.noun_start, word.end())
            yield _claim(answer, span, "attribute", mention, negated=negated, colour=colour)
            second = re.match(r"\s*(?:,|and|nor|or)\s*(\w+)", answer[word.end() : stop])
            also = self.vocabulary.colours.get(second[1].lower()) if second else None
            if second and also:
                span = (mention.noun_start, word.end() + second.end())
                yield _claim(answer, span, "attribute", mention, negated=negated, colour=also)
            return

    # -- claims of two nouns and of verbs -------------------------------------------------------------------------

    def _of_relations(self, answer: str, start: int, mentions: list[_Mention]) -> Iterator[Claim]:
        for first, second in pairwise(mentions):
            link = self._relations.search(answer, first.end, second.start)
            if link is not None and not _OTHER_SIDE.search(answer[link.end() : second.start]):
                between = answer[first.end : link.start()]
                yield self._relation(answer, (first.noun_start, second.end), link.group(), first, second, between)
        if len(mentions) >= 2:
            lead = self._relations.search(answer, start, mentions[0].start)
            between = answer[mentions[0].end : mentions[1].start]
            if (
                lead
                and re.search(r"\b(?:is|are|there|stands?|sits?)\b|,", between)
                and not self._relations.search(between)
            ):
                yield self._relation(
                    answer, (lead.start(), mentions[1].end), lead.group(), mentions[1], mentions[0], between
                )

    def _relation(
        self, answer: str, span: tuple[int, int], link: str, of: _Mention, to: _Mention, between: str
    ) -> Claim:
        relation = self.vocabulary.relations[link.lower()]
        negated = bool(re.search(r"\bnot\b|n[’']t\b", between)) or (of.negated != to.negated)
        known = of.known and to.known
        words = {"noun": of.noun, "known": known, "plural": of.plural, "colour": of.colour}
        claim = Claim(answer[span[0] : span[1]], *span, "relation", negated)
        return claim.swap(**words, relation=relation, reference=to.noun)

    def _of_actions(self, answer: str, end: int, mentions: list[_Mention]) -> Iterator[Claim]:
        for place, mention in enumerate(mentions):
            stop = mentions[place + 1].start if place + 1 < len(mentions) else end
            verb = re.match(r"\s+(?:(?:is|are|was|were)\s+)?([a-z]+ing)\b", answer[mention.end : stop])
            if verb and verb[1] not in _NOT_ACTIONS and not mention.negated:
                span = (mention.noun_start, mention.end + verb.end())
                yield _claim(answer, span, "action", mention)


_WORD_BREAK = re.compile(r"[,;:()\"“”]")
_OTHER_SIDE = re.compile(r"[,;:]|\b(?:and|while|is|are)\b", re.I)


def _noun_claims(answer: str, mention: _Mention) -> Iterator[Claim]:
    span = (mention.start, mention.end)
    if mention.number is not None and mention.number > 0:
        yield _claim(answer, span, "count", mention, number=mention.number, colour=mention.colour)
    elif mention.colours:
        for colour in mention.colours:
            yield _claim(answer, span, "attribute", mention, colour=colour)
    else:
        yield _claim(answer, span, "object", mention, plural=mention.plural and not mention.negated)


def _claim(answer: str, span: tuple[int, int], kind: str, mention: _Mention, **words: object) -> Claim:
    base = Claim(answer[span[0] : span[1]], *span, kind, mention.negated, mention.noun, mention.known)  # type: ignore[arg-type]
    return base.swap(**{"plural": mention.plural, **words})


def _mark_negated(answer: str, start: int, end: int, mentions: list[_Mention]) -> None:
    scopes = [(match.end(), _SCOPE_END) for match in _EXISTS_NOT.finditer(answer, start, end)]
    scopes += [(match.start(), _NO_SCOPE_END) for match in _NO.finditer(answer, start, end)]
    for begin, closes in scopes:
        stop = closes.search(answer, begin, end)
        last = stop.start() if stop else end
        for mention in mentions:
            mention.negated = mention.negated or begin <= mention.noun_start < last


def _cited(sentence: str) -> int | None:
    match = _CITED.search(sentence)
    if match is None:
        return None
    digits = match[1] or match[2]
    place = int(digits) - 1 if digits else _ORDINALS.index(match[3].lower())
    return place if place >= 0 else None


def _whole(answer: str, start: int, end: int) -> Claim:
    text = answer[start:end]
    begin = start + len(text) - len(text.lstrip())
    stop = begin + len(text.strip())
    return Claim(answer[begin:stop], begin, stop, "other")


def _overlaps(mention: _Mention, taken: list[tuple[int, int]]) -> bool:
    return any(mention.noun_start < end and start < mention.end for start, end in taken)


def _ends_with_colour(text: str, words: Vocabulary) -> bool:
    last = _WORD.findall(text)[-1:]
    return bool(last) and last[0].lower() in words.colours
