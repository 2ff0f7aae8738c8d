"""The application that the verbs join."""

from __future__ import annotations

import typer

app = typer.Typer(
    name="clipverify",
    help="Which words of an answer are not supported by its pictures, how sure that is, and why.",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
