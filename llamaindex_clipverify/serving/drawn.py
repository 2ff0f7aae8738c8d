"""Heat maps as pictures, for callers who want to look at them."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

from llamaindex_clipverify.errors import DataError, PictureError
from llamaindex_clipverify.explainers.heat_map import HeatMap
from llamaindex_clipverify.picture import Picture
from llamaindex_clipverify.remote.wire import claim_map_to_dict
from llamaindex_clipverify.report.drawing import Mark, draw_map
from llamaindex_clipverify.report.report import ClaimMap, Report
from llamaindex_clipverify.serving.forms import ExplainForm
from llamaindex_clipverify.serving.responses import dumped
from llamaindex_clipverify.serving.service import Service


def png_of(picture: Picture, heat: HeatMap, marks: Sequence[Mark] = ()) -> bytes:
    """Return a heat map on its picture as a PNG."""
    file = io.BytesIO()
    draw_map(picture, heat, marks).save(file, "PNG")
    return file.getvalue()


def claim_png(report: Report, drawn: ClaimMap) -> bytes:
    """Return the heat map of a claim with the box of its evidence, as a PNG.

    Raises:
        PictureError: The report has no such picture.
    """
    picture = report.picture(drawn.picture)
    if picture is None:
        raise PictureError("the report has no such picture", got=drawn.picture, do="verify the answer again")
    claim = report.claims[drawn.claim]
    marks = (
        [Mark(claim.region, "", claim.verdict)] if claim.region is not None and claim.picture == drawn.picture else []
    )
    return png_of(picture, drawn.map, marks)


def explained(service: Service, form: ExplainForm, wanted: str) -> bytes:
    """Return the heat maps of a form as JSON, as a page, or as the picture of the first, by the media type `wanted`.

    Raises:
        ClipVerifyError: Both or neither of answer and report are given, or there is no such map.
    """
    if (form.report is None) == (form.answer is None):
        raise DataError("an answer or a report is explained", got="both or neither", do="give one of them")
    if form.report is not None:
        report = service.report_of(form.report, form.given)
    else:
        answer = service.answer(str(form.answer), form.given, question=form.question, passages=form.passages)
        report = service.verify(answer)
    methods = form.methods or (["all"] if wanted == "text/html" else [])
    made = service.explained(report, methods, form.claims)
    if wanted == "text/html":
        from llamaindex_clipverify.report.html import page

        return page([service.shared(made)]).encode("utf-8", "replace")
    if wanted == "image/png":
        if not made.maps:
            raise DataError("no claim has a heat map", got=report.answer, do="maps are of claims that name a thing")
        return claim_png(made, made.maps[0])
    data: dict[str, Any] = {"maps": list(map(claim_map_to_dict, made.maps))}
    if form.report is None:
        data["report"] = report.to_dict(exact=form.exact)
    return dumped(data)
