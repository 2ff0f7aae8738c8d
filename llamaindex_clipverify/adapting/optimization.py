"""Convert encoder and detector to ONNX, in int8 where that is faster, and compare the copies with the originals.

```python
from llamaindex_clipverify import Verifier
from llamaindex_clipverify.adapting.optimization import optimize

print(optimize("light", encoder="openai/clip-vit-base-patch32", detector="yolov8n.pt"))
verifier = Verifier.from_defaults(encoder="onnx:light", detector="onnx:light")
```
"""

from __future__ import annotations

import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from llamaindex_clipverify.adapting.optimized_forms import LEAST_AGREEMENT, LEAST_COSINE, NAMES, Form, Optimization
from llamaindex_clipverify.claims.vocabulary import english
from llamaindex_clipverify.errors import DataError, ModelError
from llamaindex_clipverify.evidence.checks_by_model import CHECKS_BY_MODEL
from llamaindex_clipverify.evidence.text_vectors import PROMPT
from llamaindex_clipverify.geometry import Array, overlap
from llamaindex_clipverify.models.detections import Detections
from llamaindex_clipverify.models.optimized import Kind, Record
from llamaindex_clipverify.models.protocols import Detector, Encoder
from llamaindex_clipverify.models.registry import load_detector, load_encoder, load_exporter
from llamaindex_clipverify.picture import Picture
from llamaindex_clipverify.testing import FRESH, draw_scene
from llamaindex_clipverify.trust.profile import Profile

PRECISIONS = ("fp32", "int8", "auto")
_SEEN = 0.25
"""Confidence from which a box must have its counterpart."""
_WORTH = 0.9
"""Share of the time of fp32 below which int8 pays: times vary by less, and fp32 sees the same."""
_WORK = ".making-"
_PROFILE = "profile.json"
Progress = Callable[[str, int, int], None]
"""Progress callback: called with (stage, done, total)."""


def optimize(
    out: str | Path,
    encoder: str | Encoder | None = None,
    detector: str | Detector | None = None,
    *,
    precision: str = "auto",
    pictures: Sequence[Any] = (),
    profile: Profile | None = None,
    progress: Progress | None = None,
) -> Optimization:
    """Write lighter copies of an encoder, a detector, or both, and compare them with the originals on the CPU.

    Writes into `out`: ``encoder/`` and ``detector/``, each whole in itself, loaded as ``onnx:OUT``; and ``profile.json`` where a
    profile can be carried over. What was there of an earlier run is replaced when the new is complete; a run that is
    interrupted changes nothing.

    Args:
        out: Folder.
        encoder: A CLIP or SigLIP, by name or as `ClipEncoder`.
        detector: A YOLO, by name or as `YoloDetector`.
        precision: ``fp32``, ``int8``, or ``auto``: int8 for each file that is a tenth faster so, and like enough.
        pictures: To compare on, anything that `Picture.of` takes; 24 drawn scenes when none are given.
        profile: One fitted with the originals; carried over for what sees the same.
        progress: Progress callback: called with (stage, done, total).

    Raises:
        DataError: Nothing to optimize, no such precision, or the folder holds other files.
        ModelError: A model is of a family that cannot be exported, or its copy is too unlike it.
        MissingExtraError: onnx or ONNX Runtime is not installed.
    """
    if precision not in PRECISIONS:
        raise DataError("no such precision", got=precision, do=f"give one of {', '.join(PRECISIONS)}")
    encoder_model, detector_model = _exportable(encoder, detector)
    exporter, folder = load_exporter(), Path(out).expanduser().resolve()
    tried = [Picture.of(picture) for picture in pictures] or [
        Picture.of(draw_scene(FRESH + seed).image) for seed in range(24)
    ]
    tell = progress or (lambda *_: None)
    with _work_in(folder) as work:
        bench = _Bench(exporter, work, precision, tried, tell)
        models: dict[Kind, Any] = {"encoder": encoder_model, "detector": detector_model}
        made = {kind: bench.made(kind, model) for kind, model in models.items() if model is not None}
        for kind in made:
            _place(work / kind, folder / kind, work)
        same = {kind: all(form.same for form in forms if form.kept) for kind, forms in made.items()}
        carried = _carry(profile, folder, same)
        _place_profile(carried, folder, work)
    forms = tuple(form for found in made.values() for form in found)
    note = _note(profile, same) if profile is not None else ""
    return Optimization(out=folder, forms=forms, profile=folder / _PROFILE if carried else None, note=note)


