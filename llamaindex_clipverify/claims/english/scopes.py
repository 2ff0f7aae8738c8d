"""Scope of negations: marks the noun phrases whose presence is denied."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

from llamaindex_clipverify.claims.english.grammar import (
    ABSENT,
    COPULAS,
    DENIALS,
    DETERMINERS,
    PRESENT,
    SHOWING,
)
from llamaindex_clipverify.claims.english.mentions import Mention, text_at
from llamaindex_clipverify.claims.english.sentences import Word
from llamaindex_clipverify.claims.english.structure import Link, Structure
from llamaindex_clipverify.claims.english.terms import terms
from llamaindex_clipverify.claims.english.verbs import Verb, lemma

_ENDS = frozenset(
    ("but", "only", "except", "although", "though", "while", "because", ";", ":", "—", "that", "which", "where")
)


def negate(words: Sequence[Word], mentions: Sequence[Mention], structure: Structure, hedged: Sequence[bool]) -> None:
    """Mark the mentions whose presence is denied, and not only supposed to be absent."""
    for mention in mentions:
        others = mention.determiner == "no" and text_at(words, mention.begins + 1) == "other"
        if others or _is_aside(words, mention) or _is_not_all(words, mention):
            mention.shown = False  # "no other people" does not deny that there are people
        elif _is_excluded(words, mention) and (mention.number or 0) > 1:
            mention.negated = True  # "one dog and not two" denies the number
        elif _is_excluded(words, mention):
            mention.determiner = "none" if text_at(words, mention.begins + 1) == "of" else "no"
        if mention.determiner in ("no", "neither") or mention.number == 0:
            _negate_list(words, mentions, mention)
    _hide_alternatives(words, mentions)
    for verb in structure.verbs:
        if not hedged[verb.at]:
            _verb_denies(words, mentions, verb)
    for link in structure.links:
        _except_place(words, link)
        if link.ground is not None:
            _link_denies(words, mentions, link, link.ground)
    _suspend(words, structure, hedged)


def _verb_denies(words: Sequence[Word], mentions: Sequence[Mention], verb: Verb) -> None:
    """Deny what a verb says is not there, or what is said to be missing."""
    if verb.negated:
        _except(words, verb)
        _deny(words, verb)
    if verb.form == "copula" or verb.lemma == "miss":
        _absent(words, verb)
    if verb.form == "copula" and not verb.negated and _is_what_is_missing(words, verb.begins):
        for thing in mentions:
            thing.negated = thing.negated or thing.begins >= verb.after


_INDEFINITE = frozenset(("a", "an", "any", "another", "either", "no", "such"))


_NOT_DONE = frozenset("want refuse avoid fail hope wish intend plan decline use".split())
"""Verbs after which something is not, or not yet, done: "wants to wear a red shirt"."""


def _suspend(words: Sequence[Word], structure: Structure, hedged: Sequence[bool]) -> None:
    """Mark what a denial names without saying that it is there: "nobody is holding an open umbrella"."""
    for verb in structure.verbs:
        if verb.gerund and verb.begins > 0 and lemma(words[verb.begins - 1].text) in _NOT_DONE:
            _unassert(verb.objects)
        denied = verb.negated or any(subject.is_turned or subject.negated for subject in verb.subjects)
        if denied and not hedged[verb.at]:
            _unassert(thing for thing in verb.objects if not thing.excepted)
    for link in structure.links:
        by_verb = link.verb is not None and link.verb.negated and not link.excepted
        of_figure = any(one.negated or one.unasserted or one.is_turned for one in link.figures)
        if (link.negated or by_verb or of_figure) and not hedged[link.at] and link.ground is not None:
            _unassert([link.ground], counted=of_figure and link.relation == "with")
        if link.verb is None:  # "does not have any mushrooms on it" puts nothing there
            link.figures = [figure for figure in link.figures if not figure.unasserted or figure.negated]


def _unassert(mentions: Iterable[Mention], counted: bool = False) -> None:
    """Mark indefinite noun phrases as only named; with `counted` those with a number, too: "no chair with one leg"."""
    for mention in mentions:
        bare = mention.determiner is None and (counted or mention.number is None)
        if not mention.pronoun and (mention.determiner in _INDEFINITE or bare):
            mention.unasserted = True


def _hide_alternatives(words: Sequence[Word], mentions: Sequence[Mention]) -> None:
    """Hide the second of two things of which only one is stated: "a bedspread or blanket"."""
    if any(word.text in DENIALS or word.text.endswith("n't") for word in words):
        return
    for before, mention in pairwise(mentions):
        joined = before.after == mention.begins - 1 and words[before.after].text == "or"
        if joined and before.shown and not before.pronoun:
            mention.shown = False


def _link_denies(words: Sequence[Word], mentions: Sequence[Mention], link: Link, ground: Mention) -> None:
    """Deny what a preposition says is absent; hide what it only names."""
    listed = link.relation in ("such as", "like") and any(figure.negated for figure in link.figures)
    if listed:
        _negate_list(words, mentions, ground)
    if link.relation == "without":
        ground.negated = True
    if link.relation == "of" and _void(words, link.at):
        _negate_list(words, mentions, ground)
        ground.determiner = "no"
    sought = link.relation == "for" and link.verb is not None and link.verb.lemma in _SEEKING
    if sought or link.relation == "instead of":
        ground.shown = False


_SEEKING = frozenset("search look wait ask wish hope hunt prepare".split())


def _is_excluded(words: Sequence[Word], mention: Mention) -> bool:
    """Return whether *neither*, *nor* or *not a single* comes before a noun phrase."""
    before, first, second = (text_at(words, mention.begins + step) for step in (-1, 0, 1))
    single = (first == "a" and second == "single") or (first == "one" and (mention.number == 1 or second == "of"))
    corrected = text_at(words, mention.begins - 2) in (",", "but", "and")
    return before in ("neither", "nor") or (before == "not" and (single or corrected))


def _is_not_all(words: Sequence[Word], mention: Mention) -> bool:
    """Return whether *not all* comes before a noun phrase, or a clause begins with *not many*: of some it may be true."""
    first, before = text_at(words, mention.begins), text_at(words, mention.begins - 2)
    every = first in ("all", "every", "each", "everyone", "everybody", "both")
    some = first in ("many", "several", "much") and before in ("", ",", ";", "and", "but")
    return text_at(words, mention.begins - 1) == "not" and (every or some)


def _is_aside(words: Sequence[Word], mention: Mention) -> bool:
    """Return whether a noun phrase only says what a thing is not: "a bus, not a truck, is parked"."""
    between = text_at(words, mention.begins - 2), text_at(words, mention.begins - 1), text_at(words, mention.after)
    return between == (",", "not", ",")


def _void(words: Sequence[Word], of: int) -> bool:
    """Return whether "free of", "devoid of" or "no sign of" comes before a noun phrase."""
    before, further = text_at(words, of - 1), text_at(words, of - 2)
    return before in ("free", "devoid", "void", "empty", "bare", "clear", "absence", "lack") or (
        before in ("sign", "signs", "trace", "evidence") and further in ("no", "any")
    )


_ONLY = ("only", "just", "merely", "rather", "instead")
"""After a comma, what a denial leaves: "does not show animals, only plants"."""


def _except(words: Sequence[Word], verb: Verb) -> None:
    """Mark the objects after *but* and *only*, which a negated verb does not deny: "shows no zipper but laces"."""
    for thing in verb.objects:
        thing.excepted = thing.excepted or _leaves(words, verb.at, thing.begins + 1)


def _except_place(words: Sequence[Word], link: Link) -> None:
    """Mark a place after *but* or *only*, which a negated verb does not deny: "is not under the table but on the chair"."""
    if link.verb is not None and link.verb.negated and _leaves(words, link.verb.at, link.at):
        link.excepted = True
        if link.ground is not None:
            link.ground.excepted = True


def _leaves(words: Sequence[Word], start: int, end: int) -> bool:
    """Return whether *but*, or *only* after a comma, stands between two positions."""
    between = [word.text for word in words[start:end]]
    only = any(text in _ONLY and before in (",", ";", "—", "–") for before, text in pairwise(between))
    return only or "but" in between


def _deny(words: Sequence[Word], verb: Verb) -> None:
    """Deny the presence of what a negated verb says is there or shown."""
    if verb.there or (verb.lemma in SHOWING and not verb.passive):
        for thing in verb.objects:
            thing.negated = not thing.excepted
        if verb.lemma in ("appear", "exist") and not verb.there and text_at(words, verb.after) not in ("that", "to"):
            _negate_all(verb.subjects)
    elif verb.lemma in SHOWING:
        _negate_all(verb.subjects)
    elif verb.lemma in ("have", "lack") and not any(thing.shown or thing.pronoun for thing in verb.subjects):
        _negate_all([thing for thing in verb.objects if not thing.excepted])
    elif verb.form == "copula":
        if _states_presence(words, verb):
            _negate_all(verb.subjects)
        unique = ("the", "only")  # "is not the only dog" denies no dog
        _negate_all(
            [thing for thing in verb.objects if not thing.excepted and _texts(words, thing.begins, 2) != unique]
        )


def _texts(words: Sequence[Word], at: int, number: int) -> tuple[str, ...]:
    return tuple(word.text for word in words[at : at + number])


def _negate_all(mentions: Sequence[Mention]) -> None:
    for mention in mentions:
        for noun in mention.means() or [mention]:
            noun.negated = True


def _states_presence(words: Sequence[Word], verb: Verb) -> bool:
    at = verb.after
    while text_at(words, at) in ("actually", "also", "any", "currently", "even", "yet", "anywhere"):
        at += 1
    text = text_at(words, at)
    if text in PRESENT | {"evident", "seen", "apparent", "discernible", "in"}:
        if text == "in":
            return bool({text_at(words, at + 1), text_at(words, at + 2)} & terms().picture)
        elsewhere = text_at(words, at + 1) in ("in", "through", "behind", "under")
        return not elsewhere or bool(
            {text_at(words, at + 2), text_at(words, at + 3)} & (terms().picture | {"sight", "view"})
        )
    return False


_VIEWS = (["sight"], ["view"], ["frame"], ["shot"], ["picture"])


def _absent(words: Sequence[Word], verb: Verb) -> None:
    """Deny the subject of "… is missing" and "… is absent"."""
    text = text_at(words, verb.after) if verb.form == "copula" else text_at(words, verb.at)
    if verb.lemma == "miss" and verb.objects:
        return
    following = [word.text for word in words[verb.at + 1 : verb.at + 4]]
    unseen = following[:2] == ["nowhere", "to"] or (following[:2] == ["out", "of"] and following[2:] in _VIEWS)
    if (text in ABSENT or unseen) and not verb.negated and verb.subjects:
        _negate_all(verb.subjects)


def _is_what_is_missing(words: Sequence[Word], at: int) -> bool:
    """Return whether the subject before a position is what is missing: "the only thing missing is a fork"."""
    before = [word.text for word in words[:at]]
    return "missing" in before and bool({"thing", "things", "item", "items", "object", "what"} & set(before))


def _list_continues(words: Sequence[Word], at: int) -> bool:
    """Return whether the list continues with an *or* in this clause: "no cats, dogs or horses"."""
    for word in words[at + 1 : at + 9]:
        if word.text in ("or", "nor"):
            return True
        if word.text in COPULAS or word.text in _ENDS or word.text in ("there", "it", "and"):
            return False
    return words[at].text == "and" and text_at(words, at + 1) not in DETERMINERS | {"there", "it", "they", "one"}


def _negate_list(words: Sequence[Word], mentions: Sequence[Mention], first: Mention) -> None:
    """Negate a mention and the mentions joined to it by *or*."""
    first.negated, end = True, first.after
    for mention in mentions[mentions.index(first) + 1 :]:
        between = [word.text for word in words[end : mention.begins]]
        if mention.begins < end:
            continue
        if not between or not set(between) <= {",", "or", "nor"}:
            return
        if "or" in between or "nor" in between or _list_continues(words, end):
            mention.negated, end = True, mention.after
            mention.determiner = mention.determiner or "no"
