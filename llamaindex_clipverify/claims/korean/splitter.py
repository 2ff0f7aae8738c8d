"""The Korean splitter: Korean answers into typed claims, without a model. Claims use English canonical words.

Words are read with lists of nouns, conjugated verbs and descriptive words; one pass over a sentence finds what belongs to
which noun and verb, and each verb states its claims. Doubtful clauses, questions and abstract nouns are no claims; a sentence
without any claim becomes one claim of kind `other`.
"""

from __future__ import annotations

from collections.abc import Iterable

from llamaindex_clipverify.claims.claim import Claim, Kind
from llamaindex_clipverify.claims.korean import grammar
from llamaindex_clipverify.claims.korean.asked import statement
from llamaindex_clipverify.claims.korean.claims_of import Claims
from llamaindex_clipverify.claims.korean.letters import composed
from llamaindex_clipverify.claims.korean.phrases import Phrase
from llamaindex_clipverify.claims.korean.scenes import scenes
from llamaindex_clipverify.claims.korean.sentence import Sentence
from llamaindex_clipverify.claims.korean.structure import read
from llamaindex_clipverify.claims.korean.tokens import Tokenizer
from llamaindex_clipverify.claims.korean.unread import unread
from llamaindex_clipverify.claims.korean.words import korean
from llamaindex_clipverify.claims.vocabulary import Vocabulary, english


class KoreanSplitter:
    """Splits Korean answers; the claims use English canonical nouns."""

    language = "ko"

    def __init__(self, vocabulary: Vocabulary | None = None) -> None:
        """Use a vocabulary.

        Args:
            vocabulary: Korean vocabulary, for nouns of your own. Default: the built-in one.
        """
        self.vocabulary = vocabulary or korean()
        own = {name: plural for name, plural in self.vocabulary.plurals.items() if name not in english().plurals}
        self._english = _with_own(self.vocabulary, own) if own else english()
        self._tokenizer = Tokenizer(self.vocabulary)

    def split(self, answer: str, question: str | None = None) -> list[Claim]:
        """Return the claims of an answer, sorted by their first character; an empty answer has none.

        Args:
            answer: The answer, in Korean.
            question: Question that a short answer belongs to: "세 개." counts what the question asks for.
        """
        normal = composed(answer)
        plain = grammar.LAYOUT.sub(lambda found: " " * len(found.group()), normal.text)
        stated = statement(composed(question).text, plain) if question else None
        claims = self._answering(plain, stated) if stated else []
        claims = claims or _Answer(self, plain, question).claims()
        claims.sort(key=lambda claim: (claim.start, claim.end))
        return [
            self._finished(
                answer, claim.swap(**dict(zip(("start", "end"), normal.span(claim.start, claim.end), strict=True)))
            )
            for claim in claims
        ]

    def _answering(self, plain: str, stated: str) -> list[Claim]:
        """Return the claims of a statement that the whole of a short answer makes together with its question."""
        start = len(plain) - len(plain.lstrip())
        span = {"start": start, "end": len(plain.rstrip())}
        found = [claim.swap(**span) for claim in _Answer(self, stated, None).claims() if claim.kind != "other"]
        return list(dict.fromkeys(claim.swap(cites=grammar.cited(plain)) for claim in found))

    def unread(self, answer: str, claims: Iterable[Claim]) -> list[tuple[int, int]]:
        """Return the spans of an answer that say something and are in none of its claims, the longest of each sentence."""
        return unread(answer, claims, self._tokenizer)

    def _finished(self, answer: str, claim: Claim) -> Claim:
        foreign = claim.noun is not None and not claim.known and not claim.noun.isascii()
        return claim.swap(
            text=answer[claim.start : claim.end], vocabulary=self.vocabulary if foreign else self._english
        )

    def __reduce__(self) -> tuple[type[KoreanSplitter], tuple[Vocabulary | None]]:
        """Pickle without the lexicon, which is loaded again."""
        return type(self), (None if self.vocabulary is korean() else self.vocabulary,)

    @property
    def tokenizer(self) -> Tokenizer:
        """Return the reader of words."""
        return self._tokenizer


