"""Makes the phrase of a noun with its modifiers, and decides between homonyms by the words around them."""

from __future__ import annotations

from llamaindex_clipverify.claims.claim import Kind
from llamaindex_clipverify.claims.korean.phrases import Draft, Phrase
from llamaindex_clipverify.claims.korean.sentence import Sentence
from llamaindex_clipverify.claims.korean.token import Token
from llamaindex_clipverify.claims.korean.word_lists import word_set, word_table
from llamaindex_clipverify.claims.korean.words import Noun, lexicon
from llamaindex_clipverify.claims.vocabulary import english

_SNOW = word_set("snow_verbs")
_HAIR = word_set("hair_verbs")
BUILT_IN = word_table("built_in")
KINDS_BUILT_IN: dict[str, Kind] = {"size": "size", "state": "state", "material": "material"}
_HAIR_MAKING = word_set("hair_making_verbs")
_CROSSED = word_set("crossing_verbs")
_RAIN = word_set("rain_verbs")
_DRIVING = ("주차", "정차", "달리", "운전", "몰", "견인", "세워")
_BRIDGE_PLACES = word_set("bridge_places")
_BY_VERB = {
    "종이": (word_set("bell_verbs"), "bell", "things"),
    "등": (word_set("lamp_verbs"), "lamp", "things"),
    "차": (word_set("drinking_verbs"), "tea", "food"),
    "배": (word_set("fruit_verbs"), "pear", "food"),
    "시계": (word_set("watch_verbs"), "watch", "garments"),
    "창": (word_set("spear_verbs"), "spear", "things"),
    "김": (word_set("steam_verbs"), "steam", "nature"),
    "불": (word_set("light_verbs"), "light", "things"),
    "관": (frozenset(("쓰다",)), "crown", "garments"),
}
"""Homonyms, the verbs after which they have another meaning, and that meaning."""
_ARMS = frozenset(("sword", "bow", "shield", "armor", "helmet", "arrow", "soldier", "knight", "warrior"))
_ARMED = {"창": ("spear", "things"), "기사": ("knight", "people")}
"""Homonyms, and what they mean in a sentence about arms."""
_WATERS = frozenset(("river", "stream", "lake", "pond", "canal"))
_STATIONERY = word_set("stationery")
_GROUNDS = ("buildings", "nature", "places", "surfaces", "vehicles")
"""Families of nouns on which snow lies."""
_BEING = frozenset(("있다", "없다", "많다", "남다", "보이다"))
_IN_LISTS = {
    "배": (frozenset(("food",)), "pear", "food"),
    "밤": (frozenset(("food",)), "chestnut", "food"),
    "차": (frozenset(("food",)), "tea", "food"),
    "풀": (_STATIONERY, "glue", "things"),
}
"""Homonyms, the families or words of nouns in one list with them, and what they mean there."""


def _is_ground(sentence: Sentence, at: int) -> bool:
    """Return whether a word is a place on which snow lies: 지붕에, 산 위에."""
    token = sentence.tokens[at]
    if token.kind == "place" and at > 0:
        token = sentence.tokens[at - 1]
    return (
        sentence.tokens[at].text.endswith(("에", "에는", "엔"))
        and token.noun is not None
        and token.noun.sort in _GROUNDS
    )


def phrase_of(sentence: Sentence, at: int, token: Token, draft: Draft) -> Phrase:
    """Return the phrase of a noun with the modifiers read before it."""
    dressed = bool(
        draft.colours or draft.others or draft.denied_colours or any(kind == "size" for kind, *_ in draft.values)
    )
    if token.stem == "눈" and draft.colours == ["white"]:
        token.noun = Noun("snow", "nature")
    noun, sort = _meaning(sentence, at, token, dressed=dressed)
    first = token.stem.partition(" ")[0]
    if " " in token.stem and first in lexicon().terms["materials"]:
        draft.values.append(("material", lexicon().terms["materials"][first], token.start, token.stop))
    add_built_in(token, draft)
    usual = token.noun is not None and noun == token.noun.english
    name = (sentence.claims.vocabulary.nouns.get(token.stem) if usual else None) or english().canonical(noun)
    known = name in english().plurals or name in sentence.claims.vocabulary.plurals
    own = sentence.claims.vocabulary.narrow.get(token.stem)
    narrow = own or english().narrow.get(noun) or (noun if noun != name else None)
    return Phrase(
        noun=name, sort=sort, start=token.start if draft.start is None else min(draft.start, token.start), head=token.start,
        end=token.stop, after=at + 1, surface=token.stem, known=known, narrow=narrow, plural=token.plural, case=token.case,
        copula=token.copula, colours=list(draft.colours), denied_colours=list(draft.denied_colours), others=list(draft.others),
        values=list(draft.values), number=draft.number, at_least=draft.at_least, at_most=draft.at_most, owners=list(draft.owners),
        covered=noun == "rain" and _is_avoided(sentence, at), compared=token.text.endswith(("보다", "보다는", "보다도")),
    )  # fmt: skip


