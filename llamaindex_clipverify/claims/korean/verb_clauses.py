"""Reads the clauses of a Korean sentence: a verb takes the phrases before it, finds its subjects and is stated."""

from __future__ import annotations

from llamaindex_clipverify.claims.korean import clauses
from llamaindex_clipverify.claims.korean.actions import watch
from llamaindex_clipverify.claims.korean.denials import is_not
from llamaindex_clipverify.claims.korean.descriptions import VISIBLE
from llamaindex_clipverify.claims.korean.gaps import fill
from llamaindex_clipverify.claims.korean.phrases import ATTIRE, Clause, Phrase, Spot
from llamaindex_clipverify.claims.korean.properties import counted
from llamaindex_clipverify.claims.korean.relative_clauses import has_own, modify
from llamaindex_clipverify.claims.korean.sentence import Sentence
from llamaindex_clipverify.claims.korean.subjects import subjects_of
from llamaindex_clipverify.claims.korean.token import Token
from llamaindex_clipverify.claims.korean.word_lists import word_set, word_table
from llamaindex_clipverify.claims.korean.words import Sense, lexicon

_ADJECTIVES = ("colour", "size", "state", "neutral")
_ALONG = word_set("along_verbs")
_PATHS_TAKEN = word_table("path_relations")
_PATHS = word_set("paths_to_follow")
_HARD = frozenset(("and", "final", "frame"))
_SHARING = word_set("shared_object_verbs")
_MEETING = word_set("meeting_verbs")
_WEATHER_NOUNS = word_set("weather_nouns")


def doing_noun(sentence: Sentence, at: int) -> int:
    """Read "운동 중이다" as a verb; return 0 if it is none."""
    token, after = sentence.tokens[at], sentence.token(at + 1)
    if after is None or after.stem != "중" or token.case:
        return 0
    word = next((word for word in (f"{token.stem}하다", f"{token.stem}되다") if word in lexicon().senses), None)
    if word is None:
        return 0
    clause = Clause(
        senses=[sense for sense in lexicon().senses[word] if sense.sort != "neutral"], word=word, start=token.start,
        end=after.end, ending=after.copula or "and", after=at + 2, doing=True, at=at,
    )  # fmt: skip
    denial = sentence.token(at + 2)
    if denial is not None and denial.verbs and denial.verbs[0].word == "아니다":
        clause.negated, clause.ending = True, denial.verbs[0].ending
        clause.end, clause.after = denial.end, at + 3
    return _close(sentence, clause)


def read_verb(sentence: Sentence, at: int, token: Token) -> int:
    """Read the verb at a position; return the position after its clause."""
    clause = sentence.verbs.read(at, token.verbs, negated=sentence.denied_verb)
    sentence.denied_verb = False
    if clause.word == "아니다":
        return is_not(sentence, clause)
    if clause.word in _ALONG and clause.ending in ("inf", "and") and _along(sentence):
        return clause.after
    if clause.ending == "inf" and _passes(sentence, clause):
        return clause.after
    if clause.ending == "adverb":
        return _adverb(sentence, clause)
    described = clause.ending == "adn" or (clause.ending == "go" and _joins_adjective(sentence, clause))
    if described and not clause.negated and not clause.hedged and _describes(sentence, at, clause):
        return clause.after
    return _close(sentence, clause)


def _along(sentence: Sentence) -> bool:
    """Read "강을 따라" as a place of the verb after it; false if nothing is followed that is a path."""
    top = sentence.top
    if not isinstance(top, Phrase) or top.case != "object" or (top.narrow or top.noun) not in _PATHS:
        return False
    sentence.stack[-1] = Spot(
        grounds=top.group(), word="", relation="along", positions=[], start=top.start, end=top.end, case="in"
    )
    return True


def _passes(sentence: Sentence, clause: Clause) -> bool:
    """Read "돌담을 지나 달리다" as a place of the verb after it; false if nothing is passed."""
    top, relation = sentence.top, _PATHS_TAKEN.get(clause.word)
    if relation is None or not isinstance(top, Phrase) or top.case != "object" or top.living or top.silent:
        return False
    following = sentence.token(clause.after)
    moves = following is not None and any(
        sense.sort == "actions" for verb in following.verbs[:1] for sense in lexicon().senses.get(verb.word, ())
    )
    if moves:
        sentence.stack[-1] = Spot(
            grounds=top.group(), word="", relation=relation, positions=[], start=top.start, end=top.end, case="in"
        )
    return moves