class _Answer:
    """Reads the sentences of one answer."""

    def __init__(self, splitter: KoreanSplitter, text: str, question: str | None) -> None:
        self.splitter, self.text = splitter, text
        self.known: set[str] = set()
        self.carried: list[Phrase] = []
        self.last: list[Phrase] = []
        self.asked: list[Claim] = []
        self.of_all = False
        if question:
            self._ask(composed(question).text)

    def _ask(self, question: str) -> None:
        """Take the subjects of a question, and what it asks to confirm."""
        plain = question.replace("?", " ").strip()
        claims, asked = self._read(plain, 0)
        self.asked = claims.finish(set())
        self.of_all = grammar.OF_ALL.search(question) is not None
        self.carried = [one for one in asked.carried if not one.silent] or [
            one for one in claims.phrases if not one.silent
        ][-1:]
        if not self.carried and grammar.HOW_MANY_PERSONS.search(question):
            self.carried = [Phrase(noun="person", sort="people", start=0, head=0, end=0, after=0)]
        for phrase in claims.phrases:
            phrase.facts, phrase.covered = [], False
            phrase.start = phrase.head = phrase.end = 0  # words of the question have no span in the answer
        self.last = [one for one in claims.phrases if not one.silent and not one.pronoun]

    def claims(self) -> list[Claim]:
        number = grammar.BARE_NUMBER.fullmatch(self.text)
        if number is not None and self.carried:
            return [self._count(self.carried[-1], int(number[1][:9]), *number.span(1))]
        found: list[Claim] = []
        for match in grammar.SENTENCE.finditer(self.text):
            sentence = match.group()
            if (
                not grammar.WORD.search(sentence)
                or sentence.rstrip().endswith("?")
                or grammar.SMALL_TALK.match(sentence)
            ):
                continue
            for start, end in grammar.pieces(self.text, match.start(), match.end()):
                found += self._sentence(start, end)
        return found

    @staticmethod
    def _count(phrase: Phrase, number: int, start: int, end: int) -> Claim:
        """Return what a bare number says of the noun that the question asks about; none of them are absent."""
        kind: Kind = "count" if number else "object"
        return Claim(
            text="", start=start, end=end, kind=kind, noun=phrase.noun, narrow=phrase.narrow, known=phrase.known,
            number=number or None, plural=number > 1, negated=not number,
        )  # fmt: skip

    def _sentence(self, start: int, end: int) -> list[Claim]:
        sentence = self.text[start:end]
        for pattern, denied in ((grammar.YES, False), (grammar.NO, True)):
            answered = pattern.match(sentence)
            if answered and (self.asked or not grammar.WORD.search(sentence[answered.end() :])):
                confirmed = [
                    one.swap(start=start, end=start + answered.end(), negated=one.negated != denied)
                    for one in self._confirmed(denied)
                ]
                rest = self.text[start + answered.end() : end]
                if not grammar.WORD.search(rest) or not self._names_something(rest):
                    return confirmed
                return self._stated(start + answered.end(), end)
        return self._stated(start, end)

    def _names_something(self, text: str) -> bool:
        """Return whether a text has a noun of its own: "네, 쓰고 있습니다" only repeats the verb of the question."""
        return (
            any(
                token.kind in ("noun", "term", "place", "counter", "number")
                for token in self.splitter.tokenizer.tokens(text)
            )
            or not self.asked
        )

    def _confirmed(self, denied: bool) -> list[Claim]:
        """Return what *yes* or *no* says: the statement that the question asks about, not the presence of its parts."""
        if denied and self.of_all:
            return []  # of some it may be true
        main = [one for one in self.asked if one.kind not in ("object", "scene", "text", "other", "material")]
        wanted = main or [one for one in self.asked if one.kind in ("object", "scene")]
        return wanted[-1:] if denied else wanted

    def _stated(self, start: int, end: int) -> list[Claim]:
        written = self._written(start, end)
        text = self.text[start:end]
        for claim in written:
            text = text[: claim.start - start] + " " * (claim.end - claim.start) + text[claim.end - start :]
        claims, sentence = self._read(text, start)
        found = claims.finish(self.known)
        self.carried = [one for one in sentence.carried if not one.silent][-3:]
        self.last = ([one for one in claims.phrases if not one.silent and not one.pronoun] or self.last)[-8:]
        for phrase in (*self.carried, *self.last):
            phrase.facts = []
        index = grammar.cited(self.text[start:end])
        whole = [] if found or written else [self._whole(start, end)]
        return [claim.swap(cites=index) for claim in (*found, *written, *whole) if claim.end > claim.start]

    def _read(self, text: str, start: int) -> tuple[Claims, Sentence]:
        tokens = self.splitter.tokenizer.tokens(text, start)
        claims = Claims(self.splitter.vocabulary, [*self.last, *self.carried])
        sentence = Sentence(self.splitter.tokenizer, tokens, claims, self.carried)
        scenes(tokens, claims)
        read(sentence)
        _deny_scenes(text, start, claims)
        _doubt(text, start, claims)
        return claims, sentence

    def _written(self, start: int, end: int) -> list[Claim]:
        spans = list(grammar.quotations(self.text, start, end))
        printed = grammar.PRINTED.search(self.text, start, end) is not None
        measures = grammar.MEASURE.finditer(self.text, start, end) if printed else ()
        for match in (*grammar.VALUE.finditer(self.text, start, end), *measures):
            if not any(one < match.end() and match.start() < two for one, two in spans[-40:]):
                spans.append(match.span())
        for match in grammar.LETTERING.finditer(self.text, start, end):
            one, two = match.span(match.lastindex or 0)
            if not any(begin < two and one < stop for begin, stop in spans[-40:]):
                spans.append((one, two))
        return [
            Claim(
                text="", start=one, end=two, kind="text", negated=grammar.NOT_WRITTEN.match(self.text, two) is not None
            )
            for one, two in spans
        ]

    def _whole(self, start: int, end: int) -> Claim:
        text = self.text[start:end]
        begin = start + len(text) - len(text.lstrip())
        return Claim(text="", start=begin, end=begin + len(text.strip()), kind="other")


