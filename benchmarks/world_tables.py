"""Tables of drawn scenes by other hands, the generator and the style left out first, and which figures are of earlier weights."""

from __future__ import annotations

import json
from typing import Any

from measuring import RESULTS, bundled_weights
from rendering import interval, table, three

_OF_BUNDLED = (
    "ablations", "claims", "describing", "documents", "doors", "explaining", "finetuning", "guarantee", "hallucinations",
    "indexing", "light", "photographs", "report_page", "retrieval", "speed", "typographic", "worlds",
)  # fmt: skip
"""Results that depend on the bundled encoder and detector."""


def by_other_hands(data: Any) -> str:
    """Return trust by sort of scene and kind of claim."""
    if data is None:
        return ""
    heads = ["scenes", "kind", "claims", "with a trust", "Trust (AUROC)", "95 %", "ECE", "wrong verdicts"]
    rows = [
        [name, kind, f"{one['claims']:,}", f"{one['with_trust']:.0%}", three(one["auroc"]), interval(one["interval"]),
         three(one["ece"]), "–" if one["wrong"] is None else f"{one['wrong']:.1%}"]
        for name, kinds in data["worlds"].items() if name != "photographs refused"
        for kind, one in kinds.items()
    ]  # fmt: skip
    refused = data["worlds"].get("photographs refused")
    tail = ""
    if refused:
        share = f"{1 - refused['share']:.1%}"
        tail = (
            f"\n\nOf {refused['of']} photographs, those of the fit, {share} pass the scope; "
            "its limit is set on them left out of the fit."
        )
    title = (
        "**Drawn scenes by other hands: generator and style left out first, nothing was trained or fitted on these**"
    )
    return f"{title} – `{data['command']}`\n\n{table(heads, rows, {})}{tail}"


def headline_row(data: Any) -> list[str] | None:
    """Return the row of the README: the generator left out."""
    if data is None:
        return None
    one = data["worlds"]["generator left out"]["all"]
    trust = f"{three(one['auroc'])} ({interval(one['interval'])})"
    cells = [f"{one['claims']:,}", f"{one['with_trust']:.0%}", trust, "–", "–", f"`{data['command']}`"]
    return ["drawn scenes by a generator never trained on", *cells]


def earlier_weights() -> str:
    """Return which figures were measured with earlier weights of the bundled models; "" for none."""
    now = bundled_weights()
    names = []
    for name in _OF_BUNDLED:
        path = RESULTS / f"{name}.json"
        if path.is_file() and json.loads(path.read_text(encoding="utf-8")).get("weights") != now:
            names.append(f"`{name}`")
    if not names:
        return ""
    return (
        "**Not measured again since the bundled encoder and detector were trained on several generators** (before that they were "
        f"better on their own and worse on all others): the tables of `benchmarks/results/` {', '.join(names)}."
    )
