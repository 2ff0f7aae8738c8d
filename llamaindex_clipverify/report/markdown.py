"""Reports as Markdown (CommonMark with tables), for pull requests, tickets and logs.

Markdown has no underlines: contradicted words are bold, undecided ones italic, and each claim ends with its sign and number.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from llamaindex_clipverify.languages import language
from llamaindex_clipverify.report import labels
from llamaindex_clipverify.report.format import MARKS, number, printable
from llamaindex_clipverify.report.report import CheckedClaim, Report
from llamaindex_clipverify.report.spans import Piece, pieces, state

_SPECIAL = re.compile(r"([\\`*_\[\]|~$])")
_BEGINNING = re.compile(r"^(\d*)([#+=.)-])")
"""Line beginnings that Markdown reads as headings, lists or rules."""
_HEADS = ("claim", "trust", "verdict", "why", "picture")
_LINKS = re.compile(r"(?i)\b(https?|ftp)(?=:)|\b(www)(?=\.)")


def document(reports: Sequence[Report]) -> str:
    """Return one Markdown document of all reports."""
    if len(reports) == 1:
        return _report(reports[0])
    t = language(labels.common_language(reports))
    head = f"# {t('{count} answers checked against their pictures', count=len(reports))}\n"
    return "\n".join([head, *(f"## {place}\n\n{_report(report)}" for place, report in enumerate(reports, 1))])


def escaped(text: str) -> str:
    """Return a text escaped for Markdown: no emphasis, code, link, table cell, heading or HTML."""
    plain = printable(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    plain = _SPECIAL.sub(r"\\\1", plain)
    return _LINKS.sub(lambda found: f"{found[0]}&#8203;", plain)


def _report(report: Report) -> str:
    parts = [
        _headline(report),
        "\n>\n".join(f"> **{report.t('Note.')}** {_flat(report.t.say(note))}" for note in report.notes),
        f"*{_flat(report.question)}*" if report.question and report.question.strip() else "",
        _answer(report),
        _table(report),
        _pictures(report),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _headline(report: Report) -> str:
    t = report.t
    return " · ".join([
        f"**{t('trust {trust}', trust=number(report.trust))}**",
        f"{MARKS[report.verdict]} {t(labels.STATES[state(report)])}",
        labels.counts(report),
        *([_flat(labels.unchecked(report))] if labels.unchecked(report) else []),
        f"{t('coverage {share:.0%}', share=report.coverage)} ({labels.coverage(report)})",
        f"{_flat(labels.calibration(report))}: {labels.meaning(report)}",
    ])  # fmt: skip


def _answer(report: Report) -> str:
    """Quote the answer; lines keep their breaks."""
    if not report.answer.strip():
        return f"> *{report.t('The answer is empty.')}*"
    marked = "".join(_piece(report, piece) for piece in pieces(report))
    lines = [_begun(line.strip()) for line in marked.splitlines()]
    return "\n".join(f"> {line}\\" if line and following else f"> {line}".rstrip()
                     for line, following in zip(lines, [*lines[1:], ""], strict=True))  # fmt: skip


def _piece(report: Report, one: Piece) -> str:
    """Return the words with emphasis, and the signs of the claims that end here."""
    words = escaped(one.text)
    if one.state in ("contradicted", "undecided") and one.text.strip() and "\n" not in one.text:
        core = words.strip()
        words = words.replace(core, f"<b>{core}</b>" if one.state == "contradicted" else f"<i>{core}</i>", 1)
    ends = ",".join(f"{MARKS[report.claims[place].verdict]}{place + 1}" for place in one.ends)
    return f"{words}<sup>{ends}</sup>" if ends else words


def _table(report: Report) -> str:
    if not report.claims:
        return ""
    rows = [_row(place, one, report) for place, one in enumerate(report.claims, 1)]
    return "\n".join([f"| | {' | '.join(map(report.t, _HEADS))} |", "| ---: | --- | ---: | --- | --- | --- |", *rows])


def _row(place: int, one: CheckedClaim, report: Report) -> str:
    verdict = f"{MARKS[one.verdict]} {report.t(labels.STATES[state(one)])}"
    why = "<br>".join(_flat(reason) for reason in one.reasons_in(report.t))
    names = [_name(report, at) for at, picture in enumerate(report.pictures) if vars(picture).get("id") == one.picture]
    cells = [str(place), _flat(one.said), number(one.trust), verdict, why, names[0] if names else ""]
    return f"| {' | '.join(cells)} |"


def _pictures(report: Report) -> str:
    names = [_name(report, place) for place in range(len(report.pictures))]
    return report.t("Pictures: {names}", names=", ".join(names)) if names else ""


def _name(report: Report, place: int) -> str:
    picture = report.pictures[place]
    return _flat(picture.name) if picture.uri else report.t("picture {number}", number=place + 1)


def _flat(text: str) -> str:
    """Return a text in one line, escaped, as a table's cell or a line of its own."""
    return _begun(escaped(" ".join(text.split())))


def _begun(line: str) -> str:
    return _BEGINNING.sub(r"\1\\\2", line)
