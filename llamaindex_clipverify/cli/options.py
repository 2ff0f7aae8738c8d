"""Options that several verbs share: models, thresholds, output files, engine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from llamaindex_clipverify.errors import DataError, ModelError
from llamaindex_clipverify.languages import check_code
from llamaindex_clipverify.report.saving import check_suffix

if TYPE_CHECKING:
    from llamaindex_clipverify.index.index import EvidenceIndex
    from llamaindex_clipverify.models.protocols import Encoder
    from llamaindex_clipverify.picture import Picture
    from llamaindex_clipverify.verification.verifier import Verifier

Engine = Annotated[
    Literal["local", "ray"],
    typer.Option("--engine", help="Run in this process, or on Ray (extra ray; needs a Chroma server as store)."),
]
Workers = Annotated[int | None, typer.Option(min=1, help="Number of Ray actors. Default: number of CPUs.")]
JsonFile = Annotated[
    str | None, typer.Option("--json", metavar="FILE|-", help="Write JSON to a file; - prints only JSON.")
]
ReportFile = Annotated[
    Path | None, typer.Option(metavar="FILE.html|.md|.json", help="Write the report: web page, Markdown, or JSON.")
]
MinCoverage = Annotated[
    float,
    typer.Option(min=0.0, max=1.0, help="Share of the answer's words that must have been checked; 0 for any."),
]
Store = Annotated[str, typer.Option(metavar="DIR|URL", help="The index: a folder, or the URL of a Chroma server.")]
LlmName = Annotated[
    str, typer.Option("--llm", metavar="NAME", help="tiny, local:ID_OR_FOLDER, together:MODEL, openai:MODEL@URL.")
]
NAME_MODELS = (
    "give --models tiny (knows only drawn scenes) or "
    "--encoder openai/clip-vit-base-patch32 --detector yolov8n.pt (photographs)"
)


@dataclass(frozen=True, kw_only=True)
class ModelOptions:
    """Which encoder and detector to use."""

    models: Annotated[str | None, typer.Option(metavar="tiny|PROFILE.json", help="Set all models at once.")] = None
    encoder: Annotated[
        str | None,
        typer.Option("--encoder", metavar="NAME", help="CLIP or SigLIP: a hub id, a folder, onnx:DIR, or tiny."),
    ] = None
    detector: Annotated[
        str | None,
        typer.Option(
            "--detector", metavar="NAME", help="yolov8n.pt, a path, transformers:ID, onnx:DIR, tiny, or none."
        ),
    ] = None

    @property
    def given(self) -> bool:
        """Whether any model is named."""
        return any(name is not None for name in (self.models, self.encoder, self.detector))

    @property
    def _has_model(self) -> bool:
        return self.models is not None or self.encoder is not None or self.detector not in (None, "none")

    def require(self) -> None:
        """Check that models are named, once, and that their files exist, before anything is loaded.

        Raises:
            DataError: No models, models named twice, or no such profile.
            ModelError: No such detector weights.
        """
        if not self._has_model:
            raise DataError("no models are named", do=NAME_MODELS)
        if self.models is not None and (self.encoder is not None or self.detector is not None):
            got = f"{self.models} and others"
            raise DataError("--models sets all models", got=got, do="give either --models or the others")
        if self.detector is not None and self.detector.endswith(".pt") and not _exists(self.detector):
            raise ModelError(
                "no such detector weights", got=self.detector, do="give the path of a YOLO file; none is downloaded"
            )
        if self.models not in (None, "tiny") and not Path(self.models).is_file():
            raise DataError("no such models", got=self.models, do="give --models tiny or the path of a profile (.json)")

    def names(self) -> tuple[str | None, str | None]:
        """Return the names of encoder and detector, read from the profile if `models` is one."""
        if self.models is None:
            return self.encoder, self.detector
        if self.models == "tiny":
            return "tiny", "tiny"
        from llamaindex_clipverify.trust.profile import Profile

        named = Profile.load(self.models).models
        return named.get("encoder"), named.get("detector")

    def verifier(self) -> Verifier:
        """Return the verifier with these models."""
        from llamaindex_clipverify.verification.verifier import Verifier

        options = self._options()
        if self.models == "tiny":
            return Verifier.tiny(**options)
        if self.models is not None:
            return Verifier.from_profile(self.models, **options)
        return Verifier.from_defaults(encoder=self.encoder, detector=self.detector, **options)

    def load_encoder(self) -> Encoder:
        """Return the encoder alone.

        Raises:
            ModelError: The profile names no encoder.
        """
        if self.encoder is not None and self.models is None:
            from llamaindex_clipverify.models.registry import load_encoder

            return load_encoder(self.encoder)
        encoder = self.verifier().encoder
        if encoder is None:
            raise ModelError("the profile names no encoder", got=self.models, do="give --encoder")
        return encoder

    def _options(self) -> dict[str, Any]:
        """Return further arguments of `Verifier.from_defaults`."""
        return {}


@dataclass(frozen=True, kw_only=True)
class ReadingModelOptions(ModelOptions):
    """Which encoder, detector and reader to use."""

    reader: Annotated[
        str | None, typer.Option("--reader", metavar="NAME", help="OCR: rapidocr or none. Default: none.")
    ] = None

    @property
    def _has_model(self) -> bool:
        return self.reader not in (None, "none") or super()._has_model

    def open_index(self, store: str) -> EvidenceIndex:
        """Open an index with these models. Default: those that it was made with."""
        from llamaindex_clipverify.index.index import EvidenceIndex

        return EvidenceIndex.open(store, *self.names(), reader=self.reader)

    def make_index(self, store: str) -> EvidenceIndex:
        """Open an index with these models, or make an empty one.

        Raises:
            DataError: They have no encoder.
        """
        from llamaindex_clipverify.index.index import EvidenceIndex

        encoder, detector = self.names()
        if encoder is None:
            raise DataError("an index needs an encoder", got="a detector alone", do="give --encoder or --models")
        return EvidenceIndex(store, encoder, detector, reader=self.reader)

    def _options(self) -> dict[str, Any]:
        return {} if self.reader is None else {"reader": self.reader}


@dataclass(frozen=True, kw_only=True)
class VerifierOptions(ReadingModelOptions):
    """Models, reference pictures and guaranteed thresholds."""

    reference: Annotated[
        Path | None,
        typer.Option(
            "--reference",
            metavar="DIR",
            help="Folder of 20 or more of your pictures: a scale for an encoder without profile.",
        ),
    ] = None
    alpha: Annotated[
        float | None,
        typer.Option(help="Allowed share of wrong verdicts: thresholds that guarantee it, from the profile."),
    ] = None
    delta: Annotated[float, typer.Option(help="Allowed probability that more are wrong; with --alpha.")] = 0.1

    def _options(self) -> dict[str, Any]:
        from llamaindex_clipverify.trust.verdict import Policy

        reference = {} if self.reference is None else {"reference": sample_of(self.reference)}
        return {**super()._options(), **reference, "policy": Policy(alpha=self.alpha, delta=self.delta)}


@dataclass(frozen=True, kw_only=True)
class ServerOption(ModelOptions):
    """A server that has the models, instead of models here."""

    server: Annotated[
        str | None,
        typer.Option(
            "--server",
            metavar="URL",
            help="Ask a server of clipverify serve: no model is loaded here. Models of the file or the environment give way.",
        ),
    ] = None

    ca: Annotated[
        Path | None,
        typer.Option(
            "--ca",
            metavar="FILE",
            help="Authorities that a server's certificate is checked with, in PEM. Default: the system's.",
        ),
    ] = None

    def require(self) -> None:
        """Check that either a server or models are named; errors as for `ModelOptions.require`."""
        if self.server is None:
            super().require()
        elif self._has_model or self._options() != type(self)()._options():
            do = "leave out --server, or the models, --reader, --reference and --alpha"
            raise DataError("a server has models of its own", got=self.server, do=do)

    def verifier(self) -> Verifier:
        """Return the verifier of the server, or the one with these models."""
        if self.server is None:
            return super().verifier()
        from llamaindex_clipverify.verification.verifier import Verifier

        return Verifier.remote(self.server, ca=self.ca)


@dataclass(frozen=True, kw_only=True)
class ServedModelOptions(ServerOption):
    """Which encoder and detector to use, or which server."""


@dataclass(frozen=True, kw_only=True)
class ServedReadingOptions(ServerOption, ReadingModelOptions):
    """Which encoder, detector and reader to use, or which server."""

    def index(self, store: str | None) -> EvidenceIndex:
        """Open an index, or that of the server where no store is named.

        Raises:
            DataError: Neither is named, or both are.
        """
        from llamaindex_clipverify.verification.verifier import Verifier

        if store is not None and self.server is not None:
            raise DataError("a server has an index of its own", got=store, do="give either --server or --store")
        if store is not None:
            return self.open_index(store)
        if self.server is None:
            raise DataError("no index is named", do="give --store DIR or --server URL")
        self.require()
        return Verifier.remote(self.server, ca=self.ca).index


@dataclass(frozen=True, kw_only=True)
class ServedVerifierOptions(ServerOption, VerifierOptions):
    """Models, reference pictures and guaranteed thresholds, or a server."""


@dataclass(frozen=True, kw_only=True)
class ReportOptions:
    """Where a report goes, and in which language it is shown."""

    report: ReportFile = None
    language: Annotated[
        str | None,
        typer.Option(
            "--language", metavar="en|ko", help="Language of verdicts and reasons. Default: that of the answer."
        ),
    ] = None

    def check(self) -> None:
        """Check the values before anything is computed.

        Raises:
            DataError: A file of another suffix, or a language that reports are not shown in.
        """
        if self.report is not None:
            check_suffix(self.report)
        if self.language is not None:
            check_code(self.language)


def sample_of(folder: Path, most: int = 200) -> list[Path]:
    """Return at most `most` pictures of a folder, spread evenly over it."""
    from llamaindex_clipverify.node_pictures import picture_files

    files = picture_files(folder)
    return [files[int(index * len(files) / most)] for index in range(most)] if len(files) > most else files


def open_pictures(names: Sequence[str], *, decode: bool = True) -> list[Picture]:
    """Open every picture, so that a bad one is reported before any model is loaded; `decode` looks into its file, too."""
    from llamaindex_clipverify.picture import Picture

    pictures = [Picture.of(name, allow_urls=True) for name in names]
    for picture in pictures:
        _ = picture.id, decode and picture.size
    return pictures


def _exists(path: str) -> bool:
    return Path(path).expanduser().is_file()
