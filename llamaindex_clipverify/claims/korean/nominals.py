"""Takes noun phrases, places, colours and numbers: they go on the stack, into the draft, or are stated at once."""

from __future__ import annotations

from llamaindex_clipverify.claims.claim import Kind
from llamaindex_clipverify.claims.korean.noun_phrases import read_noun
from llamaindex_clipverify.claims.korean.phrases import Clause, Draft, Phrase, Spot
from llamaindex_clipverify.claims.korean.places import placed
from llamaindex_clipverify.claims.korean.possession import has_shape
from llamaindex_clipverify.claims.korean.properties import called, coloured, counted
from llamaindex_clipverify.claims.korean.relative_clauses import (
    headed,
    share,
    skips_ground,
    skips_owner,
    waits_for_person,
)
from llamaindex_clipverify.claims.korean.sentence import Sentence
from llamaindex_clipverify.claims.korean.token import Token

_AMONG_THEM = ("그중", "그중에", "그중에서", "이중", "이중에", "이중에서")
_UNMADE = ("nature", "places", "people", "animals")
"""Families of what is made of no material."""


def read_nominal(sentence: Sentence, at: int, token: Token) -> int:
    """Read a noun, number, colour or place at a position; return the position after it."""
    if token.text in _AMONG_THEM:
        return at + 1
    result = read_noun(sentence, at, sentence.draft, sentence.stack)
    if result.colour is not None:
        _colour(sentence, result.colour, result.copula)
    if result.count is not None and not _is_of_subject(sentence, *result.count):
        _count_alone(sentence, *result.count)
    item = result.item
    if result.owner is not None:
        _take_owner(sentence, result.owner)
    elif isinstance(item, Spot):
        _take_spot(sentence, item, result.copula)
    elif item is not None:
        _take_phrase(sentence, item)
    if result.fresh:
        sentence.draft = Draft()
    return result.after


def _is_of_subject(sentence: Sentence, number: int | None, _least: int | None, _most: int | None, count: Token) -> bool:
    """Return whether a number tells of some of the things just counted: "소 세 마리가 서 있고, 한 마리는 누워 있다"."""
    if count.case not in ("topic", "subject"):
        return False
    animals = _animals(sentence) if "마리" in count.stem and not any(map(_is_animal, sentence.named())) else []
    if animals:
        sentence.subject = animals
        return True  # "개 두 마리를 산책시킨다. 한 마리는 크다."
    return number is not None and any(number < (one.number or 0) for one in sentence.subject)


def _is_animal(phrase: Phrase) -> bool:
    return phrase.sort == "animals"


def _animals(sentence: Sentence) -> list[Phrase]:
    """Return the animals that the sentence before, or this one, counts."""
    named = [one for one in (*sentence.claims.last, *sentence.claims.phrases) if _is_animal(one) and one.number]
    return named[-1:]


def _take_phrase(sentence: Sentence, phrase: Phrase) -> None:
    own = [*phrase.joined, phrase]
    draft, sentence.draft = sentence.draft, Draft()
    top = sentence.top
    if phrase.sort == "unknown":
        _take_for_person(phrase, draft)
    sentence.claims.add(phrase)
    if isinstance(top, Phrase) and top.case in ("join", "list") and (not phrase.silent or _closes_list(top, phrase)):
        if top.living and phrase.sort == "sports":
            top.case = "with"
        else:
            sentence.stack.pop()
            phrase.joined = [*top.joined, top]
            if draft.start is None and not draft.clauses and top.case == "join":
                share(sentence.claims, top, phrase)
                phrase.at_least = phrase.at_least or (top.at_least if top.plural and phrase.plural else None)
    phrase.contrast = draft.contrast
    if _lacks_next(sentence, phrase):
        sentence.draft.clauses = draft.clauses
    else:
        later = [one for one in draft.clauses if phrase.case == "object" and waits_for_person(one, phrase)]
        sentence.draft.clauses = later if _modifies(sentence, phrase.after) else []
        headed(sentence, phrase, [one for one in draft.clauses if one not in sentence.draft.clauses])
    for spot in draft.spots:
        placed(sentence.claims, own, spot)
    if phrase.copula:
        _is(sentence, phrase)
    else:
        sentence.stack.append(phrase)


def _take_for_person(phrase: Phrase, draft: Draft) -> None:
    """Let a name of no list be a person if a beard, hair or a garment is its own: 빨간 수염의 보리스."""
    looks = [one for one in draft.owners if has_shape(one) or (one.sort == "garments" and one.colours)]
    if looks and phrase.case in ("subject", "topic", "", "also"):
        phrase.sort, phrase.silent, phrase.owners = "people", False, looks


def _modifies(sentence: Sentence, at: int) -> bool:
    """Return whether a verb before a noun stands at a position: "모자를 쓴 남자"."""
    token = sentence.token(at)
    return token is not None and bool(token.verbs) and token.verbs[0].ending in ("adn", "go", "inf")


def _closes_list(top: Phrase, phrase: Phrase) -> bool:
    """Return whether an abstract noun closes a list: "지도, 소방관, 대피 순서는"."""
    ends = phrase.case in ("topic", "subject", "object") or (phrase.sort == "unknown" and phrase.case == "")
    return top.case == "list" and ends


def _lacks_next(sentence: Sentence, phrase: Phrase) -> bool:
    """Return whether "셔츠 없는" follows: a clause before it belongs to the noun after."""
    token = sentence.token(phrase.after)
    return (
        phrase.case == ""
        and token is not None
        and any(verb.word in ("없다", "있다") and verb.ending == "adn" for verb in token.verbs)
    )


