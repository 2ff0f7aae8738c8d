"""Reading a report back from its JSON. The JSON may come from anywhere: nothing that it names is opened without leave."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from llamaindex_clipverify.claims.claim import Claim
from llamaindex_clipverify.claims.korean import korean
from llamaindex_clipverify.claims.vocabulary import Vocabulary, english
from llamaindex_clipverify.errors import DataError, PictureError
from llamaindex_clipverify.evidence.evidence import Evidence
from llamaindex_clipverify.node_pictures import Access
from llamaindex_clipverify.picture import Picture
from llamaindex_clipverify.report.report import SCHEMA, CheckedClaim, ObjectAgreement, Report
from llamaindex_clipverify.trust.guarantee import Bound, Guarantee
from llamaindex_clipverify.trust.profile import AnswerModel
from llamaindex_clipverify.trust.verdict import Policy


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
        raise DataError(f"not a report of schema {SCHEMA}", got=got)
    try:
        return Report(
            answer=data["answer"],
            claims=tuple(_claim(claim) for claim in data["claims"]),
            unread=tuple((int(start), int(end)) for start, end in data.get("unread") or ()),
            question=data["question"],
            language=data["language"],
            calibration=data["calibration"],
            profile=data["profile"],
            object_agreement=_agreement(data["object_agreement"]),
            pictures=tuple(_picture(picture, access) for picture in data["pictures"]),
            models=data["models"],
            notes=tuple(data["notes"]),
            gaps=tuple(data.get("gaps") or ()),
            timings_ms=data["timings_ms"],
            policy=_policy(data.get("policy") or {}),
            answers=AnswerModel(**data["answer_model"]) if data.get("answer_model") else None,
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise DataError("the report is damaged", got=repr(error), do="save it again") from error


def _picture(data: Mapping[str, Any], access: Access) -> Picture:
    content, uri = str(data["id"]), data["uri"]
    size = int(data["width"]), int(data["height"])
    try:
        if uri and _is_url(uri):
            return access.picture_of_url(uri) if access.allow_urls else Picture.closed(content, size, uri)
        return Picture.known(content, size, str(access.path(uri))) if uri else Picture.closed(content, size, None)
    except PictureError:
        return Picture.closed(content, size, uri)


def _is_url(uri: str) -> bool:
    return uri.lower().startswith(("http://", "https://"))


def _policy(data: Mapping[str, Any]) -> Policy:
    guarantee = data.get("guarantee")
    fields = {name: value for name, value in data.items() if name != "guarantee"}
    if guarantee is None:
        return Policy(**fields)
    bounds = {name: Bound(**guarantee[name]) for name in ("supported", "contradicted")}
    return Policy(**fields, guarantee=Guarantee(**{**guarantee, **bounds}))


def _agreement(data: Mapping[str, Any]) -> ObjectAgreement:
    lists = {name: tuple(data[name]) for name in ("named", "seen", "hallucinated", "missing")}
    return ObjectAgreement(**lists, score=data["score"])


def _claim(data: Mapping[str, Any]) -> CheckedClaim:
    fields = {name: data[name] for name in ("text", "start", "end", "kind", "negated")}
    words = dict(data.get("words") or {})
    claim = Claim(**fields, vocabulary=_vocabulary(words.pop("language", "en")), **words)
    evidence = tuple(_evidence(piece) for piece in data["evidence"])
    return CheckedClaim(
        claim=claim,
        trust=data["trust"],
        verdict=data["verdict"],
        evidence=evidence,
        shares=data.get("shares") or {},
        note=data["note"],
    )


def _vocabulary(language: str) -> Vocabulary | None:
    return korean() if language == "ko" else None if language == english().language else english()


def _evidence(data: Mapping[str, Any]) -> Evidence:
    fields = {name: data[name] for name in ("check", "stance", "score", "reason", "picture")}
    return Evidence(**fields, region=tuple(data["region"]) if data["region"] else None)
