"""Claims on the place, weather and time that a picture shows: "in a kitchen", "on a sunny day", "at night", "outdoors"."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from llamaindex_clipverify.claims.claim import Claim
from llamaindex_clipverify.claims.english.clauses import Clause
from llamaindex_clipverify.claims.english.grammar import POSSESSIVES
from llamaindex_clipverify.claims.english.mentions import Mention
from llamaindex_clipverify.claims.english.structure import Link, is_person
from llamaindex_clipverify.claims.english.terms import terms

_INSIDE = frozenset(("in", "at", "inside", "through", "on", "within"))
_ALONG = frozenset(("along", "down", "up", "around", "across"))
"""Prepositions with which somebody is at one of `_ON_PLACES`: "walk along the beach"."""
_ON_PLACES = frozenset(
    "street road highway beach court field playground farm runway campus driveway trail terrace dune dunes ground patio porch "
    "square hillside pier dock slope hill path sidewalk pavement promenade boardwalk village_square parade_ground".replace(
        "_", " "
    ).split()
)
_SCENERY = frozenset("scene setting environment landscape interior".split())
_DAYS = frozenset("day weather afternoon morning evening conditions".split())
_THIS_IS = (["this", "is"], ["it", "is"], ["scene", "is"])
_SHOWS = [[verb] for verb in "shows depicts presents displays features portrays captures".split()]
_DENYING, _TURNS = frozenset(("not", "never", "isn't", "wasn't")), frozenset(("but", "only", ";"))
_Found = tuple[str, str, int, int]
"""Facet, value, first and last word."""


def scenes(clause: Clause) -> Iterator[Claim]:
    """Yield the claims on place, weather and time."""
    for link in clause.structure.links:
        if not clause.hedged[link.at]:
            yield from _places(clause, link)
    yield from _pictured(clause)
    named = _named()
    for at, word in enumerate(clause.words):
        if word.text not in named and clause.text(at + 1) not in _SCENERY:
            continue
        found = None if clause.hedged[at] else _weather(clause, at) or _setting(clause, at) or _time(clause, at)
        if found is not None:
            yield _scene(clause, *found, denied=_is_denied(clause, found[2]))


@lru_cache
def _named() -> frozenset[str]:
    """Return the words that may name weather, time or setting; the others need a word for the scenery behind them."""
    known = terms()
    return frozenset((*known.weather, *known.times, *known.settings, "outdoor", "indoor"))


def _places(clause: Clause, link: Link) -> Iterator[Claim]:
    """Read "in a kitchen"."""
    ground, places = link.ground, clause.terms.places
    if ground is None or ground.negated or ground.pronoun or link.relation not in _INSIDE | _ALONG:
        return
    name = ground.noun if ground.noun in places else ground.noun.split()[-1]
    own = ground.determiner in POSSESSIVES and not any(is_person(one) for one in link.figures)
    if own or name not in places or (link.relation in _ALONG | {"on"} and name not in _ON_PLACES):
        return
    verb = link.verb or clause.verb_before(link.at + 1)
    there = verb is not None and verb.there  # "there isn't a dog in the kitchen" is about the dog
    denied = not there and ((verb is not None and verb.negated) or _is_denied(clause, link.at))
    yield clause.spanning(
        "scene", ground, link.at, ground.after - 1, value=ground.noun, facet="place", known=False, colour=None, negated=denied
    )  # fmt: skip


def _pictured(clause: Clause) -> Iterator[Claim]:
    """Read what the picture as a whole shows: "this is a bathroom", "a photo of a train station"."""
    for mention in clause.mentions:
        if mention.noun not in clause.terms.places or mention.negated or clause.hedged[mention.head]:
            continue
        before = clause.between(max(mention.begins - 3, 0), mention.begins)
        opens = mention.begins == 0 and not mention.plural
        is_theme = opens and mention.determiner == "the" and _is_subject(clause, mention)
        is_theme = is_theme or (opens and mention.determiner in ("a", "an", None) and _is_captioned(clause, mention))
        if is_theme:
            yield clause.claim_at("scene", mention, value=mention.noun, facet="place", known=False, colour=None)
        of_picture = before[-1:] == ["of"] and before[-2:-1] and before[-2] in clause.terms.picture | {"view"}
        if of_picture or before[-2:] in _THIS_IS or before[-2:] == ["here", "is"] or before[-1:] in _SHOWS:
            denied = _is_denied(clause, mention.begins)
            clause.covered |= {id(mention)} if denied else set()
            yield clause.claim_at(
                "scene", mention, value=mention.noun, facet="place", known=False, colour=None, negated=denied
            )


def _is_captioned(clause: Clause, mention: Mention) -> bool:
    """Return whether a caption names the place as a whole: "a hotel bathroom with a bathtub", "a hall lined with benches"."""
    stated = any(verb.finite and not verb.relative for verb in clause.structure.verbs)
    filled = any(verb.passive and mention in verb.subjects for verb in clause.structure.verbs)
    return not stated and (clause.text(mention.after) in ("with", "at", "full") or filled)


def _is_subject(clause: Clause, mention: Mention) -> bool:
    described = bool(mention.adjectives or mention.colours) or mention.begins + 1 < mention.head
    following = clause.text(mention.after) in ("for", "of", "representing", "labeled")
    drawn = mention.noun == "bar" and (described or following)  # of a chart: "the tallest bar", "the search bar"
    return not drawn and any(
        verb.finite and not verb.negated and mention in verb.subjects for verb in clause.structure.verbs
    )


def _weather(clause: Clause, at: int) -> _Found | None:
    value, before, after = clause.terms.weather.get(clause.text(at)), clause.text(at - 1), clause.text(at + 1)
    if value is None:
        return None
    if before == "not":
        before, at_subject = clause.text(at - 2), at - 3
    else:
        at_subject = at - 2
    stated = before in ("is", "day", "weather", "isn't") and clause.text(at_subject) in ("it", "weather", "sky")
    return ("weather", value, at, at + bool(after)) if after in _DAYS or stated else None


def _setting(clause: Clause, at: int) -> _Found | None:
    text, after, settings = clause.text(at), clause.text(at + 1), clause.terms.settings
    if after in _SCENERY and (text in clause.terms.places or text in ("urban", "rural")):
        return "place", text, at, at + 1
    if text in ("outdoor", "indoor"):
        pictured = after in _SCENERY | {"area", "space", "shot"} | clause.terms.picture
        return ("place", settings[text], at, at + 1) if pictured else None
    stands = text != "outside" or after in ("", ",", ".", "and", ";")
    stands = stands and clause.text(at - 1) != "the"  # "is blue on the outside"
    return ("place", settings[text], at, at) if text in settings and stands else None


def _time(clause: Clause, at: int) -> _Found | None:
    value, before, after = clause.terms.times.get(clause.text(at)), clause.text(at - 1), clause.text(at + 1)
    if value is None:
        return None
    stated = (before, clause.text(at - 2)) in (("is", "it"), ("was", "it")) and after in (
        "",
        ".",
        ",",
        "and",
        "outside",
    )
    if stated or (before == "not" and clause.text(at - 3) == "it"):
        return "time", value, at, at
    directly = before in ("at", "during", "by")
    article = before in ("the", "a", "an", "this") and clause.text(at - 2) in ("in", "at", "during", "on")
    named = clause.text(at) in ("daytime", "nighttime") or after in ("time", "scene")
    return ("time", value, at - directly, at) if directly or article or named else None


def _is_denied(clause: Clause, at: int) -> bool:
    """Return whether what a word begins is denied: "was not taken at night", "is not outdoors", "by day, not at night"."""
    before = clause.between(max(at - 3, 0), at)
    if _DENYING.intersection(before) or before[-2:] == ["no", "longer"]:
        return not any(clause.text(before) in _TURNS for before in range(at - 3, at))
    verb = clause.verb_before(at + 1)
    return verb is not None and verb.negated and not _TURNS.intersection(clause.between(verb.after, at))


def _scene(clause: Clause, facet: str, value: str, first: int, last: int, *, denied: bool) -> Claim:
    start, end = clause.words[first].start, clause.words[min(last, len(clause.words) - 1)].end
    for mention in clause.mentions:
        if mention.begins <= last and mention.after > first and facet != "place":
            clause.covered.add(id(mention))
    return Claim(
        text=clause.sentence.answer[start:end], start=start, end=end, kind="scene", noun=None, value=value, facet=facet,
        known=False, cites=clause.sentence.cites, vocabulary=clause.own, negated=denied,
    )  # fmt: skip
