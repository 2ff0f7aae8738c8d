"""A report as the templates show it: all decisions are made here, the templates only lay out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from llamaindex_clipverify.report import labels
from llamaindex_clipverify.report.format import MARKS, number, shortened
from llamaindex_clipverify.report.html.album import Album, Print
from llamaindex_clipverify.report.html.claim_view import ClaimView
from llamaindex_clipverify.report.report import ClaimMap, Report
from llamaindex_clipverify.report.spans import focus, pieces, state

_WORST = -1
"""Stands for the claim with the lowest trust."""


@dataclass(frozen=True)
class PictureView:
    """A picture of a report: its name and its print."""

    name: str
    print: Print


class ReportView:
    """A report as shown."""

    def __init__(self, report: Report, mark: str, album: Album, *, shown: int | None = _WORST) -> None:
        """Prepare a report.

        Args:
            report: The report.
            mark: Prefix of element ids.
            album: Embeds the pictures.
            shown: Index of the claim that is shown first, or None. Default: the one with the lowest trust.
        """
        self.report, self.mark = report, mark
        self.pictures = [
            PictureView(_name(report, place), album.print_of(picture))
            for place, picture in enumerate(report.pictures, 1)
        ]
        self._by_content = {
            picture.print.content: picture for picture in reversed(self.pictures) if picture.print.content
        }
        self.pieces = pieces(report)
        self.focus = focus(report) if shown == _WORST else shown
        self.claims = [ClaimView(self, place) for place in range(len(report.claims))]
        self.trust = number(report.trust)
        self.state = state(report)
        self.mark_of_verdict = MARKS[report.verdict]

    def picture(self, content: str | None) -> PictureView | None:
        """Return one of the pictures by its content id."""
        return self._by_content.get(content) if content else None

    def maps(self, claim: int) -> Sequence[ClaimMap]:
        """Return the heat maps of a claim."""
        return self._maps.get(claim, ())

    @cached_property
    def _maps(self) -> Mapping[int, Sequence[ClaimMap]]:
        found: dict[int, list[ClaimMap]] = {}
        for heat in self.report.maps:
            found.setdefault(heat.claim, []).append(heat)
        return found

    @property
    def word(self) -> str:
        """Its state in words."""
        return self.report.t(labels.STATES[self.state])

    @property
    def notes(self) -> list[str]:
        """The notes in the language that the report is shown in."""
        return [self.report.t.say(note) for note in self.report.notes]

    @property
    def wording(self) -> Mapping[str, str]:
        """What its figures mean, in words."""
        return {
            "trust": labels.trusted(self.report),
            "counts": labels.counts(self.report),
            "coverage": labels.coverage(self.report),
            "unchecked": labels.unchecked(self.report),
            "calibration": labels.calibration(self.report),
            "meaning": labels.meaning(self.report),
        }

    @property
    def doubted(self) -> list[str]:
        """The contradicted words, least trusted first; the beginnings of the first few."""
        return [shortened(one.said, 60) for one in self.report.doubtful()[:4]]

    @property
    def title(self) -> str:
        """What the index calls it: the question, else the beginning of the answer."""
        return shortened(self.report.question or self.report.answer, 110) or self.report.t("an empty answer")

    @property
    def beginning(self) -> str:
        """The beginning of the answer; "" where the title is that already."""
        return shortened(self.report.answer, 160) if self.report.question else ""


def _name(report: Report, place: int) -> str:
    """Return the name of a picture (counted from 1), after the number by which answers cite it where there are several."""
    picture = report.pictures[place - 1]
    if not picture.uri:
        return report.t("picture {number}", number=place)
    return f"[{place}] {picture.name}" if len(report.pictures) > 1 else picture.name