def _joins_adjective(sentence: Sentence, clause: Clause) -> bool:
    """Return whether an adjective before a noun follows: 짧고 넓은 덮개."""
    after = sentence.token(clause.after)
    if after is None or not after.verbs or after.verbs[0].ending != "adn" or clause.doing:
        return False
    return any(sense.sort in ("colour", "size", "state") for sense in lexicon().senses.get(after.verbs[0].word, ()))


def _describes(sentence: Sentence, at: int, clause: Clause) -> bool:
    """Read an adjective before its noun: 빨간, 커다란, 많은; false if it has a subject of its own."""
    sense = clause.has(*_ADJECTIVES)
    if sense is None or clause.senses[0].sort not in _ADJECTIVES or not sentence.noun_comes(clause.after):
        return False
    top = sentence.top
    beside = isinstance(top, Phrase) and top.after == at and top.case in ("subject", "", "also") and not top.copula
    if sense.value == "many" and beside and isinstance(top, Phrase) and top.case == "subject":
        return _many(sentence, clause, top)
    if isinstance(top, Phrase) and ((beside and has_own(top)) or (top.compared and sense.sort == "size")):
        return False
    if isinstance(top, Spot) and top.end >= clause.start - 2 and sense.sort == "neutral":
        return False
    sentence.draft.begin(clause.start)
    _into_draft(sentence, clause, sense)
    return True


def _many(sentence: Sentence, clause: Clause, things: Phrase) -> bool:
    """Read "차가 많은 도로": many cars are on the road."""
    things.at_least = things.at_least or 3
    clause.senses, clause.word = [Sense("exist", "be")], "있다"
    modify(sentence, clause)
    return True


def _into_draft(sentence: Sentence, clause: Clause, sense: Sense) -> None:
    """Take a colour, a number, the weather, a size or a state from an adjective."""
    draft = sentence.draft
    if sense.sort == "colour":
        draft.colours.append(sense.value)
    elif sense.value == "many":
        draft.at_least = 3
    elif sense.value in ("sunny", "cloudy"):
        following = sentence.token(clause.after)
        if following is not None and following.stem in _WEATHER_NOUNS:
            sentence.claims.scene("weather", sense.value, clause.start, following.stop)
    elif sense.sort == "size" or sense.value in VISIBLE:
        draft.values.append((sense.sort, sense.value, clause.start, clause.end))  # type: ignore[arg-type]


def _adverb(sentence: Sentence, clause: Clause) -> int:
    sense = clause.has("size")
    if sense is not None and sentence.stack:
        sentence.claims.pending_size = (sense.value, clause.start, clause.end)
    return clause.after


def _meets(sentence: Sentence, clause: Clause) -> None:
    """Let "남자와 악수하다" be done with somebody; the noun before the verb joins nothing."""
    top = sentence.top
    if (
        clause.word in _MEETING
        and isinstance(top, Phrase)
        and top.case == "join"
        and top.after == clause.at
        and top.living
    ):
        top.case = "together"


def _no_weather(sentence: Sentence, clause: Clause) -> None:
    """Let rain and snow that do not fall be stated nowhere: "비가 오지 않는 맑은 날"."""
    top = sentence.top
    if clause.negated and clause.has("weather") and isinstance(top, Phrase) and top.noun in ("rain", "snow"):
        top.covered = True


def _close(sentence: Sentence, clause: Clause) -> int:
    _meets(sentence, clause)
    _no_weather(sentence, clause)
    if clause.ending in ("adn", "will") and sentence.noun_comes(clause.after):
        modify(sentence, clause)
        return clause.after
    _take_items(sentence, clause)
    sentence.drop_draft()
    if clause.has("visible") and not clause.visible and _seems(clause):
        clause.hedged = True
    if clause.ending in ("if", "purpose", "noun", "will", "seems") and clause.word != "하다":
        clause.hedged = True
    _resolve(sentence, clause)
    return clause.after


