"""The forms of requests and answers, as pydantic models: what is read, and what the OpenAPI document says of it."""

from __future__ import annotations

from typing import Any, Literal, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, ValidationError

from llamaindex_clipverify.errors import DataError
from llamaindex_clipverify.serving.given import GivenPicture


class _Form(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=False)


class PictureForm(_Form):
    """A picture: the id of one in the index, or the bytes of a file."""

    id: str | None = Field(
        None, description="Content id of a picture of the index: SHA-256 in hexadecimal.", max_length=64
    )
    data: str | None = Field(None, description="Bytes of a picture file (PNG, JPEG, WebP, …) in base 64.")
    name: str = Field("", description="Name of the file, for messages.", max_length=200)

    @property
    def given(self) -> GivenPicture:
        """The picture as the service takes it."""
        return GivenPicture.of(self.id, self.data, self.name)


class PicturesForm(_Form):
    """Pictures. In JSON a list of `PictureForm`; in a multipart form each a field `picture`: a file, or the text of an id."""

    pictures: list[PictureForm] = Field(
        default_factory=list, description="Pictures, in the order in which the answer numbers them: ids or bytes."
    )
    exact: bool = Field(False, description="Whether numbers keep all digits. Default: four digits of a probability.")

    _uploaded: list[GivenPicture] = PrivateAttr(default_factory=list)

    def with_uploads(self, pictures: list[GivenPicture]) -> Self:
        """Take the pictures of a multipart form, which are bytes already."""
        self._uploaded = pictures
        return self

    @property
    def given(self) -> list[GivenPicture]:
        """The pictures as the service takes them."""
        return [*self._uploaded, *(one.given for one in self.pictures)]


class VerifyForm(PicturesForm):
    """An answer with the pictures and passages that it may rest on."""

    answer: str = Field(description="The answer to verify.")
    question: str | None = Field(
        None, description="The question; kept in the report, and short answers are read by it."
    )
    passages: list[str] = Field(
        default_factory=list,
        description="Texts retrieved with the pictures: they may support what no picture can show.",
    )
    partial: bool = Field(
        False,
        description="Whether the answer is verified on the other pictures where one cannot be read; else that is an error.",
    )


class ExplainForm(PicturesForm):
    """An answer, or the report on one, whose claims are to be explained by heat maps."""

    answer: str | None = Field(None, description="The answer to verify and explain; or give `report`.")
    question: str | None = Field(None, description="The question.")
    passages: list[str] = Field(default_factory=list, description="As for verifying.")
    report: dict[str, Any] | None = Field(
        None, description="A report of this service, whose pictures are given as well."
    )
    claims: list[int] | None = Field(None, description="Indices of the claims to explain. Default: all.")
    methods: list[str] = Field(
        default_factory=list,
        description="Methods of heat maps, or `all`. Default: the best one that the encoder allows.",
    )


class MapsForm(PicturesForm):
    """Texts whose heat maps on one picture are wanted."""

    texts: list[str] = Field(description="Noun phrases: a red bus.", min_length=1, max_length=16)
    method: str | None = Field(None, description="Method of the heat maps.")


class FitsForm(PicturesForm):
    """A text and the pictures that it is compared with."""

    text: str = Field(description="A question or a description.")


class SearchForm(PicturesForm):
    """A search in the index by a text, by one picture, or by both."""

    text: str | None = Field(None, description="What the pictures should show.")
    top_k: int = Field(4, ge=1, le=100, description="Maximum number of pictures.")
    where: dict[str, Any] | None = Field(None, description="A filter on the metadata, in the form of Chroma.")


class AddForm(PicturesForm):
    """Pictures to add to the index."""

    captions: list[str] = Field(default_factory=list, description="One caption for each picture, or none.")
    metadata: dict[str, str | int | float | bool] = Field(
        default_factory=dict, description="Metadata of all these pictures."
    )


# -- answers ---------------------------------------------------------------------------------------------------------------

_VERDICTS = Literal["supported", "contradicted", "partly_checked", "unverifiable"]


