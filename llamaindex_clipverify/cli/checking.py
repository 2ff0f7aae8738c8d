"""Verbs that check an answer that is there: verify, explain, compare, eval."""

from __future__ import annotations

import gc
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from llamaindex_clipverify.cli.app import app
from llamaindex_clipverify.cli.options import (
    Alpha,
    Delta,
    DetectorName,
    EncoderName,
    Engine,
    JsonFile,
    Models,
    ReaderName,
    ReferenceFolder,
    ReportFile,
    Workers,
    make_encoder,
    make_verifier,
    open_pictures,
    require,
)
from llamaindex_clipverify.cli.output import print_report, progress_bar, save_report, say, write, write_or_print
from llamaindex_clipverify.errors import DataError
from llamaindex_clipverify.explainers import METHODS
from llamaindex_clipverify.report.report import check_suffix

if TYPE_CHECKING:
    from llamaindex_clipverify.explainers.words import WordMap
    from llamaindex_clipverify.verification.verifier import Verifier


@app.command()
def verify(  # noqa: PLR0913, PLR0917 - one parameter for each flag
    answer: Annotated[str, typer.Option(metavar="TEXT", help="The answer to check; - reads it from stdin.")],
    image: Annotated[list[str], typer.Option(metavar="FILE…", help="The pictures it rests on: paths or URLs.")],
    question: Annotated[str | None, typer.Option(metavar="TEXT", help="Kept in the report.")] = None,
    models: Models = None,
    encoder: EncoderName = None,
    detector: DetectorName = None,
    reader: ReaderName = None,
    reference: ReferenceFolder = None,
    passage: Annotated[
        list[str] | None, typer.Option(metavar="TEXT…", help="Texts retrieved beside the pictures.")
    ] = None,
    json: JsonFile = None,
    report: ReportFile = None,
    min_trust: Annotated[float, typer.Option(min=0.0, max=1.0, help="Exit 1 below this trust.")] = 0.5,
    allow_unverified: Annotated[
        bool, typer.Option("--allow-unverified", help="Exit 0 when nothing could be checked.")
    ] = False,
    alpha: Alpha = None,
    delta: Delta = 0.1,
) -> None:
    """Check an answer against its pictures.

    Exits 1 when it is trusted less than the minimum, or nothing could be checked.
    """
    if report is not None:
        check_suffix(report)
    text = sys.stdin.read() if answer == "-" else answer
    if not text.strip():
        raise DataError("the answer is empty", do="give its text with --answer")
    require(models, encoder, detector, reader)
    pictures = open_pictures(image)
    verifier = make_verifier(models, encoder, detector, reader, alpha, delta, reference)
    found = verifier.verify(text, pictures, question=question, passages=passage or ())
    if report is not None:
        save_report(verifier, found, report)
    write_or_print(json, found.to_json(), lambda: print_report(found))
    trusted = allow_unverified if found.trust is None else found.trust >= min_trust
    raise typer.Exit(0 if trusted else 1)


@app.command()
def explain(
    text: Annotated[str, typer.Option(metavar="TEXT", help="What to look for.")],
    image: Annotated[str, typer.Option(metavar="FILE", help="The picture.")],
    out: Annotated[Path, typer.Option(metavar="FILE.png", help="Where the heat map goes.")],
    method: Annotated[
        str | None,
        typer.Option(help=f"{', '.join(METHODS)}, or all side by side; the best the model allows when not given."),
    ] = None,
    words: Annotated[
        bool, typer.Option("--words", help="Also tell which word of the text speaks against the picture.")
    ] = False,
    models: Models = None,
    encoder: EncoderName = None,
    detector: DetectorName = None,
) -> None:
    """Draw where the encoder looks for a text.

    A map explains; it proves nothing: it has a peak whether or not the thing is there. So it is tried, and drawn grey where
    what it points at, seen alone, fits something else better.
    """
    from llamaindex_clipverify.report.drawing import draw_map
    from llamaindex_clipverify.report.figures import method_grid
    from llamaindex_clipverify.report.figures import save as save_figure

    if not text.strip():
        raise DataError("the text is empty", do="give it with --text")
    require(models, encoder, detector)
    (picture,) = open_pictures([image])
    verifier = make_verifier(models, encoder, detector)
    methods = _suitable(verifier) if method == "all" else [method]
    maps = [verifier.heat_maps([text], picture, name)[0] for name in methods]
    out.parent.mkdir(parents=True, exist_ok=True)
    if method == "all":
        save_figure(method_grid(picture, maps), out)
    else:
        draw_map(picture, maps[0]).save(out, "PNG")
    for heat in maps:
        say(
            f"cosine {heat.cosine:.3f} · evidence {heat.evidence:.3g} ({heat.method}) · “{heat.text}” in {picture.name}"
        )
        if heat.empty:
            say(f"no evidence: {heat.doubt or 'nothing in the picture speaks for the text'}")
    if words:
        say(_told(verifier.words(text, picture)))
    say(str(out))


