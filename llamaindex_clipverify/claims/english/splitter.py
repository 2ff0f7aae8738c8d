"""The default splitter: English answers into typed claims, without a model.

A part-of-speech tagger and noun lists (of the vocabulary and of WordNet) find noun phrases and verbs; rules find subjects,
objects and what prepositions link; each kind of claim is then read off that structure by one file of this folder. Opinions,
hedged statements, general knowledge and abstract nouns are not claims; a sentence without any claim becomes one claim of
kind `other`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from llamaindex_clipverify.claims.claim import Claim
from llamaindex_clipverify.claims.english.absolutes import absolutes
from llamaindex_clipverify.claims.english.actions import actions
from llamaindex_clipverify.claims.english.attachment import RuleParser
from llamaindex_clipverify.claims.english.belongings import possessives
from llamaindex_clipverify.claims.english.clauses import Clause
from llamaindex_clipverify.claims.english.comparisons import comparisons
from llamaindex_clipverify.claims.english.hedges import hedge
from llamaindex_clipverify.claims.english.mentions import Mention
from llamaindex_clipverify.claims.english.phrases import Phrases
from llamaindex_clipverify.claims.english.positions import find_positions
from llamaindex_clipverify.claims.english.predicates import predicates
from llamaindex_clipverify.claims.english.presence import present, there
from llamaindex_clipverify.claims.english.pronouns import resolve
from llamaindex_clipverify.claims.english.relations import relations
from llamaindex_clipverify.claims.english.scenes import scenes
from llamaindex_clipverify.claims.english.scopes import negate
from llamaindex_clipverify.claims.english.sentences import Sentence, cited, sentences
from llamaindex_clipverify.claims.english.short_answers import confirmed
from llamaindex_clipverify.claims.english.short_answers import statement as statement_of
from llamaindex_clipverify.claims.english.structure import Parser
from llamaindex_clipverify.claims.english.unread import unread
from llamaindex_clipverify.claims.english.unstated import compare, depicted, is_general
from llamaindex_clipverify.claims.english.verbs import find_verbs
from llamaindex_clipverify.claims.english.written import written
from llamaindex_clipverify.claims.vocabulary import Vocabulary, english
from llamaindex_clipverify.claims.written_claims import statement, with_written


@dataclass
class _Memory:
    """What earlier sentences of an answer said."""

    nouns: set[str]
    mentions: list[Mention]


class EnglishSplitter:
    """Splits English answers; `vocabulary` sets the nouns, colours and relations it knows."""

    language = "en"
    reads_questions = True

    def __init__(self, vocabulary: Vocabulary | None = None, parser: Parser | None = None) -> None:
        """Use a vocabulary, for example one extended by `Vocabulary.with_nouns`, and a parser.

        Args:
            vocabulary: Default: the built-in English one.
            parser: Finds subjects, objects and attachments. Default: rules.
        """
        self.vocabulary = vocabulary or english()
        self._own = None if self.vocabulary is english() else self.vocabulary
        self._phrases = Phrases(self.vocabulary)
        self._parser = parser or RuleParser(self.vocabulary)

    def split(self, answer: str, question: str | None = None) -> list[Claim]:
        """Return the claims of an answer, sorted by their first character; an empty answer has none.

        Args:
            answer: The answer.
            question: Makes short answers claims: "Three." to "How many clocks are there?".
        """
        stated = statement_of(question, answer) if question else None
        if stated is not None:
            start = len(answer) - len(answer.lstrip())
            return self._answering(stated, answer, start, start + len(answer.strip())) or self._split(answer)
        claims = self._split(answer, self._asked(question) if question else [])
        polar = confirmed(question, answer) if question else None
        if polar is None:
            return claims
        begin = len(answer) - len(answer.lstrip())
        said = self._answering(polar[1], answer, begin, polar[0])
        known = {_content(claim) for claim in claims}
        opposite = {claim.swap(negated=not claim.negated) for claim in known}
        return [*(claim for claim in said if _content(claim) not in known | opposite), *claims]

    def _answering(self, stated: str, answer: str, start: int, end: int) -> list[Claim]:
        """Return the claims of a statement that a span of the answer makes together with the question."""
        claims = [claim for claim in self._split(stated) if claim.kind != "other"]
        cites = cited(answer)
        return list(
            dict.fromkeys(claim.swap(text=answer[start:end], start=start, end=end, cites=cites) for claim in claims)
        )

    def _asked(self, question: str) -> list[Mention]:
        """Return the things that a question names, to which *it* and *they* of its answer refer."""
        found: list[Mention] = []
        for sentence in sentences(question.replace("?", ".")):
            found += [mention for mention in self._clause(sentence, []).mentions if not mention.pronoun]
        for mention in found:
            mention.negated = False
        return [mention for mention in found if mention.shown]

    def _split(self, answer: str, asked: Sequence[Mention] = ()) -> list[Claim]:
        claims: list[Claim] = []
        memory = _Memory(set(), list(asked))
        for sentence in sentences(answer):
            claims += self._sentence(sentence, memory)
        return sorted(dict.fromkeys(claims), key=lambda claim: (claim.start, claim.end))

    def unread(self, answer: str, claims: Iterable[Claim]) -> list[tuple[int, int]]:
        """Return the spans of an answer that say something and are in none of its claims, the longest of each sentence."""
        return unread(answer, claims)

    def things(self, text: str) -> list[Claim]:
        """Return the noun phrases of any text (also questions) as object claims; negation is ignored."""
        found: list[Claim] = []
        for sentence in sentences(text.replace("?", ".")):
            clause = self._clause(sentence, [])
            for mention in clause.mentions:
                mention.negated = False
                if mention.shown and not mention.pronoun:
                    found += there(clause, mention)
        return found

    def _sentence(self, sentence: Sentence, memory: _Memory) -> list[Claim]:
        clause = self._clause(sentence, memory.mentions)
        general = is_general(sentence.words, clause.mentions, clause.structure)
        claims = [] if general else self._claims(clause, memory.nouns)
        memory.mentions = [mention for mention in clause.mentions if mention.shown] or memory.mentions
        return _with_written(clause, claims) or _whole(sentence)

    def _claims(self, clause: Clause, nouns: set[str]) -> list[Claim]:
        found = [
            *possessives(clause),
            *predicates(clause),
            *absolutes(clause),
            *relations(clause),
            *scenes(clause),
            *actions(clause),
            *comparisons(clause),
        ]
        return [*found, *present(clause, nouns)]

    def _clause(self, sentence: Sentence, before: list[Mention]) -> Clause:
        words = sentence.words
        positions = find_positions(words)
        skipped = written(sentence)
        for position in positions:
            skipped[position.begins : position.after] = [True] * (position.after - position.begins)
        mentions = self._phrases.find(words, skipped)
        compare(words, mentions)
        depicted(words, mentions)
        hedged = hedge(words, mentions)
        resolve(words, mentions, before)
        taken = {at for mention in mentions for at in range(mention.begins, mention.after)}
        taken |= {at for at, skip in enumerate(skipped) if skip}
        pronouns = {mention.begins for mention in mentions if mention.pronoun}
        verbs = find_verbs(words, taken, pronouns)
        structure = self._parser.parse(words, mentions, verbs, positions)
        negate(words, mentions, structure, hedged)
        return Clause(
            sentence=sentence, mentions=mentions, structure=structure, hedged=hedged, vocabulary=self.vocabulary, own=self._own
        )  # fmt: skip


def _content(claim: Claim) -> Claim:
    """Return a claim without its place in the answer."""
    return claim.swap(text="", start=0, end=0, cites=())


def _with_written(clause: Clause, claims: list[Claim]) -> list[Claim]:
    """Return the claims of a sentence together with its claims on written words."""
    sentence = clause.sentence
    found = with_written(claims, sentence.text, sentence.start, sentence.end)
    return [_written_claim(clause, claim) if claim.kind == "text" else claim for claim in found]


def _written_claim(clause: Clause, claim: Claim) -> Claim:
    text = clause.sentence.answer[claim.start : claim.end]
    negated = claim.negated or _is_denied_after(clause, claim.end)
    return claim.swap(text=text, cites=clause.sentence.cites, written=statement(text), negated=negated)


def _is_denied_after(clause: Clause, end: int) -> bool:
    """Return whether a negated verb follows directly: *the word "OPEN" is not on the door*."""
    following = next((at for at, word in enumerate(clause.words) if word.start >= end), None)
    return any(verb.negated and verb.begins == following for verb in clause.structure.verbs)


def _whole(sentence: Sentence) -> list[Claim]:
    """Return the sentence as one claim of kind `other`; the heading of a list ("Objects found:") is no claim."""
    if sentence.own.rstrip().endswith(":"):
        return []
    begin = sentence.start + len(sentence.own) - len(sentence.own.lstrip())
    stop = begin + len(sentence.own.strip())
    return [Claim(text=sentence.answer[begin:stop], start=begin, end=stop, kind="other", cites=sentence.cites)]
