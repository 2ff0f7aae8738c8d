"""Runs of words that say something and are in no claim, the same for every language."""

from __future__ import annotations

from collections.abc import Collection, Iterable

Span = tuple[int, int]


def longest_run(words: Iterable[tuple[Span, bool | None]], claimed: Collection[Span]) -> Span | None:
    """Return the span of the longest run of words of a sentence that say something and are in no claim; None for none.

    Args:
        words: Span of each word, and whether it says something. Words that say nothing may stand between two words of a run; None
            ends a run.
        claimed: Spans of the claims. A word in one of them ends a run.
    """
    runs: list[Span] = []
    joined = False
    for (start, end), says_something in words:
        if says_something is None or any(begin < end and start < stop for begin, stop in claimed):
            joined = False
        elif says_something:
            runs.append((runs.pop()[0] if joined else start, end))
            joined = True
    return max(runs, key=lambda run: run[1] - run[0], default=None)
