"""The verifier whose models run in a server: the methods and reports of a local one, over HTTP."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from llamaindex_clipverify.answer import Answer, Source
from llamaindex_clipverify.boundary.records import record
from llamaindex_clipverify.errors import ClipVerifyError, DataError, ServiceError
from llamaindex_clipverify.evidence.passages import SharedWords
from llamaindex_clipverify.explainers.heat_map import HeatMap
from llamaindex_clipverify.message import Message
from llamaindex_clipverify.node_pictures import in_folders, picture_given
from llamaindex_clipverify.picture import Picture
from llamaindex_clipverify.remote.about import About
from llamaindex_clipverify.remote.connection import Connection, Reply
from llamaindex_clipverify.remote.pictures import RemotePicture, Sending
from llamaindex_clipverify.remote.stream import RemoteStream
from llamaindex_clipverify.remote.wire import Field, claim_map_of, map_of, multipart, renamed
from llamaindex_clipverify.remote.without_models import WithoutModels
from llamaindex_clipverify.report.report import Report
from llamaindex_clipverify.trust.verdict import Policy
from llamaindex_clipverify.verification.claim_verifier import Fit
from llamaindex_clipverify.verification.reading import Reading, Splitters
from llamaindex_clipverify.verification.streaming import StreamingVerifier

if TYPE_CHECKING:
    from llamaindex_clipverify.index.schema import Hit
    from llamaindex_clipverify.remote.index import RemoteIndex

KEY = "CLIPVERIFY_API_KEY"
"""Environment variable of the key."""
CA = "CLIPVERIFY_CA"
"""Environment variable of the file with the authorities that are trusted."""
_AT_ONCE = 8
"""Requests of a batch that are under way at a time."""
_FORM = "the server's answer is not of the documented form"
_UPDATE = "use the same version here and there"


class RemoteVerifier(WithoutModels):
    """A verifier whose models run in a server. Make one with `Verifier.remote`; thread-safe, and pickles without its key."""

    def __init__(
        self, url: str, *, api_key: str | None = None, timeout: float = 60.0, ca: str | Path | None = None
    ) -> None:
        """Name the server; nothing is sent before the first answer. Parameters as for `Verifier.remote`."""
        self._arguments = {"url": url, "timeout": timeout, "ca": ca}
        self.connection = Connection(
            url, api_key or os.environ.get(KEY) or None, timeout, ca or os.environ.get(CA) or None
        )
        if ca is not None and self.url.startswith("http:"):
            do = "give https://, or leave out --ca or ca="
            raise DataError("an authority is for a server with HTTPS", got=self.url, do=do)
        self.splitters = Splitters(None)
        self.profile = self.encoder = self.detector = self.transferred = None
        self.grounder = SharedWords()

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle as the address; the key is read from the environment again."""
        return _opened, (self._arguments,)

    def __repr__(self) -> str:
        """Show the address."""
        return f"Verifier.remote({self.url!r})"

    @cached_property
    def about(self) -> About:
        """What the server says about itself; asked for once."""
        return self.told()

    def told(self) -> About:
        """Return what the server says about itself now."""
        return record(About, self._json("GET", "/v1"), _FORM, _UPDATE)

    # -- verifying ----------------------------------------------------------------------------------------------------

    def verify_batch(
        self, answers: Sequence[Answer], readings: Sequence[Reading | None] = ()
    ) -> list[Report | ClipVerifyError]:
        """Return a report for each answer, or in its place the error that kept it from being verified.

        Several answers are sent at a time; the server puts them into one batch, and reads them itself.
        """
        if len(answers) < 2:
            return [self._verified_or_error(answer) for answer in answers]
        with ThreadPoolExecutor(min(_AT_ONCE, len(answers))) as pool:
            return list(pool.map(self._verified_or_error, answers))

    def _verified_or_error(self, answer: Answer) -> Report | ClipVerifyError:
        try:
            return self._verified_one(answer)
        except ClipVerifyError as error:
            return error

    def _verified_one(self, answer: Answer) -> Report:
        sending = Sending.of(answer.pictures, self.url)
        gaps = [*answer.gaps, *sending.problems]
        left = bool(sending.sent or answer.passages)
        if gaps and (not answer.is_partial or not left):
            raise gaps[0]
        if not left:
            raise DataError("an answer needs a picture to be verified on", do="give at least one")
        data = self._posted("/v1/verify", [*form_of(answer), *sending.fields()])
        report = sending.report(data)
        for picture in answer.pictures:
            picture.forget()
        return with_gaps(report, [gap.message for gap in gaps])

    def stream(self, sources: Sequence[Source], question: str | None = None) -> StreamingVerifier:
        """Return what verifies a growing answer; its sentences are sent as they come."""
        return RemoteStream(self, sources, question)

    def fits(self, question: str, pictures: Sequence[Picture]) -> list[Fit | None]:
        """Return how each picture fits a text; None for one that cannot be read or that the encoder could not see."""
        sent = [Sending.of([picture], self.url) for picture in pictures]
        readable = [one for sending in sent for one in sending.sent]
        found: Any = []
        if readable:
            data = self._posted("/v1/fits", [Field(name="text", value=question), *(one.field for one in readable)])
            found = data.get("fits") if isinstance(data, Mapping) else []
        if not isinstance(found, list) or len(found) != len(readable):
            raise DataError(_FORM, got="the fits of pictures", do=_UPDATE)
        remaining = iter(found)
        fits = [next(remaining) if sending.sent else None for sending in sent]
        return [None if one is None else record(Fit, one, _FORM, _UPDATE) for one in fits]

    # -- heat maps ----------------------------------------------------------------------------------------------------

    def explain(
        self, report: Report, method: str | Sequence[str] | None = None, claims: Sequence[int] | None = None
    ) -> Report:
        """Return the report with heat maps, drawn by the server; parameters as for a local verifier."""
        sending = Sending.of(report.pictures, self.url)
        if sending.problems:
            raise sending.problems[0]
        there = renamed(report.to_dict(exact=True), sending.there)
        chosen = range(len(report.claims)) if claims is None else claims
        fields = [
            Field(name="report", value=json.dumps(there)),
            *(Field(name="claim", value=str(index)) for index in chosen),
            *(Field(name="method", value=name) for name in _listed(method)),
        ]
        data = self._posted("/v1/explain", [*fields, *sending.fields()])
        drawn = [claim_map_of(one) for one in _maps(data)]
        here = sending.here
        maps = [replace(one, picture=here.get(one.picture, one.picture)) for one in drawn]
        if not all(0 <= one.claim < len(report.claims) for one in maps):
            raise DataError(_FORM, got="a heat map of no claim", do=_UPDATE)
        return replace(report, maps=(*report.maps, *maps))

    def heat_maps(self, texts: Sequence[str], image: Any, method: str | None = None) -> list[HeatMap]:
        """Return one heat map per text on one picture, drawn by the server; parameters as for a local verifier."""
        sending = Sending.of([picture_given(image)], self.url)
        if sending.problems:
            raise sending.problems[0]
        fields = [Field(name="text", value=text) for text in texts]
        fields += [Field(name="method", value=name) for name in _listed(method)]
        return [map_of(one) for one in _maps(self._posted("/v1/maps", [*fields, *sending.fields()]))]

    @property
    def map_methods(self) -> tuple[str, ...]:
        """Methods of heat maps that the server's encoder allows."""
        return self.about.map_methods

    # -- the index of the server --------------------------------------------------------------------------------------

    def search(
        self, text: str | None = None, image: Any = None, top_k: int = 4, where: Mapping[str, Any] | None = None
    ) -> list[Hit]:
        """Return the pictures of the server's index nearest to a text, a picture, or both; see `EvidenceIndex.search`.

        `Hit.picture` can be given to `verify`, which then sends its id and no pixels.
        """
        from llamaindex_clipverify.remote.hits import hit_of

        sending = Sending.of([] if image is None else [picture_given(image)], self.url)
        if sending.problems:
            raise sending.problems[0]
        fields = [Field(name="top_k", value=str(top_k))]
        fields += [Field(name="text", value=text)] if text is not None else []
        fields += [Field(name="where", value=json.dumps(dict(where)))] if where else []
        data = self._posted("/v1/search", [*fields, *sending.fields()])
        return [hit_of(one, self.picture) for one in _hits(data)]

    def listed(self, start: int, number: int) -> list[Hit]:
        """Return a part of the server's index in its order, at most 100 pictures."""
        from llamaindex_clipverify.remote.hits import hit_of

        data = self._json("GET", f"/v1/pictures?start={start}&count={number}")
        return [hit_of(one, self.picture) for one in _hits(data)]

    def add(self, images: Sequence[Any], captions: Sequence[str] = ()) -> list[str]:
        """Add pictures to the server's index and return their ids there.

        Args:
            images: Anything that `Picture.of` takes, and folders of pictures.
            captions: One for each picture, or none.

        Raises:
            PictureError: A picture cannot be read.
            DataError: The server has no index, or takes no pictures.
        """
        pictures = [picture_given(image) for image in in_folders(images)]
        if captions and len(captions) != len(pictures):
            raise DataError("captions and pictures differ in number", got=len(captions), do=f"give {len(pictures)}")
        ids: list[str] = []
        for place, picture in enumerate(pictures):
            caption = [Field(name="caption", value=captions[place])] if captions else []
            ids += self.send_picture(picture, caption)[0]
        return ids

    def send_picture(self, picture: Picture, fields: Sequence[Field]) -> tuple[list[str], int]:
        """Add one picture with fields of the form to the server's index; return its id there, and whether it was new.

        Raises:
            ClipVerifyError: It cannot be read, or the server takes none.
        """
        sending = Sending.of([picture], self.url)
        if sending.problems:
            raise sending.problems[0]
        data = self._posted("/v1/pictures", [*fields, *sending.fields()])
        picture.forget()
        ids = data.get("ids") if isinstance(data, Mapping) else None
        if not isinstance(ids, list) or len(ids) != 1:
            raise DataError(_FORM, got="the ids of added pictures", do=_UPDATE)
        return [str(ids[0])], int(bool(data.get("new")))

    @cached_property
    def index(self) -> RemoteIndex:
        """The index of the server, for retrievers and engines."""
        from llamaindex_clipverify.remote.index import RemoteIndex

        return RemoteIndex(self)

    def picture(self, content: str, size: tuple[int, int] = (0, 0), name: str = "") -> Picture:
        """Return a picture of the server's index by its id; it is fetched only when its pixels are needed."""
        return RemotePicture(self.url, content, size, name or content[:12], self._fetched)

    def _fetched(self, content: str) -> bytes:
        return self.connection.ask("GET", f"/v1/pictures/{quote(content, safe='')}", accept="image/*").body

    # -- talking ------------------------------------------------------------------------------------------------------

    def _posted(self, path: str, fields: Sequence[Field]) -> Any:
        body, kind = multipart([*fields, Field(name="exact", value="true")])
        return self.connection.ask("POST", path, body, kind, idempotent=path != "/v1/pictures").json()

    def _json(self, method: str, path: str) -> Any:
        reply: Reply = self.connection.ask(method, path)
        return reply.json()

    # -- what a verifier has -------------------------------------------------------------------------------------------

    @property
    def policy(self) -> Policy:
        """Thresholds of the server; the default ones while it cannot be reached."""
        try:
            return self.about.policy
        except ServiceError:
            return Policy()

    @policy.setter
    def policy(self, value: Policy) -> None:
        raise self._only_local("another policy")

    @property
    def models(self) -> Mapping[str, str]:
        """Check to the id of its model, at the server."""
        return self.about.models

    @property
    def has_encoder(self) -> bool:
        """Whether the server can compare texts with pictures."""
        return self.about.has_encoder

    def prior(self, kind: str) -> float:
        """Return the share of true claims of a kind by the server's profile, .5 when it is unknown."""
        return float(self.about.priors.get(kind, 0.5))

    @property
    def needs_reference(self) -> bool:
        """False: reference pictures are the server's affair."""
        return False


