"""English verbs of Korean verbs with many meanings: the object decides what 치다, 하다 and 쓰다 mean."""

from __future__ import annotations

from collections.abc import Callable

from llamaindex_clipverify.claims.korean.phrases import Clause, Phrase
from llamaindex_clipverify.claims.korean.word_lists import word_list, word_set
from llamaindex_clipverify.claims.korean.words import lexicon

_OBJECTS = word_list("verbs_by_object")
_WRITTEN = word_set("written_things")
_INSTRUMENTS = word_set("instruments")
_PLAYING = word_set("playing_verbs")
_BY_OBJECT = word_set("object_verbs")
_LIQUIDS = {"water", "medicine", "oil", "tea", "alcohol"}
_PLAYED = {"chess": "play", "dance": "dance", "song": "sing"}


def english_verb(clause: Clause, objects: list[Phrase], value: str) -> str:
    """Return the English verb: the object decides what 치다, 하다, 쓰다 and others mean."""
    names = {one.noun for one in objects} | {one.surface for one in objects}
    sorts = {one.sort for one in objects}
    instrument = bool(names & _INSTRUMENTS)
    verb = clause.word
    if verb in _BY_OBJECT:
        return _made_by_object(objects, sorts)
    if verb in _PLAYING:
        return _by_instrument(verb, names, sorts, instrument, value)
    if verb in ("타다", "내리다") and not (objects or (verb == "타다" and clause.spots())):
        return _ridden_or_not(verb, living=any(one.living for one in clause.subjects))
    return _by_named_object(clause, names, value)


def _ridden_or_not(verb: str, *, living: bool) -> str:
    """Return what 타다 and 내리다 mean without an object: persons ride and get off, things burn and fall."""
    if verb == "타다":
        return "ride" if living else "burn"
    return "get off" if living else ""


def _by_named_object(clause: Clause, names: set[str], value: str) -> str:
    verb = clause.word
    special = _SPECIAL.get(verb)
    if special is not None:
        return special(clause, names) or value
    for row in _OBJECTS:
        said, nouns, meaning = row.split(":")
        if verb == said and names & set(nouns.split("/")):
            return meaning.replace("-", " ")
    return value


def named_by_object(clause: Clause) -> bool:
    """Return whether only the object makes a verb an action: "박수를 보내다"."""
    objects = clause.objects()
    names = {one.noun for one in objects} | {one.surface for one in objects}
    return bool(objects) and clause.word not in _SPECIAL and bool(_by_named_object(clause, names, ""))


def _used(_: Clause, names: set[str]) -> str:
    if "umbrella" in names:
        return "hold"
    return "use" if names and not names & _WRITTEN else "write"


def _sold(clause: Clause, _: set[str]) -> str:
    """Return what 파는 means: 팔다 of goods, else 파다."""
    return "sell" if {one.sort for one in clause.objects()} & {"food", "garments", "bags", "animals"} else ""


def _raised(_: Clause, names: set[str]) -> str:
    return "raise" if names & {"hand", "arm", "손", "팔"} else "hold" if "flag" in names or "깃발" in names else ""


def _put(clause: Clause, _: set[str]) -> str:
    return "put" if any(spot.case == "at" and spot.grounds for spot in clause.spots()) else ""


def _photographed(_: Clause, names: set[str]) -> str:
    return "take" if names & {"사진", "picture"} else "photograph"


def _pared(clause: Clause, names: set[str]) -> str:
    """Return what 깎다 means: to peel fruit, to mow grass, to cut hair, to carve."""
    sorts = {one.sort for one in clause.objects()}
    if names & {"grass", "lawn", "weed"}:
        return "mow"
    return "peel" if "food" in sorts else "cut" if sorts & {"body", "animals"} else ""


def _followed(clause: Clause, names: set[str]) -> str:
    """Return what 따르다 means: to pour a drink, else to follow."""
    poured = any(one.sort == "food" for one in clause.objects()) or names & _LIQUIDS
    return "pour" if poured or not clause.objects() else "follow"


_SPECIAL: dict[str, Callable[[Clause, set[str]], str]] = {
    "쓰다": _used,
    "깎다": _pared,
    "파다": _sold,
    "팔다": _sold,
    "차다": lambda *_: "kick",
    "따르다": _followed,
    "들다": _raised,
    "올리다": _put,
    "얹다": _put,
    "찍다": _photographed,
}
"""Verbs whose meaning a rule of their own decides, by the object and the place; "" for the usual meaning."""


def _made_by_object(objects: list[Phrase], sorts: set[str]) -> str:
    for thing in objects:
        senses = lexicon().senses.get(f"{thing.surface}하다", ())
        for sense in senses:
            if sense.sort == "actions":
                thing.silent, thing.sort = True, "abstract"
                return sense.value
    return "play" if "sports" in sorts or any(one.surface in ("경기", "놀이", "게임") for one in objects) else ""


def _by_instrument(verb: str, names: set[str], sorts: set[str], instrument: bool, value: str) -> str:
    if instrument or "sports" in sorts:
        return next((lemma for noun, lemma in _PLAYED.items() if noun in names), "play")
    if verb == "치다":
        return "clap" if names & {"박수", "손뼉"} else "hit" if names else ""
    if verb == "추다":
        return "dance"
    if verb == "부르다":
        return "sing" if names & {"노래"} else "call"
    if verb == "짓다" and names & {"미소", "웃음"}:
        return "smile"
    return "put" if verb == "두다" else value
