"""Reports as HTML: one self-contained page for people, or a fragment for notebooks. No network, nothing to install.

The page forbids itself everything but its own style and script, each by its hash, and pictures that it carries. It is a whole
document without the script too: that only folds it, so that one claim, and of many answers one, is seen at a time.
"""

from __future__ import annotations

import base64
import hashlib
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from llamaindex_clipverify.report import labels
from llamaindex_clipverify.report.html.album import Album
from llamaindex_clipverify.report.html.report_view import ReportView
from llamaindex_clipverify.report.report import Report

_displayed: Counter[str] = Counter()
"""How often a report was shown as a fragment, by its mark: shown twice in a notebook, its ids differ."""


def page(reports: Sequence[Report]) -> str:
    """Return one HTML file that shows all reports; several stand behind a list that can be searched, filtered and sorted."""
    album = Album(len({picture.uri or id(picture) for report in reports for picture in report.pictures}))
    views = [ReportView(report, f"r{place}", album) for place, report in enumerate(reports, 1)]
    style = _text("style.css.j2", methods=max((len(view.methods) for view in views), default=0))
    script = _text("page.js")
    found = Counter(view.state for view in views)
    return _templates().get_template("page.html.j2").render(
        views=views,
        album=album,
        style=style,
        script=script,
        policy=_policy(style, script),
        counts=[(name, word, found[name]) for name, word in labels.STATES.items() if found[name]],
        states=labels.STATES,
    )  # fmt: skip


def fragment(report: Report) -> str:
    """Return a report for a notebook cell: scoped style, no script, and ids that no other fragment has."""
    known = hashlib.sha256(f"{report!r}{[picture.uri for picture in report.pictures]}".encode()).hexdigest()[:10]
    _displayed[known] += 1
    mark = f"cv{known}-{_displayed[known]}"
    album = Album(len(report.pictures), prefix=f"{mark}-")
    view = ReportView(report, mark, album)
    style = _text("style.css.j2", methods=len(view.methods))
    template = _templates().get_template("fragment.html.j2")
    return template.render(view=view, album=album, style=style, states=labels.STATES)


def _text(template: str, **values: object) -> Markup:
    """Return a style or script; they are the package's own, and stand in the page as they are."""
    return Markup(_templates().get_template(template).render(**values))  # noqa: S704


def _policy(style: str, script: str) -> str:
    """Return the content security policy: nothing is fetched, and only this style and this script are obeyed."""
    hashes = [base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in (style, script)]
    return (
        f"default-src 'none'; img-src data:; style-src 'sha256-{hashes[0]}'; script-src 'sha256-{hashes[1]}'; "
        "base-uri 'none'; form-action 'none'"
    )


@lru_cache
def _templates() -> Environment:
    return Environment(
        loader=PackageLoader("llamaindex_clipverify.report.html"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        keep_trailing_newline=True,
        lstrip_blocks=True,
    )