class EvidenceOut(BaseModel):
    """What one check found."""

    check: str = Field(description="Name of the check.")
    stance: Literal["supports", "contradicts", "silent", "failed"] = Field(description="Silent: the check cannot tell.")
    score: float | None = Field(description="In the check's own range.")
    reason: str = Field(description="One line for the reader.")
    picture: str | None = Field(description="Id of the picture.")
    region: list[float] | None = Field(description="Left, top, right, bottom in pixels of the upright picture.")


class ClaimOut(BaseModel):
    """A claim with its trust, verdict and evidence."""

    text: str = Field(description="The words of the answer.")
    start: int = Field(description="First character in the answer.")
    end: int = Field(description="Character after the last.")
    kind: str = Field(description="object, attribute, count, relation, …")
    negated: bool = Field(description="Whether the answer denies it.")
    trust: float | None = Field(
        description="Probability 0–1 that the claim as stated is true; null if nothing could check it."
    )
    verdict: Literal["supported", "contradicted", "unverifiable"] = Field(description="By the thresholds of `policy`.")
    note: str = Field(description="Why the claim is unverifiable.")
    picture: str | None = Field(description="Id of the picture of the evidence.")
    region: list[float] | None = Field(description="The region of the strongest evidence.")
    evidence: list[EvidenceOut] = Field(description="What each check found.")
    shares: dict[str, float] = Field(description="Log-odds that each check added.")
    words: dict[str, Any] = Field(description="How the claim was read: noun, colour, number, relation, …")


class ReportOut(BaseModel):
    """The report on an answer."""

    schema_: int = Field(alias="schema", description="Version of this form.")
    answer: str = Field(description="The answer.")
    question: str | None = Field(description="The question.")
    language: str = Field(description="ISO 639-1 code of the answer.")
    trust: float | None = Field(
        description="Probability 0–1 that all of the answer is true; null if nothing was checked."
    )
    checked_trust: float | None = Field(description="Probability that all checked claims are true.")
    least_trust: float | None = Field(description="Minimum trust of the claims.")
    mean_trust: float | None = Field(description="Mean trust of the checked claims.")
    coverage: float = Field(description="Share 0–1 of the words that say something which were checked.")
    verdict: _VERDICTS = Field(description="Supported only if all claims are.")
    calibration: Literal["calibrated", "transferred", "uncalibrated"] = Field(
        description="What the probabilities rest on."
    )
    profile: str | None = Field(description="Name of the fitted weights.")
    claims: list[ClaimOut] = Field(description="The claims in the order of the answer.")
    unread: list[list[int]] = Field(description="Spans of the answer that no claim took in.")
    object_agreement: dict[str, Any] = Field(description="Objects named, seen, hallucinated and missing.")
    pictures: list[dict[str, Any]] = Field(description="Id, name, width and height of each picture.")
    models: dict[str, str] = Field(description="Check to the id of its model.")
    policy: dict[str, Any] = Field(description="Thresholds of the verdicts.")
    notes: list[str] = Field(description="What the reader must know.")
    gaps: list[str] = Field(description="Why pictures were not looked at.")
    timings_ms: dict[str, float] = Field(description="Milliseconds of observing and judging.")


class ProblemOut(BaseModel):
    """Problem details (RFC 9457)."""

    type: str = Field(description="A URN that names the kind of problem.")
    title: str = Field(description="What went wrong.")
    status: int = Field(description="The status of HTTP.")
    detail: str = Field(description="What went wrong, what was got and what to do, in one line.")
    instance: str = Field(description="A URN with the id of the request, which the log has as well.")
    error: str = Field(description="Class of the error in the Python package.")
    got: str | None = Field(description="What was got.")
    do: str = Field(description="What to do.")


T = TypeVar("T", bound=BaseModel)


def read(form: type[T], data: object) -> T:
    """Return a form read from JSON or from the fields of a multipart form.

    Raises:
        DataError: It is not of this form; the error names the first field that is not.
    """
    try:
        return form.model_validate(data)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or "the body"
        got = f"{place}: {first['msg']}"
        raise DataError("the request is not of the documented form", got=got, do="see /openapi.json") from None
