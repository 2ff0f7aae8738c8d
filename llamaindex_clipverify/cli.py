"""The command line: one function per verb. What the verbs do is elsewhere; here are only their flags and exit codes.

Exit codes: 0 fine, 1 the answer is not trusted enough (or `doctor` found something broken), 2 bad input or usage.
"""

from __future__ import annotations

import atexit
import gc
import os
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from llamaindex_clipverify.errors import ClipVerifyError, DataError, MissingExtraError, ModelError

if TYPE_CHECKING:
    from collections.abc import Callable

    from llamaindex_clipverify.picture import Picture
    from llamaindex_clipverify.protocols import Encoder
    from llamaindex_clipverify.report import Report
    from llamaindex_clipverify.verifier import Verifier

app = typer.Typer(
    name="clipverify",
    help="Which words of an answer are not supported by its pictures, how sure that is, and why.",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

Models = Annotated[str | None, typer.Option(metavar="tiny|PROFILE.json", help="Set all models at once.")]
EncoderName = Annotated[
    str | None, typer.Option("--encoder", metavar="NAME", help="CLIP or SigLIP: a hub id, a folder, or tiny.")
]
DetectorName = Annotated[
    str | None, typer.Option("--detector", metavar="NAME", help="yolov8n.pt, a path, transformers:ID, tiny, or none.")
]
JsonFile = Annotated[str | None, typer.Option("--json", metavar="FILE|-", help="Write JSON; - prints it, and only it.")]

_MANY = {"verify": {"--image"}, "compare": {"--image", "--text"}}
"""Options that take several values after one flag."""
_NAME_MODELS = (
    "give --models tiny (knows only drawn scenes) or "
    "--encoder openai/clip-vit-base-patch32 --detector yolov8n.pt (photographs)"
)


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and leave with its exit code. Errors made by the caller are one line on stderr."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    _quieten()
    with _uncollected():
        code = _run(given)
    sys.exit(code if isinstance(code, int) else 0)


def _run(given: list[str]) -> object:
    """Run the verb and return its exit code, or leave with 2."""
    try:
        return app(args=_spread(given) or ["--help"], prog_name="clipverify", standalone_mode=False)
    except ClipVerifyError as error:
        _leave(str(error))
    except (KeyboardInterrupt, typer.Abort):
        sys.exit(130)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except OSError as error:
        _leave(f"{error.strerror or error}; got {error.filename}" if error.filename else str(error))
    except Exception as error:
        if not hasattr(error, "format_message"):  # a usage error of typer, which keeps its class to itself
            raise
        _leave(f"{' '.join(error.format_message().split()).rstrip('.')}; see {_help_of(given)}")


@contextmanager
def _uncollected() -> Iterator[None]:
    """Collect no garbage while models are imported: that is a fifth of a short command's time."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def run() -> NoReturn:
    """Run `main` as the console script does, and leave without taking an interpreter full of models apart.

    That would take more than a second, for nothing: what was written is flushed, and exit handlers have run.
    """
    code: object = 1
    try:
        main()
    except SystemExit as left:
        code = left.code
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()
    atexit._run_exitfuncs()
    os._exit(code if isinstance(code, int) else 0 if code is None else 1)


@app.command()
def demo(
    out: Annotated[Path, typer.Option(metavar="DIR", help="Where the pictures and the page go.")] = Path(
        "clipverify-demo"
    ),
) -> None:
    """Check four answers on drawn scenes; needs no network."""
    from llamaindex_clipverify.demo import run

    run(out, _print_report, _say)


@app.command()
def verify(
    answer: Annotated[str, typer.Option(metavar="TEXT", help="The answer to check; - reads it from stdin.")],
    image: Annotated[list[str], typer.Option(metavar="FILE…", help="The pictures it rests on: paths or URLs.")],
    question: Annotated[str | None, typer.Option(metavar="TEXT", help="Kept in the report.")] = None,
    models: Models = None,
    encoder: EncoderName = None,
    detector: DetectorName = None,
    json: JsonFile = None,
    report: Annotated[Path | None, typer.Option(metavar="FILE.html", help="Write the report as a web page.")] = None,
    min_trust: Annotated[float, typer.Option(min=0.0, max=1.0, help="Exit 1 below this trust.")] = 0.5,
    allow_unverified: Annotated[
        bool, typer.Option("--allow-unverified", help="Exit 0 when nothing could be checked.")
    ] = False,
) -> None:
    """Check an answer against its pictures.

    Exits 1 when it is trusted less than the minimum, or nothing could be checked.
    """
    if report is not None and report.suffix.lower() not in (".html", ".htm"):
        raise DataError("the report is a web page", got=report, do="name it FILE.html (--json writes JSON)")
    text = sys.stdin.read() if answer == "-" else answer
    if not text.strip():
        raise DataError("the answer is empty", do="give its text with --answer")
    _require(models, encoder, detector)
    pictures = _pictures(image)
    verifier = _verifier(models, encoder, detector)
    found = verifier.verify(text, pictures, question=question)
    if report is not None:
        _with_maps(verifier, found).save(report)
    _write_or_print(json, found.to_json(), lambda: _print_report(found))
    trusted = allow_unverified if found.trust is None else found.trust >= min_trust
    raise typer.Exit(0 if trusted else 1)


@app.command()
def explain(
    text: Annotated[str, typer.Option(metavar="TEXT", help="What to look for.")],
    image: Annotated[str, typer.Option(metavar="FILE", help="The picture.")],
    out: Annotated[Path, typer.Option(metavar="FILE.png", help="Where the heat map goes.")],
    method: Annotated[str, typer.Option(help="layercam, gradcam, gradcam++, eigengradcam, …")] = "layercam",
    models: Models = None,
    encoder: EncoderName = None,
    detector: DetectorName = None,
) -> None:
    """Draw where the encoder looks for a text.

    A map explains; it proves nothing: it has a peak whether or not the thing is there.
    """
    from llamaindex_clipverify.render import draw_map

    if not text.strip():
        raise DataError("the text is empty", do="give it with --text")
    _require(models, encoder, detector)
    (picture,) = _pictures([image])
    heat = _verifier(models, encoder, detector).heat_maps([text], picture, method)[0]
    out.parent.mkdir(parents=True, exist_ok=True)
    draw_map(picture, heat).save(out, "PNG")
    _say(f"cosine {heat.cosine:.3f} · evidence {heat.evidence:.3g} ({heat.method}) · “{heat.text}” in {picture.name}")
    if heat.empty:
        _say("the map is empty: nothing in the picture speaks for the text")
    _say(str(out))


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
    from llamaindex_clipverify.compare import compare as compared

    if not text and not image:
        raise DataError("there is nothing to compare", do="give --text and --image")
    _require(models, encoder, None)
    pictures = _pictures(image or [])
    found = compared(_encoder(models, encoder), text or [], pictures)
    if npz is not None:
        found.save_npz(npz)
    if plot is not None:
        found.save_plot(plot)
    _say(found.table())


@app.command(name="eval")
def evaluate(
    data: Annotated[Path, typer.Argument(metavar="DATA.jsonl", help="Rows of images, claim and label.")],
    models: Models = None,
    encoder: EncoderName = None,
    detector: DetectorName = None,
    json: JsonFile = None,
    predictions: Annotated[
        Path | None, typer.Option(metavar="FILE.jsonl", help="Write every row back with its trust and verdict.")
    ] = None,
) -> None:
    """Measure the verifier on labelled claims.

    Prints AUROC, coverage, accuracy and calibration, overall and by kind of claim.
    """
    import json as json_module

    from llamaindex_clipverify import evaluation

    gc.enable()
    _require(models, encoder, detector)
    rows = evaluation.read_rows(data)
    verifier = _verifier(models, encoder, detector)
    with _progress("checking") as step:
        found = evaluation.evaluate(verifier, rows, progress=step)
    for error in found.errors:
        typer.echo(f"clipverify: left out: {error}", err=True)
    if not found.rows:
        raise DataError("no row could be read", got=data, do="see the lines above")
    if predictions is not None:
        lines = (json_module.dumps(row, ensure_ascii=False) for row in found.predictions())
        _write(predictions, "".join(f"{line}\n" for line in lines))
    _write_or_print(json, json_module.dumps(found.to_dict(), indent=2, ensure_ascii=False), lambda: _say(found.table()))


@app.command()
def doctor() -> None:
    """Say what is installed, what is broken, and what to do."""
    from llamaindex_clipverify.doctor import examine

    usable = True
    for finding in examine():
        _say(str(finding))
        usable = usable and finding.state != "broken"
    _say("ready" if usable else "not usable yet: see ✗ above")
    raise typer.Exit(0 if usable else 1)


@app.command()
def finetune(  # noqa: PLR0913, PLR0917 - one parameter for each flag
    data: Annotated[
        list[Path], typer.Argument(metavar="DATA…", help="LLaVA's conversation JSON, or folders with captions.csv.")
    ],
    out: Annotated[Path, typer.Option(metavar="DIR", help="Where the run goes.")],
    llm: Annotated[
        str, typer.Option("--llm", "--model", metavar="tiny|local:ID_OR_FOLDER", help="The LLaVA to fine-tune.")
    ],
    models: Models = None,
    encoder: EncoderName = None,
    detector: DetectorName = None,
    epochs: Annotated[float, typer.Option(help="Times through the training part.")] = 3.0,
    batch_size: Annotated[int, typer.Option(help="Examples at once.")] = 8,
    accumulate: Annotated[int, typer.Option(help="Batches that make one step.")] = 1,
    learning_rate: Annotated[float, typer.Option(help="At its height.")] = 2e-4,
    rank: Annotated[int, typer.Option(help="Of the LoRA matrices.")] = 16,
    max_length: Annotated[
        int | None, typer.Option(help="Most tokens of an example; the model's window by default.")
    ] = None,
    save_every: Annotated[
        int | None, typer.Option(help="Steps between checkpoints; a tenth of the run by default.")
    ] = None,
    shares: Annotated[
        str, typer.Option(metavar="A,B,C", help="Of training, validation and test part.")
    ] = "0.8,0.1,0.1",
    seed: Annotated[int, typer.Option(help="Of the split and the training.")] = 0,
    device: Annotated[str | None, typer.Option(help="cuda, mps or cpu; the best by default.")] = None,
    min_trust: Annotated[
        float | None, typer.Option(help="Drop training captions that the verifier trusts less.")
    ] = None,
    weight_by_trust: Annotated[
        bool, typer.Option("--weight-by-trust", help="Let training captions count as much as they are trusted.")
    ] = False,
    skip_bad: Annotated[bool, typer.Option("--skip-bad", help="Leave bad rows out and name them.")] = False,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the run in DIR.")] = False,
    merge: Annotated[
        bool, typer.Option("--merge", help="Write the whole model too, to be loaded as local:DIR/model.")
    ] = False,
) -> None:
    """Fine-tune a LLaVA with LoRA, and see whether it hallucinates less.

    The models of the verifier judge its descriptions of the test pictures before and after.
    """
    from llamaindex_clipverify import finetuning

    gc.enable()
    judged = (models, encoder, detector) != (None, None, None)
    if judged:
        _require(models, encoder, detector)
    settings = {"epochs": epochs, "batch_size": batch_size, "accumulate": accumulate, "learning_rate": learning_rate,
                "rank": rank, "max_length": max_length, "save_every": save_every, "shares": _numbers(shares), "seed": seed,
                "min_trust": min_trust, "weight_by_trust": weight_by_trust}  # fmt: skip
    with _stages() as step:
        found = finetuning.finetune(
            data, out, llm, verifier=_verifier(models, encoder, detector) if judged else None, device=device,
            skip_bad=skip_bad, resume=resume, merge=merge, progress=step, **settings,
        )  # fmt: skip
    for fault in found.faults:
        typer.echo(f"clipverify: left out: {fault}", err=True)
    _say(str(found))


# -- models and pictures ------------------------------------------------------------------------------------------


def _require(models: str | None, encoder: str | None, detector: str | None) -> None:
    """Complain of models that are not named, or named twice, before anything else is done."""
    if models is None and encoder is None and detector in (None, "none"):
        raise DataError("no models are named", do=_NAME_MODELS)
    if models is not None and (encoder is not None or detector is not None):
        raise DataError("--models sets all models", got=f"{models} and others", do="give either --models or the others")
    if detector is not None and detector.endswith(".pt") and not Path(detector).expanduser().is_file():
        raise ModelError(
            "no such detector weights", got=detector, do="give the path of a YOLO file; none is downloaded"
        )
    if models not in (None, "tiny") and not Path(models).is_file():
        raise DataError("no such models", got=models, do="give --models tiny or the path of a profile (.json)")


def _verifier(models: str | None, encoder: str | None, detector: str | None) -> Verifier:
    from llamaindex_clipverify.verifier import Verifier

    if models == "tiny":
        return Verifier.tiny()
    if models is not None:
        return Verifier.from_profile(models)
    return Verifier.from_defaults(encoder=encoder, detector=detector)


def _encoder(models: str | None, encoder: str | None) -> Encoder:
    if encoder is None or models is not None:
        found = _verifier(models, encoder, None).encoder
        if found is None:
            raise ModelError("the profile names no encoder", got=models, do="give --encoder")
        return found
    from llamaindex_clipverify.models.table import load_encoder

    return load_encoder(encoder)


def _pictures(names: Sequence[str]) -> list[Picture]:
    """Open every picture now, so that a bad one is reported before any model is loaded."""
    from llamaindex_clipverify.picture import Picture

    pictures = [Picture.of(name, allow_urls=True) for name in names]
    for picture in pictures:
        _ = picture.id, picture.size
    return pictures


def _with_maps(verifier: Verifier, report: Report) -> Report:
    """Add heat maps where the encoder allows it; a report without them is still a report."""
    try:
        return verifier.explain(report)
    except (MissingExtraError, ModelError) as error:
        typer.echo(f"clipverify: no heat maps: {error}", err=True)
        return report


# -- output -------------------------------------------------------------------------------------------------------


def _say(text: str) -> None:
    typer.echo(text)


def _print_report(report: Report) -> None:
    """Print a report's text; on a terminal the line of each verdict has its colour."""
    text = str(report)
    if not sys.stdout.isatty():
        _say(text)
        return
    from rich.console import Console
    from rich.text import Text

    styles = {"✔": "green", "✗": "bold red", "?": "dim", "!": "yellow"}
    console = Console(highlight=False)
    for line in text.splitlines():
        console.print(Text(line, style=styles.get(line[:1], "bold")), soft_wrap=True)


def _write_or_print(target: str | None, text: str, otherwise: Callable[[], None]) -> None:
    """Print JSON alone for ``-``; else print what people read, and write the JSON where it is wanted."""
    if target == "-":
        _say(text)
        return
    if target is not None:
        _write(Path(target), text + "\n")
    otherwise()


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


@contextmanager
def _progress(label: str) -> Iterator[Callable[[int, int], None]]:
    """Yield a function of (done, total) that moves a bar on stderr; no bar where stderr is no terminal."""
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(label, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


@contextmanager
def _stages() -> Iterator[Callable[[str, int, int], None]]:
    """Yield a function of (stage, done, total) that moves a bar for each stage, as `_progress` does for one."""
    from rich.console import Console
    from rich.progress import Progress, TaskID

    console = Console(stderr=True)
    tasks: dict[str, TaskID] = {}
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:

        def step(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = bar.add_task(stage)
            bar.update(tasks[stage], completed=done, total=total)

        yield step


# -- arguments ----------------------------------------------------------------------------------------------------


def _spread(arguments: Sequence[str]) -> list[str]:
    """Write ``--image a b`` as ``--image a --image b``, for the options that take several values."""
    many = _MANY.get(arguments[0], set()) if arguments else set()
    result: list[str] = []
    flag, taken = "", False
    for argument in arguments:
        if argument.startswith("--"):
            flag, taken = argument if argument in many else "", False
        elif flag and taken:
            result.append(flag)
        else:
            taken = bool(flag)
        result.append(argument)
    return result


def _numbers(text: str) -> tuple[float, ...]:
    try:
        return tuple(float(part) for part in text.split(","))
    except ValueError as error:
        raise DataError("not a list of numbers", got=text, do="give them as 0.8,0.1,0.1") from error


def _help_of(arguments: Sequence[str]) -> str:
    verbs = {command.name for command in app.registered_commands} | {
        "demo",
        "verify",
        "explain",
        "compare",
        "doctor",
        "finetune",
    }
    return f"clipverify {arguments[0]} --help" if arguments and arguments[0] in verbs else "clipverify --help"


def _leave(message: str) -> NoReturn:
    typer.echo(f"clipverify: {' '.join(message.split())}", err=True)
    sys.exit(2)


def _quieten() -> None:
    """Keep other libraries' progress bars, hints and warnings out of the output; never crash on a narrow encoding."""
    for name, value in _QUIET.items():
        os.environ.setdefault(name, value)
    warnings.simplefilter("ignore")
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")


_QUIET = {
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_VERBOSITY": "error",
    "TOKENIZERS_PARALLELISM": "false",
    "TRANSFORMERS_VERBOSITY": "error",
    "YOLO_VERBOSE": "false",
}
