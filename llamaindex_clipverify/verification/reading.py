"""Reading: which splitter reads an answer, by its language."""

from __future__ import annotations

from dataclasses import dataclass

from llamaindex_clipverify.claims.claim import Claim, Splitter
from llamaindex_clipverify.claims.english.splitter import EnglishSplitter
from llamaindex_clipverify.claims.korean import KoreanSplitter
from llamaindex_clipverify.claims.language import language_of


@dataclass(frozen=True)
class Reading:
    """An answer as claims."""

    language: str
    """ISO 639-1 code, or `claims.language.UNKNOWN`."""
    claims: tuple[Claim, ...]
    supported: bool
    """Whether a splitter reads the language; otherwise nothing is checked."""


class Splitters:
    """The splitters of a verifier: English and Korean by default, or the one that was given."""

    def __init__(self, splitter: Splitter | None = None) -> None:
        """Use one splitter for its language, or the default ones."""
        self.default: Splitter = splitter or EnglishSplitter()
        self._by_language: dict[str, Splitter] = {self.default.language: self.default}
        if splitter is None:
            self._by_language["ko"] = KoreanSplitter()

    @property
    def languages(self) -> tuple[str, ...]:
        """ISO 639-1 codes of the languages that are read."""
        return tuple(self._by_language)

    def of(self, language: str) -> Splitter:
        """Return the splitter for a language, or the default one."""
        return self._by_language.get(language, self.default)

    def read(self, text: str) -> Reading:
        """Split a text into claims."""
        language = language_of(text)
        return Reading(language, tuple(self.of(language).split(text)), language in self._by_language)
