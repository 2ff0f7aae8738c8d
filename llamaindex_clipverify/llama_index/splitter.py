"""Claims read by a language model instead of rules, for answers that the rules read badly; any LlamaIndex LLM will do.

The model only points at words: a claim whose words do not stand in the answer is dropped and counted, and output that is no list
of claims is replaced by what the rules read, with a note. It costs one call for each answer.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import Any, get_args

from llama_index.core.llms import LLM

from llamaindex_clipverify.claims.claim import Claim, Kind, Splitter
from llamaindex_clipverify.claims.english.splitter import EnglishSplitter
from llamaindex_clipverify.claims.vocabulary import Vocabulary, english

PROMPT = """Split the text into claims that can be true or false of a picture. Write one JSON object on each line, nothing else:
{"words": "...", "kind": "...", "noun": "...", "negated": false, "colour": null, "number": null, "relation": null, \
"reference": null}
words: the words of the claim, copied exactly from the text.
kind: object (a thing is there), attribute (it has a colour), count (there are exactly so many), relation (where one thing is to \
another), action, text (words, prices or dates written in the picture), other (opinions, guesses, anything no picture shows).
noun, reference: in English, singular. negated: true when the text denies it; the other fields state what is denied.
relation: one of left of, right of, above, below, on, inside, next to. Replace pronouns in noun by what they mean.
Example: for "A red car is next to two dogs." write
{"words": "red car", "kind": "attribute", "noun": "car", "colour": "red"}
{"words": "car is next to two dogs", "kind": "relation", "noun": "car", "relation": "next to", "reference": "dog"}
{"words": "two dogs", "kind": "count", "noun": "dog", "number": 2}
Text:
"""
_KINDS: Mapping[object, Kind] = {kind: kind for kind in get_args(Kind)}
_NEEDS: Mapping[str, tuple[str, ...]] = {
    "object": ("noun",),
    "attribute": ("noun", "colour"),
    "count": ("noun", "number"),
    "relation": ("noun", "relation", "reference"),
    "action": ("noun",),
}
"""Without these words a claim of a kind cannot be checked: it becomes `other`."""
_ALIKE = 0.85
"""Similarity 0–1 from which words that are not an exact quotation are matched to a span of the answer."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class LLMReading:
    """The claims of an answer, and what went wrong while a model read it."""

    claims: list[Claim]
    dropped: int = 0
    """Claims of the model that are not in the answer, or malformed."""
    note: str = ""
    """Why the rules read the answer instead; empty when the model did."""


