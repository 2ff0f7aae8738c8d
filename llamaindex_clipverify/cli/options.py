"""Options that several verbs share, and what they stand for: models and pictures."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from llamaindex_clipverify.errors import DataError, ModelError

if TYPE_CHECKING:
    from llamaindex_clipverify.models.protocols import Encoder
    from llamaindex_clipverify.picture import Picture
    from llamaindex_clipverify.verification.verifier import Verifier

Models = Annotated[str | None, typer.Option(metavar="tiny|PROFILE.json", help="Set all models at once.")]
EncoderName = Annotated[
    str | None, typer.Option("--encoder", metavar="NAME", help="CLIP or SigLIP: a hub id, a folder, onnx:DIR, or tiny.")
]
DetectorName = Annotated[
    str | None,
    typer.Option("--detector", metavar="NAME", help="yolov8n.pt, a path, transformers:ID, onnx:DIR, tiny, or none."),
]
ReaderName = Annotated[
    str | None, typer.Option("--reader", metavar="NAME", help="Reads written words: rapidocr, or none (the default).")
]
ReferenceFolder = Annotated[
    Path | None,
    typer.Option(
        "--reference", metavar="DIR", help="20 or more of your pictures: a scale for an encoder without a profile."
    ),
]
Engine = Annotated[
    Literal["local", "ray"], typer.Option("--engine", help="Here, or on Ray (extra ray): then the store is a server.")
]
Workers = Annotated[int | None, typer.Option(min=1, help="Ray actors; as many as there are CPUs by default.")]
JsonFile = Annotated[str | None, typer.Option("--json", metavar="FILE|-", help="Write JSON; - prints it, and only it.")]
ReportFile = Annotated[
    Path | None, typer.Option(metavar="FILE.html|.md|.json", help="Write the report: a web page, Markdown, or JSON.")
]
Alpha = Annotated[
    float | None, typer.Option(help="Share of wrong verdicts allowed: thresholds that guarantee it, from the profile.")
]
Delta = Annotated[float, typer.Option(help="Chance allowed that more are wrong; with --alpha.")]

NAME_MODELS = (
    "give --models tiny (knows only drawn scenes) or "
    "--encoder openai/clip-vit-base-patch32 --detector yolov8n.pt (photographs)"
)


def require(models: str | None, encoder: str | None, detector: str | None, reader: str | None = None) -> None:
    """Complain of models that are not named, or named twice, before anything else is done; a reader goes with any."""
    if reader not in (None, "none") and models is None and encoder is None and detector in (None, "none"):
        return
    if models is None and encoder is None and detector in (None, "none"):
        raise DataError("no models are named", do=NAME_MODELS)
    if models is not None and (encoder is not None or detector is not None):
        raise DataError("--models sets all models", got=f"{models} and others", do="give either --models or the others")
    if detector is not None and detector.endswith(".pt") and not Path(detector).expanduser().is_file():
        raise ModelError(
            "no such detector weights", got=detector, do="give the path of a YOLO file; none is downloaded"
        )
    if models not in (None, "tiny") and not Path(models).is_file():
        raise DataError("no such models", got=models, do="give --models tiny or the path of a profile (.json)")


def make_verifier(
    models: str | None,
    encoder: str | None,
    detector: str | None,
    reader: str | None = None,
    alpha: float | None = None,
    delta: float = 0.1,
    reference: Path | None = None,
) -> Verifier:
    """Return the verifier of the models named, with guaranteed thresholds where an alpha is given."""
    from llamaindex_clipverify.trust.verdict import Policy
    from llamaindex_clipverify.verification.verifier import Verifier

    policy = Policy(alpha=alpha, delta=delta)
    named: dict[str, Any] = {} if reader is None else {"reader": reader}
    if reference is not None:
        named["reference"] = some_of(reference)
    if models == "tiny":
        return Verifier.tiny(policy=policy, **named)
    if models is not None:
        return Verifier.from_profile(models, policy=policy, **named)
    return Verifier.from_defaults(encoder=encoder, detector=detector, policy=policy, **named)


def some_of(folder: Path, most: int = 200) -> list[Path]:
    """Return pictures of a folder, spread evenly over it."""
    from llamaindex_clipverify.node_pictures import picture_files

    files = picture_files(folder)
    return [files[int(place * len(files) / most)] for place in range(most)] if len(files) > most else files


def make_encoder(models: str | None, encoder: str | None) -> Encoder:
    """Return the encoder alone."""
    if encoder is None or models is not None:
        found = make_verifier(models, encoder, None).encoder
        if found is None:
            raise ModelError("the profile names no encoder", got=models, do="give --encoder")
        return found
    from llamaindex_clipverify.models.registry import load_encoder

    return load_encoder(encoder)


def open_pictures(names: Sequence[str]) -> list[Picture]:
    """Open every picture now, so that a bad one is reported before any model is loaded."""
    from llamaindex_clipverify.picture import Picture

    pictures = [Picture.of(name, allow_urls=True) for name in names]
    for picture in pictures:
        _ = picture.id, picture.size
    return pictures


def model_names(models: str | None, encoder: str | None, detector: str | None) -> tuple[str | None, str | None]:
    """Return the names of encoder and detector, those of a profile where `--models` names one."""
    if models is None:
        return encoder, detector
    if models == "tiny":
        return "tiny", "tiny"
    from llamaindex_clipverify.trust.profile import Profile

    named = Profile.load(models).models
    return named.get("encoder"), named.get("detector")
