"""Heat maps as pictures, for callers who want to look at them."""

from __future__ import annotations

import io
from collections.abc import Sequence

from llamaindex_clipverify.errors import PictureError
from llamaindex_clipverify.explainers.heat_map import HeatMap
from llamaindex_clipverify.picture import Picture
from llamaindex_clipverify.report.drawing import Mark, draw_map
from llamaindex_clipverify.report.report import ClaimMap, Report


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
