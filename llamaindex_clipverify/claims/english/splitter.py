"""The default splitter: English answers into typed claims, without a model.

It reads nouns (of the vocabulary, of WordNet, and unknown ones after an article) with number and colour, colour predicates,
spatial relations of two nouns, actions, written words, and pronouns that only one noun fits. Opinions, hedged statements
and abstract nouns are not claims; a sentence without any claim becomes one claim of kind `other`.
"""

from __future__ import annotations

from llamaindex_clipverify.claims.claim import Claim
from llamaindex_clipverify.claims.english.mentions import Mention
from llamaindex_clipverify.claims.english.phrases import Phrases
from llamaindex_clipverify.claims.english.pronouns import resolve
from llamaindex_clipverify.claims.english.scopes import compare, hedge, negate
from llamaindex_clipverify.claims.english.sentences import Sentence, sentences
from llamaindex_clipverify.claims.english.statements import WRITTEN, Reading
from llamaindex_clipverify.claims.vocabulary import Vocabulary, english
from llamaindex_clipverify.claims.written_claims import statement, with_written


class EnglishSplitter:
    """Splits English answers; `vocabulary` sets the nouns, colours and relations it knows."""

    language = "en"

    def __init__(self, vocabulary: Vocabulary | None = None) -> None:
        """Use a vocabulary, for example one extended by `Vocabulary.with_nouns`. Default: the built-in English one."""
        self.vocabulary = vocabulary or english()
        self._own = None if self.vocabulary is english() else self.vocabulary
        self._phrases = Phrases(self.vocabulary)

    def split(self, answer: str) -> list[Claim]:
        """Return the claims of an answer, sorted by their first character; an empty answer has none."""
        claims: list[Claim] = []
        known_before: set[str] = set()
        before: list[Mention] = []
        for sentence in sentences(answer):
            found, mentions = self._sentence(sentence, before, known_before)
            claims += found
            before = mentions or before
        return sorted(dict.fromkeys(claims), key=lambda claim: (claim.start, claim.end))

    def things(self, text: str) -> list[Claim]:
        """Return the noun phrases of any text (also questions) as object claims; negation is ignored."""
        found: list[Claim] = []
        for sentence in sentences(text.replace("?", ".")):
            mentions = self._phrases.find(sentence.words, _written(sentence))
            reading = Reading(sentence, mentions, [False] * len(sentence.words), self.vocabulary, self._own)
            found += [
                claim
                for mention in mentions
                if mention.shown and not mention.pronoun
                for claim in reading.there(mention)
            ]
        return found

    def _sentence(
        self, sentence: Sentence, before: list[Mention], known_before: set[str]
    ) -> tuple[list[Claim], list[Mention]]:
        mentions = self._phrases.find(sentence.words, _written(sentence))
        negate(sentence.words, mentions)
        compare(sentence.words, mentions)
        hedged = hedge(sentence.words, mentions)
        resolve(sentence.words, mentions, before)
        reading = Reading(sentence, mentions, hedged, self.vocabulary, self._own)
        claims = _with_written(sentence, reading.claims(known_before))
        return claims or _whole(sentence), [mention for mention in mentions if mention.shown]


def _with_written(sentence: Sentence, claims: list[Claim]) -> list[Claim]:
    """Return the claims of a sentence together with its claims on written words."""
    found = with_written(claims, sentence.text, sentence.start, sentence.end)
    return [
        claim.swap(
            text=(text := sentence.answer[claim.start : claim.end]), cites=sentence.cites, written=statement(text)
        )
        if claim.kind == "text"
        else claim
        for claim in found
    ]


def _written(sentence: Sentence) -> list[bool]:
    """Return for each word whether it is written text: a quoted noun is not an object in the picture."""
    if not any(mark in sentence.own for mark in '"“$€£¥₩%:-') and not any(
        letter.isupper() for letter in sentence.own[1:]
    ):
        return [False] * len(sentence.words)
    spans = [match.span() for match in WRITTEN.finditer(sentence.text, sentence.start, sentence.end)]
    return [any(start <= word.start < end for start, end in spans) for word in sentence.words]


def _whole(sentence: Sentence) -> list[Claim]:
    """Return the sentence as one claim of kind `other`; the heading of a list ("Objects found:") is no claim."""
    if sentence.own.rstrip().endswith(":"):
        return []
    begin = sentence.start + len(sentence.own) - len(sentence.own.lstrip())
    stop = begin + len(sentence.own.strip())
    return [Claim(text=sentence.answer[begin:stop], start=begin, end=stop, kind="other", cites=sentence.cites)]
