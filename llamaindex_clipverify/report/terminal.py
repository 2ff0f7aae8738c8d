"""Reports on a terminal, by rich: the answer with its claims underlined and numbered, and a table of the claims.

Texts of a report are never interpreted as rich markup, and control characters are replaced.
"""

from __future__ import annotations

from rich.console import ConsoleRenderable, Group
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from llamaindex_clipverify.report import labels
from llamaindex_clipverify.report.format import MARKS, number, printable
from llamaindex_clipverify.report.report import Report
from llamaindex_clipverify.report.spans import pieces, state

_STYLES = {
    "supported": "underline green",
    "contradicted": "bold underline red",
    "undecided": "underline yellow",
    "unverifiable": "dim underline",
}
_COLOURS = {
    "supported": "green",
    "contradicted": "bold red",
    "undecided": "yellow",
    "partly_checked": "yellow",
    "unverifiable": "dim",
}


def renderable(report: Report) -> ConsoleRenderable:
    """Return a report as a rich renderable."""
    parts: list[ConsoleRenderable] = [_head(report)]
    parts += [Text(f"! {printable(report.t.say(note))}", "yellow") for note in report.notes]
    if report.question:
        parts.append(Padding(Text(printable(report.question), "dim"), (1, 0, 0, 2)))
    parts.append(Padding(_answer(report), (0 if report.question else 1, 0, 1, 2)))
    return Group(*parts, _table(report)) if report.claims else Group(*parts)


def _head(report: Report) -> Text:
    own, t = state(report), report.t
    return Text.assemble(
        (t("trust {trust}", trust=number(report.trust)), f"bold {_COLOURS[own].removeprefix('bold ')}"),
        (f"  {MARKS[report.verdict]} {t(labels.STATES[own])}", _COLOURS[own]),
        f" · {labels.counts(report)} · {t('coverage {share:.0%}', share=report.coverage)}\n",
        (f"{printable(unchecked)}\n" if (unchecked := labels.unchecked(report)) else "", "dim"),
        (printable(f"{labels.calibration(report)}: {labels.meaning(report)}"), "dim"),
    )


def _answer(report: Report) -> Text:
    if not report.answer.strip():
        return Text(report.t("The answer is empty."), "italic dim")
    found = Text()
    for piece in pieces(report):
        found.append(printable(piece.text), _STYLES.get(piece.state))
        for place in piece.ends:
            claim = report.claims[place]
            found.append(f"{MARKS[claim.verdict]}{place + 1}", _COLOURS[state(claim)])
    return found


def _table(report: Report) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", show_edge=False)
    table.add_column("", justify="right", style="dim")
    table.add_column(report.t("trust"), justify="right", no_wrap=True)
    table.add_column(report.t("claim"), ratio=2, overflow="fold")
    table.add_column(report.t("why"), ratio=5, overflow="fold", style="dim")
    for place, one in enumerate(report.claims, 1):
        colour = _COLOURS[state(one)]
        trust = Text(f"{MARKS[one.verdict]} {number(one.trust):>4}", colour)
        words = Text(printable(one.said), colour)
        why = "\n".join(one.reasons_in(report.t))
        table.add_row(str(place), trust, words, Text(printable(f"{report.mark_of(one)}{why}" if why else "")))
    return table
