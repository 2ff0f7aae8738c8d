"""Reading: which splitter reads an answer, by its language."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeGuard

from llamaindex_clipverify.claims.claim import Claim, QuestionSplitter, Splitter
from llamaindex_clipverify.claims.english.splitter import EnglishSplitter
from llamaindex_clipverify.claims.korean import KoreanSplitter
from llamaindex_clipverify.claims.language import language_of
from llamaindex_clipverify.errors import DataError
from llamaindex_clipverify.verification.context import in_context


@dataclass(frozen=True)
class Reading:
    """An answer as claims."""

    language: str
    """ISO 639-1 code, or `claims.language.UNKNOWN`."""
    claims: tuple[Claim, ...]
    supported: bool
    """Whether a splitter reads the language; otherwise nothing is checked."""
    unread: tuple[tuple[int, int], ...] = ()
    """Spans of the answer that say something and are in no claim, if the splitter knows."""


class Splitters:
    """The splitters of a verifier: English and Korean by default, or the one that was given."""

    def __init__(self, splitter: str | Splitter | None = None) -> None:
        """Use one splitter for its language, or the default ones.

        Args:
            splitter: A splitter; or ``spacy:NAME``: the default ones, English with a dependency parser of spaCy.

        Raises:
            DataError: The text is no such name.
        """
        self.is_default = splitter is None
        """Whether these are the splitters of the package, without a parser or one of somebody's own."""
        self.default: Splitter = _english(splitter) if splitter is None or isinstance(splitter, str) else splitter
        self._by_language: dict[str, Splitter] = {self.default.language: self.default}
        if splitter is None or isinstance(splitter, str):
            self._by_language["ko"] = KoreanSplitter()

    @property
    def languages(self) -> tuple[str, ...]:
        """ISO 639-1 codes of the languages that are read."""
        return tuple(self._by_language)

    def of(self, language: str) -> Splitter:
        """Return the splitter for a language, or the default one."""
        return self._by_language.get(language, self.default)

    def read(self, text: str, question: str | None = None) -> Reading:
        """Split a text into claims; the question makes claims of short answers if the splitter reads questions."""
        language = language_of(text)
        splitter = self.of(language)
        claims = splitter.split(text, question) if _reads_questions(splitter) else splitter.split(text)
        missed = splitter.unread(text, claims) if isinstance(splitter, EnglishSplitter | KoreanSplitter) else []
        return Reading(language, in_context(claims, text), language in self._by_language, tuple(missed))


def _english(name: str | None) -> EnglishSplitter:
    if name is None:
        return EnglishSplitter()
    scheme, _, model = name.partition(":")
    if scheme != "spacy" or not model:
        raise DataError("no such splitter", got=name, do="name spacy:MODEL, or give an object")
    from llamaindex_clipverify.claims.english.spacy_parser import SpacyParser

    return EnglishSplitter(parser=SpacyParser(model))


def _reads_questions(splitter: Splitter) -> TypeGuard[QuestionSplitter]:
    return getattr(splitter, "reads_questions", False)
