"""Claims about written words: the total is 12.50, the sign says "OPEN", the cashier is Anna."""

from __future__ import annotations

import re
from collections.abc import Sequence

from llamaindex_clipverify.claims.claim import Claim
from llamaindex_clipverify.claims.written_statements import (
    Statement,
    fold_lookalikes,
    normalise_words,
    statement,
    statements,
)

__all__ = ["Statement", "fold_lookalikes", "normalise_words", "statement", "statements", "with_written"]

_CARRIERS = frozenset(
    "word words letter letters text price cost amount value date line heading headline title caption slogan name number".split()
)
"""Nouns that mean the words themselves: they are no things beside them."""
_PAPERS = frozenset("receipt invoice document slide page bill menu ticket store shop".split())
"""Nouns that are only the place of a value or a name: "the receipt is dated …"."""
_SAYING = frozenset(
    "read say spell state show label mark print write title call name entitle sign address issue display".split()
)
_AT_A_PLACE = re.compile(
    r"\b(?:in|on|at|above|below|under|behind|beside|near|inside|by|with)\s(?:(?:the|a|an|his|her|its|their|this)\s)?$"
)
_COUNTED = 20
"""Bare numbers up to this count objects; larger ones are written text ("employees: 664")."""
_OPENERS = {
    fold_lookalikes(word) for word in "there it they this that these those here he she we i a the yes no".split()
}
"""First words of a sentence that are not names."""


def with_written(claims: Sequence[Claim], answer: str, start: int, end: int) -> list[Claim]:
    """Return the claims of a sentence, `answer[start:end]`, together with its claims on written words.

    Dropped are only claims about the words themselves: inside the quotation, that something "says" them, or the presence of a
    mere label ("the tax"). Claims about the thing that bears the words stay.
    """
    sentence = answer[start:end]
    counts = [
        (claim.start - start, claim.end - start)
        for claim in claims
        if claim.kind in ("count", "bound") or claim.negated
    ]
    found = [one for one in statements(sentence) if not _counted(sentence, one, counts)]
    kept = [claim for claim in claims if not any(_repeats(claim, one, sentence, start) for one in found)]
    texts = [_text(one, answer, start) for one in found]
    return [*kept, *texts]


def _text(written: Statement, answer: str, offset: int) -> Claim:
    start, end = offset + written.start, offset + written.end
    return Claim(text=answer[start:end], start=start, end=end, kind="text", negated=written.negated)


def _counted(sentence: str, written: Statement, counts: Sequence[tuple[int, int]]) -> bool:
    """Return whether a number counts objects ("cups: 1"), or a name is just the first word of a sentence."""
    if written.value is None:
        return set(written.words) <= _OPENERS and sentence[written.spot[0]].isalnum()
    value, (first, last) = written.value, written.spot
    if value.sort != "number" or not value.text.isdecimal() or int(value.text[:9]) > _COUNTED:
        return False
    return any(start < last and first < end for start, end in counts) or bool(
        re.match(r"-[a-z]", sentence[last : last + 2])
    )


def _repeats(claim: Claim, written: Statement, sentence: str, offset: int) -> bool:
    """Return whether a claim is only about the written words: inside the quotation, its verb, or the label of a value."""
    first, last = claim.start - offset, claim.end - offset
    if written.spot[0] <= first and last <= written.spot[1]:
        return True
    if not (written.clause[0] <= first and last <= written.clause[1]):
        return False
    if claim.kind == "action":
        return claim.value in _SAYING and claim.reference is None and last <= written.spot[0]
    if claim.kind in ("relation", "part"):
        return bool({claim.noun, claim.reference} & _CARRIERS)
    if claim.kind != "object" or _AT_A_PLACE.search(sentence[max(first - 20, 0) : first]):
        return claim.kind == "object" and claim.noun in _CARRIERS
    return _is_label(claim, written, (first, last))


def _is_label(claim: Claim, written: Statement, span: tuple[int, int]) -> bool:
    """Return whether an object is only the label of a value or a name, or a word for the words."""
    if claim.noun in _CARRIERS:
        return True
    value = written.value
    if value is None and written.claims_words and claim.noun not in _PAPERS:
        return False
    paper = value is not None and (value.sort in ("money", "percent", "date", "phone") or "." in value.text)
    inside = written.start <= span[0] and span[1] <= written.end
    return (paper and inside) or (not claim.known and (claim.noun in written.labels or claim.noun in _PAPERS))
