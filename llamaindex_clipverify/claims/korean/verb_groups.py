"""Reads a Korean verb with its auxiliaries: progress, denial, doubt, and how the clause ends.

앉아 있지 않다, 읽지 않고 있다, 보이지 않는, 쓰고 있는 것이 아니라, 있을 수 있다, 앉아 있는 모습.
"""

from __future__ import annotations

from collections.abc import Sequence

from llamaindex_clipverify.claims.korean.phrases import Clause
from llamaindex_clipverify.claims.korean.that_clauses import ThatReader
from llamaindex_clipverify.claims.korean.token import Token
from llamaindex_clipverify.claims.korean.verb_forms import Verb
from llamaindex_clipverify.claims.korean.word_lists import word_list, word_set
from llamaindex_clipverify.claims.korean.words import Sense, lexicon

_THING = word_list("that")
_DURING = word_set("during")
_HELPERS = word_list("helping_verbs")
_HANGING = (word_set("hanging_picture_verbs") | {"걸려있다", "붙어있다", "달려있다"}) - {"들다", "찍다"}
_ONWARD = ("가다", "오다", "다니다")
"""Verbs after -고 that only say that somebody moves: 끌고 가다."""
_DOUBT = word_list("doubtful_nouns")
_FRAMES = word_set("frames")
_FRAME_VERBS = word_set("frame_verbs")
_BEGINNING = word_set("beginning_verbs")
_DENYING = word_set("denying_verbs")
_EXPERIENCES = word_set("experiences")
"""적 after a verb: what somebody has or has not done before is in no picture."""
_WAYS = word_set("possible_nouns")


