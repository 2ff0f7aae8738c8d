"""clipverify calibrate: fit a profile on labelled claims."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from llamaindex_clipverify.boundary import files
from llamaindex_clipverify.cli.app import app
from llamaindex_clipverify.cli.groups import with_groups
from llamaindex_clipverify.cli.options import ModelOptions
from llamaindex_clipverify.cli.output import progress_bar, say, skipped
from llamaindex_clipverify.errors import DataError
from llamaindex_clipverify.report.tables import aligned

if TYPE_CHECKING:
    from llamaindex_clipverify.claims.claim import Splitter
    from llamaindex_clipverify.evaluation.calibration import Labelled
    from llamaindex_clipverify.trust.profile import Profile

_SOURCES = "give rows (DATA.jsonl), --coco FILE, --pope FILE or --from-captions STORE"


@app.command()
@with_groups
def calibrate(
    out: Annotated[Path, typer.Option(metavar="PROFILE.json", help="Where to write the profile.")],
    models: ModelOptions,
    data: Annotated[Path | None, typer.Argument(metavar="DATA.jsonl", help="Rows of images, claim and label.")] = None,
    coco: Annotated[Path | None, typer.Option(metavar="FILE", help="COCO's instances_*.json; needs --images.")] = None,
    pope: Annotated[Path | None, typer.Option(metavar="FILE", help="A POPE file; needs --images.")] = None,
    images: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Folder of the pictures of --coco or --pope.")
    ] = None,
    from_captions: Annotated[
        str | None,
        typer.Option(
            metavar="STORE|FILE", help="An index or captions.csv: captions count as true, their foils as false."
        ),
    ] = None,
    alpha: Annotated[
        float, typer.Option(help="Allowed share of wrong verdicts, for the guarantee that is printed.")
    ] = 0.1,
    delta: Annotated[float, typer.Option(help="Allowed probability that more are wrong.")] = 0.1,
) -> None:
    """Fit a profile: weights and calibration of the models on your kind of pictures.

    Use it with --models PROFILE.json.
    """
    from llamaindex_clipverify.evaluation import calibration
    from llamaindex_clipverify.trust.verdict import Policy

    models.require()
    if out.suffix != ".json":
        raise DataError("a profile is a JSON file", got=out, do="name it PROFILE.json")
    sources = {"DATA": data, "--coco": coco, "--pope": pope, "--from-captions": from_captions}
    named = [name for name, source in sources.items() if source is not None]
    if len(named) != 1:
        raise DataError("one source of labelled claims is needed", got=" and ".join(named) or "none", do=_SOURCES)
    verifier = models.verifier()
    if from_captions is not None:
        claims = calibration.from_captions(_captions(from_captions), verifier.splitter)
        about = f"captions of {from_captions}, weakly labelled"
    else:
        claims, about = _labelled(verifier.splitter, data, coco, pope, images)
    encoder, detector = models.names()
    names = {kind: name for kind, name in (("encoder", encoder), ("detector", detector)) if name is not None}
    with progress_bar("looking") as step:
        profile, errors = calibration.fit(
            verifier, claims, out.stem, data=about, models=names, weak=from_captions is not None, progress=step
        )
    skipped(errors)
    out.parent.mkdir(parents=True, exist_ok=True)
    profile.save(out)
    say(_summary(profile))
    guarantee = Policy(alpha=alpha, delta=delta).on(profile.holdout, profile.data).guarantee
    for line in guarantee.lines() if guarantee is not None else ():
        say(line)
    say(str(out))


def _labelled(
    splitter: Splitter, data: Path | None, coco: Path | None, pope: Path | None, images: Path | None
) -> tuple[list[Labelled], str]:
    """Return the labelled claims of the source that is given, and its name."""
    from llamaindex_clipverify.evaluation import calibration, datasets

    if data is not None:
        return calibration.from_rows(datasets.read("rows", data, data.parent), splitter), data.name
    name, path = ("coco", coco) if coco is not None else ("pope", pope)
    if images is None or path is None:
        raise DataError("the folder of the pictures is needed", do="give --images DIR")
    return calibration.from_rows(datasets.read(name, path, images), splitter), path.name


def _captions(source: str) -> dict[Path, list[str]]:
    """Return the captions of each picture of an index, or of a CSV file with the columns image and caption."""
    captions = _captions_of_csv(Path(source)) if source.endswith(".csv") else _captions_of_index(source)
    if not captions:
        raise DataError("there are no captions", got=source, do="index pictures with captions, or give captions.csv")
    return captions


def _captions_of_csv(path: Path) -> dict[Path, list[str]]:
    captions: dict[Path, list[str]] = {}
    try:
        for row in csv.DictReader(io.StringIO(files.text(path), newline="")):
            captions.setdefault(path.parent / (row.get("image") or row["file"]), []).append(row["caption"] or "")
    except (OSError, KeyError, ValueError, TypeError, csv.Error) as error:
        raise DataError(
            "the captions cannot be read", got=f"{path} ({error!r})", do="give columns image and caption"
        ) from error
    return captions


def _captions_of_index(store: str) -> dict[Path, list[str]]:
    from llamaindex_clipverify.index.index import EvidenceIndex

    captions: dict[Path, list[str]] = {}
    for hit in EvidenceIndex.open(store).hits():
        if hit.caption:
            captions.setdefault(Path(hit.uri), []).append(hit.caption)
    return captions


def _summary(profile: Profile) -> str:
    """Return the data of a profile and a table of its kinds of claims."""
    rows = []
    for kind, model in profile.kinds.items():
        checks = ", ".join(dict.fromkeys(name.split(".")[0] for name in model.features))
        error = "–" if model.ece is None else f"{model.ece:.3f}".removeprefix("0")
        rows.append([kind, f"{model.claims:,}", f"{model.prior:.0%}", error, checks])
    table = aligned(["kind", "claims", "true", "ECE", "checks"], rows, numbers=range(1, 4))
    gate = "" if profile.gate else "\nno gate: fewer than 40 pictures, so pictures unlike these are not noticed"
    return f"{profile.data}\n{table}{gate}"
