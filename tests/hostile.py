"""Texts that try to be more than text, and a report that has one of them in every place where a text can stand."""

from __future__ import annotations

import numpy as np

from llamaindex_clipverify.claims.claim import Claim
from llamaindex_clipverify.evidence.evidence import Evidence
from llamaindex_clipverify.explainers.heat_map import HeatMap
from llamaindex_clipverify.picture import Picture
from llamaindex_clipverify.report.report import CheckedClaim, ClaimMap, ObjectAgreement, Report

HARMLESS = "There is a cup."
HOSTILE = {
    "script": "</script><script>alert(1)</script>",
    "noscript": "</noscript><img src=x onerror=alert(1)> <template><noscript>",
    "style": "</style><style>*{display:none}</style>",
    "attributes": "\"><img src=x onerror=alert(1)> ' onmouseover='alert(2)' x=\"",
    "comment": "<!-- --><b>bold</b> ]]> &lt; &amp; &#60;",
    "template": "{{ 7 * 7 }} {% raw %} ${1+1} {# no #}",
    "markdown": "# head * _a_ **b** `code` [x](http://a.b) ![y](c.png) | cell | ~~gone~~ <u>z</u> https://e.f www.g.h $m$",
    "list": "- one\n1. two\n+ three\n> four\n    five\n---\n=== ",
    "backslash": "\\ \\* \\` \\[ ends with \\",
    "fence": "```python\nprint(1)\n```",
    "rich": "[bold]not bold[/bold] [link=http://a.b]x[/link] [/] [red]",
    "control": "a\x1b[31mred\x1b[0m b\x07\x08\r\x9b31m c",
    "right to left": "مرحبا بالعالم \u202eabc\u202c שלום",
    "emoji": "👩‍👩‍👧‍👦 🏳️‍🌈 🐈‍⬛ e\u0301",
    "long": "x" * 3000,
    "address": "javascript:alert(1) data:text/html,<script>1</script>",
}


def report_of(text: str) -> Report:
    """Return a report with the text in all places; its one claim is the whole answer."""
    picture = Picture.of(np.full((40, 60, 3), 200, np.uint8))
    picture.uri = f"folder/{text.replace('/', '')}.png"
    claim = Claim(text=text, start=0, end=len(text), kind="object")
    evidence = (
        Evidence(
            check="objects",
            stance="contradicts",
            score=0.1,
            reason=text,
            picture=picture.id,
            region=(5.0, 5.0, 20.0, 20.0),
        ),
        Evidence(check=text, stance="silent", score=None, reason=text),
    )
    values = np.linspace(0, 1, 2400, dtype=np.float32).reshape(40, 60)
    maps = (
        ClaimMap(
            claim=0, picture=picture.id, map=HeatMap(values=values, method=text, text=text, evidence=0.5, cosine=0.2)
        ),
        ClaimMap(
            claim=0,
            picture=picture.id,
            map=HeatMap(values=values, method="gradcam", text=text, evidence=0.5, cosine=0.2, doubt=text),
        ),
    )
    return Report(
        answer=text,
        claims=(
            CheckedClaim(
                claim=claim, trust=0.1, verdict="contradicted", evidence=evidence, shares={"objects": -2.0}, note=text
            ),
        ),
        question=text,
        language=text,
        calibration="calibrated",
        profile=text,
        object_agreement=ObjectAgreement(named=(text,), seen=(text,), hallucinated=(text,), missing=(text,), score=0.5),
        pictures=(picture,),
        maps=maps,
        models={text: text},
        notes=(text,),
        timings_ms={text: 1.0},
    )
