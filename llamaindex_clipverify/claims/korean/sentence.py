"""State of a Korean sentence while its tokens are read: phrases on the stack, modifiers, subjects, waiting clauses."""

from __future__ import annotations

from collections.abc import Sequence

from llamaindex_clipverify.claims.korean.claims_of import Claims
from llamaindex_clipverify.claims.korean.phrases import Clause, Draft, Item, Phrase
from llamaindex_clipverify.claims.korean.token import Token
from llamaindex_clipverify.claims.korean.tokens import Tokenizer
from llamaindex_clipverify.claims.korean.verb_groups import VerbReader
from llamaindex_clipverify.claims.korean.words import lexicon

_NOMINAL = frozenset(("noun", "unknown", "abstract", "other", "counter", "number", "term", "place"))


class Sentence:
    """The state of one pass over the tokens of a sentence."""

    def __init__(
        self, tokenizer: Tokenizer, tokens: Sequence[Token], claims: Claims, carried: Sequence[Phrase]
    ) -> None:
        """Read tokens; `carried` are the subjects of the sentence before."""
        self.tokens, self.claims = list(tokens), claims
        self.verbs = VerbReader(self.tokens)
        self.tokenizer = tokenizer
        self.last_colour: Token | None = None
        """A colour before 아니다."""
        self.noun_follows = False
        """Whether a noun follows the place read last."""
        self.stack: list[Item] = []
        """Phrases and places that no verb has taken yet."""
        self.draft = Draft()
        """Modifiers of the next noun."""
        self.subject: list[Phrase] = []
        """Subjects of the clause before, within the sentence."""
        self.carried = list(carried)
        """Subjects of the sentence before, or of the last final clause."""
        self.placeless: list[Phrase] = []
        """What the clause before says to be there, without a place: "침대가 있고 창문이 있는 방"."""
        self.gaps: list[list[Item]] = []
        """Phrases of clauses whose verb comes later: "남자는 바지를, 여자는 …"."""
        self.waiting: list[Clause] = []
        """Clauses whose subject comes later."""
        self.last_clause: Clause | None = None
        """The clause before, for verbs that follow one another: 펼쳐 읽다."""
        self.boundary = self.tokens[0].start if self.tokens else 0
        """End of the last clause that is stated by itself."""
        self.alone: Token | None = None
        """A word that says that somebody is alone: 혼자."""
        self.denied_verb = False
        """Whether 안 or 못 is before the next verb."""

    @property
    def top(self) -> Item | None:
        """Return the last item on the stack; None if it is empty."""
        return self.stack[-1] if self.stack else None

    def token(self, at: int) -> Token | None:
        """Return the token at a position; None after the last."""
        return self.tokens[at] if at < len(self.tokens) else None

    def nominal_after(self, at: int) -> bool:
        """Return whether a noun or a modifier of one comes next."""
        after = self.token(at + 1)
        if after is None or after.kind == "mark":
            return False
        if after.verbs and after.kind in ("", "unknown"):
            return after.verbs[0].ending == "adn" and not any(verb.word in ("있다", "없다") for verb in after.verbs)
        return (
            after.kind in ("noun", "unknown", "abstract", "term", "other", "place")
            and after.text not in lexicon().sets["adverbs"]
        )

    def more(self, at: int) -> bool:
        """Return whether a word stands at a position or after it."""
        return any(token.kind != "mark" for token in self.tokens[at:])

    def ends_after(self, at: int) -> bool:
        """Return whether the three tokens after a position are marks or missing."""
        return all(token.kind == "mark" for token in self.tokens[at + 1 : at + 4])

    def noun_comes(self, at: int) -> bool:
        """Return whether a noun stands at a position or soon after it, for a clause or an adjective before it."""
        for place in range(at, min(at + 6, len(self.tokens))):
            if self.tokens[place].kind == "mark":
                return place > at and self.tokens[place].text == ","
            if self.tokens[place].kind in _NOMINAL:
                return True
        return at < len(self.tokens)

    def named(self) -> list[Phrase]:
        """Return the topic or subject on the stack, or the subject before."""
        phrases = [
            item
            for item in self.stack
            if isinstance(item, Phrase) and item.case in ("topic", "subject", "also", "only")
        ]
        chosen = phrases[-1:] or [item for item in self.stack if isinstance(item, Phrase) and item.case == ""][-1:]
        return [one for phrase in chosen for one in phrase.group()] or self.subject or self.carried

    def drop_draft(self) -> None:
        """Forget the modifiers that no noun took; their places stay on the stack."""
        for spot in self.draft.spots:
            self.stack.append(spot)
        self.draft = Draft()

    def hush(self, clause: Clause) -> None:
        """State nothing of a doubtful clause, nor of those that wait for its subject."""
        for waiting in self.waiting:
            waiting.hedged = True
        if clause.void or clause.ending in ("if", "purpose", "noun"):
            for item in clause.items:
                if isinstance(item, Phrase) and item.case == "object":
                    item.silent = True
            return
        self.claims.hush(self.boundary, clause.end)
