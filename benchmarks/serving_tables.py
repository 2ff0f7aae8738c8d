"""The table of benchmarks/serving.py for docs/serving.md."""

from __future__ import annotations

import statistics
from typing import Any

from rendering import table


def served(data: Any) -> str:
    """Return what the service does under load, as far as it was measured."""
    if data is None:
        return "Not measured yet: `python benchmarks/serving.py`."
    heads = [
        "pictures an answer", "answers a second", "p50, ms", "p95, ms", "p99, ms", "errors", "answers a batch",
        "times one at a time", "memory first, most, last, MB",
    ]  # fmt: skip
    title = (
        f"**{data['clients']} clients without a pause, {data['minutes']:g} minutes, {data['answers']:,} different answers of "
        f"{data['sentences']} sentences on {data['pictures']} indexed scenes** – `{data['command']}`"
    )
    rows = [_row(one) for one in data["rows"]]
    return "\n\n".join([title, table(heads, rows, {}), *(_alone(one) for one in data["rows"][:1])])


def _row(one: dict[str, Any]) -> list[str]:
    memory = one["memory_mb"]
    return [
        str(one["pictures_each"]),
        f"{one['per_second']:.0f}",
        f"{one['p50_ms']:.0f}",
        f"{one['p95_ms']:.0f}",
        f"{one['p99_ms']:.0f}",
        f"{sum(one['errors'].values())}",
        f"{one['answers_per_batch']:.1f}",
        f"{one['times_alone']:.2f}",
        f"{memory['first']:,.0f}, {memory['most']:,.0f}, {memory['last']:,.0f}",
    ]


def _alone(one: dict[str, Any]) -> str:
    alone = statistics.mean(row["p50_ms"] for row in one["alone"])
    stream, command = one["stream"], one["command"]
    return (
        f"One client alone waits {alone:.0f} ms (median). Of a growing answer, the first verdict comes "
        f"{stream['first_p50_ms']:.0f} ms after its sentence ends (95th percentile {stream['first_p95_ms']:.0f} ms), later ones "
        f"after {stream['later_p50_ms']:.0f} ms ({stream['later_p95_ms']:.0f} ms), on {stream['streams']} streams without other "
        f"load. `clipverify verify --server` takes {command['median_s']:.1f} s from start to exit (median of {command['runs']})."
    )