class _Bench:
    """Makes the forms of a model in a work folder, compares them, and puts the best together."""

    def __init__(self, exporter: Any, work: Path, precision: str, pictures: Sequence[Picture], tell: Progress) -> None:
        self.exporter, self.work, self.pictures, self.tell = exporter, work, pictures, tell
        self.precision = precision

    def made(self, kind: Kind, model: Any) -> list[Form]:
        """Write the folder of a model into the work folder, and return every form that was tried."""
        original = type(model)(str(model.path if kind == "detector" else model.name), device="cpu")
        tried = ["fp32", "int8"] if self.precision == "auto" else [self.precision]
        steps = 2 + len(tried)
        self.tell(kind, 0, steps)
        folders = {one: self.work / f"{kind}-{one}" for one in ("fp32", *tried)}
        getattr(self.exporter, f"export_{kind}")(original, folders["fp32"])
        self.tell(kind, 1, steps)
        if "int8" in tried:
            self.exporter.quantize(folders["fp32"], kind, folders["int8"])
            self.tell(kind, 2, steps)
        copies = {one: (load_encoder if kind == "encoder" else load_detector)(f"onnx:{folders[one]}") for one in tried}
        compare = _compare_encoders if kind == "encoder" else _compare_detectors
        forms = [
            Form(
                file=file,
                precision=one,
                megabytes=_megabytes(folders[one] / f"{file}.onnx"),
                milliseconds=milliseconds,
                torch_milliseconds=original_milliseconds,
                mean=mean,
                least=least,
            )
            for file, one, (milliseconds, original_milliseconds, mean, least) in compare(
                original, copies, self.pictures
            )
        ]
        self.tell(kind, steps - 1, steps)
        chosen = [
            _chosen([form for form in forms if form.file == file]) for file in dict.fromkeys(f.file for f in forms)
        ]
        _assemble(chosen, kind, folders, self.work / kind)
        self.tell(kind, steps, steps)
        return [replace(form, kept=form in chosen) for form in forms]


Figures = tuple[float, float, float, float]
"""Milliseconds, those of the original, mean and least likeness."""


def _compare_encoders(
    original: Encoder, copies: Mapping[str, Any], pictures: Sequence[Picture]
) -> Iterator[tuple[str, str, Figures]]:
    images, texts = [picture.image for picture in pictures], _texts()
    yield from _compared(
        "vision", original.encode_images, {name: one.encode_images for name, one in copies.items()}, images
    )
    yield from _compared("text", original.encode_texts, {name: one.encode_texts for name, one in copies.items()}, texts)


def _compared(
    file: str, original: Callable[[Any], Array], copies: Mapping[str, Callable[[Any], Array]], items: Sequence[Any]
) -> Iterator[tuple[str, str, Figures]]:
    expected = original(items)
    found = {name: encode(items) for name, encode in copies.items()}
    seconds = side_by_side({"torch": original, **copies}, items)
    for name, vectors in found.items():
        cosines = (expected * vectors).sum(axis=1)
        likeness = float(cosines.mean()), float(cosines.min())
        yield file, name, (1000 * seconds[name], 1000 * seconds["torch"], *likeness)


def _compare_detectors(
    original: Detector, copies: Mapping[str, Any], pictures: Sequence[Picture]
) -> Iterator[tuple[str, str, Figures]]:
    expected = [original.detect([picture])[0] for picture in pictures]
    found = {name: copy.detect(pictures) for name, copy in copies.items()}
    seconds = side_by_side({name: one.detect for name, one in {"torch": original, **copies}.items()}, pictures)
    for name, seen in found.items():
        counts = np.array([agreement(one, other) for one, other in zip(expected, seen, strict=True)])
        shares = counts[:, 0] / np.maximum(counts[:, 1], 1) + (counts[:, 1] == 0)
        mean = float(counts[:, 0].sum() / counts[:, 1].sum()) if counts[:, 1].sum() else 1.0
        yield "network", name, (1000 * seconds[name], 1000 * seconds["torch"], mean, float(shares.min()))


