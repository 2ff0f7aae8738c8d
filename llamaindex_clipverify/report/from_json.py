"""Reading a report back from its JSON. The JSON may come from anywhere: nothing that it names is opened without leave."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from llamaindex_clipverify.boundary.records import record
from llamaindex_clipverify.claims.claim import Claim, Kind
from llamaindex_clipverify.claims.korean import korean
from llamaindex_clipverify.claims.vocabulary import Vocabulary, english
from llamaindex_clipverify.errors import DataError, PictureError
from llamaindex_clipverify.evidence.evidence import Evidence, Stance
from llamaindex_clipverify.geometry import Box
from llamaindex_clipverify.languages.stored import restored
from llamaindex_clipverify.node_pictures import Access
from llamaindex_clipverify.picture import Picture
from llamaindex_clipverify.report.report import SCHEMA, CheckedClaim, ObjectAgreement, Report
from llamaindex_clipverify.trust.fusion import Calibration, ReportCalibration
from llamaindex_clipverify.trust.profile import AnswerModel
from llamaindex_clipverify.trust.verdict import Policy, Verdict


@dataclass(frozen=True, kw_only=True)
class _EvidenceForm:
    check: str
    stance: Stance
    score: float | None
    reason: str
    picture: str | None
    region: Box | None
    others: tuple[Box, ...] = ()


@dataclass(frozen=True, kw_only=True)
class _WordsForm:
    """The words of a claim that differ from the default."""

    noun: str | None = None
    known: bool = True
    plural: bool = False
    colour: str | None = None
    number: int | None = None
    of_some: bool = False
    hard_to_see: tuple[str, ...] = ()
    at_least: int | None = None
    at_most: int | None = None
    relation: str | None = None
    reference: str | None = None
    value: str | None = None
    facet: str | None = None
    cites: int | None = None
    narrow: str | None = None
    language: str = "en"


@dataclass(frozen=True, kw_only=True)
class _ClaimForm:
    text: str
    start: int
    end: int
    kind: Kind
    negated: bool
    trust: float | None
    verdict: Verdict
    note: str
    evidence: tuple[_EvidenceForm, ...]
    calibration: Calibration | None = None
    picture: str | None = None
    region: Box | None = None
    shares: Mapping[str, float] = field(default_factory=dict)
    words: _WordsForm | None = None


@dataclass(frozen=True, kw_only=True)
class _PictureForm:
    id: str
    uri: str | None
    width: int
    height: int


@dataclass(frozen=True, kw_only=True)
class _ReportForm:
    """The JSON of a report; what is computed from the rest is read over."""

    schema: int
    answer: str
    claims: tuple[_ClaimForm, ...]
    question: str | None
    language: str
    calibration: ReportCalibration
    profile: str | None
    object_agreement: ObjectAgreement
    pictures: tuple[_PictureForm, ...]
    models: Mapping[str, str]
    notes: tuple[str, ...]
    timings_ms: Mapping[str, float]
    unread: tuple[tuple[int, int], ...] | None = None
    gaps: tuple[str, ...] | None = None
    policy: Policy | None = None
    answer_model: AnswerModel | None = None
    trust: float | None = None
    checked_trust: float | None = None
    least_trust: float | None = None
    mean_trust: float | None = None
    coverage: float | None = None
    verdict: str | None = None
    shown: str | None = None
    maps: tuple[Any, ...] = ()
    messages: Mapping[str, Any] = field(default_factory=dict)


def report_of(data: Mapping[str, Any], access: Access) -> Report:
    """Return the report in the JSON form of the report contract.

    Args:
        data: What `Report.to_dict` returned.
        access: Which of the pictures named in it may be opened. The others keep id, size and address, without pixels.

    Raises:
        DataError: Not a report of this schema, or damaged.
    """
    if not isinstance(data, Mapping) or data.get("schema") not in (1, SCHEMA):
        got = data.get("schema") if isinstance(data, Mapping) else type(data).__name__
        raise DataError(f"not a report of schema {SCHEMA}", got=got, do="save it again with this version")
    read = record(_ReportForm, data, "the report is damaged", "save it again")
    if problem := _problem_of(read):
        raise DataError("the report is damaged", got=problem, do="save it again")
    told = restored(read.messages)
    return Report(
        answer=read.answer,
        claims=tuple(_claim(one, told) for one in read.claims),
        unread=read.unread or (),
        question=read.question,
        language=read.language,
        calibration=read.calibration,
        profile=read.profile,
        object_agreement=read.object_agreement,
        pictures=tuple(_picture(picture, access) for picture in read.pictures),
        models=read.models,
        notes=tuple(told.get(note, note) for note in read.notes),
        gaps=read.gaps or (),
        timings_ms=read.timings_ms,
        policy=read.policy or Policy(),
        answers=read.answer_model,
    )


def _problem_of(read: _ReportForm) -> str:
    """Return what of a report cannot be; "" if all can."""
    length = len(read.answer)
    spans = [*((claim.start, claim.end) for claim in read.claims), *(read.unread or ())]
    if not all(0 <= start <= end <= length for start, end in spans):
        return "a span beyond the answer"
    if not all(claim.trust is None or 0 <= claim.trust <= 1 for claim in read.claims):
        return "a trust that is no probability"
    if not all(0 <= side <= 100_000 for one in read.pictures for side in (one.width, one.height)):
        return "a picture of an impossible size"
    return ""


def _picture(read: _PictureForm, access: Access) -> Picture:
    size = read.width, read.height
    if not read.uri:
        return Picture.closed(read.id, size, None)
    try:
        if _is_url(read.uri):
            return access.picture_of_url(read.uri) if access.allow_urls else Picture.closed(read.id, size, read.uri)
        return Picture.known(read.id, size, str(access.path(read.uri)))
    except PictureError:
        return Picture.closed(read.id, size, read.uri)


def _is_url(uri: str) -> bool:
    return uri.lower().startswith(("http://", "https://"))


def _claim(read: _ClaimForm, told: Mapping[str, str]) -> CheckedClaim:
    words = vars(read.words or _WordsForm()).copy()
    vocabulary = _vocabulary(words.pop("language"))
    claim = Claim(
        text=read.text,
        start=read.start,
        end=read.end,
        kind=read.kind,
        negated=read.negated,
        vocabulary=vocabulary,
        **words,
    )
    return CheckedClaim(
        claim=claim,
        trust=read.trust,
        verdict=read.verdict,
        calibration=read.calibration or "uncalibrated",
        evidence=tuple(_evidence(piece, told) for piece in read.evidence),
        shares=read.shares,
        note=told.get(read.note, read.note),
    )


def _evidence(read: _EvidenceForm, told: Mapping[str, str]) -> Evidence:
    return Evidence(**{**vars(read), "reason": told.get(read.reason, read.reason)})


def _vocabulary(language: str) -> Vocabulary | None:
    return korean() if language == "ko" else None if language == english().language else english()
