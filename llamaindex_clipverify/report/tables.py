"""Aligned plain-text tables, by rich."""

from __future__ import annotations

import io
from collections.abc import Container, Iterable, Sequence


def aligned(heads: Sequence[str], rows: Iterable[Sequence[str]], numbers: Container[int] = ()) -> str:
    """Return an aligned table as text, two spaces between columns.

    Args:
        heads: Column headings.
        rows: Cells.
        numbers: Indices of the columns that are aligned to the right.
    """
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="")
    for index, head in enumerate(heads):
        table.add_column(Text(head), justify="right" if index in numbers else "left", no_wrap=True)
    for row in rows:
        table.add_row(*map(Text, row))
    stream = io.StringIO()
    Console(file=stream, width=10_000, color_system=None).print(table)
    return "\n".join(line.rstrip() for line in stream.getvalue().splitlines())