def _suitable(verifier: Verifier) -> list[str | None]:
    """Return the methods that the encoder's tower allows."""
    explainer = verifier.explainer
    return [name for name in explainer.methods if explainer.suits(name)]


def _told(words: WordMap) -> str:
    """Return a line for each word with a figure, and the one that speaks against the picture most."""
    width = max(len(part.text) for part in words.parts)
    told = [(part, score) for part, score in zip(words.parts, words.scores, strict=True) if score is not None]
    lines = [f"  {part.text:<{width}}  {score:+.3f}" for part, score in told]
    ending = f"the word that fits least: “{words.wrong.text}”" if words.wrong is not None else "no word to tell apart"
    return "\n".join([*lines, ending])


@app.command()
def compare(
    text: Annotated[list[str] | None, typer.Option(metavar="TEXT…", help="Texts, taken as they are.")] = None,
    image: Annotated[list[str] | None, typer.Option(metavar="FILE…", help="Pictures.")] = None,
    models: Models = None,
    encoder: EncoderName = None,
    npz: Annotated[Path | None, typer.Option(metavar="FILE.npz", help="Write the matrices and vectors.")] = None,
    plot: Annotated[Path | None, typer.Option(metavar="FILE.png", help="Draw the matrices.")] = None,
) -> None:
    """Print the cosines of pictures and texts.

    Three matrices: image×text, image×image, text×text.
    """
    from llamaindex_clipverify.similarity_matrices import compare as compared

    if not text and not image:
        raise DataError("there is nothing to compare", do="give --text and --image")
    require(models, encoder, None)
    pictures = open_pictures(image or [])
    found = compared(make_encoder(models, encoder), text or [], pictures)
    if npz is not None:
        found.save_npz(npz)
    if plot is not None:
        found.save_plot(plot)
    say(found.table())


@app.command(name="eval")
def evaluate(  # noqa: PLR0913, PLR0917 - one parameter for each flag
    data: Annotated[Path, typer.Argument(metavar="DATA.jsonl", help="Rows of images, claim and label.")],
    models: Models = None,
    encoder: EncoderName = None,
    detector: DetectorName = None,
    reader: ReaderName = None,
    reference: ReferenceFolder = None,
    json: JsonFile = None,
    predictions: Annotated[
        Path | None, typer.Option(metavar="FILE.jsonl", help="Write every row back with its trust and verdict.")
    ] = None,
    form: Annotated[
        str, typer.Option("--format", metavar="NAME", help="rows, pope, sugarcrepe, coco, foil, hat or mhalubench.")
    ] = "rows",
    images: Annotated[
        Path | None, typer.Option(metavar="DIR", help="The pictures of another format than rows.")
    ] = None,
    alpha: Alpha = None,
    delta: Delta = 0.1,
    engine: Engine = "local",
    workers: Workers = None,
) -> None:
    """Measure the verifier on labelled claims.

    Prints AUROC, coverage, accuracy and calibration, overall and by kind of claim.
    """
    import json as json_module

    from llamaindex_clipverify.evaluation import datasets, evaluation

    gc.enable()
    require(models, encoder, detector, reader)
    if form != "rows" and images is None:
        raise DataError("the folder of the pictures is needed", do="give --images DIR")
    rows = datasets.read(form, data, images or data.parent)
    make = partial(make_verifier, models, encoder, detector, reader, alpha, delta, reference)
    with progress_bar("checking") as step:
        if engine == "ray":
            from llamaindex_clipverify.integrations import ray_engine

            found = ray_engine.evaluate(make, rows, workers=workers, progress=step)
        else:
            found = evaluation.evaluate(make(), rows, progress=step)
    for error in found.errors:
        typer.echo(f"clipverify: left out: {error}", err=True)
    if not found.rows:
        raise DataError("no row could be read", got=data, do="see the lines above")
    if predictions is not None:
        lines = (json_module.dumps(row, ensure_ascii=False) for row in found.predictions())
        write(predictions, "".join(f"{line}\n" for line in lines))
    write_or_print(json, json_module.dumps(found.to_dict(), indent=2, ensure_ascii=False), lambda: say(found.table()))
