"""Words of a Korean answer that are in no claim although they say something: what the splitter could not read.

Only nouns and unknown words count. A Korean verb is often outside the span of the claim that it makes, so it cannot be told from
one that was not read.
"""

from __future__ import annotations

from collections.abc import Iterable

from llamaindex_clipverify.claims.claim import Claim
from llamaindex_clipverify.claims.korean import grammar
from llamaindex_clipverify.claims.korean.letters import composed
from llamaindex_clipverify.claims.korean.token import Token
from llamaindex_clipverify.claims.korean.tokens import Tokenizer
from llamaindex_clipverify.claims.korean.words import lexicon
from llamaindex_clipverify.claims.unread import Span, longest_run

_KINDS = frozenset(("noun", "unknown", "other"))


def unread(answer: str, claims: Iterable[Claim], tokenizer: Tokenizer) -> list[Span]:
    """Return, for each sentence with claims, the span of its longest run of words that say something and are in no claim."""
    claims = list(claims)
    spans = [(claim.start, claim.end) for claim in claims]
    named = frozenset(word for claim in claims for word in (claim.noun, claim.narrow, claim.reference) if word)
    normal = composed(answer)
    found = []
    for match in grammar.SENTENCE.finditer(normal.text):
        start, end = normal.span(*match.span())
        inside = [span for span in spans if span[0] < end and start < span[1]]
        tokens = tokenizer.tokens(match.group(), match.start()) if inside else []
        words = ((normal.span(token.start, token.end), _says_something(token, named)) for token in tokens)
        run = longest_run(words, inside)
        if run is not None:
            found.append(run)
    return found


def _says_something(token: Token, named: frozenset[str]) -> bool | None:
    """Return whether a word says something; None for a mark, which ends a run."""
    if token.kind == "mark":
        return None
    words = lexicon()
    if token.kind not in _KINDS or token.verbs:
        return False
    if token.text in words.sets["adverbs"] or token.text in words.sets["determiners"]:
        return False
    if token.stem in words.sets["picture"] or token.stem in words.not_things or grammar.ANSWER.match(token.text):
        return False
    counted = token.kind == "unknown" and any(token.text.startswith(counter) for counter in words.sets["counters"])
    return not counted and (token.noun is None or token.noun.english not in named)
