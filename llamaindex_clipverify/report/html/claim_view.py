"""A claim as the templates show it: text, evidence rows, and one figure per heat map."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from llamaindex_clipverify.explainers.heat_map import HeatMap
from llamaindex_clipverify.geometry import Box
from llamaindex_clipverify.languages import ENGLISH, Language
from llamaindex_clipverify.message import Message
from llamaindex_clipverify.report import labels
from llamaindex_clipverify.report.drawing import data_uri, heat_stamp
from llamaindex_clipverify.report.format import MARKS, number
from llamaindex_clipverify.report.html.album import Print
from llamaindex_clipverify.report.report import ClaimMap
from llamaindex_clipverify.report.spans import state

if TYPE_CHECKING:
    from llamaindex_clipverify.evidence.evidence import Evidence
    from llamaindex_clipverify.report.html.report_view import PictureView, ReportView


_WEIGHTY = 0.05
"""Log-odds from which a share is shown."""


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
        return self.stance != "silent" or abs(self.share or 0.0) >= _WEIGHTY

    @property
    def glyph(self) -> str:
        """Sign of what it says for the claim; "·" where its weight says the opposite."""
        signs = {"supports": "✔", "contradicts": "✗", "failed": "!"}
        return "·" if self.remark else signs.get(self.stance, "·")

    @property
    def state(self) -> str:
        """State that gives the sign its colour."""
        found = {"supports": "supported", "contradicts": "contradicted", "failed": "undecided"}
        return "unverifiable" if self.remark else found.get(self.stance, "unverifiable")

    @property
    def remark(self) -> str:
        """Where stance and weight differ in sign: how strong it is beside the evidence on an average claim."""
        share = self.share or 0.0
        if self.stance == "supports" and share <= -_WEIGHTY:
            return "weaker than for most claims"
        return "weaker than against most claims" if self.stance == "contradicts" and share >= _WEIGHTY else ""

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
    bold: tuple[Box, ...] = ()
    thin: tuple[Box, ...] = ()
    caption: str = ""
    heat: HeatMap | None = None
    t: Language = ENGLISH
    """Language that it is shown in."""

    @property
    def uri(self) -> str | None:
        """Address of the heat map; None without one, and for an empty one."""
        return None if self.heat is None or self.heat.empty else data_uri(heat_stamp(self.heat))

    @property
    def doubt(self) -> str:
        """Why the map is no evidence."""
        return labels.doubt(self.heat, self.t) if self.heat is not None and self.heat.empty else ""


class ClaimView:
    """A claim as shown."""

    def __init__(self, view: ReportView, place: int) -> None:
        self.view, self.place = view, place
        self.one = view.report.claims[place]
        self.number = place + 1
        self.state = state(self.one)
        self.t = view.report.t
        self.word = self.t(labels.STATES[self.state])
        self.mark = MARKS[self.one.verdict]
        self.trust = number(self.one.trust)
        self.element = f"{view.mark}-c{self.number}"

    @property
    def figures(self) -> list[Figure]:
        """The picture with its boxes; none if there is no picture."""
        picture = self._picture
        if picture is None:
            return []
        count = len(self.one.regions)
        caption = ""
        if self.one.placed is not None:
            told = "box of {check}" if count == 1 else "{count} boxes of {check}"
            caption = self.t(told, count=count, check=Message(self.one.placed.check))
        return [Figure(name=picture.name, print=picture.print, bold=self.one.regions, thin=self._thin, caption=caption)]

    @property
    def maps(self) -> list[Figure]:
        """One figure for each heat map; those that are no evidence for the same reason are one, which names their methods."""
        alike: dict[object, list[ClaimMap]] = {}
        for place, one in enumerate(self.view.maps(self.place)):
            same = (one.picture, one.map.text, one.map.doubt, round(one.map.cosine, 2)) if one.map.empty else place
            alike.setdefault(same, []).append(one)
        return [figure for maps in alike.values() if (figure := self._mapped(maps)) is not None]

    @property
    def kind(self) -> str:
        """Its kind, and whether it says that something is not so."""
        kind = Message(self.one.claim.kind)
        return self.t("{kind}, negated", kind=kind) if self.one.claim.negated else self.t.say(kind)

    @property
    def lines(self) -> list[EvidenceRow]:
        """Evidence rows: stances by share first, then failed checks, then silent ones."""
        order = {"supports": 0, "contradicts": 0, "failed": 1, "silent": 2}
        shares = self.one.shares
        kept = sorted(self.one.evidence, key=lambda one: (order[one.stance], -abs(shares.get(one.check, 0.0))))
        return [
            EvidenceRow(
                check=self.t.say(one.check),
                stance=one.stance,
                reason=self.t.say(one.reason),
                share=shares.get(one.check),
                other=self._elsewhere(one),
            )
            for one in kept
        ]

    @property
    def hint(self) -> str:
        """One line that describes it: ``contradicted, trust 0.02: objects: named two dogs, saw none``."""
        why = " · ".join(self.one.reasons_in(self.t))
        trust = "" if self.one.trust is None else f", {self.t('trust {trust}', trust=self.trust)}"
        return f"{self.word}{trust}: {why}" if why else f"{self.word}{trust}"

    @property
    def note(self) -> str:
        """Why it is unverifiable."""
        return self.t.say(self.one.note)

    @property
    def _picture(self) -> PictureView | None:
        """The picture of the evidence; else the one cited; else the first."""
        pictures, cited = self.view.pictures, self.one.claim.cites
        found = self.view.picture(self.one.picture)
        if found is None and cited is not None and cited < len(pictures):
            found = pictures[cited]
        return found or (pictures[0] if pictures else None)

    @property
    def _thin(self) -> tuple[Box, ...]:
        """Boxes of other evidence with a stance, in the same picture."""
        decisive = [line for line in self.one.evidence if line.is_decisive and line.picture == self.one.picture]
        found = [line.region for line in decisive if line.region] if self.one.placed else []
        return tuple(box for box in dict.fromkeys(found) if box not in self.one.regions)

    def _mapped(self, maps: Sequence[ClaimMap]) -> Figure | None:
        one = maps[0]
        picture = self.view.picture(one.picture)
        if picture is None or picture.print.uri is None:
            return None
        own = picture is self._picture
        return Figure(
            name=picture.name,
            print=picture.print,
            bold=self.one.regions if own else (),
            caption=self.t(
                "{method} for “{text}”, cosine {cosine}",
                method=", ".join(alike.map.method for alike in maps),
                text=one.map.text,
                cosine=signed(one.map.cosine, 2),
            ),
            heat=one.map,
            t=self.t,
        )

    def _elsewhere(self, line: Evidence) -> str:
        found = self.view.picture(line.picture) if line.picture != self.one.picture else None
        return "" if found is None else found.name


def signed(value: float, digits: int, *, plus: bool = False) -> str:
    """Return a number with a typographic minus, and no sign at zero."""
    rounded = round(value, digits) + 0.0
    return f"{rounded:{'+' if plus and rounded else ''}.{digits}f}".replace("-", "−")
