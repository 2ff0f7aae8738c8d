"""Reports as HTML: one self-contained page for people, or a fragment for notebooks. No network, nothing to install.

The answer's characters come out exactly once, whatever spans the claims have: the text is cut at every border of a claim, and
each piece knows the claims that cover it. Pictures are embedded once and drawn by reference.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from llamaindex_clipverify.errors import PictureError
from llamaindex_clipverify.protocols import Box
from llamaindex_clipverify.render import LONGEST, data_uri, heat_layer, shrunk
from llamaindex_clipverify.report import MARKS, CheckedClaim, ClaimMap, Report, number

if TYPE_CHECKING:
    from llamaindex_clipverify.picture import Picture

_MAP_SIDE = 320
"""Longer side of an embedded heat map in pixels; it is smooth, and stretched over the picture."""
CALIBRATIONS = {
    "calibrated": "figures are probabilities on pictures like those of the profile",
    "transferred": "figures come from weights fitted with other encoders: within about a tenth, on drawn scenes",
    "uncalibrated": "figures are raw confidence, not probabilities",
}


def page(reports: Sequence[Report]) -> str:
    """Return one HTML file that shows all reports, with an index of anchors when there are several."""
    views = [_View(report, f"r{place + 1}") for place, report in enumerate(reports)]
    return _templates().get_template("page.html.j2").render(views=views, marks=MARKS)


def fragment(report: Report) -> str:
    """Return a report for a notebook cell: scoped style, no script, no ids that could collide with another report."""
    mark = hashlib.sha256(f"{report!r}{[picture.uri for picture in report.pictures]}".encode()).hexdigest()[:10]
    return _templates().get_template("fragment.html.j2").render(view=_View(report, f"cv{mark}"), marks=MARKS)


@dataclass(frozen=True)
class Piece:
    """A stretch of the answer covered by the same claims all along."""

    text: str
    claims: tuple[int, ...]
    """Indices of the claims that cover it, the shortest (the most specific) first."""
    verdict: str
    """The worst verdict among them; "" where no claim is."""
    ends: tuple[int, ...]
    """Claims whose span ends with this piece; they are numbered there."""


def pieces(report: Report) -> list[Piece]:
    """Cut the answer at the borders of its claims; the texts of the pieces joined are the answer."""
    spans = {place: _span(one, len(report.answer)) for place, one in enumerate(report.claims)}
    spans = {place: span for place, span in spans.items() if span[0] < span[1]}
    borders = sorted({0, len(report.answer), *(edge for span in spans.values() for edge in span)})
    return [_piece(report, spans, start, end) for start, end in pairwise(borders)]


def _span(one: CheckedClaim, length: int) -> tuple[int, int]:
    return max(0, min(one.claim.start, length)), max(0, min(one.claim.end, length))


def _piece(report: Report, spans: dict[int, tuple[int, int]], start: int, end: int) -> Piece:
    over = [place for place, span in spans.items() if span[0] <= start and end <= span[1]]
    over.sort(key=lambda place: (spans[place][1] - spans[place][0], place))
    verdict = min((_state(report.claims[place]) for place in over), key=_WORST.index, default="")
    ends = tuple(sorted(place for place in over if spans[place][1] == end))
    return Piece(report.answer[start:end], tuple(over), verdict, ends)


_WORST = ("contradicted", "undecided", "supported", "unverifiable")
"""Checked and undecided is worse than supported; a claim that nothing could check takes no colour from one that was."""


def _state(one: CheckedClaim) -> str:
    return "undecided" if one.verdict == "unverifiable" and one.trust is not None else one.verdict


def focus(report: Report) -> int | None:
    """Return the claim to show first: the least trusted one, or the first when nothing was checked; None without claims."""
    checked = [place for place, one in enumerate(report.claims) if one.trust is not None]
    if checked:
        return min(checked, key=lambda place: report.claims[place].trust or 0.0)
    return 0 if report.claims else None


@dataclass(frozen=True)
class _Line:
    """One row of evidence as shown."""

    check: str
    stance: str
    reason: str
    share: float | None
    other: str
    """Name of the picture it is about when that is not the one shown."""

    @property
    def loud(self) -> bool:
        """Whether it is shown openly: it takes a stance, weighs in, or failed."""
        return self.stance != "silent" or abs(self.share or 0.0) >= 0.05

    @property
    def glyph(self) -> str:
        """Its stance as a sign."""
        return {"supports": "✔", "contradicts": "✗", "failed": "!"}.get(self.stance, "·")

    @property
    def colour(self) -> str:
        """The verdict whose colour its sign takes."""
        return {"supports": "supported", "contradicts": "contradicted", "failed": "undecided"}.get(
            self.stance, "unverifiable"
        )

    @property
    def bar(self) -> float:
        """Width of the share's bar, 0–50 %, for log-odds up to ±4."""
        return 0.0 if self.share is None else round(min(abs(self.share), 4.0) / 4.0 * 50, 1)


