"""Korean nouns that no list has: they are stated if counted or coloured, and may be the ground of a place."""

from __future__ import annotations

from llamaindex_clipverify.claims.korean.default_relations import default_relation
from llamaindex_clipverify.claims.korean.phrases import Draft, Phrase, Reading, Spot
from llamaindex_clipverify.claims.korean.place_words import spot_at
from llamaindex_clipverify.claims.korean.sentence import Sentence
from llamaindex_clipverify.claims.korean.token import Token
from llamaindex_clipverify.claims.korean.word_lists import word_set

_DISTANCES = word_set("distances")
_THEIRS = ("그의", "그녀의", "그들의", "이들의")


def names_owner(after: Token | None, draft: Draft) -> bool:
    """Return whether a noun of no list with 의 is a person: a part of the body or a relative follows."""
    if after is None or after.noun is None:
        return False
    looks = any(one.sort == "body" for one in draft.owners)
    return after.noun.sort == "body" or (looks and after.noun.sort == "people")


def unlisted_ground(sentence: Sentence, at: int, token: Token, draft: Draft, after: Token) -> Reading:
    """Read a noun of no list before a place word: "부표 옆에" is a place, "식사 후에" is none."""
    if token.text in _THEIRS:
        return spot_at(sentence, at + 1, [], after)
    measured = token.stem in _DISTANCES or draft.number is not None
    if token.kind != "unknown" or after.table != "relations" or not _is_korean(token.stem) or measured:
        return Reading(after=at + 2, fresh=True)
    phrase = unlisted_phrase(at, token, draft)
    phrase.silent, phrase.covered = False, True
    return spot_at(sentence, at + 1, [phrase], after)


def _is_korean(stem: str) -> bool:
    return len(stem) > 1 and all("가" <= letter <= "힣" for letter in stem)


def unlisted(at: int, token: Token, draft: Draft) -> Reading:
    """Read a noun that no list has; with 에 it is a place."""
    phrase = unlisted_phrase(at, token, draft)
    if token.kind == "unknown" and token.text.endswith(("에", "에는", "에도")) and _is_korean(token.stem):
        phrase.covered = True
        return Reading(after=at + 1, item=Spot.of(phrase, case="at", relation=default_relation(phrase, "at")))
    return Reading(after=at + 1, item=phrase)


def unlisted_phrase(at: int, token: Token, draft: Draft) -> Phrase:
    """Return the phrase of a noun that no list has; the sentence states it if it has a number or a colour."""
    counted = draft.number is not None or bool(draft.colours)
    abstract = token.kind == "abstract"
    stem = token.stem[:-1] if token.stem.endswith("들") and len(token.stem) > 2 else token.stem
    return Phrase(
        noun=stem, sort="abstract" if abstract else "unknown", surface=token.stem, known=False,
        start=token.start if draft.start is None else draft.start, head=token.start, end=token.stop, after=at + 1,
        case=token.case, copula=token.copula, colours=list(draft.colours), number=draft.number,
        silent=abstract or not counted,
    )  # fmt: skip


def material(at: int, token: Token) -> Reading:
    """Read a material that is no noun of its own with 으로: 플라스틱으로."""
    phrase = Phrase(
        noun=token.value, sort="things", surface=token.stem, known=False, start=token.start, head=token.start, end=token.stop,
        after=at + 1, case="to", silent=True,
    )  # fmt: skip
    return Reading(after=at + 1, item=Spot.of(phrase, case="to", relation="to"))