def agreement(one: Detections, other: Detections) -> tuple[int, int]:
    """Return how many boxes of confidence .25 or more, of either, have a counterpart in the other, and how many there are.

    A counterpart has the same label, nine tenths of the place, and a confidence within .05.
    """
    pairs = [
        (box, second) for first, second in ((one, other), (other, one)) for box in _boxes(first) if box[2] >= _SEEN
    ]
    return sum(_has_counterpart(box, second) for box, second in pairs), len(pairs)


def _has_counterpart(box: tuple[Any, str, float], other: Detections) -> bool:
    place, label, score = box
    return any(
        label == its_label and abs(score - its_score) <= 0.05 and overlap(place, its_place) >= 0.9
        for its_place, its_label, its_score in _boxes(other)
    )


def _boxes(seen: Detections) -> Iterator[tuple[Any, str, float]]:
    return zip(seen.boxes, seen.labels, seen.scores, strict=True)


def _texts() -> list[str]:
    """Return phrases as the checks ask them, and one that is longer than any encoder takes."""
    words, colours = english(), list(dict.fromkeys(english().colours.values()))
    nouns = list(words.groups)
    plain = [f"a {noun}" for noun in nouns[::2]]
    coloured = [f"a {colours[place % len(colours)]} {noun}" for place, noun in enumerate(nouns[1::2])]
    return [PROMPT.format(phrase) for phrase in [*plain, *coloured]] + [" and ".join(coloured)]


def side_by_side(
    calls: Mapping[str, Callable[[Any], object]],
    items: Sequence[Any],
    rounds: tuple[int, int] = (3, 12),
    enough: float = 6.0,
) -> dict[str, float]:
    """Return the median seconds of each call on one item; calls take turns item by item, so that noise falls on all alike.

    Args:
        calls: By name; each takes a list of items.
        items: The first eight are used.
        rounds: At least and at most.
        enough: Seconds after which no further round begins.
    """
    chosen = [[item] for item in items[:8]]
    times: dict[str, list[float]] = {name: [] for name in calls}
    begun = time.perf_counter()
    for played in range(rounds[1]):
        if played >= rounds[0] and time.perf_counter() - begun > enough:
            break
        for one in chosen:
            for name, call in calls.items():
                started = time.perf_counter()
                call(one)
                times[name].append(time.perf_counter() - started)
    return {name: statistics.median(values) for name, values in times.items()}


def _chosen(forms: Sequence[Form]) -> Form:
    """Return the form of a file that is like enough: the more precise one, unless the other is a tenth faster.

    Raises:
        ModelError: None is.
    """
    alike = [form for form in forms if form.alike]
    if not alike:
        best = max(forms, key=lambda form: form.least)
        least = LEAST_AGREEMENT if best.file == "network" else LEAST_COSINE
        got = f"{NAMES[best.file]}, {best.precision}: likeness {best.mean:.3f}, least {best.least:.3f}, wanted {least}"
        do = "give --precision fp32 or auto" if best.precision == "int8" else "keep the original"
        raise ModelError("the copy is too unlike the original", got=got, do=do)
    return min(alike, key=lambda form: form.milliseconds * (_WORTH if form.precision == "fp32" else 1))


def _assemble(chosen: Sequence[Form], kind: Kind, folders: Mapping[str, Path], target: Path) -> None:
    """Copy the chosen files with their configuration and records."""
    shutil.copytree(folders["fp32"], target, ignore=shutil.ignore_patterns("*.onnx"))
    for form in chosen:
        shutil.copyfile(folders[form.precision] / f"{form.file}.onnx", target / f"{form.file}.onnx")
    precision = {form.file: form.precision for form in chosen}
    likeness = {form.file: {"mean": round(form.mean, 6), "least": round(form.least, 6)} for form in chosen}
    replace(Record.load(folders["fp32"], kind), precision=precision, likeness=likeness).save(target)


