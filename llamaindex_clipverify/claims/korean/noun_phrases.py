"""Nouns of a Korean sentence with their modifiers, owners and places."""

from __future__ import annotations

from llamaindex_clipverify.claims.korean.compounds import as_modifier, is_compound
from llamaindex_clipverify.claims.korean.default_relations import default_relation
from llamaindex_clipverify.claims.korean.lists import ends_list, listed
from llamaindex_clipverify.claims.korean.modifiers import KINDS, describe_next, has_feature, read_colour
from llamaindex_clipverify.claims.korean.noun_frames import (
    attire,
    first_of_pair,
    is_group,
    is_trace,
    make_group,
    names_picture,
    pictured,
    shows_side,
    side_shown,
    some_of,
    takes_part,
    trace,
)
from llamaindex_clipverify.claims.korean.noun_meanings import phrase_of
from llamaindex_clipverify.claims.korean.numbers import LIMITS, read_number
from llamaindex_clipverify.claims.korean.phrases import Draft, Item, Phrase, Reading, Spot
from llamaindex_clipverify.claims.korean.place_words import grounded, read_place, spot_at
from llamaindex_clipverify.claims.korean.properties import termed
from llamaindex_clipverify.claims.korean.scenes import is_date
from llamaindex_clipverify.claims.korean.sentence import Sentence
from llamaindex_clipverify.claims.korean.token import Token
from llamaindex_clipverify.claims.korean.tokens import LOANS
from llamaindex_clipverify.claims.korean.unlisted_nouns import (
    material,
    names_owner,
    unlisted,
    unlisted_ground,
    unlisted_phrase,
)
from llamaindex_clipverify.claims.korean.word_lists import word_set, word_table
from llamaindex_clipverify.claims.korean.words import Noun, lexicon

_LIKE = ("처럼", "같이", "만큼", "마냥")
"""Particles of what something is only compared with."""
_PRONOUNS = word_table("pronouns")
_SMALL = word_set("small_words")
_JOINING = word_set("joining_words")
_QUANTITIES = word_set("quantity_adverbs")
_HANGING = word_set("hanging_picture_verbs")
_DRAWN = word_set("drawn_pictures")
_TRACES = word_set("traces")
_PERIODS = ("세기", "월", "년", "주", "년대")
"""Ends of periods, after which 말 and 초 are their end and beginning: 19세기 말."""
_PAIRS = word_table("pairs_of_persons")
_ATTIRES = word_set("attires")
_PATTERN_WORDS = word_set("pattern_words")
_FEATURES = word_set("features")
_KIN = word_set("kin_words")


def read_noun(sentence: Sentence, at: int, draft: Draft, stack: list[Item]) -> Reading:
    """Read the word at a position; modifiers go into the draft."""
    token = sentence.tokens[at]
    following = sentence.token(at + 1)
    if token.stem == "점" and token.case and (draft.colours or draft.others):
        token.kind, token.noun = "noun", Noun("dot", "parts")
    counting = following is not None and following.kind in ("number", "counter")
    if token.stem in LIMITS and (counting or token.kind in ("", "unknown", "abstract", "other")):
        return _limit(at, token, draft, stack)
    if token.stem in _PRONOUNS and (token.case or token.copula) and token.kind != "noun":
        return _pronoun(sentence, at, token)
    if _says_nothing(sentence, at) or (_is_feature(token) and has_feature(sentence, at, draft)):
        return Reading(after=at + 1)
    grouped = following is not None and is_group(following)  # "새 떼" are birds
    if token.text == "새" and (grouped or not sentence.nominal_after(at)):
        return _noun(sentence, at, token, draft)
    if token.kind in ("noun", "unknown") and ends_list(sentence, at):
        return listed(sentence, at, token, draft)
    if token.text in _SMALL or token.text in lexicon().sets["adverbs"] | lexicon().sets["determiners"] | LOANS:
        return _small_word(at, token, stack)
    if token.kind == "abstract" and token.stem in lexicon().sets["picture"]:
        return _picture(sentence, at, token, following)
    return _read_kind(sentence, at, draft, stack)


def _is_feature(token: Token) -> bool:
    return token.stem in _FEATURES and token.copula == "adn"


def _says_nothing(sentence: Sentence, at: int) -> bool:
    """Return whether a word names no thing: 게 and 건 for 것, 말 and 초 of a period, 우리 for *we*."""
    token, before = sentence.tokens[at], sentence.tokens[at - 1] if at else None
    if before is not None and token.text in ("게", "건") and before.copula == "adn":
        return True
    if before is not None and token.stem in ("말", "초", "중반") and before.text.endswith(_PERIODS):
        return True
    return token.stem == "우리" and _is_we(sentence, at)


def _is_we(sentence: Sentence, at: int) -> bool:
    """Return whether 우리 means *we* or *our*, and no cage."""
    token, after = sentence.tokens[at], sentence.token(at + 1)
    placed = after is not None and after.kind == "place"
    return token.case in ("subject", "topic", "of") or (token.case == "" and not token.copula and not placed)


