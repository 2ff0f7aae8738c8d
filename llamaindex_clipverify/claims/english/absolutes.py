"""What phrases without a verb say: "with its mouth wide open", "a taxi, its front door slightly ajar"."""

from __future__ import annotations

from collections.abc import Iterator

from llamaindex_clipverify.claims.claim import Claim
from llamaindex_clipverify.claims.english.clauses import Clause
from llamaindex_clipverify.claims.english.grammar import NO, POSSESSIVES
from llamaindex_clipverify.claims.english.mentions import Mention
from llamaindex_clipverify.claims.english.predicates import colours_at, is_state_word, is_switched
from llamaindex_clipverify.claims.english.presence import described_as
from llamaindex_clipverify.claims.english.verbs import Verb


def absolutes(clause: Clause) -> Iterator[Claim]:
    """Yield the claims of all noun phrases that a state or colour follows without a verb."""
    for mention in clause.mentions:
        if mention.shown and not clause.hedged[mention.head] and not _is_denied(clause, mention):
            yield from _absolute(clause, mention)
    for verb in clause.structure.verbs:
        if verb.lemma == "have" and not verb.there and not clause.hedged[verb.at]:
            yield from _had(clause, verb)


def _had(clause: Clause, verb: Verb) -> Iterator[Claim]:
    """Read "has its beak closed": the beak is closed, or is not."""
    denied = verb.negated or any(one.is_turned or one.determiner in NO or one.negated for one in verb.subjects)
    for thing in verb.objects:
        if is_told(clause, thing):
            yield from _states(clause, thing, _described_at(clause, thing), negated=denied)


def _states(clause: Clause, thing: Mention, at: int, *, negated: bool = False) -> Iterator[Claim]:
    """Yield the claims that a thing is in the states that a word names."""
    switched = (("state", clause.text(at)),) if is_switched(clause, thing, at) else ()
    for kind, value in (*clause.terms.descriptions(clause.text(at)), *switched):
        if kind == "state":
            yield described_as(clause, kind, value, thing, thing.head, at, negated=negated)


def is_told(clause: Clause, thing: Mention) -> bool:
    """Return whether a state follows what somebody has of his own: "has its beak closed"."""
    at = _described_at(clause, thing)
    return thing.determiner in POSSESSIVES and _says_state(clause, thing, at)


def _says_state(clause: Clause, thing: Mention, at: int) -> bool:
    return is_state_word(clause, at) or is_switched(clause, thing, at)


def _is_denied(clause: Clause, thing: Mention) -> bool:
    """Return whether a phrase may be denied with what it belongs to, or belongs to nothing that is named."""
    links = [link for link in clause.structure.links if link.ground is thing]
    figures = [one for link in links for one in link.figures]
    if clause.text(thing.begins - 1) == "with" and not figures:
        return True
    denied = thing.negated or any(link.verb is not None and link.verb.negated for link in links)
    return denied or any(one.negated or one.determiner in NO for one in figures)


def _absolute(clause: Clause, thing: Mention) -> Iterator[Claim]:
    led, at = clause.text(thing.begins - 1), _described_at(clause, thing)
    following = clause.words[at + 1] if at + 1 < len(clause.words) else None
    closes = following is None or following.is_mark or following.tag[:2] in ("VB", "CC", "IN", "MD")
    inside = any(one.begins <= at < one.after for one in clause.mentions)
    of_others = any(verb.at == at and verb.subjects and thing not in verb.subjects for verb in clause.structure.verbs)
    if inside or of_others or not closes or not (led == "with" or (led == "," and thing.determiner in POSSESSIVES)):
        return
    colours = colours_at(clause, at) if clause.text(at) else []
    for colour in colours:
        yield clause.spanning("attribute", thing, thing.head, at, colour=colour)
    if not colours:
        yield from _states(clause, thing, at)


def _described_at(clause: Clause, thing: Mention) -> int:
    """Return the place of the word after a noun phrase and its adverbs."""
    at = thing.after
    while at < len(clause.words) and (clause.words[at].tag == "RB" or clause.text(at) == "wide"):
        if _says_state(clause, thing, at):
            break
        at += 1
    return at
