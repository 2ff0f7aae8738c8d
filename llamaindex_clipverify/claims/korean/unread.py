"""Words of a Korean answer that are in no claim although they say something: what the splitter could not read.

Only nouns and unknown words count. A Korean verb is often outside the span of the claim that it makes, so it cannot be told from
one that was not read.
"""

from __future__ import annotations

from collections.abc import Iterable

from llamaindex_clipverify.claims.claim import Claim
from llamaindex_clipverify.claims.korean import grammar
from llamaindex_clipverify.claims.korean.letters import composed
from llamaindex_clipverify.claims.korean.tokens import Token, Tokenizer
from llamaindex_clipverify.claims.korean.words import lexicon

Span = tuple[int, int]
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
        placed = [(token, normal.span(token.start, token.end)) for token in tokens]
        runs = _runs(placed, inside, named)
        if runs:
            found.append(max(runs, key=lambda run: run[1] - run[0]))
    return found


def _runs(tokens: Iterable[tuple[Token, Span]], claimed: Iterable[Span], named: frozenset[str]) -> list[Span]:
    """Return the runs of unread words; words that say nothing may stand between two of them, a claim or a comma may not."""
    claimed = list(claimed)
    runs: list[Span] = []
    joined = False
    for token, (start, end) in tokens:
        if token.kind == "mark" or any(begin < end and start < stop for begin, stop in claimed):
            joined = False
        elif _says_something(token, named):
            runs.append((runs.pop()[0] if joined else start, end))
            joined = True
    return runs


def _says_something(token: Token, named: frozenset[str]) -> bool:
    words = lexicon()
    if token.kind not in _KINDS or token.verbs or token.text in words.sets["adverbs"] | words.sets["determiners"]:
        return False
    if token.stem in words.sets["picture"] or token.stem in words.not_things or grammar.ANSWER.match(token.text):
        return False
    counted = token.kind == "unknown" and any(token.text.startswith(counter) for counter in words.sets["counters"])
    return not counted and (token.noun is None or token.noun.english not in named)
