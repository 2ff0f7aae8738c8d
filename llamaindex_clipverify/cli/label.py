"""clipverify label: label claims about your own pictures, in the terminal or in a browser."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from llamaindex_clipverify.cli.app import app
from llamaindex_clipverify.cli.groups import with_groups
from llamaindex_clipverify.cli.options import ModelOptions
from llamaindex_clipverify.cli.output import progress_bar, say
from llamaindex_clipverify.errors import ModelError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llamaindex_clipverify.evaluation.labelling import Candidate, Ledger
    from llamaindex_clipverify.picture import Picture
    from llamaindex_clipverify.verification.verifier import Verifier


@app.command()
@with_groups
def label(
    store: Annotated[str, typer.Argument(metavar="STORE", help="An index, or a folder of pictures.")],
    out: Annotated[
        Path,
        typer.Option(
            metavar="FILE.jsonl", help="Where to write the labels; existing labels are kept, labelling resumes."
        ),
    ],
    models: ModelOptions,
    n: Annotated[int, typer.Option("--n", min=1, help="Number of claims to label.")] = 100,
    browser: Annotated[
        bool, typer.Option("--browser", help="Show the pictures in a browser, at a loopback address.")
    ] = False,
    port: Annotated[int, typer.Option(help="Port of the page. Default: any free port.")] = 0,
) -> None:
    """Ask whether claims about your pictures are true, the most informative first.

    One key each: y, n, s to skip, q to stop. Then: clipverify calibrate FILE.jsonl.
    """
    from llamaindex_clipverify.evaluation.labelling import Ledger, candidates

    pictures, verifier = _pictures(store)
    if verifier is None or models.given:
        models.require()
        verifier = models.verifier()
    if verifier.detector is None:
        raise ModelError("claims are proposed by a detector", got="none", do="give --detector")
    ledger = Ledger(out)
    remaining = n - len(ledger)
    if remaining <= 0:
        say(f"{len(ledger)} claims are labelled already: {out}")
        return
    with progress_bar("looking"):
        proposed = candidates(verifier, pictures, n + len(ledger))
    asked = [candidate for candidate in proposed if candidate not in ledger][:remaining]
    if browser:
        from llamaindex_clipverify.evaluation.label_page import serve

        serve(asked, ledger, port, lambda url: say(f"open {url} – stop with q there, or with ctrl-c here"))
    else:
        _ask(asked, ledger)
    say(f"{len(ledger)} claims labelled: {out}\nnext: clipverify calibrate {out} --out profile.json MODELS")


def _ask(asked: Sequence[Candidate], ledger: Ledger) -> None:
    import click

    for position, candidate in enumerate(asked, 1):
        say(f"{position}/{len(asked)}  {candidate.picture.uri}\n      {candidate.text}  [y/n/s/q]")
        key = ""
        while key not in ("y", "n", "s", "q"):
            key = click.getchar().lower()
            if key in ("", "\x03", "\x04"):
                key = "q"
        if key == "q":
            return
        if key != "s":
            ledger.add(candidate, key == "y")


def _pictures(store: str) -> tuple[list[Picture], Verifier | None]:
    """Return the pictures of an index with its verifier, or those of a folder."""
    from llamaindex_clipverify.index.index import EvidenceIndex
    from llamaindex_clipverify.node_pictures import picture_files
    from llamaindex_clipverify.picture import Picture

    folder = Path(store)
    if folder.is_dir() and not (folder / "chroma.sqlite3").is_file():
        return [Picture.of(path) for path in picture_files(folder)], None
    index = EvidenceIndex.open(store)
    return [Picture.of(hit.uri) for hit in index.hits()], index.verifier
