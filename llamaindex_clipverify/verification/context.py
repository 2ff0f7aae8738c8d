"""Context: what the other claims of an answer tell about a claim, so that not seeing something refutes less.

"A boat far in the background" may be too small for a detector; of "three people sit on a bench" others may stand beside it; and
if an answer names a red and a blue umbrella and one was found, it may be either.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from llamaindex_clipverify.answer import sentences
from llamaindex_clipverify.claims.claim import Claim

_TELLING = frozenset(("action", "relation", "depth", "wearing", "position", "state"))
"""Kinds of claim that tell some things of a kind from others of it."""
_NUMBERED = frozenset(("object", "count", "bound"))
"""Kinds of claim that name things: beside "two women", a man."""
_BEYOND = frozenset(("through", "beyond", "outside", "past"))
"""Relations of what is seen on the other side of something."""
_MOUTHS = frozenset(("mouth", "beak", "jaw", "teeth"))
"""What hides most of what it holds: "a ball in its mouth"."""
_OF_ANY = re.compile(r"\bof (?:an?|another|some(?:one|body)?)\b", re.IGNORECASE)
"""What follows is known by this part only: "the tail of an airplane"."""


_HARDLY_SEEN = re.compile(
    r"\b(?:barely|hardly|partially|partly|half|slightly|faintly) (?:visible|seen|hidden|obscured|covered|cropped|shown)"
    r"|\b(?:far away|far off|in the distance|out of focus|blurred|blurry|cut off|faint|peek(?:s|ing)?)\b"
    r"|\b(?:hid(?:e|es|ing|den)|conceal(?:s|ed|ing)?|obscured|camouflaged|buried|submerged|underwater)\b|멀리|흐릿|희미|가려",
    re.IGNORECASE,
)
"""Said of something in a sentence, of whatever it names."""


def in_context(claims: Sequence[Claim], text: str) -> tuple[Claim, ...]:
    """Return the claims of an answer, marked with `of_some` and `hard_to_see` where the others or its words say so."""
    stated = [claim for claim in claims if not claim.negated]
    hidden = frozenset(noun for one in stated for noun in _hidden_by(one))
    found = [match.start() for match in _HARDLY_SEEN.finditer(text)]
    dim = [span for span in sentences(text) if any(span[0] <= at < span[1] for at in found)] if found else []
    return tuple(_marked(claim, stated, hidden, dim) for claim in claims)


def _marked(claim: Claim, stated: Sequence[Claim], hidden: frozenset[str], dim: Sequence[tuple[int, int]]) -> Claim:
    of_some = _is_some(claim, stated)
    dimly = any(begin <= claim.start < end for begin, end in dim)
    hard = tuple(noun for noun in (claim.noun, claim.reference) if noun is not None and (dimly or noun in hidden))
    return claim.swap(of_some=of_some, hard_to_see=hard) if of_some or hard else claim


def _is_some(claim: Claim, stated: Sequence[Claim]) -> bool:
    """Whether the answer tells what a number or a colour is said of from others of its kind."""
    if claim.kind in ("count", "bound") and claim.narrow:
        return any(one.noun == claim.noun and one.narrow != claim.narrow and one.kind in _NUMBERED for one in stated)
    if claim.kind in ("count", "bound"):
        return any(one.kind in _TELLING and one.noun == claim.noun and _meets(one, claim) for one in stated)
    if claim.kind != "attribute":
        return False
    others = (one for one in stated if one.kind == "attribute" and one.noun == claim.noun)
    return any(one.colour != claim.colour and not _meets(one, claim) for one in others)


def _hidden_by(claim: Claim) -> list[str]:
    """Return the nouns of which a claim says that they are small, far away, behind something, or seen in part only."""
    if claim.kind == "part" and claim.reference is not None and _OF_ANY.search(claim.text):
        return [claim.reference]
    small = claim.kind == "size" and claim.value == "small"
    far = claim.kind == "position" and claim.value == "background"
    behind = claim.kind == "depth" and claim.relation == "behind"
    in_sky = claim.kind == "relation" and claim.relation in ("in", "inside") and claim.reference == "sky"
    beyond = claim.kind == "relation" and claim.relation in _BEYOND
    covered = claim.kind == "relation" and claim.relation in ("in", "inside") and claim.reference in _MOUTHS
    hard = small or far or behind or in_sky or beyond or covered
    return [claim.noun] if claim.noun is not None and hard else []


def _meets(one: Claim, other: Claim) -> bool:
    return one.start < other.end and other.start < one.end