@dataclass(kw_only=True)
class LLMSplitter:
    """A `Splitter` that asks a LlamaIndex LLM, with the rules as fallback."""

    llm: LLM
    rules: Splitter = field(default_factory=EnglishSplitter)
    """Fallback when the model fails; its language is the language of this splitter."""
    prompt: str = PROMPT
    """Prompt; the answer is appended to it."""
    vocabulary: Vocabulary = field(default_factory=english)

    @property
    def language(self) -> str:
        """The language of the rules."""
        return self.rules.language

    def split(self, answer: str) -> list[Claim]:
        """Return the claims of an answer in the order of their first character; a fall-back is logged as a warning."""
        reading = self.read(answer)
        if reading.note:
            _log.warning("%s; the rules read the answer instead", reading.note)
        return reading.claims

    def read(self, answer: str) -> LLMReading:
        """Return the claims with the number of dropped ones and a note where the rules had to read."""
        if not answer.strip():
            return LLMReading([])
        try:
            said = self.llm.complete(self.prompt + answer).text
        except Exception as error:  # noqa: BLE001 - any error of the user's model leads to the fallback
            return self._by_rules(answer, f"the model failed: {type(error).__name__}: {error}")
        rows = list(_rows(said))
        claims = [claim for row in rows if (claim := self._claim(answer, row)) is not None]
        claims = sorted(dict.fromkeys(claims), key=lambda claim: (claim.start, claim.end))
        if not claims:
            what = "no JSON" if not rows else f"{len(rows)} claims, none of them in the answer"
            return self._by_rules(answer, f"the model wrote {what}", len(rows))
        return LLMReading(claims, len(rows) - len(claims))

    def _by_rules(self, answer: str, note: str, dropped: int = 0) -> LLMReading:
        return LLMReading(self.rules.split(answer), dropped, note)

    def _claim(self, answer: str, row: Mapping[str, Any]) -> Claim | None:
        kind: Kind | None = _KINDS.get(str(row.get("kind")))
        words = row.get("words")
        if kind is None or not isinstance(words, str):
            return None
        span = find(answer, words)
        if span is None:
            return None
        fields = self._fields(row)
        if kind == "count" and fields.get("number") == 0:
            kind, fields = "object", {**fields, "number": None, "negated": True}
        if any(fields.get(name) is None for name in _NEEDS.get(kind, ())) or kind in ("text", "other"):
            kind, fields = "text" if kind == "text" else "other", {}
        return Claim(text=answer[span[0] : span[1]], start=span[0], end=span[1], kind=kind, **fields)

    def _fields(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """Return the words of a claim that are what they should be; the others are left out."""
        words = self.vocabulary
        noun, reference = (_name(row.get(name)) for name in ("noun", "reference"))
        number = row.get("number")
        found: dict[str, Any] = {
            "negated": row.get("negated") is True,
            "noun": noun and words.canonical(noun),
            "colour": words.colours.get(_name(row.get("colour")) or ""),
            "number": number if isinstance(number, int) and not isinstance(number, bool) and number >= 0 else None,
            "relation": words.relations.get(_name(row.get("relation")) or ""),
            "reference": reference and words.canonical(reference),
            "narrow": words.narrow.get(noun or ""),
            "vocabulary": None if words is english() else words,
        }
        nouns = [name for name in (found["noun"], found["reference"]) if name]
        return {**found, "known": all(name in words.plurals for name in nouns), "plural": (found["number"] or 1) > 1}


def _name(value: object) -> str | None:
    return " ".join(value.lower().split()) or None if isinstance(value, str) else None


def _rows(said: str) -> Iterator[dict[str, Any]]:
    """Yield the JSON objects of a model's output: one on each line, a list of them, with or without a fence."""
    try:
        whole = json.loads(re.sub(r"^\s*```\w*|```\s*$", "", said))
    except ValueError:
        whole = None
    if isinstance(whole, list):
        yield from (row for row in whole if isinstance(row, dict))
        return
    for line in said.splitlines():
        try:
            row = json.loads(line.strip().rstrip(","))
        except ValueError:
            continue
        if isinstance(row, dict):
            yield row


def find(answer: str, words: str) -> tuple[int, int] | None:
    """Return the position of words in an answer: an exact match, or the only near match; None otherwise.

    Words that stand there more than once are taken where they stand first.
    """
    quoted = words.strip()
    if not quoted:
        return None
    exactly = re.search(rf"(?<!\w){re.escape(quoted)}(?!\w)", answer)
    if exactly is not None:
        return exactly.span()
    pattern = r"\s+".join(map(re.escape, quoted.split()))
    loosely = [match.span() for match in re.finditer(rf"(?<!\w){pattern}(?!\w)", answer, re.I)]
    if loosely:
        return loosely[0] if len(loosely) == 1 else None
    return _nearest(answer, quoted)


def _nearest(answer: str, quoted: str) -> tuple[int, int] | None:
    """Return the one window of about as many words that is nearly what was quoted."""
    places = [match.span() for match in re.finditer(r"[^\W_]+(?:[’'-][^\W_]+)*", answer)]
    size = len(quoted.split())
    scored = []
    for start in range(len(places)):
        for end in range(start + max(size - 1, 1), min(start + size + 1, len(places)) + 1):
            span = places[start][0], places[end - 1][1]
            scored.append((SequenceMatcher(None, quoted.lower(), answer[slice(*span)].lower()).ratio(), span))
    scored.sort(reverse=True)
    if not scored or scored[0][0] < _ALIKE:
        return None
    (best, span), rivals = scored[0], [other for ratio, other in scored[1:] if ratio >= scored[0][0] - 0.03]
    apart = any(other[1] <= span[0] or span[1] <= other[0] for other in rivals)
    return None if apart or best < _ALIKE else span
