"""Verbs that teach the verifier how far to trust itself: calibrate, label."""

from __future__ import annotations

import gc
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from llamaindex_clipverify.cli.app import app
from llamaindex_clipverify.cli.options import DetectorName, EncoderName, Models, make_verifier, model_names, require
from llamaindex_clipverify.cli.output import progress_bar, say
from llamaindex_clipverify.errors import DataError, ModelError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llamaindex_clipverify.evaluation.calibration import Labelled
    from llamaindex_clipverify.evaluation.labelling import Candidate, Ledger
    from llamaindex_clipverify.picture import Picture
    from llamaindex_clipverify.trust.profile import Profile
    from llamaindex_clipverify.verification.verifier import Verifier


@app.command()
def calibrate(  # noqa: PLR0913, PLR0917 - one parameter for each flag
    out: Annotated[Path, typer.Option(metavar="PROFILE.json", help="Where the profile goes.")],
    data: Annotated[Path | None, typer.Argument(metavar="DATA.jsonl", help="Rows of images, claim and label.")] = None,
    coco: Annotated[Path | None, typer.Option(metavar="FILE", help="COCO's instances_*.json; needs --images.")] = None,
    pope: Annotated[Path | None, typer.Option(metavar="FILE", help="A file of POPE; needs --images.")] = None,
    images: Annotated[Path | None, typer.Option(metavar="DIR", help="The pictures of --coco or --pope.")] = None,
    from_captions: Annotated[
        str | None,
        typer.Option(metavar="STORE|FILE", help="An index or captions.csv: captions count as true, foils as false."),
    ] = None,
    models: Models = None,
    encoder: EncoderName = None,
    detector: DetectorName = None,
    alpha: Annotated[
        float, typer.Option(help="Share of wrong verdicts allowed, for the guarantee that is printed.")
    ] = 0.1,
    delta: Annotated[float, typer.Option(help="Chance allowed that more are wrong.")] = 0.1,
) -> None:
    """Fit a profile: how far the models may be trusted on your kind of pictures.

    Use it with --models PROFILE.json.
    """
    from llamaindex_clipverify.evaluation import calibration
    from llamaindex_clipverify.trust.verdict import Policy

    gc.enable()
    require(models, encoder, detector)
    if out.suffix != ".json":
        raise DataError("a profile is a JSON file", got=out, do="name it PROFILE.json")
    sources = {"DATA": data, "--coco": coco, "--pope": pope, "--from-captions": from_captions}
    named = [name for name, source in sources.items() if source is not None]
    if len(named) != 1:
        raise DataError("one source of labelled claims is needed", got=" and ".join(named) or "none", do=_SOURCES)
    verifier = make_verifier(models, encoder, detector)
    claims, about = _claims(verifier, data, coco, pope, images, from_captions)
    eye, finder = model_names(models, encoder, detector)
    names = {name: one for name, one in (("encoder", eye), ("detector", finder)) if one is not None}
    with progress_bar("looking") as step:
        profile, errors = calibration.fit(
            verifier, claims, out.stem, data=about, models=names, weak=from_captions is not None, progress=step
        )
    for error in errors:
        typer.echo(f"clipverify: left out: {error}", err=True)
    out.parent.mkdir(parents=True, exist_ok=True)
    profile.save(out)
    say(_told(profile))
    guarantee = Policy(alpha=alpha, delta=delta).on(profile.holdout, profile.data).guarantee
    for line in guarantee.lines() if guarantee is not None else ():
        say(line)
    say(str(out))


_SOURCES = "give rows (DATA.jsonl), --coco FILE, --pope FILE or --from-captions STORE"


def _claims(
    verifier: Verifier,
    data: Path | None,
    coco: Path | None,
    pope: Path | None,
    images: Path | None,
    captions: str | None,
) -> tuple[list[Labelled], str]:
    from llamaindex_clipverify.evaluation import calibration, datasets

    if captions is not None:
        return calibration.from_captions(
            _captions(captions), verifier.splitter
        ), f"captions of {captions}, weakly labelled"
    if data is not None:
        return calibration.from_rows(datasets.read("rows", data, data.parent), verifier.splitter), data.name
    name, path = ("coco", coco) if coco is not None else ("pope", pope)
    if images is None or path is None:
        raise DataError("the folder of the pictures is needed", do="give --images DIR")
    return calibration.from_rows(datasets.read(name, path, images), verifier.splitter), path.name


