"""The typer application that every verb registers with."""

from __future__ import annotations

import typer

app = typer.Typer(
    name="clipverify",
    help="Find the words of an answer that its pictures do not support, with a trust and the evidence for each.",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