def _material_of_next(owner: Phrase) -> list[tuple[Kind, str, int, int]]:
    """Take from an owner the material of what it owns: "나무로 만든 호수의 다리"."""
    made = [value for value in owner.values if value[0] == "material"] if owner.sort in _UNMADE else []
    owner.values = [value for value in owner.values if value not in made]
    return made


def _take_owner(sentence: Sentence, phrase: Phrase) -> None:
    draft, sentence.draft = sentence.draft, Draft()
    top = sentence.top
    made = _material_of_next(phrase)
    sentence.claims.add(phrase)
    if isinstance(top, Phrase) and top.case == "join":
        sentence.stack.pop()
        phrase.joined = [*top.joined, top]
    later = [one for one in draft.clauses if waits_for_person(one, phrase) or skips_owner(one, phrase)]
    headed(sentence, phrase, [one for one in draft.clauses if one not in later])
    sentence.draft.clauses, sentence.draft.values = later, made
    for spot in draft.spots:
        placed(sentence.claims, [phrase], spot)
    kept = (
        [one for one in draft.owners if one.sort in ("body", "garments")]
        if phrase.sort in ("people", "unknown")
        else []
    )
    sentence.draft.owners = [*kept, *phrase.group()]


def _take_spot(sentence: Sentence, spot: Spot, copula: str) -> None:
    top = sentence.top
    if isinstance(top, Phrase) and top.case == "join" and spot.grounds and top.after >= 0 and not top.living:
        sentence.stack.pop()
        spot.grounds = [*top.group(), *spot.grounds]
    kept: list[Clause] = []
    for ground in spot.grounds:
        if ground not in sentence.claims.phrases:
            sentence.claims.add(ground)
            later = [one for one in sentence.draft.clauses if skips_ground(one, ground)]
            headed(sentence, ground, [one for one in sentence.draft.clauses if one not in later])
            kept += later
            sentence.draft.clauses = []
    sentence.draft = Draft(spots=_positions_of_ground(sentence, spot), clauses=kept)
    if copula:
        placed(sentence.claims, sentence.named(), spot)
        sentence.stack = []
    elif spot.case in ("", "of") and sentence.noun_follows:
        sentence.draft.spots.append(spot)
    else:
        sentence.stack.append(spot)


def _positions_of_ground(sentence: Sentence, spot: Spot) -> list[Spot]:
    """State where the ground of a place is: "왼쪽 벽에", "앞쪽 탁자 위에"; return the places that say something else."""
    left = []
    for one in sentence.draft.spots:
        if spot.grounds and not all(ground.silent or ground.sort == "body" for ground in spot.grounds):
            placed(sentence.claims, spot.grounds, one)
        else:
            left.append(one)
    return left


def _is(sentence: Sentence, phrase: Phrase) -> None:
    """Read a noun with the copula: "개다", "이곳은 주방입니다", "머리는 검은색 머리입니다"."""
    if phrase.copula == "adn":
        phrase.silent = phrase.silent or not phrase.colours
        sentence.draft.start = None
        return
    if _is_background(sentence, phrase):
        sentence.claims.about("position", phrase, phrase.start, phrase.end, value="background", known=False)
    called(sentence.claims, phrase, sentence.named(), [item for item in sentence.stack if isinstance(item, Spot)])
    sentence.subject = sentence.named()
    sentence.stack = []
    if phrase.copula == "final":
        sentence.carried, sentence.subject = sentence.subject or phrase.group(), []
    sentence.boundary = phrase.end


def _is_background(sentence: Sentence, phrase: Phrase) -> bool:
    """Return whether a sentence says what the background is: "배경은 벽돌 담이다"."""
    first = sentence.tokens[0]
    alone = not any(verb.ending in ("final", "and", "go") for token in sentence.tokens[1:] for verb in token.verbs[:1])
    return first.stem == "배경" and first.case in ("topic", "subject") and phrase.sort != "abstract" and alone


def _colour(sentence: Sentence, token: Token, copula: str) -> None:
    subjects = sentence.named()
    joined = [*sentence.draft.colours, *sentence.draft.others]  # "파란색과 흰색이다"
    sentence.drop_draft()
    for value in [*joined, *token.value.split("+")]:
        coloured(sentence.claims, subjects, value, token.stop, negated=False, sort=token.table)
    sentence.subject, sentence.stack = subjects, []
    sentence.boundary = token.end
    if copula == "final":
        sentence.carried, sentence.subject = subjects, []


def _persons(sentence: Sentence, number: int | None, least: int | None, most: int | None, token: Token) -> None:
    """Read a number of persons that no noun names: "교실에 다섯 명이 있다"."""
    persons = Phrase(
        noun="person", sort="people", start=token.start, head=token.start, end=token.stop, after=0, case=token.case,
        number=number, at_least=least, at_most=most, plural=True,
    )  # fmt: skip
    sentence.claims.add(persons)
    sentence.stack.append(persons)


def _count_alone(sentence: Sentence, number: int | None, least: int | None, most: int | None, token: Token) -> None:
    named = [one for one in sentence.named() if not one.silent]
    if token.denied:
        return
    if "명" in token.stem and not any(one.living for one in named) and token.case in ("subject", "topic", "object"):
        _persons(sentence, number, least, most, token)
        return
    counted(sentence.claims, named[-1:], number, least, most, token)