def _exportable(encoder: str | Encoder | None, detector: str | Detector | None) -> tuple[Any, Any]:
    encoder_model = load_encoder(encoder) if isinstance(encoder, str) else encoder
    detector_model = load_detector(detector) if isinstance(detector, str) else detector
    if encoder_model is None and detector_model is None:
        raise DataError("nothing to optimize", do="give encoder=, detector= or both")
    if encoder_model is not None and not hasattr(encoder_model, "pixels"):
        raise ModelError("not an encoder that can be exported", got=repr(encoder_model), do="give one CLIP or SigLIP")
    if detector_model is not None and not (hasattr(detector_model, "path") and hasattr(detector_model, "at")):
        raise ModelError(
            "not a detector that can be exported", got=repr(detector_model), do="give one YOLO file, or none"
        )
    return encoder_model, detector_model


def _megabytes(path: Path) -> float:
    return round(path.stat().st_size / 1e6, 3)


# -- profiles ---------------------------------------------------------------------------------------------------------


def _carry(profile: Profile | None, folder: Path, same: Mapping[Kind, bool]) -> Profile | None:
    """Return the profile for the copies that see the same as their originals; None when it knows none of them."""
    if profile is None:
        return None
    loaded: dict[str, Any] = {
        kind: load_encoder(f"onnx:{folder}") if kind == "encoder" else load_detector(f"onnx:{folder}") for kind in same
    }
    ids = {loaded[kind].record.made_of: loaded[kind].id for kind, alike in same.items() if alike}
    carried = profile.rebound(ids, dict.fromkeys(same, f"onnx:{folder}"))
    return carried if carried.parts != profile.parts else None


def _place_profile(profile: Profile | None, folder: Path, work: Path) -> None:
    """Write the profile, or take away an earlier one, which belongs to other copies."""
    if profile is None:
        (folder / _PROFILE).unlink(missing_ok=True)
    else:
        profile.save(work / _PROFILE).replace(folder / _PROFILE)


def _note(profile: Profile, same: Mapping[Kind, bool]) -> str:
    """Return a note on which copies the profile of the originals is valid for."""
    known = {kind: alike for kind, alike in same.items() if CHECKS_BY_MODEL[kind][0] in profile.parts}
    other = [kind for kind, alike in known.items() if not alike]
    if not other:
        return f"profile {profile.name!r} still applies: --models {_PROFILE} of the folder" if known else ""
    return (
        f"profile {profile.name!r} does not hold for the {' and the '.join(other)}, whose copy sees a little differently: "
        "clipverify calibrate makes a new one, --precision fp32 keeps the old"
    )


# -- files ------------------------------------------------------------------------------------------------------------


@contextmanager
def _work_in(folder: Path) -> Iterator[Path]:
    """Yield a temporary work folder inside the target and remove it at the end, also after errors."""
    if folder.is_file():
        raise DataError("the output is a folder", got=folder)
    own = {"encoder", "detector", _PROFILE}
    if folder.is_dir() and [one for one in folder.iterdir() if one.name not in own and not one.name.startswith(_WORK)]:
        raise DataError("the folder holds other files", got=folder, do="name a new folder, or one of an earlier run")
    folder.mkdir(parents=True, exist_ok=True)
    for left in folder.glob(f"{_WORK}*"):  # of a run that was killed
        shutil.rmtree(left, ignore_errors=True)
    work = Path(tempfile.mkdtemp(prefix=_WORK, dir=folder))
    try:
        yield work
    finally:
        shutil.rmtree(work, ignore_errors=True)
        with suppress(OSError):
            folder.rmdir()  # only when nothing was made


def _place(made: Path, target: Path, work: Path) -> None:
    """Replace a folder by another one; the old folder is restored if that fails."""
    old = work / f"old-{target.name}"
    if target.exists():
        target.rename(old)
    try:
        made.rename(target)
    except OSError:
        if old.exists():
            old.rename(target)
        raise
