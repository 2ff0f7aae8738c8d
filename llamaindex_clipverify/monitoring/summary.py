"""What a log of answers says: by day, by kind of claim, and whether the last days differ from those before."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import sqrt

from scipy.stats import norm

from llamaindex_clipverify.errors import DataError
from llamaindex_clipverify.monitoring.log import Entry
from llamaindex_clipverify.report.format import number, printable, shortened
from llamaindex_clipverify.report.tables import aligned

LEAST = 30
"""Claims that each of two periods must have to be compared."""
MOST_DAYS = 3650
"""Longest period in days."""
SURPRISING = 0.01
"""p-value below which a difference is called a drift."""


@dataclass(frozen=True, kw_only=True)
class Drift:
    """A share of claims in the last period and in the one before, by a two-proportion z-test with pooled variance, two-sided."""

    what: str
    before: float
    """Share 0–1 in the period before."""
    now: float
    """Share 0–1 in the last period."""
    p: float
    """Probability of a difference at least as large if nothing had changed. Claims of an answer are taken as independent."""

    @property
    def is_drift(self) -> bool:
        """Whether the difference is larger than chance explains."""
        return self.p < SURPRISING

    def __str__(self) -> str:
        """Return one line: ``drift: contradicted claims 4 % before, 12 % now (p = .0003)``."""
        lead = "drift" if self.is_drift else "no drift"
        return f"{lead}: {self.what} {self.before:.0%} before, {self.now:.0%} now (p = {self.p:.2g})"


@dataclass(frozen=True, kw_only=True)
class Summary:
    """The answers of the last period, compared with the period before."""

    entries: tuple[Entry, ...]
    """The answers of the last period."""
    before: tuple[Entry, ...]
    days: int
    drifts: tuple[Drift, ...] = ()
    """Empty where a period has fewer than `LEAST` claims."""

    @property
    def doubtful(self) -> list[Entry]:
        """The contradicted answers, least trusted first."""
        return sorted((one for one in self.entries if one.verdict == "contradicted"), key=lambda one: one.trust or 0.0)

    def by_day(self) -> list[tuple[str, list[Entry]]]:
        """Return the days (UTC) with their answers, in order."""
        days: dict[str, list[Entry]] = {}
        for entry in self.entries:
            days.setdefault(entry.at.date().isoformat(), []).append(entry)
        return list(days.items())

    def by_kind(self) -> dict[str, dict[str, int]]:
        """Return, for each kind of claim, how many have which verdict, the most contradicted kind first."""
        kinds: dict[str, dict[str, int]] = {}
        for entry in self.entries:
            for kind, verdicts in entry.kinds.items():
                found = kinds.setdefault(kind, {})
                for verdict, count in verdicts.items():
                    found[verdict] = found.get(verdict, 0) + count
        return dict(sorted(kinds.items(), key=lambda one: -one[1].get("contradicted", 0)))

    def __str__(self) -> str:
        """Return days, kinds, drifts and the most doubtful answers as text."""
        days = aligned(["day", "answers", "contradicted", "mean trust", "coverage"],
                       (_line(day, entries) for day, entries in self.by_day()), numbers=range(1, 5))  # fmt: skip
        kinds = aligned(["kind of claim", "supported", "contradicted", "undecided or unchecked"],
                        ([kind, *(str(verdicts.get(one, 0)) for one in ("supported", "contradicted", "unverifiable"))]
                         for kind, verdicts in self.by_kind().items()), numbers=range(1, 4))  # fmt: skip
        drifts = [str(drift) for drift in self.drifts] or [
            f"no comparison with the {self.days} days before: fewer than {LEAST} claims"
        ]
        doubts = [
            f"{number(one.trust)}  {shortened(one.answer or '–', 70)}  {', '.join(f'“{words}”' for words in one.doubtful)}"
            for one in self.doubtful[:10]
        ]
        return printable("\n\n".join(filter(None, [days, kinds, "\n".join(drifts), "\n".join(doubts)])))


def summary(entries: Sequence[Entry], days: int = 7, until: datetime | None = None) -> Summary:
    """Return the summary of the last `days`, compared with as many days before.

    Args:
        entries: Answers in the order of their time.
        days: Length of a period.
        until: End of the last period. Default: just after the last answer.

    Raises:
        DataError: There are no answers, or fewer than one day or more than `MOST_DAYS`.
    """
    if not entries or not 1 <= days <= MOST_DAYS:
        do = f"give answers, and 1 to {MOST_DAYS} days"
        raise DataError("nothing to sum up", got=f"{len(entries)} answers, {days} days", do=do)
    end = until or entries[-1].at + timedelta(microseconds=1)
    start = end - timedelta(days=days)
    now = tuple(one for one in entries if start <= one.at < end)
    before = tuple(one for one in entries if start - timedelta(days=days) <= one.at < start)
    return Summary(entries=now, before=before, days=days, drifts=_drifts(before, now))


def two_proportions(first: tuple[int, int], second: tuple[int, int]) -> float:
    """Return the two-sided p-value of a two-proportion z-test with pooled variance.

    Args:
        first: Successes and trials.
        second: Successes and trials.
    """
    (a, n), (b, m) = first, second
    pooled = (a + b) / (n + m)
    spread = sqrt(pooled * (1 - pooled) * (1 / n + 1 / m))
    return 1.0 if spread == 0 else float(2 * norm.sf(abs(a / n - b / m) / spread))


def _drifts(before: Sequence[Entry], now: Sequence[Entry]) -> tuple[Drift, ...]:
    total = (sum(one.claims for one in before), sum(one.claims for one in now))
    if min(total) < LEAST:
        return ()
    shares: dict[str, Callable[[Entry], int]] = {
        "contradicted claims": lambda one: one.contradicted,
        "claims that could be decided": lambda one: one.checked,
    }
    found = []
    for what, count in shares.items():
        hits = (sum(map(count, before)), sum(map(count, now)))
        p = two_proportions((hits[0], total[0]), (hits[1], total[1]))
        found.append(Drift(what=what, before=hits[0] / total[0], now=hits[1] / total[1], p=p))
    return tuple(found)


def _line(day: str, entries: Sequence[Entry]) -> list[str]:
    trusts = [one.trust for one in entries if one.trust is not None]
    contradicted = sum(one.verdict == "contradicted" for one in entries)
    coverage = sum(one.coverage for one in entries) / len(entries)
    mean = f"{sum(trusts) / len(trusts):.2f}" if trusts else "–"
    return [day, str(len(entries)), str(contradicted), mean, f"{coverage:.0%}"]