class VerbReader(ThatReader):
    """Reads verb groups of the tokens of a sentence."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        """Read the verbs of some tokens."""
        self.tokens = tokens

    def read(self, at: int, verbs: Sequence[Verb], *, negated: bool = False) -> Clause:
        """Return the verb group that begins at a position; `negated` if 안 or 못 is before it."""
        token = self.tokens[at]
        best = verbs[0]
        senses = [sense for word in self._words(verbs) for sense in lexicon().senses.get(word, ())]
        clause = Clause(
            senses=senses,
            word=best.word,
            start=token.start,
            end=token.end,
            ending=best.ending,
            after=at + 1,
            negated=negated,
            at=at,
        )
        if best.word == "아니다":
            clause.negated = True
        clause.lasting = best.ending == "adn" and not token.text.endswith("는")
        for _ in range(8):
            if not self._extend(clause):
                break
        if clause.ending == "ji" and not clause.negated and self._is_denied_later(clause):
            clause.negated, clause.ending = True, "and"
        if self.tokens[clause.after - 1].text.endswith("거나") and not clause.negated:
            clause.void = self._is_denied_later(clause)
        return clause

    def _is_denied_later(self, clause: Clause) -> bool:
        """Return whether the next verb shares its denial with this one: "빨갛지도 파랗지도 않다"."""
        near = [verb for token in self.tokens[clause.after : clause.after + 6] for verb in token.verbs[:1]]
        for verb in near:
            if verb.word in _DENYING:
                return True
            if verb.ending not in ("ji", "inf", "go"):
                return False
        return False

    @staticmethod
    def _words(verbs: Sequence[Verb]) -> list[str]:
        first = verbs[0].ending
        return list(dict.fromkeys(verb.word for verb in verbs if verb.ending == first or verb.word == verbs[0].word))

    def _extend(self, clause: Clause) -> bool:
        """Add the next token to a verb group; return whether it belongs to it."""
        if clause.after >= len(self.tokens):
            return False
        token = self.tokens[clause.after]
        helper = next((verb for verb in token.verbs), None)
        if clause.ending == "ji":
            return self._deny(clause, token, helper)
        if clause.ending in ("go", "inf") and helper is not None:
            return self._help(clause, token, token.verbs)
        if clause.ending in ("adn", "will"):
            return self._noun_after(clause, token)
        if clause.ending in ("purpose", "noun"):
            return self._begin(clause, token, helper)
        return False

    def _begin(self, clause: Clause, token: Token, helper: Verb | None) -> bool:
        """Read "-기 시작하다" and "-기도 하다": the verb before is stated."""
        before = self.tokens[clause.after - 1].text
        begins = before.endswith(("기", "기를")) and helper is not None and helper.word in _BEGINNING
        does = before.endswith(("기도", "기는", "기만", "기를")) and helper is not None and helper.word == "하다"
        if helper is None or not (begins or does) or clause.negated:
            return False
        self._take(clause, token, helper.ending)
        return True

    def _deny(self, clause: Clause, token: Token, helper: Verb | None) -> bool:
        if helper is None or helper.word not in _DENYING:
            return False
        clause.lasting = clause.lasting or token.text in ("않은", "못한", "아니한")
        if helper.word == "말다" or clause.negated:
            clause.void = True
        clause.negated = True
        if self.tokens[clause.after - 1].text.endswith("지는") and self._is_all(clause):
            clause.void = True
        self._take(clause, token, helper.ending)
        return True

    def _help(self, clause: Clause, token: Token, verbs: Sequence[Verb]) -> bool:
        names = {verb.word: verb for verb in verbs}
        being = names.get("있다") or names.get("계시다")
        if being is not None:
            clause.doing = clause.doing or clause.ending == "go"
            clause.lasting = clause.lasting or clause.ending == "inf"
            if clause.word == "들다" and clause.ending == "inf":
                clause.senses = [Sense("exist", "be")]
            self._take(clause, token, being.ending)
            return True
        if clause.ending == "go":
            want = names.get("싶다")
            if want is not None:
                clause.hedged = True
                self._take(clause, token, want.ending)
                return True
            onward = next((names[name] for name in _ONWARD if name in names), None)
            if onward is not None and clause.senses and clause.senses[0].sort == "actions":
                self._take(clause, token, onward.ending)
                return True
            return False
        seen = names.get("보이다")
        if seen is not None and (
            clause.senses and clause.senses[0].sort in ("neutral", "state", "size", "colour", "states")
        ):
            clause.hedged = True
            self._take(clause, token, seen.ending)
            return True
        if "넣다" in names and clause.ending == "inf":
            clause.word = "넣다"
            self._take(clause, token, names["넣다"].ending)
            return True
        other = next((names[name] for name in ("지다", *_HELPERS) if name in names), None)
        if other is not None and token.start == self.tokens[clause.after - 1].end + 1:
            self._take(clause, token, other.ending)
            return True
        return False

    def _noun_after(self, clause: Clause, token: Token) -> bool:
        stem = token.stem or token.text
        following = self._verb_at(clause.after + 1)
        if token.text.startswith(_DOUBT) and (
            token.text.startswith("듯") or clause.ending == "will" or token.text.startswith("모양")
        ):
            return self._doubt(clause, token)
        if self._says_nothing(clause, token, following):
            return True
        if token.text in _WAYS and clause.ending == "will" and following is not None:
            return self._possible(clause, token, following)
        if (
            token.text.startswith(_THING)
            and len(token.text) <= 6
            and token.text.rstrip("으로은이도을만처럼입니다") in (*_THING, "")
        ):
            return self._that(clause, token, following)
        if token.text.startswith(("거나", "것")):
            return self._that(clause, token, following)
        if (
            stem in _DURING
            and clause.ending == "adn"
            and token.kind in ("abstract", "place", "noun", "unknown", "number", "counter")
        ):
            self._take(clause, token, token.copula or "and")
            if following is not None and following.word == "아니다" and token.case == "subject":
                clause.negated = True
                self._take(clause, self.tokens[clause.after], following.ending)
            return True
        if stem in _FRAMES and not (stem in ("그림", "사진") and clause.word in _HANGING):
            return self._frame(clause, token)
        return self._described_frame(clause)

    def _says_nothing(self, clause: Clause, token: Token, following: Verb | None) -> bool:
        """Read "-는 대신" and "-은 적이 있다", which say nothing for sure; return whether it is one of these."""
        experience = token.text in _EXPERIENCES and following is not None and following.word in ("있다", "없다")
        if experience and following is not None:
            clause.after += 1
            self._take(clause, self.tokens[clause.after], following.ending)
        elif token.text == "대신" and clause.ending == "adn":
            self._take(clause, token, "and")
        else:
            return False
        clause.void = True
        return True

    def _described_frame(self, clause: Clause) -> bool:
        """Read a frame with adjectives: "걷는 고요한 야외 장면"."""
        place = clause.after
        while place < min(clause.after + 3, len(self.tokens)) and _is_mood(self.tokens[place]):
            place += 1
        if not any(sense.sort == "actions" for sense in clause.senses):
            return False
        if place == clause.after or place >= len(self.tokens) or self.tokens[place].stem not in _FRAMES:
            return False
        clause.after = place
        return self._frame(clause, self.tokens[place])

    def _doubt(self, clause: Clause, token: Token) -> bool:
        clause.hedged = True
        following = self._verb_at(clause.after + 1)
        self._take(clause, token, "and" if token.text.endswith(("며", "고", "만")) else "final")
        if following is not None and following.word in ("하다", "보이다"):
            self._take(clause, self.tokens[clause.after], following.ending)
        return True

    def _frame(self, clause: Clause, token: Token) -> bool:
        """Read "앉아 있는 모습이 보인다": what the picture shows is stated."""
        self._take(clause, token, token.copula if token.copula and token.copula != "adn" else "final")
        while clause.after < len(self.tokens) - 1 and self.tokens[clause.after].text in lexicon().sets["adverbs"]:
            clause.after += 1
        following = self._verb_at(clause.after)
        if (
            following is None
            or following.word not in _FRAME_VERBS
            or token.case not in ("subject", "object", "topic", "also", "")
        ):
            if token.case in ("of", "at", "in"):
                clause.ending = "frame"
            return True
        inner = self.read(clause.after, self.tokens[clause.after].verbs)
        clause.negated = clause.negated != (inner.negated or following.word in ("없다", "아니다"))
        clause.denied = following.word == "아니다"
        clause.end, clause.after, clause.ending = inner.end, inner.after, inner.ending
        clause.hedged = clause.hedged or inner.hedged
        if clause.ending in ("adn", "will"):
            clause.ending = "final"
        return True


def _is_mood(token: Token) -> bool:
    """Return whether a word before a frame tells its mood or its place, and nothing of a thing."""
    if token.table == "settings" and token.case == "":
        return True
    if token.noun is not None:
        return token.noun.sort == "places" and token.case == ""
    sorts = {sense.sort for verb in token.verbs[:1] for sense in lexicon().senses.get(verb.word, ())}
    return bool(token.verbs) and token.verbs[0].ending == "adn" and sorts <= {"neutral", "state"}
