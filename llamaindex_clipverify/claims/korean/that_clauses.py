"""Reads what follows a Korean verb with 것 or 수: -는 것이 아니다, -는 것을 듣다, -ㄹ 수 있다."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

from llamaindex_clipverify.claims.korean.phrases import Clause
from llamaindex_clipverify.claims.korean.token import Token
from llamaindex_clipverify.claims.korean.verb_forms import Verb
from llamaindex_clipverify.claims.korean.word_lists import word_list, word_set
from llamaindex_clipverify.claims.korean.words import Sense

_WATCHING = word_set("watching_verbs")
_HEARD = ("을", "걸")
"""Ends of 것 as an object."""
_OBSERVING = word_set("observing_verbs")
_CONFIRMING = word_set("confirming_verbs")
_STATED = word_list("statement_ends_of_that")
_SEEN = word_list("object_ends_of_that")


class ThatReader(ABC):
    """Reads "that" and "can" after the verbs of a sentence."""

    tokens: Sequence[Token]

    @abstractmethod
    def read(self, at: int, verbs: Sequence[Verb], *, negated: bool = False) -> Clause:
        """Return the verb group that begins at a position."""

    def _possible(self, clause: Clause, token: Token, following: Verb) -> bool:
        """Read "-ㄹ 수 있다": doubt, but "볼 수 있다" states what is visible."""
        if following.word not in ("있다", "없다"):
            return False
        if clause.word == "보다" or any(sense.sort == "visible" for sense in clause.senses):
            clause.visible = True
            clause.senses = [Sense("visible", "see")]
            clause.negated = clause.negated or following.word == "없다"
        else:
            clause.hedged = True
        clause.after += 1
        self._take(clause, self.tokens[clause.after], following.ending)
        return True

    def _that(self, clause: Clause, token: Token, following: Verb | None) -> bool:
        """Read "-는 것": denied by 아니다, doubted by 같다 and 보이다, seen by 볼 수 있다."""
        if clause.ending == "will":
            clause.hedged = True
        if token.text.endswith(_STATED) and len(token.text) > 1:
            self._take(clause, token, "and" if token.text.endswith(("며", "고", "인데")) else "final")
            return True
        if following is None:
            return False
        self._take(clause, token, clause.ending)
        after = self.tokens[clause.after]
        if following.word == "아니다":
            clause.void = clause.void or clause.negated or self._is_all(clause)
            clause.negated = True
        elif self._is_watched(token, following):
            return self._watch(clause, following)
        elif following.word in _OBSERVING and token.text.endswith(_SEEN):
            return self._seen(clause, after, following)
        else:
            clause.hedged = not (token.text.endswith("으로") and following.word in _CONFIRMING)
        self._take(clause, after, following.ending)
        return True

    def _is_watched(self, token: Token, verb: Verb) -> bool:
        """Return whether somebody sees or hears it; of "것을 보다" only if 볼 수 있다 does not follow."""
        if verb.word not in _WATCHING or not token.text.endswith(_HEARD):
            return False
        return verb.word != "보다" or verb.ending in ("go", "and")

    def _watch(self, clause: Clause, verb: Verb) -> bool:
        """Read "노래하는 것을 듣고 있다": what is heard is stated, and that somebody hears it."""
        inner = self.read(clause.after, self.tokens[clause.after].verbs)
        if inner.negated or inner.hedged or clause.negated:
            clause.hedged = True
        clause.watched = next((sense for sense in inner.senses if sense.sort == "actions"), None)
        clause.end, clause.after, clause.ending = inner.end, inner.after, inner.ending
        return True

    def _seen(self, clause: Clause, token: Token, verb: Verb) -> bool:
        """Read "것을 볼 수 있다", "것이 보이지 않는다": the clause is stated, or denied."""
        inner = self.read(clause.after, token.verbs)
        clause.negated = clause.negated or inner.negated
        clause.end, clause.after, clause.ending = inner.end, inner.after, inner.ending
        clause.hedged = clause.hedged or inner.hedged
        return True

    def _is_all(self, clause: Clause) -> bool:
        words = [token.text for token in self.tokens[max(clause.after - 8, 0) : clause.after]]
        return any(word in ("다", "전부", "항상") or word.startswith(("모든", "모두")) for word in words)

    def _verb_at(self, at: int) -> Verb | None:
        return self.tokens[at].verbs[0] if at < len(self.tokens) and self.tokens[at].verbs else None

    @staticmethod
    def _take(clause: Clause, token: Token, ending: str) -> None:
        clause.end, clause.ending, clause.after = token.end, ending, clause.after + 1
