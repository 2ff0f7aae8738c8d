"""Guard against typographic attacks: evidence of the encoder that depends on words written in the picture is withdrawn.

After the verdict on a claim is known, it is decided again with the vectors of the pictures without their words (see
`evidence.lettering`), if those words name what the claim, or one of its foils, names. If the verdict changes, the evidence of
the encoder is withdrawn and the claim is left to the other checks, or unverifiable if there is none.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from llamaindex_clipverify.claims.claim import Claim
from llamaindex_clipverify.evidence.checks_by_model import CHECKS_BY_MODEL
from llamaindex_clipverify.evidence.evidence import Evidence, silent
from llamaindex_clipverify.evidence.lettering import naming_line, without_letters
from llamaindex_clipverify.facts.facts import Facts
from llamaindex_clipverify.message import Message
from llamaindex_clipverify.trust.verdict import Verdict

AFFECTED = frozenset(CHECKS_BY_MODEL["encoder"])
"""Checks whose evidence is withdrawn."""


def deciding_lines(
    claim: Claim, facts: Sequence[Facts], verdict: Verdict, decide: Callable[[Sequence[Facts]], Verdict]
) -> dict[int, str]:
    """Return, by index of the picture, the written lines that the verdict depends on; empty when it does not change without them.

    Args:
        claim: The claim.
        facts: Of each picture.
        verdict: The verdict so far; an unverifiable one depends on nothing.
        decide: Returns the verdict for other facts of the same pictures.
    """
    if verdict == "unverifiable":
        return {}
    lines = {index: line for index, known in enumerate(facts) if (line := naming_line(claim, known)) is not None}
    bare = {index: without for index in lines if (without := without_letters(facts[index])) is not None}
    if not bare or decide([bare.get(index, known) for index, known in enumerate(facts)]) == verdict:
        return {}
    return {index: lines[index] for index in bare}


def withdrawn(evidence: Sequence[Evidence], line: str) -> list[Evidence]:
    """Return the evidence on one picture with that of the encoder replaced by silence."""
    return [
        replace(silent(piece.check, reason(line)), picture=piece.picture) if piece.check in AFFECTED else piece
        for piece in evidence
    ]


def reason(line: str) -> str:
    """Return why the encoder's evidence was withdrawn."""
    return Message("“{line}” is written in the picture, and without it the encoder says otherwise", line=line)
