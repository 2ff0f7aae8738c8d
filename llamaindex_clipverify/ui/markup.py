"""The HTML of the chat.

Everything that a visitor, a file or a model wrote is escaped, including braces and dollars, which the page's templates interpret.
"""

from __future__ import annotations

import html
from collections.abc import Sequence

from llamaindex_clipverify.errors import ClipVerifyError
from llamaindex_clipverify.explainers.heat_map import HeatMap
from llamaindex_clipverify.picture import Picture
from llamaindex_clipverify.report import labels
from llamaindex_clipverify.report.drawing import Mark, data_uri, draw_boxes, draw_map, shrunk
from llamaindex_clipverify.report.format import number, printable
from llamaindex_clipverify.report.html.album import Album
from llamaindex_clipverify.report.html.report_view import ReportView
from llamaindex_clipverify.report.report import CheckedClaim, Report
from llamaindex_clipverify.report.spans import pieces
from llamaindex_clipverify.ui.session import Session, Turn

NOTHING = '<p class="cvc-empty">The evidence of a claim is shown here.</p>'
"""Shown when no claim is selected; Gradio does not replace content by an empty text."""
_SIDE = 640
_THUMB = 220
_SPECIAL = {ord("{"): "&#123;", ord("}"): "&#125;", ord("$"): "&#36;", ord("`"): "&#96;"}


def safe(text: object) -> str:
    """Return a text escaped as HTML."""
    return html.escape(printable(str(text)), quote=True).translate(_SPECIAL)


def conversation(session: Session) -> str:
    """Return all turns, the newest last."""
    if not session.turns:
        return (
            '<p class="cvc-empty">Choose pictures on the right and ask about them. Every claim of the answer is then checked '
            "on the pictures: click its words to see why.</p>"
        )
    turns = (_turn(session, turn, place) for place, turn in enumerate(session.turns))
    return f'<div class="cvc-turns" role="log" aria-live="polite">{"".join(turns)}</div>'


def _turn(session: Session, turn: Turn, place: int) -> str:
    asked = f'<div class="cvc-asked">{safe(turn.question)}{_small(session, turn.pictures)}</div>'
    if turn.error:
        status = f'<p class="cvc-error" role="alert">{safe(turn.error)}</p>'
    elif not turn.answer:
        status = '<p class="cvc-wait">looking …</p>'
    else:
        status = ""
    answer = f'<p class="cvc-answer">{_answer(turn, place, session.looked_at)}</p>' if turn.answer else ""
    return f'<section class="cvc-turn">{asked}<div class="cvc-said">{answer}{status}{_foot(turn)}</div></section>'


def _answer(turn: Turn, place: int, looked_at: tuple[int, int] | None) -> str:
    """Return the answer, the words of each claim a button; what is not verified yet is plain."""
    report = turn.report
    if report is None:
        return safe(turn.answer)
    view = ReportView(report, f"t{place}", Album(1))
    shown = []
    for piece in pieces(report):
        if not piece.claims:
            shown.append(safe(piece.text))
            continue
        claim = piece.claims[0]
        on = " cvc-on" if looked_at is not None and looked_at[0] == place and looked_at[1] in piece.claims else ""
        shown.append(
            f'<button type="button" class="cvc-claim cvc-{piece.state}{on}" data-turn="{place}" data-claim="{claim}" '
            f'title="{safe(view.claims[claim].hint)}">{safe(piece.text)}</button>'
        )
    rest = turn.answer[len(report.answer) :]
    return "".join(shown) + (f'<span class="cvc-rest">{safe(rest)}</span>' if rest.strip() else "")


