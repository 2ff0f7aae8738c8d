"""A claim as the templates show it: text, evidence rows, and one figure per heat map."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from llamaindex_clipverify.explainers.heat_map import HeatMap
from llamaindex_clipverify.geometry import Box
from llamaindex_clipverify.report import labels
from llamaindex_clipverify.report.drawing import data_uri, heat_stamp
from llamaindex_clipverify.report.format import MARKS, number
from llamaindex_clipverify.report.html.album import Print
from llamaindex_clipverify.report.report import ClaimMap
from llamaindex_clipverify.report.spans import state

if TYPE_CHECKING:
    from llamaindex_clipverify.evidence.evidence import Evidence
    from llamaindex_clipverify.report.html.report_view import PictureView, ReportView


@dataclass(frozen=True, kw_only=True)
class EvidenceRow:
    """One row of evidence as shown."""

    check: str
    stance: str
    reason: str
    share: float | None
    other: str
    """Name of its picture if another one is shown; "" otherwise."""

    @property
    def loud(self) -> bool:
        """Whether it is shown unfolded: it takes a stance, has a share, or failed."""
        return self.stance != "silent" or abs(self.share or 0.0) >= 0.05

    @property
    def glyph(self) -> str:
        """Sign of the stance."""
        return {"supports": "✔", "contradicts": "✗", "failed": "!"}.get(self.stance, "·")

    @property
    def state(self) -> str:
        """State that gives the sign its colour."""
        found = {"supports": "supported", "contradicts": "contradicted", "failed": "undecided"}
        return found.get(self.stance, "unverifiable")

    @property
    def added(self) -> str:
        """The share with its sign: ``−2.7``."""
        return signed(self.share or 0.0, 1, plus=True)

    @property
    def bar(self) -> float:
        """Width of the share's bar, 0–50 %, for log-odds up to ±4."""
        return 0.0 if self.share is None else round(min(abs(self.share), 4.0) / 4.0 * 50, 1)


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A picture with boxes and, for a method, its heat map."""

    name: str
    """The picture's."""
    print: Print
    bold: Box | None = None
    thin: tuple[Box, ...] = ()
    caption: str = ""
    methods: tuple[int, ...] = ()
    """Indices of the methods it is shown for."""
    heat: HeatMap | None = None
    plain: bool = False
    """Whether it is shown for "no map"."""

    @property
    def uri(self) -> str | None:
        """Address of the heat map; None without one, and for an empty one."""
        return None if self.heat is None or self.heat.empty else data_uri(heat_stamp(self.heat))

    @property
    def doubt(self) -> str:
        """Why the map is no evidence."""
        return labels.doubt(self.heat) if self.heat is not None and self.heat.empty else ""


class ClaimView:
    """A claim as shown."""

    def __init__(self, view: ReportView, place: int) -> None:
        self.view, self.place = view, place
        self.one = view.report.claims[place]
        self.number = place + 1
        self.state = state(self.one)
        self.word = labels.STATES[self.state]
        self.mark = MARKS[self.one.verdict]
        self.trust = number(self.one.trust)
        self.element = f"{view.mark}-c{self.number}"

    @property
    def figures(self) -> list[Figure]:
        """The picture with its box first; then one figure for each heat map."""
        drawn = [figure for heat in self.view.maps(self.place) if (figure := self._mapped(heat)) is not None]
        picture = self._picture
        if picture is None:
            return drawn
        mapped = {place for figure in drawn for place in figure.methods}
        bare = tuple(place for place in range(len(self.view.methods)) if place not in mapped)
        caption = f"box of {self._boxed}" if self._boxed else ""
        plain = Figure(
            name=picture.name,
            print=picture.print,
            bold=self.one.region,
            thin=self._thin,
            caption=caption,
            methods=bare,
            plain=True,
        )
        return [plain, *drawn]

    @property
    def kind(self) -> str:
        """Its kind, and whether it says that something is not so."""
        return f"{self.one.claim.kind}, negated" if self.one.claim.negated else self.one.claim.kind

    @property
    def lines(self) -> list[EvidenceRow]:
        """Evidence rows: stances by share first, then failed checks, then silent ones."""
        order = {"supports": 0, "contradicts": 0, "failed": 1, "silent": 2}
        shares = self.one.shares
        kept = sorted(self.one.evidence, key=lambda one: (order[one.stance], -abs(shares.get(one.check, 0.0))))
        return [
            EvidenceRow(
                check=one.check,
                stance=one.stance,
                reason=one.reason,
                share=shares.get(one.check),
                other=self._elsewhere(one),
            )
            for one in kept
        ]

    @property
    def hint(self) -> str:
        """One line that describes it: ``contradicted, trust 0.02: objects: named two dogs, saw none``."""
        why = " · ".join(self.one.reasons) or self.one.note
        trust = "" if self.one.trust is None else f", trust {self.trust}"
        return f"{self.word}{trust}: {why}" if why else f"{self.word}{trust}"

    @property
    def _picture(self) -> PictureView | None:
        """The picture of the evidence; else the one cited; else the first."""
        pictures, cited = self.view.pictures, self.one.claim.cites
        found = self.view.picture(self.one.picture)
        if found is None and cited is not None and cited < len(pictures):
            found = pictures[cited]
        return found or (pictures[0] if pictures else None)

    @property
    def _boxed(self) -> str:
        """Name of the check of the bold box."""
        drawn = [piece for piece in self.one.evidence if piece.region == self.one.region and piece.region is not None]
        return max(drawn, key=lambda one: one.is_decisive).check if drawn else ""

    @property
    def _thin(self) -> tuple[Box, ...]:
        """Boxes of other evidence with a stance, in the same picture."""
        decisive = [line for line in self.one.evidence if line.is_decisive and line.picture == self.one.picture]
        found = [line.region for line in decisive if line.region]
        return tuple(box for box in dict.fromkeys(found) if box != self.one.region)

    def _mapped(self, one: ClaimMap) -> Figure | None:
        picture = self.view.picture(one.picture)
        if picture is None or picture.print.uri is None:
            return None
        own = picture is self._picture
        return Figure(
            name=picture.name,
            print=picture.print,
            bold=self.one.region if own else None,
            caption=f"“{one.map.text}” by {one.map.method}, cosine {signed(one.map.cosine, 2)}",
            methods=(self.view.methods.index(one.map.method),),
            heat=one.map,
        )

    def _elsewhere(self, line: Evidence) -> str:
        found = self.view.picture(line.picture) if line.picture != self.one.picture else None
        return "" if found is None else found.name


def signed(value: float, digits: int, *, plus: bool = False) -> str:
    """Return a number with a typographic minus, and no sign at zero."""
    rounded = round(value, digits) + 0.0
    return f"{rounded:{'+' if plus and rounded else ''}.{digits}f}".replace("-", "−")
