"""Checks the installation: versions, broken parts with their fix, and the expected seconds per picture."""

from __future__ import annotations

import importlib
import os
import platform
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, requires, version
from typing import Literal

from packaging.requirements import Requirement

from llamaindex_clipverify.errors import ClipVerifyError, MissingExtraError

State = Literal["fine", "note", "broken"]
_SIGNS: dict[State, str] = {"fine": "✔", "note": "!", "broken": "✗"}
_DISTRIBUTION = "llamaindex-clipverify"
_OPENCV = ("opencv-python", "opencv-contrib-python", "opencv-python-headless", "opencv-contrib-python-headless")
_GIGAFLOPS = {"CLIP ViT-B/32": 8.8, "CLIP ViT-L/14": 162.0}
"""Thousand million floating-point operations of the vision tower for one view of 224 × 224."""
_VIEWS = 17
"""Views of a picture: the whole and 16 regions, the default budget."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One finding."""

    about: str
    state: State
    text: str
    do: str = ""

    def __str__(self) -> str:
        """Return it as one aligned line."""
        line = f"{_SIGNS[self.state]} {self.about:<12} {self.text}"
        return f"{line}; {self.do}" if self.do else line


def examine() -> Iterator[Finding]:
    """Run all checks in turn; a check that raises an error becomes a finding."""
    looks = (_python, _packages, _extras, _opencv, _torch, _bundled, _reader, _speed, _real_models, _offline)
    for look in looks:
        yield from _guarded(look)


def _guarded(look: Callable[[], Iterator[Finding]]) -> Iterator[Finding]:
    try:
        yield from look()
    except Exception as error:  # noqa: BLE001 - every error is reported
        why = " ".join(str(error).split())[:200]
        do = "" if isinstance(error, ClipVerifyError) else f"reinstall {_DISTRIBUTION}"
        yield Finding(about=look.__name__.strip("_"), state="broken", text=f"{type(error).__name__}: {why}", do=do)


def _python() -> Iterator[Finding]:
    good = sys.version_info >= (3, 11)
    text = f"{platform.python_version()} on {platform.system()} {platform.machine()}"
    yield Finding(
        about="python", state="fine" if good else "broken", text=text, do="" if good else "3.11 or later is needed"
    )


def _packages() -> Iterator[Finding]:
    needed = [one for one in _requirements() if one.marker is None]
    wrong = [(one, _installed(one.name)) for one in needed if not _fits(one)]
    for one, found in wrong:
        text = f"{one.name} {found or 'is missing'}, needed {one.specifier or 'any version'}"
        yield Finding(about="packages", state="broken", text=text, do=f"pip install '{one.name}{one.specifier}'")
    if not wrong:
        named = ", ".join(f"{one.name} {_installed(one.name)}" for one in needed if one.name in _SHOWN)
        yield Finding(about="packages", state="fine", text=f"all {len(needed)} there: {named}")


_SHOWN = ("torch", "transformers", "llama-index-core", "numpy", "scikit-learn")


def _extras() -> Iterator[Finding]:
    by_extra: dict[str, list[Requirement]] = defaultdict(list)
    for one in _requirements():
        extra = _extra_of(one)
        if extra and extra != "all":
            by_extra[extra].append(one)
    for extra, parts in by_extra.items():
        lacking = [part.name for part in parts if not _fits(part)]
        if lacking:
            do = f"for it: pip install '{_DISTRIBUTION}[{extra}]'"
            yield Finding(about=f"[{extra}]", state="note", text=f"without {', '.join(lacking)}", do=do)
        else:
            yield Finding(
                about=f"[{extra}]",
                state="fine",
                text=", ".join(f"{part.name} {_installed(part.name)}" for part in parts),
            )


def _opencv() -> Iterator[Finding]:
    found = [name for name in _OPENCV if _installed(name)]
    if len(found) > 1:
        others = " ".join(found)
        do = f"pip uninstall -y {others} && pip install opencv-python-headless"
        yield Finding(
            about="opencv",
            state="broken",
            text=f"{len(found)} distributions share the module cv2: {', '.join(found)}",
            do=do,
        )
        return
    if not found:
        yield Finding(about="opencv", state="note", text="not installed; YOLO detectors and heat maps need it")
        return
    try:
        importlib.import_module("cv2")
    except ImportError as error:
        do = "pip uninstall -y opencv-python && pip install opencv-python-headless"
        yield Finding(about="opencv", state="broken", text=f"cv2 cannot be imported ({error})", do=do)
        return
    yield Finding(
        about="opencv", state="fine", text=f"{found[0]} {_installed(found[0])}, imports; no desktop libraries needed"
    )


def _torch() -> Iterator[Finding]:
    torch = importlib.import_module("torch")
    devices = [torch.cuda.get_device_name(place) for place in range(torch.cuda.device_count())]
    where = ", ".join(devices) if devices else "no GPU: models run on the CPU"
    yield Finding(
        about="torch", state="fine", text=f"{torch.get_num_threads()} threads of {os.cpu_count()} cores; {where}"
    )