def _foot(turn: Turn) -> str:
    report = turn.report
    if report is None or not turn.done:
        return ""
    if report.trust is None:
        why = "; ".join(report.notes) or "nothing of it could be checked"
        return f'<p class="cvc-foot"><span class="cvc-note">{safe(why)}</span></p>'
    notes = "".join(f'<span class="cvc-note">{safe(note)}</span>' for note in report.notes)
    return (
        f'<p class="cvc-foot"><b class="cvc-{_colour(report)}">trust {number(report.trust)}</b>'
        f"<span>{safe(labels.coverage(report))}</span><span>{safe(labels.calibration(report))}</span>{notes}</p>"
    )


def _colour(one: Report | CheckedClaim) -> str:
    return "undecided" if one.verdict == "unverifiable" and one.trust is not None else one.verdict


def _small(session: Session, found: Sequence[Picture]) -> str:
    drawn = "".join(f'<img src="{thumb}" alt="">' for picture in found if (thumb := thumbnail(session, picture)))
    return f'<span class="cvc-strip">{drawn}</span>' if drawn else ""


def album(session: Session) -> str:
    """Return a visitor's pictures: a click chooses one or leaves it out, the cross removes it."""
    if not session.shown:
        return '<p class="cvc-empty">No picture yet.</p>'
    cells = (
        f'<div class="cvc-cell"><button type="button" class="cvc-pick" data-pick="{place}" '
        f'aria-pressed="{str(one.chosen).lower()}" title="{safe(one.name)}">'
        f'<img src="{thumbnail(session, one.picture)}" alt="{safe(one.name)}"></button>'
        f'<button type="button" class="cvc-drop" data-drop="{place}" aria-label="remove {safe(one.name)}">×</button></div>'
        for place, one in enumerate(session.shown)
    )
    return f'<div class="cvc-album">{"".join(cells)}</div>'


def evidence(turn: Turn, claim: int, heat: HeatMap | None, problem: str = "") -> str:
    """Return why a claim has its trust: the picture with its box and map, and what each check says."""
    report = turn.report
    assert report is not None
    one = report.claims[claim]
    view = ReportView(report, "e", Album(1)).claims[claim]
    lines = "".join(
        f'<li class="{"" if line.loud else "cvc-quiet"}"><i class="cvc-{line.state}">{line.glyph}</i>'
        f"<span><b>{safe(line.check)}</b> {safe(line.reason)}</span></li>"
        for line in view.lines
    )
    why = f'<p class="cvc-note">{safe(one.note)}</p>' if one.note else ""
    wrong = f'<p class="cvc-error" role="alert">{safe(problem)}</p>' if problem else ""
    return (
        f'<div class="cvc-evidence"><h3><q>{safe(one.said)}</q> <b class="cvc-{view.state}">{safe(view.word)}'
        f"{'' if one.trust is None else f', trust {number(one.trust)}'}</b></h3>"
        f"{wrong}{_figure(report, one, heat)}{why}<ul>{lines}</ul></div>"
    )


def _figure(report: Report, one: CheckedClaim, heat: HeatMap | None) -> str:
    picture = report.picture(one.picture) if one.picture else None
    if picture is None:
        return ""
    marks = [Mark(one.region, one.claim.text[:40], one.verdict)] if one.region else []
    image = draw_boxes(picture, marks, _SIDE) if heat is None else draw_map(picture, heat, marks, _SIDE)
    caption = f"box of {safe(one.claim.noun or one.claim.text)}" if one.region else "no box"
    if heat is not None:
        description = f"no evidence: {labels.doubt(heat)}" if heat.empty else f"“{heat.text}” by {heat.method}"
        caption += f" · heat map: {safe(description)}"
    return f'<figure><img src="{data_uri(image)}" alt="{caption}"><figcaption>{caption}</figcaption></figure>'


def thumbnail(session: Session, picture: Picture) -> str:
    """Return a small print as a ``data:`` address; "" where the picture cannot be opened. It is made once a session."""
    try:
        if picture.id not in session.thumbnails:
            session.thumbnails[picture.id] = data_uri(shrunk(picture, _THUMB), 80)
        return session.thumbnails[picture.id]
    except ClipVerifyError:
        return ""