def _take_items(sentence: Sentence, clause: Clause) -> None:
    """Take the phrases before a verb; a phrase that *and* joins to a later one stays."""
    last = max(
        (
            place
            for place, item in enumerate(sentence.stack)
            if isinstance(item, Phrase) and item.case in ("join", "list")
        ),
        default=-1,
    )
    begin = last + 1 if clause.ending in ("go", "and", "inf") and last + 1 < len(sentence.stack) else 0
    if any(isinstance(item, Phrase) and item.case in ("subject", "topic") for item in sentence.stack[begin:]):
        begin = 0
    clause.items, sentence.stack = sentence.stack[begin:], sentence.stack[:begin]
    _share_object(sentence, clause)


def _share_object(sentence: Sentence, clause: Clause) -> None:
    """Let "신문을 펼쳐 읽는다" have one object for both verbs."""
    before, sentence.last_clause = sentence.last_clause, clause
    if before is None or before.ending != "inf" or clause.objects():
        return
    if before.after != clause.at and not all(isinstance(item, Spot) for item in clause.items):
        return
    if clause.word in _SHARING:
        clause.items += [item for item in before.items if isinstance(item, Phrase) and item.case == "object"]


def _seems(clause: Clause) -> bool:
    """Return whether "-로 보인다" says what something seems to be; 창밖으로 보인다 tells a place."""
    last = clause.items[-1] if clause.items else None
    if isinstance(last, Spot):
        return last.case == "to" and last.word == "" and not any(one.sort in ("parts",) for one in last.grounds)
    return last is not None and last.case == "to"


def _resolve(sentence: Sentence, clause: Clause) -> None:
    """Find the subjects of a clause at its end, and state it."""
    watchers = _watchers(sentence, clause)
    subjects = subjects_of(sentence, clause)
    watch(sentence.claims, clause, watchers, subjects)
    if clause.hedged or clause.void:
        sentence.hush(clause)
    if not subjects:
        subjects = _subject_before(sentence, clause) or (
            [] if clause.ending in ("and", "go", "inf") and sentence.more(clause.after) else sentence.carried
        )
    clause.subjects = subjects
    if not subjects and _needs_subject(clause) and clause.ending not in ("final", "frame"):
        sentence.waiting.append(clause)
        return
    _settle(sentence, clause, subjects)


def _watchers(sentence: Sentence, clause: Clause) -> list[Phrase]:
    """Take the phrase that sees or hears what the clause says: the first of its subjects, or the subject before."""
    named = [one for one in clause.items if isinstance(one, Phrase) and one.case in ("subject", "topic", "also")]
    if clause.watched is None or len(named) < 2:
        return sentence.subject if clause.watched is not None else []
    clause.items.remove(named[0])
    return named[0].group()


def _subject_before(sentence: Sentence, clause: Clause) -> list[Phrase]:
    """Return the subjects of the clause before; what is worn waits for somebody who can wear it."""
    unfit = clause.has("wearing") is not None and not any(one.sort == "people" for one in sentence.subject)
    return [] if unfit and clause.ending in ("and", "go", "inf") and sentence.more(clause.after) else sentence.subject


def _needs_subject(clause: Clause) -> bool:
    return clause.has("actions", "postures", "wearing", "have", "do") is not None or not any(
        isinstance(item, Phrase) for item in clause.items
    )


def _settle(sentence: Sentence, clause: Clause, subjects: list[Phrase]) -> None:
    for waiting in sentence.waiting:
        waiting.subjects = subjects
        waiting.hedged = waiting.hedged or clause.hedged or (waiting.word == ATTIRE and clause.negated)
        clauses.state(sentence.claims, waiting)
    sentence.waiting = []
    alone, sentence.alone = sentence.alone, None
    if alone is not None and len(subjects) == 1 and subjects[0].living and subjects[0].number is None:
        counted(sentence.claims, subjects, 1, None, None, alone)
    fill(sentence, clause)
    if clauses.state(sentence.claims, clause) and subjects:
        sentence.subject = subjects
    sentence.claims.focus = [one for one in subjects if not one.silent] or sentence.claims.focus
    if clause.word in ("있다", "많다") and not clause.negated and not clause.spots() and clause.ending in ("go", "and"):
        sentence.placeless = subjects
    if clause.ending in _HARD:
        sentence.boundary = clause.end
    if clause.ending == "final":
        sentence.carried, sentence.subject = (subjects or sentence.carried), []