def _bundled() -> Iterator[Finding]:
    from llamaindex_clipverify.models.registry import tiny_folder

    about = "tiny models"
    try:
        folder = tiny_folder()
    except MissingExtraError as error:
        yield Finding(about=about, state="note", text=error.what, do=error.do)
        return
    for name, loads in (("clip", _loads_encoder), ("yolo", _loads_detector)):
        if (folder / name).is_dir():
            yield loads()
        else:
            text, do = f"the bundled {name} is missing", "reinstall llamaindex-clipverify-tiny"
            yield Finding(about=about, state="broken", text=text, do=do)


def _loads_encoder() -> Finding:
    from llamaindex_clipverify.models.registry import load_encoder

    encoder = load_encoder("tiny")
    width = encoder.encode_texts(["a dog"]).shape[1]
    return Finding(about="tiny models", state="fine", text=f"encoder loads: {encoder.id}, {width} dimensions")


def _loads_detector() -> Finding:
    from llamaindex_clipverify.models.registry import load_detector
    from llamaindex_clipverify.picture import Picture

    try:
        detector = load_detector("tiny")
    except ImportError as error:
        return Finding(about="tiny models", state="note", text=f"the detector needs YOLO ({error})")
    if detector is None:
        return Finding(about="tiny models", state="broken", text="the detector is none")
    detector.detect([Picture.of(_scene(0))])
    return Finding(
        about="tiny models", state="fine", text=f"detector loads: {detector.id}, {len(detector.labels or ())} classes"
    )


def _reader() -> Iterator[Finding]:
    from llamaindex_clipverify.errors import MissingExtraError
    from llamaindex_clipverify.models.registry import load_reader
    from llamaindex_clipverify.picture import Picture
    from llamaindex_clipverify.testing.documents import draw_document

    try:
        reader = load_reader("rapidocr")
    except MissingExtraError as error:
        yield Finding(about="reader", state="note", text=f"written words are not read: {error.what}", do=error.do)
        return
    assert reader is not None
    page = Picture.of(draw_document(0, "sign").image)
    reader.read([page])
    seconds = _timed(lambda: reader.read([page]))
    text = f"rapidocr reads: {len(reader.read([page])[0])} lines of a drawn sign in {_seconds(seconds)}; used only when named"
    yield Finding(about="reader", state="fine", text=text)


def _speed() -> Iterator[Finding]:
    from llamaindex_clipverify.verification.verifier import Verifier

    verifier = Verifier.tiny()
    verifier.verify("There is a dog.", [_scene(0)])
    seconds = _timed(lambda: verifier.verify("There is a red car and a dog.", [_scene(1)]))
    yield Finding(
        about="speed", state="fine", text=f"tiny models: {seconds:.2f} s for an answer about one new picture (measured)"
    )


def _real_models() -> Iterator[Finding]:
    rate = _gigaflops_per_second()
    costs = ", ".join(f"{name} {_seconds(_VIEWS * each / rate)}" for name, each in _GIGAFLOPS.items())
    yield Finding(
        about="",
        state="fine",
        text=f"real encoders, per new picture of {_VIEWS} views: {costs} (estimated at {rate:.0f} Gflop/s)",
    )


def _offline() -> Iterator[Finding]:
    found = [name for name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE") if os.environ.get(name)]
    if found:
        do = "unset them to download real models"
        yield Finding(
            about="network",
            state="note",
            text=f"{', '.join(found)} set: only models that are here already can be used",
            do=do,
        )
    else:
        yield Finding(
            about="network",
            state="fine",
            text="hub models are downloaded when first named, YOLO files never; the tiny ones need none",
        )


# -- measuring and reading ----------------------------------------------------------------------------------------


def _scene(number: int) -> object:
    from llamaindex_clipverify.testing import FRESH, draw_scene

    return draw_scene(FRESH + number).image


def _timed(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _gigaflops_per_second() -> float:
    """Measure a product of the size of a vision block's: it bounds what an encoder reaches."""
    torch = importlib.import_module("torch")
    device = "cuda" if torch.cuda.is_available() else "cpu"
    one, two = torch.ones(1024, 1024, device=device), torch.ones(1024, 1024, device=device)

    def multiply() -> float:
        for _ in range(6):
            result = one @ two
        return float(result[0, 0])

    multiply()
    best = min(_timed(multiply) for _ in range(3))
    return float(6 * 2 * 1024**3 / best / 1e9 * 0.6)  # towers reach about six tenths of a plain product


def _seconds(value: float) -> str:
    return f"{value:.1f} s" if value >= 0.1 else f"{value * 1000:.0f} ms"


def _requirements() -> list[Requirement]:
    return [Requirement(line) for line in requires(_DISTRIBUTION) or ()]


def _extra_of(one: Requirement) -> str:
    """Return the extra of a requirement; "" if it is always required."""
    text = str(one.marker or "")
    return text.split("extra == ")[-1].strip("\"' )") if "extra ==" in text else ""


def _installed(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _fits(one: Requirement) -> bool:
    found = _installed(one.name)
    return found is not None and one.specifier.contains(found, prereleases=True)
