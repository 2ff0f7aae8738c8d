"""The tables of docs/photographs.md: what trust means on photographs."""

from __future__ import annotations

from typing import Any

from rendering import interval, table, three

_LEAST = 40
"""Number of claims of a kind from which it has a row."""


def on_photographs(answers: Any, captions: Any, pairs: Any, objects: Any) -> str:
    """Return the tables of verdicts by kind, of captions, of pairs of them and of single things; "" without results."""
    parts = (_verdicts(answers), _captions(captions), _pairs(pairs), _things(objects))
    return "\n\n".join(part for part in parts if part)


def _captions(data: Any) -> str:
    if data is None:
        return ""
    heads = ["kind", "said of it", "supported", "contradicted", "said of the next", "supported", "contradicted"]
    rows = [
        [
            kind,
            *(
                str(one[whose][what])
                for whose in ("own", "foreign")
                for what in ("claims", "supported", "contradicted")
            ),
        ]
        for kind, one in data["kinds"].items()
        if one["own"]["claims"] >= _LEAST
    ]
    title = f"**Claims of people's captions of {data['photographs']} photographs (Flickr8k), YOLOv8n alone**"
    return f"{title} – `{data['command']}`\n\n{table(heads, rows, {})}"


def _pairs(data: Any) -> str:
    if data is None:
        return ""
    rows = []
    for kind, numbers in data["kinds"].items():
        more, tied, less = (numbers.get(word, 0) for word in ("more", "as much", "less"))
        total = more + tied + less
        rows.append([kind, str(total), str(more), str(tied), str(less), f"{100 * (more - less) / total:.0f}"])
    heads = ["changed", "pairs", "true trusted more", "as much", "less", "points"]
    title = (
        "**A true and a false caption of COCO photographs (SugarCrepe), YOLOv8n alone: right minus wrong in points**"
    )
    return f"{title} – `{data['command']}`\n\n{table(heads, rows, {})}"


def _verdicts(data: Any) -> str:
    if data is None:
        return ""
    heads = ["kind", "rows", "decided", "decided rightly", "false among supported", "true among contradicted",
             "partly checked", "claims checked", "unchecked claims on things without a class"]  # fmt: skip
    rows = [
        [
            kind, str(one["rows"]), str(one["decided"]), f"{one['decided_rightly']:.2f}",
            f"{one['false_among_supported']} of {one['supported']}", f"{one['true_among_contradicted']} of {one['contradicted']}",
            str(one["partly_checked"]), f"{one['claims_checked']:.0%}", _beyond(one),
        ]
        for kind, one in sorted(data["kinds"].items(), key=lambda row: row[1]["decided_rightly"])
    ]  # fmt: skip
    title = (
        f"**Verdicts of YOLOv8n alone on 100 photographs, half of the rows false, worst first** – `{data['command']}`"
    )
    return f"{title}\n\n{table(heads, rows, {})}"


def _beyond(one: Any) -> str:
    return f"{one['unchecked_beyond_classes'] / max(one['unchecked'], 1):.0%}"


def _things(data: Any) -> str:
    if data is None:
        return ""
    heads = [
        "what weighs",
        "claims",
        "true above false, within a noun",
        "AUROC",
        "95 %",
        "ECE",
        "decided",
        "decided rightly",
    ]
    rows = [
        [
            name, str(one["claims"]), three(one["within"]), three(one["auroc"]), interval(one["auroc_interval"]),
            three(one["ece"]), f"{one['decided']:.0%}", three(one["decided_rightly"]),
        ]
        for name, one in sorted(data["ways"].items(), key=lambda row: row[1]["within"])
    ]  # fmt: skip
    title = "**That a thing is there, any noun, each photograph left out in turn; CLIP ViT-B/32 by published vectors**"
    return f"{title} – `{data['command']}`\n\n{table(heads, rows, {})}"
