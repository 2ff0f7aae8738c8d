"""Notes of a report: why a claim is unverifiable, and what the reader must know about models, profile and pictures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from llamaindex_clipverify.claims.alternatives import KINDS as ALTERNATIVE_KINDS
from llamaindex_clipverify.claims.claim import Claim
from llamaindex_clipverify.claims.language import UNKNOWN
from llamaindex_clipverify.evidence.alternatives import ALTERNATIVES
from llamaindex_clipverify.evidence.domain import frames_of
from llamaindex_clipverify.evidence.evidence import Evidence
from llamaindex_clipverify.evidence.lines import READER_FACTS
from llamaindex_clipverify.evidence.passages import PASSAGES
from llamaindex_clipverify.facts.facts import Facts
from llamaindex_clipverify.message import Listed, Message
from llamaindex_clipverify.report.report import CheckedClaim
from llamaindex_clipverify.trust.fusion import Trust, Weighable
from llamaindex_clipverify.trust.profile import COMMON_NOUNS, Profile

if TYPE_CHECKING:
    from llamaindex_clipverify.verification.judging import Judge


def unreadable(language: str, readable: Sequence[str]) -> str:
    """Return why an answer in a language (ISO 639-1) was not read, with the languages that are."""
    read = ", ".join(map(repr, readable))
    if language == UNKNOWN:
        return Message("the language of the answer is unknown; the splitter reads {read}", read=read)
    return Message("the answer is in {language!r}; the splitter reads {read}", language=language, read=read)


UNCHECKED_KINDS = {
    "other": "nothing a picture can show",
    "part": "no check judges parts yet",
    "size": "no check judges sizes yet",
}
"""Kinds of claim that nothing checks, and the reason that a report gives."""
_BY_BOXES = ("actions", "places")
"""Checks of actions and places by a detector. Without an encoder their reason is the note."""
_FAMILIAR = 0.5
"""Familiarity of a picture below which the report says so."""
_PLURALS = {"wearing": "clothes"}


def _kinds(kind: str) -> Message:
    """Return the plural of a kind of claim: "actions"."""
    return Message(_PLURALS.get(kind, f"{kind}s"))


def why_unverifiable(
    claim: Claim, evidence: Sequence[Evidence], profile: Profile | None, active: Sequence[Weighable]
) -> str:
    """Return why nothing could check a claim.

    Args:
        claim: The claim.
        evidence: On the picture to report on.
        profile: The fitted weights, or None.
        active: For each picture, what the profile can weigh.
    """
    if claim.kind == "text":
        read = next((piece.reason for piece in evidence if piece.check == READER_FACTS), None)
        return read or "no reader of written words: name one (rapidocr)"
    compared = any(piece.check == ALTERNATIVES for piece in evidence)
    by_boxes = [piece.reason for piece in evidence if piece.check in _BY_BOXES and piece.stance == "silent"]
    beyond = None if compared else next(iter(by_boxes), _beyond_all_checks(claim))
    if beyond is not None:
        return beyond
    if profile is not None and not any(active):
        return "no model in use knows such pictures"
    if profile is not None and not all(active):
        return "a picture that no model in use knows may show it"
    if profile is not None and claim.kind in profile.kinds and not profile.knows(claim):
        if claim.noun is None:
            return "no check is fitted for such claims"
        return Message("the models in use do not know “{noun}”", noun=claim.noun)
    if compared and not any(piece.stance == "silent" and piece.score is None for piece in evidence):
        return Message("no profile in use weighs {kinds}", kinds=_kinds(claim.kind))
    silent = [piece.reason for piece in evidence if piece.stance == "silent" and piece.score is None and piece.reason]
    return silent[0] if silent else "no check could decide"


def _beyond_all_checks(claim: Claim) -> str | None:
    """Return why no check judges such a claim in any picture, or None."""
    if claim.kind in UNCHECKED_KINDS:
        return UNCHECKED_KINDS[claim.kind]
    if claim.kind in ALTERNATIVE_KINDS:
        beyond = "{kinds} are compared with others by an encoder, and there is none, or nothing to compare this with"
        return Message(beyond, kinds=_kinds(claim.kind))
    if claim.unnamed is not None:
        is_colour = claim.unnamed == claim.colour
        unmeasured = "no check measures the colour “{word}”" if is_colour else "no check measures the relation “{word}”"
        return Message(unmeasured, word=claim.unnamed)
    if claim.words.language != "en":
        return Message("no model in use knows “{noun}”", noun=claim.noun)
    if claim.narrow and (claim.negated or claim.kind == "count"):
        return Message("no check can tell a {narrow} from another {noun}", narrow=claim.narrow, noun=claim.noun)
    return None


def report_notes(
    judge: Judge,
    facts: Sequence[Facts],
    active: Sequence[Weighable],
    checked: Sequence[tuple[CheckedClaim, Trust]],
    has_detector: bool,
) -> Iterator[str]:
    """Yield failed checks, pages that were not looked at, the guarantee, and where trust is not calibrated and why."""
    failed = {(name, why) for known in facts for name, why in known.failed.items()}
    yield from (Message("{name} failed: {why}", name=Message(name), why=why) for name, why in sorted(failed))
    later = [frames_of(known) for known in facts if frames_of(known) > 1]
    if later:
        single = "only the first of a file of {frames} frames or pages was looked at"
        several = "only the first of {count} files of several frames or pages was looked at"
        yield Message(single if len(later) == 1 else several, count=len(later), frames=later[0])
    if judge.policy.guarantee is not None:
        yield from judge.policy.guarantee.lines()
    transferred = judge.transferred
    if transferred is not None and any(trust.calibration == "transferred" for _, trust in checked):
        scale = Message("common nouns" if transferred.name == COMMON_NOUNS else "the reference pictures given")
        yield Message(
            "no profile is fitted for such claims of this encoder: their trust uses weights transferred from {data}, "
            "standardised by {scale}; calibrate on labels of your own for figures to rely on",
            data=Message(transferred.data),
            scale=scale,
        )
        borrowed = {claim.claim.kind for claim, trust in checked if trust.calibration == "transferred"} & set(
            ALTERNATIVE_KINDS
        )
        if borrowed:
            never = "the weights for {kinds} are borrowed from those for things and were never measured: no trust is above .9"
            yield Message(never, kinds=Listed(map(_kinds, sorted(borrowed))))
    if judge.profile is None:
        if transferred is None or any(map(_is_direct, checked)):
            model = "reader" if not has_detector and READER_FACTS in judge.models else "detector"
            raw = "no profile is fitted for these models: trust is the raw confidence of the {model}"
            yield Message(raw, model=Message(model))
        return
    yield from _profile_notes(judge, judge.profile, [known.familiarity for known in active])


def unfitted(judge: Judge) -> list[str]:
    """Return the checks that the profile has weights for, but of other models."""
    parts = judge.profile.parts if judge.profile else ()
    return [check.name for check in judge.checks if check.name in parts and check.name not in judge.fitted]


def _profile_notes(judge: Judge, profile: Profile, familiar: Sequence[float]) -> Iterator[str]:
    foreign = unfitted(judge)
    if foreign:
        other = "profile {profile!r} was fitted with other models than those of {checks}: it cannot weigh them"
        yield Message(other, profile=profile.name, checks=Listed(map(Message, foreign)))
    outside, strange = sum(one == 0 for one in familiar), sum(0 < one < _FAMILIAR for one in familiar)
    if strange:
        yield Message(
            "{strange} of {count} pictures are unlike most of those of profile {profile!r}: "
            "trust is drawn towards even odds there",
            strange=strange,
            count=len(familiar),
            profile=profile.name,
        )
    if outside:
        several = Message("{outside} of {count} pictures look", outside=outside, count=len(familiar))
        yield Message(
            "{which} unlike those of profile {profile!r} ({data}), so its models are not used there; "
            "for photographs use real models: {models}",
            which=several if len(familiar) > 1 else Message("the picture looks"),
            profile=profile.name,
            data=Message(profile.data),
            models=profile.real_models,
        )


def _is_direct(checked: tuple[CheckedClaim, Trust]) -> bool:
    """Whether the trust of a claim is the unweighed confidence of a detector or reader."""
    claim, trust = checked
    by_passage = any(piece.check == PASSAGES for piece in claim.evidence)
    return trust.value is not None and trust.calibration == "uncalibrated" and not by_passage