class _View:
    """A report prepared for the templates: everything decided here, so that they only lay out."""

    def __init__(self, report: Report, mark: str) -> None:
        self.report = report
        self.mark = mark
        self.pieces = pieces(report)
        self.claims = [_ClaimView(self, place) for place in range(len(report.claims))]
        self.focus = focus(report)
        self.trust = number(report.trust)
        self.state = "undecided" if report.verdict == "unverifiable" and report.trust is not None else report.verdict
        self.calibration = CALIBRATIONS[report.calibration]
        self.pictures = [_PictureView(self, place) for place in range(len(report.pictures))]
        self.maps = {one.claim: one for one in report.maps}

    @property
    def heats(self) -> list[dict[str, Any]]:
        """Each heat map once: its id and, unless it is empty, its address."""
        found = []
        for claim, one in self.maps.items():
            size = self._size(one.picture)
            uri = None if one.map.empty else _heat_uri(one, size)
            found.append({"id": f"{self.mark}-m{claim}", "uri": uri, "size": size})
        return found

    def _size(self, content_id: str) -> tuple[int, int]:
        place = self.place_of(content_id)
        size = None if place is None else self.pictures[place].size
        return size or (1, 1)

    def place_of(self, content_id: str | None) -> int | None:
        """Return the index of a picture by its content id."""
        return next((view.place for view in self.pictures if view.id == content_id), None)

    @property
    def counts(self) -> list[tuple[str, int]]:
        """Verdicts that occur, with how often."""
        found = [(verdict, sum(one.verdict == verdict for one in self.report.claims)) for verdict in MARKS]
        return [(verdict, count) for verdict, count in found if count]

    @property
    def doubted(self) -> list[str]:
        """The contradicted words, least trusted first."""
        return [one.claim.text for one in self.report.doubtful()]

    @property
    def title(self) -> str:
        """What the index calls it: the question, else the beginning of the answer."""
        text = " ".join((self.report.question or self.report.answer).split())
        return text if len(text) <= 110 else text[:109] + "…"


class _PictureView:
    """A picture as embedded: its address, or why there is none."""

    def __init__(self, view: _View, place: int) -> None:
        self.place = place
        self.picture: Picture = view.report.pictures[place]
        self.element = f"{view.mark}-p{place}"
        self.name = self.picture.name if self.picture.uri else f"picture {place + 1}"
        self.uri: str | None = None
        self.size: tuple[int, int] | None = None
        self.id: str | None = None
        self.problem = ""
        try:
            self.size, self.id, self.uri = self.picture.size, self.picture.id, data_uri(shrunk(self.picture, LONGEST))
        except PictureError as error:
            self.problem = str(error)


class _ClaimView:
    """A claim as shown: its number, words, evidence lines and boxes."""

    def __init__(self, view: _View, place: int) -> None:
        self.view, self.place = view, place
        self.one = view.report.claims[place]
        self.number = place + 1
        self.state = _state(self.one)
        self.trust = number(self.one.trust)
        self.element = f"{view.mark}-c{place}"

    @property
    def picture(self) -> _PictureView | None:
        """The picture its evidence is about; the first one when the evidence names none."""
        place = self.view.place_of(self.one.picture)
        if place is None and self.one.claim.cites is not None and self.one.claim.cites < len(self.view.pictures):
            place = self.one.claim.cites
        return self.view.pictures[place or 0] if self.view.pictures else None

    @property
    def heat(self) -> ClaimMap | None:
        """Its heat map, if one was drawn."""
        return self.view.maps.get(self.place)

    @property
    def heat_picture(self) -> _PictureView | None:
        """The picture its heat map lies on."""
        place = self.view.place_of(self.heat.picture) if self.heat else None
        return None if place is None else self.view.pictures[place]

    @property
    def region(self) -> Box | None:
        """The box to draw boldly."""
        return self.one.region

    @property
    def boxed(self) -> str:
        """Which check drew the bold box."""
        drawn = [one for one in self.one.evidence if one.region == self.region and one.region is not None]
        return f"box of {max(drawn, key=lambda one: one.speaks).check}" if drawn else ""

    @property
    def others(self) -> list[Box]:
        """Boxes of the other evidence that speaks, in the same picture, drawn thinly."""
        spoken = [line for line in self.one.evidence if line.speaks and line.picture == self.one.picture]
        found = [line.region for line in spoken if line.region]
        return [box for box in dict.fromkeys(found) if box != self.region]

    @property
    def lines(self) -> list[_Line]:
        """Its evidence: what speaks first, weightiest first; then what failed; then what is silent."""
        order = {"supports": 0, "contradicts": 0, "failed": 1, "silent": 2}
        shares = self.one.shares
        kept = sorted(self.one.evidence, key=lambda one: (order[one.stance], -abs(shares.get(one.check, 0.0))))
        own = self.one.picture
        return [
            _Line(one.check, one.stance, one.reason, shares.get(one.check), self._other(one.picture, own))
            for one in kept
        ]

    def _other(self, content_id: str | None, own: str | None) -> str:
        place = self.view.place_of(content_id) if content_id != own else None
        return "" if place is None else self.view.pictures[place].name

    @property
    def hint(self) -> str:
        """One line for a tooltip."""
        why = " · ".join(self.one.reasons) or self.one.note
        return f"{MARKS[self.one.verdict]} {self.trust}  {why}".rstrip()


def _heat_uri(one: ClaimMap, size: tuple[int, int]) -> str:
    scale = min(1.0, _MAP_SIDE / max(size))
    return data_uri(heat_layer(one.map, (max(1, round(size[0] * scale)), max(1, round(size[1] * scale)))))


@lru_cache
def _templates() -> Environment:
    return Environment(
        loader=PackageLoader("llamaindex_clipverify"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
