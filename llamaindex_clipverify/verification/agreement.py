"""Object agreement: the objects that an answer names compared with those that the detector sees."""

from __future__ import annotations

from collections.abc import Sequence

from llamaindex_clipverify.claims.claim import Claim
from llamaindex_clipverify.claims.vocabulary import english
from llamaindex_clipverify.evidence.sightings import CLEARLY_SEEN, sightings
from llamaindex_clipverify.facts.facts import Facts
from llamaindex_clipverify.report.report import ObjectAgreement


def object_agreement(
    claims: Sequence[Claim], facts: Sequence[Facts], classes: tuple[str, ...] | None
) -> ObjectAgreement:
    """Return the named, seen, hallucinated and missing objects.

    Args:
        claims: The claims of the answer.
        facts: Of each picture.
        classes: The detector's classes; None for any noun.
    """
    nouns = (noun for claim in claims if not claim.negated for noun in (claim.noun, claim.reference) if noun)
    named = dict.fromkeys(nouns)
    seen = dict.fromkeys(box.label for known in facts for box in sightings(known))
    clearly = dict.fromkeys(box.label for known in facts for box in sightings(known, floor=CLEARLY_SEEN))
    checkable = [noun for noun in named if classes is None or noun in classes]
    covered = {kind for noun in named if noun not in (classes or ()) for kind in english().kinds(noun, clearly)}
    return ObjectAgreement(
        named=tuple(named),
        seen=tuple(seen),
        hallucinated=tuple(noun for noun in checkable if noun not in seen),
        missing=tuple(label for label in clearly if label not in named and label not in covered),
        score=sum(noun in seen for noun in checkable) / len(checkable) if checkable else None,
    )