def form_of(answer: Answer) -> list[Field]:
    """Return the fields of a form for an answer, without its pictures."""
    fields = [Field(name="answer", value=answer.text)]
    if answer.question is not None:
        fields.append(Field(name="question", value=answer.question))
    if answer.is_partial:
        fields.append(Field(name="partial", value="true"))
    return [*fields, *(Field(name="passage", value=text) for text in answer.passages)]


def with_gaps(report: Report, gaps: Sequence[str]) -> Report:
    """Return a report with the gaps that were seen here before those that the server saw, as a local verifier lists them."""
    if not gaps:
        return report
    notes = (*(Message("not looked at: {gap}", gap=gap) for gap in gaps), *report.notes)
    return replace(report, gaps=(*gaps, *report.gaps), notes=notes)


def _listed(method: str | Sequence[str] | None) -> list[str]:
    return [] if method is None else [method] if isinstance(method, str) else list(method)


def _hits(data: Any) -> Sequence[Any]:
    return (data.get("hits") or ()) if isinstance(data, Mapping) else ()


def _maps(data: Any) -> list[Any]:
    found = data.get("maps") if isinstance(data, Mapping) else None
    if not isinstance(found, list):
        raise DataError(_FORM, got="no heat maps", do=_UPDATE)
    return found


def _opened(arguments: Mapping[str, Any]) -> RemoteVerifier:
    return RemoteVerifier(**arguments)
