"""Places that a Korean sentence names: 탁자 위에, 왼쪽에, 배경에."""

from __future__ import annotations

from dataclasses import replace

from llamaindex_clipverify.claims.korean.noun_meanings import phrase_of
from llamaindex_clipverify.claims.korean.phrases import Draft, Item, Phrase, Reading, Spot
from llamaindex_clipverify.claims.korean.sentence import Sentence
from llamaindex_clipverify.claims.korean.token import Token
from llamaindex_clipverify.claims.korean.word_lists import word_set
from llamaindex_clipverify.claims.korean.words import lexicon

_PLACE_ENDS = word_set("place_ends")


def read_place(sentence: Sentence, at: int, token: Token, draft: Draft, stack: list[Item]) -> Reading:
    """Read a place word: after a noun with 의 or two joined nouns, it is a place beside them."""
    top = stack[-1] if stack else None
    if isinstance(top, Phrase) and top.case in ("of",) and top.after == at and token.table == "relations":
        stack.pop()
        return spot_at(sentence, at, top.group(), token)
    if token.stem == "배경" and token.case == "to" and isinstance(top, Phrase) and top.case == "object":
        return _as_background(sentence, at, top, stack)
    if token.stem == "배경" and (draft.colours or draft.others):
        return _background(sentence, at, token, draft)
    if (
        token.stem == "배경"
        and sentence.tokens[at + 1 : at + 2]
        and sentence.tokens[at + 1].table == "relations"
        and token.case == ""
    ):
        return _background(sentence, at, token, draft)
    if isinstance(top, Phrase) and top.case == "join" and top.after == at and token.stem in ("사이", "중간"):
        stack.pop()
        return spot_at(sentence, at, top.group(), token)
    return spot_at(sentence, at, [], token)


def _as_background(sentence: Sentence, at: int, thing: Phrase, stack: list[Item]) -> Reading:
    """Read "해변을 배경으로": the things before it are in the background."""
    stack.pop()
    for one in thing.group():
        sentence.claims.about("position", one, one.start, sentence.tokens[at].stop, value="background", known=False)
    return Reading(after=at + 1)


def grounded(sentence: Sentence, at: int, token: Token, draft: Draft) -> Reading:
    """Read a noun and the place word after it: 탁자 위에."""
    phrase = phrase_of(sentence, at, token, draft)
    return spot_at(sentence, at + 1, [phrase], sentence.tokens[at + 1])


def _background(sentence: Sentence, at: int, token: Token, draft: Draft) -> Reading:
    """Read the background as a thing that has a colour."""
    noun = lexicon().nouns["배경화면"]
    plain = replace(token, kind="noun", stem="배경", noun=noun, plural=False, number=None, table="", value="", verbs=[])
    after = sentence.token(at + 1)
    phrase = phrase_of(sentence, at, plain, draft)
    if token.case == "" and after is not None and after.kind == "place":
        return spot_at(sentence, at + 1, [phrase], after)
    if token.case in ("at", "in"):
        return Reading(after=at + 1, item=Spot.of(phrase, case=token.case, relation="", word="배경"))
    return Reading(after=at + 1, item=phrase)


def spot_at(sentence: Sentence, at: int, grounds: list[Phrase], token: Token) -> Reading:
    """Read the place word at a position, with the nouns it refers to."""
    after = sentence.token(at + 1)
    case, stop, end = token.case, token.stop, at + 1
    positions = lexicon().terms["positions"].get(token.stem, "").split()
    if after is not None and after.kind == "place" and token.case == "" and after.table == "relations":
        if after.stem in _PLACE_ENDS and grounds:
            token = after if token.table != "relations" else token
        case, stop, end = after.case, after.stop, at + 2
        positions += lexicon().terms["positions"].get(after.stem, "").split()
    relation = lexicon().terms["relations"].get(token.stem, "")
    if positions and relation in ("left of", "right of") and grounds and all(one.sort == "places" for one in grounds):
        grounds = []  # "방의 왼쪽에" is the left of the picture
    if token.stem == "쪽" and case == "to":
        relation = "toward"
    spot = Spot(
        grounds=grounds, word=token.stem, relation=relation, positions=[] if grounds else list(dict.fromkeys(positions)),
        start=min([token.start, *(ground.start for ground in grounds)]), end=stop, case=case,
        topic=token.text.endswith(("는", "은")),
    )  # fmt: skip
    sentence.noun_follows = sentence.nominal_after(end - 1) or case == "of"
    follows = sentence.token(end)
    if (
        not grounds
        and case in ("", "of")
        and follows is not None
        and follows.noun is not None
        and follows.noun.sort == "body"
    ):
        return Reading(after=end)
    if case in ("object", "topic", "subject", "like") and not grounds and positions:
        return Reading(after=end)  # "왼쪽부터" orders things
    crossed = follows is not None and follows.kind == "place" and follows.case == "to" and not grounds
    if case == "in" and positions and crossed:
        return Reading(after=end + 1)  # "왼쪽에서 오른쪽으로"
    return Reading(after=end, item=spot, copula=token.copula)