def _deny_scenes(text: str, offset: int, claims: Claims) -> None:
    """Deny the scenes of clauses such as "밤에 찍은 사진이 아니다", and hush what these say to be there."""
    for match in grammar.NOT_THIS_SCENE.finditer(text):
        begin = offset + max(text.rfind(", ", 0, match.start()), text.rfind("지만 ", 0, match.start()), 0)
        stop = offset + match.end()
        inside = [one for one in claims.found if one.kind == "scene" and begin <= one.start < stop]
        claims.found = [one.swap(negated=True) if one in inside else one for one in claims.found]
        for phrase in claims.phrases if inside else ():
            phrase.covered = phrase.covered or begin <= phrase.start < stop


def _doubt(text: str, offset: int, claims: Claims) -> None:
    """Hush the clauses that have a word of doubt: from the comma before it to the comma after it."""
    for match in grammar.DOUBT.finditer(text):
        begin = max(text.rfind(", ", 0, match.start()), text.rfind("지만 ", 0, match.start()), 0)
        stop = text.find(",", match.end())
        claims.hush(offset + begin, offset + (len(text) if stop < 0 else stop))


def _with_own(vocabulary: Vocabulary, own: dict[str, str]) -> Vocabulary:
    """Return the English vocabulary with the nouns that a user added to the Korean one."""
    nouns = {name: {"plural": plural, "group": vocabulary.groups.get(name, "other")} for name, plural in own.items()}
    return english().with_nouns(nouns)