def add_built_in(token: Token, draft: Draft) -> None:
    """Take the colour, size or state that a noun names by itself: 흑발, 단발, 백마."""
    kind, _, value = BUILT_IN.get(token.stem, "").partition(":")
    if kind == "colour":
        draft.colours = draft.colours or [value]
    elif kind == "other":
        draft.others = draft.others or [value]
    elif kind:
        draft.values.append((KINDS_BUILT_IN[kind], value, token.start, token.stop))


def _by_list(sentence: Sentence, at: int) -> tuple[str, str] | None:
    """Return the meaning that the other nouns of a list decide: 배 among fruit is a pear."""
    row = _IN_LISTS.get(sentence.tokens[at].stem)
    beside = sentence.tokens[max(at - 1, 0) : at] + sentence.tokens[at + 1 : at + 2]
    if row is None or not any(one.text in (",", "·") for one in beside):
        return None
    near = sentence.tokens[max(at - 4, 0) : at] + sentence.tokens[at + 1 : at + 5]
    sorts = {word for one in near if one.noun is not None for word in (one.noun.sort, one.noun.english)}
    return row[1:] if sorts & row[0] else None


def _spans(sentence: Sentence, at: int) -> bool:
    """Return whether 다리 is a bridge by the noun before it: "호수의 다리", "도시 외곽 다리"."""
    before = list(reversed(sentence.tokens[max(at - 2, 0) : at]))
    if before and before[0].noun is None and before[0].kind == "unknown" and not before[0].case:
        before = before[1:]
    owner = before[0] if before and before[0].case in ("", "of") and not before[0].copula else None
    return owner is not None and owner.noun is not None and owner.noun.sort in ("nature", "places", "at")


def _is_avoided(sentence: Sentence, at: int) -> bool:
    """Return whether somebody shelters from the rain; the sentence then says that it rains."""
    return any(verb.word in _RAIN for token in sentence.tokens[at + 1 : at + 2] for verb in token.verbs)


def _by_arms(sentence: Sentence, at: int) -> tuple[str, str] | None:
    """Return the meaning in a sentence about arms: 창 is a spear, 기사 a knight."""
    others = [one for place, one in enumerate(sentence.tokens) if one.noun is not None and place != at]
    armed = any(one.noun is not None and one.noun.english in _ARMS for one in others)
    return _ARMED.get(sentence.tokens[at].stem) if armed else None


def _joins_water(before: Token | None) -> bool:
    """Return whether 다리 is joined to water: "강과 다리"."""
    return before is not None and before.case == "join" and before.noun is not None and before.noun.english in _WATERS


def _drives(sentence: Sentence, at: int) -> bool:
    """Return whether what is said right before or after 차 is said of cars: 주차된 차, 달리는 차."""
    near = [*sentence.tokens[max(at - 1, 0) : at], *sentence.tokens[at + 1 : at + 2]]
    return any(token.text.startswith(_DRIVING) for token in near)


def _meaning(sentence: Sentence, at: int, token: Token, *, dressed: bool) -> tuple[str, str]:
    """Return English word and family of a noun; the words around it decide between homonyms."""
    noun = token.noun
    assert noun is not None
    near = sentence.tokens[at + 1 : at + 3]
    verbs = {verb.word for one in near for verb in one.verbs}
    place = near[0].stem if near and near[0].kind == "place" and token.case == "" else ""
    before = sentence.tokens[at - 1] if at else None
    beside = _by_list(sentence, at) or _by_arms(sentence, at)
    if beside is not None:
        return beside
    by_verb = _BY_VERB.get(token.stem)
    if token.stem == "차" and (token.plural or _drives(sentence, at)):
        return "car", "vehicles"
    if by_verb is not None and verbs & by_verb[0]:
        return by_verb[1:]
    if token.stem == "가지" and before is not None and before.text.endswith("나무"):
        return "branch", "parts"
    fallen = before is not None and any(verb.word in ("내리다", "쏟아지다") for verb in before.verbs)
    lies = before is not None and _is_ground(sentence, at - 1) and verbs & _BEING
    if token.stem == "눈" and (fallen or place or lies or verbs & _SNOW or token.case in ("to", "in")):
        return "snow", "nature"
    if token.stem == "다리" and (
        place in _BRIDGE_PLACES or verbs & _CROSSED or _spans(sentence, at) or _joins_water(before)
    ):
        return "bridge", "surfaces"
    later = {verb.word for one in sentence.tokens[at + 3 : at + 5] for verb in one.verbs}
    if token.stem == "머리" and (dressed or verbs & _HAIR or (token.case == "object" and later & _HAIR_MAKING)):
        return "hair", "body"
    return noun.english, noun.sort