def _read_kind(sentence: Sentence, at: int, draft: Draft, stack: list[Item]) -> Reading:
    """Read a number, colour, place, description or noun by the kind of the word."""
    token = sentence.tokens[at]
    if token.kind in ("number", "counter"):
        return read_number(sentence, at, token, draft, stack)
    of_colour = token.noun is not None and bool(draft.colours)  # 하얀 크림으로
    if token.table in ("colours", "other_colours") and not of_colour:
        return read_colour(sentence, at, token, draft)
    if token.kind == "place" or (token.table == "positions" and token.stem == "배경"):
        return read_place(sentence, at, token, draft, stack)
    if _describes_with_next(sentence, at, draft):
        return Reading(after=at + 2)
    if token.kind == "term" and _described(sentence, at, token, draft):
        return Reading(after=at + 1)
    if token.kind == "term" and token.table == "materials" and token.case == "to":
        return material(at, token)
    return (_noun if token.kind == "noun" else _other)(sentence, at, token, draft)


def _described(sentence: Sentence, at: int, token: Token, draft: Draft) -> bool:
    """Read a pattern or another description before a noun, or as what things are said to be; return whether it is one."""
    if (sentence.nominal_after(at) or token.case == "of") and token.table in KINDS:
        describe_next(token, draft)
    elif token.table in ("patterns", "materials") and token.copula:
        termed(sentence.claims, sentence.named(), KINDS[token.table], token.value, token.stop)
    else:
        return False
    return True


def _describes_with_next(sentence: Sentence, at: int, draft: Draft) -> bool:
    """Read a pattern with the word after it: "물방울무늬가 있는", "대리석 무늬"; return whether it is one."""
    token = sentence.tokens[at]
    if token.table == "patterns" and token.case == "subject" and _bears(sentence, at):
        describe_next(token, draft)
        return True
    if token.table != "materials" or not _is_pattern(sentence, at):
        return False
    draft.values.append(("pattern", f"{token.value} pattern", token.start, sentence.tokens[at + 1].stop))
    draft.begin(token.start)
    return True


def _is_pattern(sentence: Sentence, at: int) -> bool:
    """Return whether a material names only a pattern: "대리석 무늬 선반"."""
    after = sentence.token(at + 1)
    plain = sentence.tokens[at].case == "" and after is not None and after.stem in _PATTERN_WORDS
    return plain and after is not None and after.case in ("", "of") and sentence.noun_comes(at + 2)


def _bears(sentence: Sentence, at: int) -> bool:
    """Return whether "있는" and a noun follow a pattern: "물방울무늬가 있는 셔츠"."""
    after = sentence.token(at + 1)
    verbs = after.verbs if after is not None else []
    shown = any(verb.ending == "adn" and verb.word in ("있다", "들어가다", "그려지다", "새겨지다") for verb in verbs)
    return shown and sentence.noun_comes(at + 2)


def _small_word(at: int, token: Token, stack: list[Item]) -> Reading:
    top = stack[-1] if stack else None
    if token.text in _JOINING and isinstance(top, Phrase) and top.case in ("", "join") and top.after >= at - 1:
        top.case, top.after = "join", at + 1
    elif isinstance(top, Phrase) and top.after == at and top.case == "join" and token.text in ("함께", "같이"):
        top.case = "together"
    elif isinstance(top, Phrase) and top.after == at and token.text in _QUANTITIES:
        top.after = at + 1
    return Reading(after=at + 1)


def _limit(at: int, token: Token, draft: Draft, stack: list[Item]) -> Reading:
    draft.limit = LIMITS[token.stem]
    top = stack[-1] if stack else None
    if isinstance(top, Phrase) and top.after == at:
        top.after = at + 1
    return Reading(after=at + 1)


def _pronoun(sentence: Sentence, at: int, token: Token) -> Reading:
    phrase = Phrase(
        noun="", sort=_PRONOUNS[token.stem], start=token.start, head=token.start, end=token.stop, after=at + 1,
        pronoun=True, case=token.case,
    )  # fmt: skip
    return _owner(sentence, at, phrase) if token.case == "of" else Reading(after=at + 1, item=phrase)


def _noun(sentence: Sentence, at: int, token: Token, draft: Draft) -> Reading:
    after = sentence.token(at + 1)
    if token.stem in lexicon().sets["picture"] and _is_picture(sentence, at, token, after):
        return _picture(sentence, at, token, after)
    if token.case == "" and not token.copula and after is not None and after.kind != "mark":
        read = _before_word(sentence, at, token, after, draft)
        if read is not None:
            return read
    phrase = phrase_of(sentence, at, token, draft)
    if token.stem in _PAIRS:
        phrase.joined = [first_of_pair(phrase, token)]
        sentence.claims.add(phrase.joined[0])
    if token.case == "" and after is not None:
        if {token.stem, after.stem} <= _KIN:
            phrase.case = "join"
        elif is_group(after):
            make_group(phrase, after, at + 2)
            return Reading(after=at + 2, item=phrase)
    return _marked(sentence, at, token, phrase)


