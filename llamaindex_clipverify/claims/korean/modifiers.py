"""Colours, materials, patterns, sizes and states before a noun, and colours as predicates."""

from __future__ import annotations

from llamaindex_clipverify.claims.claim import Kind
from llamaindex_clipverify.claims.korean.phrases import Clause, Draft, Phrase, Reading
from llamaindex_clipverify.claims.korean.sentence import Sentence
from llamaindex_clipverify.claims.korean.token import Token
from llamaindex_clipverify.claims.korean.word_lists import word_list, word_set
from llamaindex_clipverify.claims.korean.words import Sense

KINDS: dict[str, Kind] = {"materials": "material", "patterns": "pattern", "sizes": "size", "states": "state"}
_COLOURING = word_set("colouring_verbs")
_MANNER = ("으로", "게", "히", "이")
_MIXING = word_list("mixing")


def read_colour(sentence: Sentence, at: int, token: Token, draft: Draft) -> Reading:
    """Read a colour: before a noun it goes into the draft, at the end of a clause it is the predicate."""
    following = sentence.token(at + 1)
    if following is not None and following.verbs and following.verbs[0].word == "아니다":
        sentence.last_colour = token
        return Reading(after=at + 1)
    if token.copula == "adn" and _colours_part(sentence, at, token, draft):
        return Reading(after=at + 1)
    if token.copula and not (token.copula == "adn" and sentence.nominal_after(at)):
        return Reading(after=at + 1, colour=token, copula=token.copula)
    last = sentence.ends_after(at)
    if last and token.case == "":
        return Reading(after=at + 1, colour=token, copula="final")
    if token.case == "to" and following is not None and not following.verbs and following.text.endswith(_MANNER):
        later = sentence.token(at + 2)
        if later is not None and any(verb.word in _COLOURING and verb.ending == "adn" for verb in later.verbs):
            _into_draft(token, draft)
            return Reading(after=at + 3)
    if token.case == "to" and following is not None and following.verbs:
        return _coloured_by_verb(sentence, at, token, draft)
    _into_draft(token, draft)
    mixed = token.case == "subject" and following is not None and following.text.startswith(_MIXING)
    return Reading(after=at + (2 if mixed else 1))


def _colours_part(sentence: Sentence, at: int, token: Token, draft: Draft) -> bool:
    """Read "챙이 노란색인 모자": the colour of the part that is the subject before it."""
    top = sentence.top
    if not isinstance(top, Phrase) or top.case != "subject" or top.after != at or not sentence.nominal_after(at):
        return False
    if token.table != "colours" or top.sort not in ("body", "parts", "garments"):
        return False
    top.colours.append(token.value)
    _has_next(sentence, at, top, draft)
    return True


def has_feature(sentence: Sentence, at: int, draft: Draft) -> bool:
    """Read "긴 소매가 특징인 니트": the next noun has the part before it."""
    top = sentence.top
    if not isinstance(top, Phrase) or top.case != "subject" or top.after != at or not sentence.nominal_after(at):
        return False
    if not all(one.sort in ("body", "parts", "garments") for one in top.group()):
        return False
    _has_next(sentence, at, top, draft)
    return True


def _has_next(sentence: Sentence, at: int, top: Phrase, draft: Draft) -> None:
    """Let the next noun have the phrase on the stack."""
    token = sentence.tokens[at]
    sentence.stack.pop()
    clause = Clause(
        senses=[Sense("have", "have")], word="있다", start=token.start, end=token.end, ending="adn", after=at + 1, at=at
    )
    clause.items = [top]
    draft.clauses.append(clause)
    draft.begin(top.start)


def _into_draft(token: Token, draft: Draft) -> None:
    """Take a colour for the next noun; with 도 it is one that the noun does not have."""
    (draft.colours if token.table == "colours" else draft.others).append(token.value)
    draft.begin(token.start)
    if token.case == "also":
        draft.denied_colours.append(token.value)
        draft.colours = [one for one in draft.colours if one != token.value]


def _coloured_by_verb(sentence: Sentence, at: int, token: Token, draft: Draft) -> Reading:
    """Read "빨간색으로 칠해진 …" and "빨간색으로 칠해져 있다"."""
    following = sentence.tokens[at + 1]
    if any(verb.word in _COLOURING for verb in following.verbs):
        if following.verbs[0].ending == "adn":
            (draft.colours if token.table == "colours" else draft.others).append(token.value)
            draft.begin(token.start)
            return Reading(after=at + 2)
        helped = at + 2 < len(sentence.tokens) and any(verb.word == "있다" for verb in sentence.tokens[at + 2].verbs)
        ending = sentence.tokens[at + 2].verbs[0].ending if helped else following.verbs[0].ending
        return Reading(after=at + (3 if helped else 2), colour=token, copula="final" if ending == "final" else "and")
    return Reading(after=at + 1)


def describe_next(token: Token, draft: Draft) -> None:
    """Take a material, pattern, size or state for the next noun."""
    draft.values.append((KINDS[token.table], token.value, token.start, token.stop))
    draft.begin(token.start)