def _captions(source: str) -> dict[Path, list[str]]:
    """Return the captions of each picture of an index, or of a CSV file with the columns image and caption."""
    found: dict[Path, list[str]] = {}
    if source.endswith(".csv"):
        import csv

        path = Path(source)
        try:
            with path.open(newline="", encoding="utf-8") as stream:
                for row in csv.DictReader(stream):
                    found.setdefault(path.parent / (row.get("image") or row["file"]), []).append(row["caption"])
        except (OSError, KeyError, UnicodeDecodeError) as error:
            raise DataError(
                "the captions cannot be read", got=f"{path} ({error!r})", do="give columns image and caption"
            ) from error
    else:
        from llamaindex_clipverify.index.index import EvidenceIndex

        for hit in EvidenceIndex.open(source).hits():
            if hit.caption:
                found.setdefault(Path(hit.uri), []).append(hit.caption)
    if not found:
        raise DataError("there are no captions", got=source, do="index pictures with captions, or give captions.csv")
    return found


def _told(profile: Profile) -> str:
    rows = [("kind", "claims", "true", "ECE", "checks")]
    for kind, model in profile.kinds.items():
        checks = ", ".join(dict.fromkeys(name.split(".")[0] for name in model.features))
        error = "–" if model.ece is None else f"{model.ece:.3f}".removeprefix("0")
        rows.append((kind, f"{model.claims:,}", f"{model.prior:.0%}", error, checks))
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    lines = ["  ".join(_aligned(row, widths)).rstrip() for row in rows]
    gate = "" if profile.gate else "\nno gate: fewer than 40 pictures, so pictures unlike these are not noticed"
    return "\n".join([profile.data, *lines]) + gate


def _aligned(row: tuple[str, ...], widths: list[int]) -> list[str]:
    numbers = range(1, 4)
    return [cell.rjust(width) if place in numbers else cell.ljust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))]  # fmt: skip


@app.command()
def label(
    store: Annotated[str, typer.Argument(metavar="STORE", help="An index, or a folder of pictures.")],
    out: Annotated[
        Path, typer.Option(metavar="FILE.jsonl", help="Where the labels go; what is there is gone on with.")
    ],
    n: Annotated[int, typer.Option("--n", min=1, help="How many claims to ask about.")] = 100,
    models: Models = None,
    encoder: EncoderName = None,
    detector: DetectorName = None,
    browser: Annotated[
        bool, typer.Option("--browser", help="Show the pictures in a browser, at a loopback address.")
    ] = False,
    port: Annotated[int, typer.Option(help="Of the browser's page; any free one when 0.")] = 0,
) -> None:
    """Ask whether claims about your pictures are true, the most informative first.

    One key each: y, n, s to skip, q to stop. Then: clipverify calibrate FILE.jsonl.
    """
    from llamaindex_clipverify.evaluation.labelling import Ledger, candidates

    pictures, verifier = _pictures(store)
    if verifier is None or (models, encoder, detector) != (None, None, None):
        require(models, encoder, detector)
        verifier = make_verifier(models, encoder, detector)
    if verifier.detector is None:
        raise ModelError("claims are proposed by a detector", got="none", do="give --detector")
    ledger = Ledger(out)
    left = n - len(ledger)
    if left <= 0:
        say(f"{len(ledger)} claims are labelled already: {out}")
        return
    with progress_bar("looking"):
        asked = candidates(verifier, pictures, n + len(ledger))
    asked = [one for one in asked if one not in ledger][:left]
    if browser:
        from llamaindex_clipverify.evaluation.label_page import serve

        serve(asked, ledger, port, lambda url: say(f"open {url} – stop with q there, or with ctrl-c here"))
    else:
        _ask(asked, ledger)
    say(f"{len(ledger)} claims labelled: {out}\nnext: clipverify calibrate {out} --out profile.json MODELS")


def _ask(asked: Sequence[Candidate], ledger: Ledger) -> None:
    import click

    for place, one in enumerate(asked, 1):
        say(f"{place}/{len(asked)}  {one.picture.uri}\n      {one.text}  [y/n/s/q]")
        key = ""
        while key not in ("y", "n", "s", "q"):
            key = click.getchar().lower()
            if key in ("", "\x03", "\x04"):
                key = "q"
        if key == "q":
            return
        if key != "s":
            ledger.add(one, key == "y")


def _pictures(store: str) -> tuple[list[Picture], Verifier | None]:
    """Return the pictures of an index or a folder, and the verifier of the index."""
    from llamaindex_clipverify.index.index import EvidenceIndex
    from llamaindex_clipverify.node_pictures import picture_files
    from llamaindex_clipverify.picture import Picture

    folder = Path(store)
    if folder.is_dir() and not (folder / "chroma.sqlite3").is_file():
        return [Picture.of(path) for path in picture_files(folder)], None
    index = EvidenceIndex.open(store)
    return [Picture.of(hit.uri) for hit in index.hits()], index.verifier