def _before_word(sentence: Sentence, at: int, token: Token, after: Token, draft: Draft) -> Reading | None:
    """Read a noun without particle before a place word, a word for the picture or another noun; None if it stands alone."""
    if takes_part(sentence, at):
        return some_of(sentence, at, token, draft)
    if names_picture(sentence, at):
        return pictured(sentence, at, token, draft)
    if after.kind == "place" and _joins_place(token, after):
        return grounded(sentence, at, token, draft)
    if is_trace(token, after):
        return trace(sentence, at, token, after, draft)
    if after.stem in _ATTIRES and token.noun is not None and token.noun.sort == "garments":
        return attire(sentence, at, token, draft)
    if not is_compound(token, after):
        return None
    as_modifier(sentence, at, token, after, draft)
    return Reading(after=at + 1)


def _marked(sentence: Sentence, at: int, token: Token, phrase: Phrase) -> Reading:
    """Return an owner, a place or a phrase, by the particle of the noun."""
    if token.case == "of":
        return _owner(sentence, at, phrase)
    if token.case == "like" and token.text.endswith(_LIKE):
        phrase.silent = True
    if token.case in ("at", "in", "to") and not phrase.living:
        relation = default_relation(phrase, token.case)
        return Reading(after=at + 1, item=Spot.of(phrase, relation=relation, case=token.case))
    return Reading(after=at + 1, item=phrase)


def _owner(sentence: Sentence, at: int, phrase: Phrase) -> Reading:
    """Read a noun or pronoun with 의: the next noun is its part, or the next place word is beside it."""
    after = sentence.token(at + 1)
    if shows_side(sentence, at):
        return side_shown(sentence, at, phrase)
    if after is not None and after.kind == "place":
        return spot_at(sentence, at + 1, [phrase], after)
    if after is not None and after.stem in _TRACES and after.case in ("topic", "subject"):
        phrase.case, phrase.after = after.case, at + 2
        return Reading(after=at + 2, item=phrase)
    return Reading(after=at + 1, owner=phrase)


def _is_picture(sentence: Sentence, at: int, token: Token, after: Token | None) -> bool:
    if token.case == "" and after is not None and after.kind in ("number", "counter"):
        return False
    near = {verb.word for one in sentence.tokens[at + 1 : at + 3] for verb in one.verbs}
    if token.stem == "사진":
        return not near & _HANGING
    if token.stem in _DRAWN:
        beside = after is not None and after.kind == "place" and token.case in ("", "of")
        return token.case in ("at", "in") or beside or (at <= 1 and token.case == "topic")
    return token.stem not in ("스크린샷",)


def _picture(sentence: Sentence, at: int, token: Token, after: Token | None) -> Reading:
    """Read a word for the picture itself: 사진 속에, 이미지에는."""
    if after is not None and after.kind == "place" and token.case in ("", "of", "in", "at"):
        return spot_at(sentence, at + 1, [], after)
    return Reading(after=at + 1, fresh=token.case in ("at", "in", "topic"))


def _joins_place(token: Token, after: Token) -> bool:
    return token.case == "" and after.table == "relations" and after.stem not in ("배경",)


def _other(sentence: Sentence, at: int, token: Token, draft: Draft) -> Reading:
    """Read a noun that is no known thing: it ends the modifiers before it."""
    after = sentence.token(at + 1)
    if (
        token.kind in ("unknown", "other", "abstract", "term")
        and token.case == ""
        and not token.copula
        and after is not None
        and after.kind in ("noun", "place")
    ):
        if after.kind == "noun":
            return Reading(after=at + 1)
        return unlisted_ground(sentence, at, token, draft, after)
    if token.kind == "abstract" and token.case == "of" and (draft.colours or draft.others or draft.values):
        return Reading(after=at + 1)
    if token.kind == "unknown" and not token.case and not token.copula and after is not None and _continues(after):
        return Reading(after=at + 1)
    if token.kind == "unknown" and token.case == "of" and names_owner(after, draft):
        owner = unlisted_phrase(at, token, draft)
        owner.sort, owner.covered, owner.silent = "people", True, False
        return _owner(sentence, at, owner)
    if token.kind == "unknown" and token.case == "of" and draft.clauses:
        return Reading(after=at + 1)
    if token.kind in ("unknown", "abstract") and (token.case or token.copula or token.kind == "unknown"):
        return unlisted(at, token, draft)
    dated = is_date(token) and not any(clause.has("weather") for clause in draft.clauses)
    return Reading(after=at + 1, fresh=dated or token.case not in ("", "of"))


def _continues(after: Token) -> bool:
    """Return whether an abstract noun follows that an unknown noun belongs to: 대피 순서."""
    return after.kind in ("abstract", "unknown") and not after.verbs
