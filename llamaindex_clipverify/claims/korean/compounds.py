"""Korean nouns before nouns: a material, a place, an owner, or a word that only narrows the second. 나무 의자, 욕실 거울."""

from __future__ import annotations

from llamaindex_clipverify.claims.english.terms import terms
from llamaindex_clipverify.claims.korean.modifiers import KINDS
from llamaindex_clipverify.claims.korean.noun_meanings import BUILT_IN, add_built_in, phrase_of
from llamaindex_clipverify.claims.korean.numbers import LIMITS
from llamaindex_clipverify.claims.korean.phrases import Draft
from llamaindex_clipverify.claims.korean.sentence import Sentence
from llamaindex_clipverify.claims.korean.token import Token
from llamaindex_clipverify.claims.korean.word_lists import word_set
from llamaindex_clipverify.claims.korean.words import lexicon

_WHOLES = ("garments", "bags", "things", "containers", "surfaces", "buildings")
_NO_PARTS = (
    "pattern",
    "stripe",
    "flower pattern",
    "line",
    "letter",
    "text",
    "number",
    "logo",
    "label",
    "sticker",
    "title",
    "star",
    "circle",
    "heart",
    "wall",
    "window",
    "door",
    "balcony",
    "stairs",
    "bead",
)
_HAVING_PARTS = ("containers", "buildings", "things")
_NOUNS = ("noun", "unknown", "abstract")
_GENDERS = word_set("genders")
_VEHICLES = word_set("vehicles")
_WOODEN = word_set("wooden_compounds")


def is_compound(token: Token, after: Token) -> bool:
    """Return whether a noun without particle belongs to the noun after it."""
    if (
        after.kind == "noun"
        and token.noun is not None
        and token.noun.sort == "people"
        and after.noun is not None
        and after.noun.sort == "people"
    ):
        return not after.after_space or (token.stem in _GENDERS and after.stem not in _GENDERS)
    if (after.verbs and after.kind in ("abstract", "unknown")) or after.stem in lexicon().sets["groups"]:
        return False
    return (
        after.kind in _NOUNS
        and after.text not in lexicon().sets["adverbs"] | lexicon().sets["determiners"]
        and after.stem not in LIMITS
    )


def _only_narrows(token: Token, after: Token) -> bool:
    """Return whether a material makes nothing of the noun after it: 나무 그늘, 초콜릿 머핀."""
    eaten = token.table == "materials" and after.noun is not None and after.noun.sort == "food"
    return eaten or (token.stem == "나무" and after.stem in _WOODEN)


def _is_dressed(token: Token, after: Token, draft: Draft) -> bool:
    """Return whether a garment or hair before a person is the person's: "파란 셔츠 남성", "금발 여성"."""
    looks = bool(draft.colours or draft.others or draft.values)
    hair = token.noun is not None and (token.noun.english == "hair" or (token.stem == "머리" and looks))
    if _is_described_part(token, after) and (looks or token.stem in BUILT_IN):
        return True
    worn = hair or (token.noun is not None and token.noun.sort == "garments")
    return worn and after.noun is not None and after.noun.sort == "people"


def _is_described_part(token: Token, after: Token) -> bool:
    """Return whether a noun is a part of the noun after it: "긴 소매 셔츠", "나무 다리 소파"."""
    if token.noun is None or after.noun is None or after.kind != "noun":
        return False
    part = token.noun.sort == "parts" or token.noun.english == "leg"
    return part and after.noun.sort in _WHOLES and token.noun.english not in _NO_PARTS


def as_modifier(sentence: Sentence, at: int, token: Token, after: Token, draft: Draft) -> None:
    """Let a noun before a noun say what the second is made of, or drop it: 나무 테이블, 생일 케이크."""
    if _is_dressed(token, after, draft):
        own = draft.colours, draft.others
        sleeve = token.noun is not None and token.noun.english == "sleeve"
        if sleeve:
            draft.colours, draft.others = [], []
        garment = phrase_of(sentence, at, token, draft)
        garment.covered = True
        sentence.claims.add(garment)
        draft.colours, draft.others = own if sleeve else ([], [])
        draft.values, draft.owners = [], [garment]
        return
    draft.begin(token.start)
    if after.noun is not None and after.noun.sort == "body" and token.noun is not None and token.noun.english == "hair":
        add_built_in(token, draft)
        return
    if token.table in KINDS and after.kind == "noun" and not _only_narrows(token, after):
        draft.values.append((KINDS[token.table], token.value, token.start, token.stop))
    elif token.noun is not None and token.noun.sort == "places" and after.kind == "noun":
        if after.noun is not None and (after.noun.sort in ("places", "at") or after.noun.english in _VEHICLES):
            return
        draft.values.append(("scene", token.noun.english, token.start, token.stop))
    elif (
        token.noun is not None
        and after.noun is not None
        and (
            after.noun.sort == "parts"
            or (
                after.noun.sort != "places" and after.noun.english in terms().parts and token.noun.sort in _HAVING_PARTS
            )
        )
        and token.noun.sort not in ("people", "food")
    ) or (
        token.noun is not None
        and after.noun is not None
        and after.noun.sort == "body"
        and token.noun.sort in ("animals", "people")
    ):
        draft.owners = [phrase_of(sentence, 0, token, Draft())]
