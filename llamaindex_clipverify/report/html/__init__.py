"""Reports as HTML: a self-contained page, or a fragment for notebooks. No network is needed.

A content security policy allows only the style and script of the page, by their hashes, and embedded pictures. The page is
complete without the script, which only folds it: one claim, and one of many answers, is visible at a time.
"""

from __future__ import annotations

import base64
import hashlib
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from cachetools import LRUCache
from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from llamaindex_clipverify.languages import Language, language
from llamaindex_clipverify.report import labels
from llamaindex_clipverify.report.format import printable
from llamaindex_clipverify.report.html.album import Album
from llamaindex_clipverify.report.html.report_view import ReportView
from llamaindex_clipverify.report.report import Report

_shown: LRUCache[str, int] = LRUCache(256)
"""How often a report was shown as a fragment, by its hash: the element ids of two fragments on one page must differ."""


def page(reports: Sequence[Report]) -> str:
    """Return one HTML page with all reports; several get a list that can be searched, filtered and sorted."""
    code = labels.common_language(reports)
    reports = [report.translated(code) for report in reports]
    album = Album(len({picture.uri or id(picture) for report in reports for picture in report.pictures}))
    views = [ReportView(report, f"r{place}", album) for place, report in enumerate(reports, 1)]
    style = _text("style.css.j2")
    script = _text("page.js")
    found = Counter(view.state for view in views)
    return _templates().get_template("page.html.j2").render(
        views=views,
        album=album,
        style=style,
        script=script,
        policy=_policy(style, script),
        counts=[(name, language(code)(word), found[name]) for name, word in labels.STATES.items() if found[name]],
        **words_of(language(code)),
    )  # fmt: skip


def words_of(t: Language) -> dict[str, Any]:
    """Return what the templates need to be shown in a language."""
    states, claims = ({name: t(word) for name, word in one.items()} for one in (labels.STATES, labels.CLAIM_STATES))
    return {"t": t, "states": states, "claim_states": claims}


def fragment(report: Report) -> str:
    """Return a report for a notebook cell: scoped style, no script, unique element ids."""
    known = hashlib.sha256(f"{report!r}{[picture.uri for picture in report.pictures]}".encode()).hexdigest()[:10]
    _shown[known] = _shown.get(known, 0) + 1
    mark = f"cv{known}-{_shown[known]}"
    album = Album(len(report.pictures), prefix=f"{mark}-")
    view = ReportView(report, mark, album)
    style = _text("style.css.j2")
    template = _templates().get_template("fragment.html.j2")
    return template.render(view=view, album=album, style=style, **words_of(report.t))


def style() -> str:
    """Return the style of a report, for a page that shows parts of reports."""
    return _text("style.css.j2")


def _text(template: str) -> Markup:
    """Return a style or script of the package, which is not escaped."""
    return Markup(_templates().get_template(template).render())  # noqa: S704


def _policy(style: str, script: str) -> str:
    """Return the content security policy: no requests, and only this style and this script."""
    hashes = [base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in (style, script)]
    return (
        f"default-src 'none'; img-src data:; style-src 'sha256-{hashes[0]}'; script-src 'sha256-{hashes[1]}'; "
        "base-uri 'none'; form-action 'none'"
    )


def _templates() -> Environment:
    return templates("llamaindex_clipverify.report.html")


@lru_cache
def templates(*packages: str) -> Environment:
    """Return the templates of some packages: everything is escaped, and control characters are replaced."""
    return Environment(
        loader=ChoiceLoader([PackageLoader(package) for package in packages]),
        autoescape=True,
        finalize=lambda value: printable(value) if type(value) is str else value,
        undefined=StrictUndefined,
        trim_blocks=True,
        keep_trailing_newline=True,
        lstrip_blocks=True,
    )
