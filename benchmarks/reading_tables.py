"""Tables of what the splitters read right, and of the rates of two checkouts."""

from __future__ import annotations

from typing import Any

from rendering import table, three

_HEADS = [
    "sentences",
    "rows",
    "claims",
    "precision",
    "recall",
    "of everything checkable",
    "denied, recall",
    "ms a sentence",
]


def read_outside(data: Any) -> str:
    """Return the tables of sentences that others wrote: in all, and the unseen English and Korean ones by kind and source."""
    if data is None:
        return ""
    names = [name for name in data if name not in ("command", "machine", "weights")]
    rows = [_row(f"{name}, {part}", data[name][part]) for name in names for part in ("unseen", "seen")]
    title = f"**Sentences of the structure of outside ones, with other words, {data['machine']}** – `{data['command']}`"
    parts = [f"{title}\n\n{table(_HEADS, rows, {})}"]
    parts += [
        _sliced(name, group, data[name]["unseen"][group])
        for name in ("English", "Korean")
        for group in ("kinds", "sources")
    ]
    return "\n\n".join(parts)


def _row(name: str, one: dict[str, Any]) -> list[str]:
    whole, denied = one["all"], one["denied"]
    return [
        name, str(one["rows"]), f"{whole['expected']:,}", three(whole["precision"]), three(whole["recall"]),
        three(one["everything_checkable"]), f"{denied['recall']:.2f} of {denied['expected']}", str(one["ms_a_sentence"]),
    ]  # fmt: skip


def _sliced(name: str, group: str, counts: dict[str, Any]) -> str:
    rows = [
        [key, str(one["expected"]), three(one["precision"]), three(one["recall"]), str(one["reversed"])]
        for key, one in sorted(counts.items(), key=lambda item: item[1]["recall"])
    ]
    heads = [group.removesuffix("s"), "claims", "precision", "recall", "polarity reversed"]
    return f"**{name}, unseen rows by {group.removesuffix('s')}, worst first**\n\n{table(heads, rows, {})}"


def compared(data: Any) -> str:
    """Return the rates of this checkout and of an earlier one."""
    if data is None:
        return ""
    rows = [[name, str(one["other"]), str(one["here"]), str(one["ratio"])] for name, one in data["rates"].items()]
    title = f"**Rates beside commit {data['other'][:7]}, in turns, {data['machine']}** – `{data['command']}`"
    return f"{title}\n\n{table(['rate', 'then', 'now', 'ratio'], rows, {})}"
