"""The guard against written words: an encoder's word that rests on letters in the picture is withdrawn.

After the verdict on a claim is known it is decided again from the vectors of the pictures without their words (see
`evidence.lettering`), wherever those words name what the claim, or one of its foils, names. Should the verdict be another, the
encoder's evidence is withdrawn and the claim left to the other checks, or unverifiable where there is none.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from llamaindex_clipverify.claims.claim import Claim
from llamaindex_clipverify.evidence.evidence import Evidence
from llamaindex_clipverify.evidence.lettering import SWAYED, named, without_letters
from llamaindex_clipverify.facts.facts import Facts
from llamaindex_clipverify.trust.verdict import Verdict


def swaying(
    claim: Claim, facts: Sequence[Facts], verdict: Verdict, decide: Callable[[Sequence[Facts]], Verdict]
) -> dict[int, str]:
    """Return, by index of the picture, the written lines that the verdict rests on; empty when it stands without them.

    Args:
        claim: The claim.
        facts: Of each picture.
        verdict: As it is; one that is unverifiable rests on nothing.
        decide: Gives the verdict from other facts of the same pictures.
    """
    if verdict == "unverifiable":
        return {}
    written = {place: line for place, one in enumerate(facts) if (line := named(claim, one)) is not None}
    bare = [without_letters(one) if place in written else None for place, one in enumerate(facts)]
    if (
        all(one is None for one in bare)
        or decide([one or own for one, own in zip(bare, facts, strict=True)]) == verdict
    ):
        return {}
    return {place: line for place, line in written.items() if bare[place] is not None}


def withdrawn(evidence: Sequence[Evidence], line: str) -> list[Evidence]:
    """Return the evidence on one picture with what the encoder said replaced by silence, and why."""
    why = reason(line)
    return [Evidence(one.check, "silent", None, why, one.picture) if one.check in SWAYED else one for one in evidence]


def reason(line: str) -> str:
    """Say why the encoder is not heard."""
    return f"“{line}” is written in the picture, and without it the encoder says otherwise"
