"""What an agent's tools do: the service's work with pictures of an index, named by their ids alone."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from llamaindex_clipverify.answer import Answer, Source
from llamaindex_clipverify.boundary import texts
from llamaindex_clipverify.errors import ClipVerifyError, DataError
from llamaindex_clipverify.index.schema import Hit
from llamaindex_clipverify.picture import Picture
from llamaindex_clipverify.remote.hits import hit_to_dict
from llamaindex_clipverify.report.drawing import Mark, draw_boxes, shrunk
from llamaindex_clipverify.report.report import CheckedClaim, Report
from llamaindex_clipverify.serving.drawn import claim_png
from llamaindex_clipverify.serving.given import GivenPicture
from llamaindex_clipverify.serving.service import Service
from llamaindex_clipverify.serving.sharing import sharing

_SHOWN = 640
"""Longer side of a picture that is shown, in pixels."""
_MOST_SHOWN = 4


@dataclass(frozen=True)
class Result:
    """What a tool returns: a text for the model, data for the program, and pictures."""

    text: str
    data: dict[str, Any]
    pictures: tuple[tuple[bytes, str], ...] = ()
    """Bytes and media type of each."""


class Tools:
    """The tools over one index."""

    def __init__(self, service: Service) -> None:
        """Work with a service that has an index."""
        self.service = service

    def verify(self, answer: str, pictures: Sequence[str], question: str | None, top_k: int) -> Result:
        """Return the report on an answer, and the picture of its least trusted contradicted claim.

        Without `pictures`, those nearest to the question, or to the answer, are found first.

        Raises:
            ClipVerifyError: It cannot be verified.
        """
        report = self._verified(answer, pictures, question, top_k)
        doubtful = report.doubtful()
        shown = [self._claim_shown(report, doubtful[0])] if doubtful else []
        return Result(str(report), report.to_dict(), tuple(one for one in shown if one is not None))

    def search(self, query: str, top_k: int) -> Result:
        """Return the pictures of the index nearest to a text.

        Raises:
            ClipVerifyError: There is nothing to look for.
        """
        hits = self.service.search(query, (), top_k)
        rows = [hit_to_dict(hit, hit.picture.name) for hit in hits]
        lines = [f"{row['id']}  {row['score']:.2f}  {row['name']}  {row['caption']}".rstrip() for row in rows]
        shown = [_jpeg(hit.picture) for hit in hits[:_MOST_SHOWN]]
        return Result("\n".join(lines) or "the index has no picture", {"hits": rows}, tuple(filter(None, shown)))

    def explain(self, claim: str, picture: str | None, method: str | None) -> Result:
        """Return the report on a claim, and its heat map on the picture that the evidence is about.

        Raises:
            ClipVerifyError: It cannot be verified or explained.
        """
        report = self._verified(claim, [picture] if picture else [], None, 1)
        made = self.service.explained(report, [method] if method else [], None)
        maps = [
            {"claim": one.claim, "picture": one.picture, "method": one.map.method, "evidence": float(one.map.evidence),
             "doubt": one.map.doubt}
            for one in made.maps
        ]  # fmt: skip
        drawn = [(claim_png(made, one), "image/png") for one in made.maps[:_MOST_SHOWN]]
        lines = [f"heat map of “{report.claims[one.claim].said}”: {_worth(one.map.doubt)}" for one in made.maps]
        text = "\n".join([str(report), *lines] if lines else [str(report), "no claim has a heat map"])
        return Result(text, {"report": report.to_dict(), "maps": maps}, tuple(drawn))

    def _verified(self, text: str, pictures: Sequence[str], question: str | None, top_k: int) -> Report:
        if not self.service.check_length(text).strip():
            raise DataError("the answer is empty", do="give the text to verify")
        if question is not None:
            texts.checked(question, "the question", self.service.limits.answer)
        if pictures:
            named = self.service.pictures([GivenPicture.named(one.strip()) for one in pictures])
        else:
            named = [hit.picture for hit in self._found(question or text, top_k)]
        sources = tuple(Source(picture=one) for one in named)
        return self.service.verify(Answer(text=text, sources=sources, question=question))

    def _found(self, query: str, top_k: int) -> list[Hit]:
        hits = self.service.search(query, (), min(top_k, self.service.limits.pictures))
        if not hits:
            raise DataError("the index has no picture", do="add some: clipverify index")
        return hits

    def _claim_shown(self, report: Report, claim: CheckedClaim) -> tuple[bytes, str] | None:
        """Return the picture that the evidence on a claim is about, with its box; None if its file is gone."""
        picture = report.picture(claim.picture) or (report.pictures[0] if report.pictures else None)
        if picture is None:
            return None
        boxes = () if claim.region is None else (Mark(claim.region, claim.said[:40], claim.verdict),)
        return _jpeg(picture, boxes)


def _worth(doubt: str) -> str:
    return f"no evidence ({doubt})" if doubt else "tested"


def _jpeg(picture: Picture, marks: Sequence[Mark] = ()) -> tuple[bytes, str] | None:
    """Return a small copy of a picture; None if it cannot be read."""
    try:
        with sharing():
            image = draw_boxes(picture, marks, _SHOWN) if marks else shrunk(picture, _SHOWN)
    except ClipVerifyError:
        return None
    finally:
        picture.forget()
    file = io.BytesIO()
    image.save(file, "JPEG", quality=85)
    return file.getvalue(), "image/jpeg"
