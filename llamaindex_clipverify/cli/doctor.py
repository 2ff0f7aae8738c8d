"""clipverify doctor: what is installed, what is broken, and what to do."""

from __future__ import annotations

import typer

from llamaindex_clipverify.cli.app import app
from llamaindex_clipverify.cli.output import say


@app.command()
def doctor() -> None:
    """Print what is installed, what is broken, and what to do."""
    from llamaindex_clipverify.doctor import examine

    usable = True
    for finding in examine():
        say(str(finding))
        usable = usable and finding.state != "broken"
    say("ready" if usable else "not usable yet: see ✗ above")
    raise typer.Exit(0 if usable else 1)
