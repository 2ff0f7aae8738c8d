"""What the service does, without HTTP: the same work is behind the addresses of `app` and the tools of `mcp_server`."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from itertools import islice
from pathlib import Path
from typing import Any

from cachetools import TTLCache

import llamaindex_clipverify
from llamaindex_clipverify.answer import Answer, Source
from llamaindex_clipverify.boundary import files, texts
from llamaindex_clipverify.errors import ClipVerifyError, DataError, ModelError
from llamaindex_clipverify.explainers.heat_map import HeatMap
from llamaindex_clipverify.index.index import EvidenceIndex
from llamaindex_clipverify.index.schema import Entry, Hit
from llamaindex_clipverify.picture import Picture
from llamaindex_clipverify.remote.about import About
from llamaindex_clipverify.remote.problems import Refused
from llamaindex_clipverify.remote.wire import MOST_MAP_PIXELS
from llamaindex_clipverify.report.report import Report
from llamaindex_clipverify.report.sharing import shareable
from llamaindex_clipverify.serving.given import GivenPicture
from llamaindex_clipverify.serving.limits import Limits
from llamaindex_clipverify.serving.sharing import shared, sharing
from llamaindex_clipverify.verification.claim_verifier import Fit
from llamaindex_clipverify.verification.reading import Reading
from llamaindex_clipverify.verification.streaming import StreamingVerifier
from llamaindex_clipverify.verification.verifier import Verifier

_NOT_HERE = 404
_FORGOTTEN = 60.0
"""Seconds after which a picture is looked up in the index again."""


class Service:
    """A verifier, and an index if there is one, for callers who are not trusted."""

    def __init__(
        self,
        verifier: Verifier,
        index: EvidenceIndex | None = None,
        limits: Limits | None = None,
        *,
        writable: bool = True,
        folder: Path | None = None,
    ) -> None:
        """Serve a verifier.

        Args:
            verifier: Its models verify.
            index: Its pictures can be named by id, and searched.
            limits: What one request may cost.
            writable: Whether callers may add pictures to the index.
            folder: Where the files of added pictures are kept. Default: the folder of the index, if it is one.
        """
        self.verifier, self.index, self.limits, self.folder = verifier, index, limits or Limits(), folder
        self.writable = writable and index is not None
        self.ready = False
        self._known: TTLCache[str, Picture] = TTLCache(4096, _FORGOTTEN)
        self._lock, self._writing = threading.Lock(), threading.Lock()

    def warm_up(self) -> None:
        """Load the models, so that the first caller does not wait for them.

        Raises:
            ClipVerifyError: A model cannot be loaded.
        """
        from PIL import Image

        self.verifier.verify("There is a dog. It is to the left of the red car.", [Image.new("RGB", (96, 96), "grey")])
        self.ready = True

    def about(self) -> About:
        """Return what callers may know of the service."""
        verifier, limits = self.verifier, self.limits
        ids = {kind: getattr(getattr(verifier, kind), "id", None) for kind in ("encoder", "detector")}
        return About(
            version=llamaindex_clipverify.__version__,
            models={check: model for check, model in verifier.models.items() if model},
            has_encoder=verifier.has_encoder,
            map_methods=verifier.map_methods,
            policy=verifier.policy,
            pictures=None if self.index is None else len(self.index),
            writable=self.writable,
            limits={name: float(value) for name, value in asdict(limits).items()},
            priors={} if verifier.profile is None else verifier.profile.priors,
            profile=None if verifier.profile is None else verifier.profile.name,
            **ids,
        )

    # -- what is given ------------------------------------------------------------------------------------------------

    def pictures(self, given: Sequence[GivenPicture]) -> list[Picture]:
        """Return the pictures of a request.

        Raises:
            DataError: There are too many.
            Refused: One is not in the index.
        """
        if len(given) > self.limits.pictures:
            raise DataError("too many pictures", got=len(given), do=f"give at most {self.limits.pictures}")
        return [one.uploaded() if one.content is None else self.picture(one.content) for one in given]

    def picture(self, content: str) -> Picture:
        """Return a picture of the index.

        Raises:
            Refused: There is no index, or no such picture in it.
        """
        if self.index is None:
            raise Refused(_NOT_HERE, "the service has no index", do="upload the picture, or start it with --store")
        with self._lock:
            known = self._known.get(content)
        if known is None:
            known = self.index.picture(content)
            if known is None:
                raise Refused(
                    _NOT_HERE, "no such picture in the index", got=content, do="add it first: POST /v1/pictures"
                )
            with self._lock:
                self._known[content] = known
        return known

    def knows(self, given: Sequence[GivenPicture]) -> bool:
        """Return whether none of the pictures has to be looked up in the index."""
        with self._lock:
            return all(one.content is None or one.content in self._known for one in given)

    def sources(self, given: Sequence[GivenPicture], passages: Sequence[str]) -> tuple[Source, ...]:
        """Return the sources of a request; errors as `pictures`, and for passages that are too many or too long."""
        if len(passages) > self.limits.passages:
            raise DataError("too many passages", got=len(passages), do=f"give at most {self.limits.passages}")
        for passage in passages:
            texts.checked(passage, "a passage", self.limits.answer)
        pictures = self.pictures(given)
        return (*(Source(picture=picture) for picture in pictures), *(Source(text=passage) for passage in passages))

    def check_length(self, text: str) -> str:
        """Return the text of an answer.

        Raises:
            DataError: It is too long, or cannot be read.
        """
        return texts.checked(text, "the answer", self.limits.answer)

    def file(self, given: GivenPicture) -> tuple[bytes, str]:
        """Return the bytes of a picture of the index, and the ending of its name.

        Raises:
            Refused: It is not in the index.
            PictureError: Its file is gone, or is another picture now.
        """
        [picture] = self.pictures([given])
        with sharing():
            read = Picture.known(picture.id, picture.size, picture.uri or "")  # so that its bytes are not kept
            return read.encoded()

    @staticmethod
    def shared(report: Report) -> Report:
        """Return a report without folders of this machine."""
        return shareable(report)

    def answer(
        self,
        text: str,
        given: Sequence[GivenPicture],
        *,
        question: str | None = None,
        passages: Sequence[str] = (),
        partial: bool = False,
    ) -> Answer:
        """Return an answer that is to be verified.

        Raises:
            DataError: It is blank, too long, or has neither picture nor passage; or there are too many of these.
            Refused: A picture is not in the index.
        """
        if not self.check_length(text).strip():
            raise DataError("the answer is empty", do="give the text to verify")
        if question is not None:
            texts.checked(question, "the question", self.limits.answer)
        if not given and not passages:
            raise DataError("an answer needs a picture to be verified on", do="give at least one")
        return Answer(text=text, sources=self.sources(given, passages), question=question, is_partial=partial)

    # -- what is done -------------------------------------------------------------------------------------------------

    @property
    def reads_by_itself(self) -> bool:
        """Whether the splitters are those of the package, so that another process reads as they do."""
        return self.verifier.splitters.is_default

    def verify_batch(
        self, answers: Sequence[Answer], readings: Sequence[Reading | None] = ()
    ) -> list[Report | ClipVerifyError]:
        """Return the reports on several answers, without folders of this machine, or the error of each."""
        found = self.verifier.verify_batch(answers, readings)
        return [shareable(one) if isinstance(one, Report) else shared(one) for one in found]

    def verify(self, answer: Answer) -> Report:
        """Return the report on one answer.

        Raises:
            ClipVerifyError: It cannot be verified.
        """
        [result] = self.verify_batch([answer])
        if isinstance(result, ClipVerifyError):
            raise result
        return result

    def stream(self, given: Sequence[GivenPicture], passages: Sequence[str], question: str | None) -> StreamingVerifier:
        """Return what verifies a growing answer; errors as `sources`."""
        return self.verifier.stream(self.sources(given, passages), question)

    def fits(self, text: str, given: Sequence[GivenPicture]) -> list[Fit | None]:
        """Return how each picture fits a text.

        Raises:
            ClipVerifyError: There is no encoder, or a picture cannot be read.
        """
        texts.checked(text, "the text", self.limits.answer)
        with sharing():
            return self.verifier.fits(text, self.pictures(given))

    def explained(self, report: Report, methods: Sequence[str], claims: Sequence[int] | None) -> Report:
        """Return a report with heat maps.

        Raises:
            ClipVerifyError: There is no such claim or method, or the encoder draws none.
        """
        for claim in claims or ():
            if not 0 <= claim < len(report.claims):
                raise DataError("no such claim", got=claim, do=f"give indices from 0 to {len(report.claims) - 1}")
        chosen: str | list[str] | None = "all" if "all" in methods else list(methods) or None
        with sharing():
            made = self.verifier.explain(report, chosen, claims)
        _affordable(drawn.map for drawn in made.maps)
        return made

    def report_of(self, data: Mapping[str, Any], given: Sequence[GivenPicture]) -> Report:
        """Return a report that a caller sent with its pictures.

        Raises:
            DataError: It is no report, too long, or names a picture that is not given.
        """
        report = Report.from_dict(data)
        texts.checked(report.answer, "the answer", self.limits.answer)
        pictures = {picture.id: picture for picture in self.pictures(given)}
        missing = [picture.id for picture in report.pictures if picture.id not in pictures]
        if missing:
            raise DataError("a picture of the report is not given", got=missing[0], do="give all of them, or their ids")
        return replace(report, pictures=tuple(pictures[picture.id] for picture in report.pictures))

    def maps(
        self, phrases: Sequence[str], given: Sequence[GivenPicture], method: str | None
    ) -> tuple[Picture, list[HeatMap]]:
        """Return one picture and the heat map of each phrase on it.

        Raises:
            ClipVerifyError: Not one picture is given, or the encoder draws no such map.
        """
        for phrase in phrases:
            texts.checked(phrase, "the text", self.limits.answer)
            if not phrase.strip():
                raise DataError("the text is empty", do="give a noun phrase: a red bus")
        if len(given) != 1:
            raise DataError("heat maps are drawn on one picture", got=len(given), do="give one")
        [picture] = self.pictures(given)
        with sharing():
            drawn = self.verifier.heat_maps(phrases, picture, method)
        _affordable(drawn)
        return picture, drawn

    # -- the index ----------------------------------------------------------------------------------------------------

    def search(
        self, text: str | None, given: Sequence[GivenPicture], top_k: int, where: Mapping[str, Any] | None = None
    ) -> list[Hit]:
        """Return the pictures of the index nearest to a text, a picture, or both.

        Raises:
            Refused: There is no index.
            DataError: There is nothing to look for, or the filter is none.
        """
        if self.index is None:
            raise Refused(_NOT_HERE, "the service has no index", do="start it with --store")
        if text is not None:
            texts.checked(text, "the text", self.limits.answer)
        if len(given) > 1:
            raise DataError("a search takes one picture", got=len(given), do="give one, or none")
        pictures = self.pictures(given)
        with sharing():
            return self.index.search(text, pictures[0] if pictures else None, top_k, where)

    def listed(self, start: int, number: int) -> list[Hit]:
        """Return a part of the index in its order, with a score of 1 each.

        Raises:
            Refused: There is no index.
        """
        if self.index is None:
            raise Refused(_NOT_HERE, "the service has no index", do="start it with --store")
        with sharing():
            return list(islice(self.index.hits(start=start), number))

    def add(
        self, given: Sequence[GivenPicture], captions: Sequence[str], metadata: Mapping[str, str | int | float | bool]
    ) -> tuple[list[str], int]:
        """Add pictures to the index; return their ids, and how many were new.

        Raises:
            Refused: There is no index, or it is not to be written.
            DataError: Captions and pictures differ in number, or nothing is given.
            PictureError: A picture cannot be read; those before it are indexed.
        """
        if self.index is None or not self.writable:
            do = "add them on the server: clipverify index"
            raise Refused(403 if self.index is not None else _NOT_HERE, "this service takes no pictures", do=do)
        if not given or any(one.content is not None for one in given):
            raise DataError("nothing to index", got="no bytes of a picture", do="upload at least one picture")
        if captions and len(captions) != len(given):
            raise DataError("captions and pictures differ in number", got=len(captions), do=f"give {len(given)}")
        written = [*captions] or [""] * len(given)
        with self._writing, sharing():
            entries = [
                Entry(
                    picture=picture, caption=texts.checked(caption, "a caption", self.limits.answer), metadata=metadata
                )
                for picture, caption in zip(map(self._kept, self.pictures(given)), written, strict=True)
            ]
            added = self.index.add(entries, strict=True)
        return list(added.ids), added.new

    def _kept(self, picture: Picture) -> Picture:
        """Return an uploaded picture with a file: in the folder of the service, or, without one, in that of the index.

        Raises:
            PictureError: It cannot be read.
        """
        picture.uri = None  # the name that a caller gave it is no file here
        if self.folder is None:
            return picture
        data, suffix = picture.encoded()
        _ = picture.size  # what cannot be decoded is not written
        path = (self.folder / f"{picture.id}{suffix}").resolve()
        return Picture.known(picture.id, picture.size, str(files.write_bytes(path, data)))


def _affordable(maps: Iterable[HeatMap]) -> None:
    pixels = sum(int(heat.values.size) for heat in maps)
    if pixels > MOST_MAP_PIXELS:
        do = "ask for fewer claims, or for the page"
        raise ModelError("the heat maps are too large to be sent", got=f"{pixels:,} pixels", do=do)
