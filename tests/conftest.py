"""Fixtures for the whole suite: drawn scenes as files, a report with every verdict, the bundled verifier, the command line."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from chroma_server import ChromaServer

from llamaindex_clipverify.claims.english.splitter import EnglishSplitter
from llamaindex_clipverify.evidence.evidence import Evidence
from llamaindex_clipverify.explainers.heat_map import HeatMap
from llamaindex_clipverify.models import registry
from llamaindex_clipverify.picture import Picture
from llamaindex_clipverify.report.report import CheckedClaim, ClaimMap, ObjectAgreement, Report
from llamaindex_clipverify.testing import FRESH, Scene, draw_scene
from llamaindex_clipverify.trust.verdict import Policy
from llamaindex_clipverify.verification.verifier import Verifier

collect_ignore = ["deepeval_suite", "packages_suite"]  # environments of their own: make test-deepeval, test-packages


@pytest.fixture(scope="session")
def scene() -> Scene:
    """One fresh scene: a yellow cup, a yellow clock and a zebra."""
    return draw_scene(FRESH)


@pytest.fixture(scope="session")
def scene_file(scene: Scene, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The scene as a PNG."""
    path = tmp_path_factory.mktemp("scenes") / "scene.png"
    scene.image.save(path)
    return path


@dataclass(frozen=True)
class Drawn:
    """What a test file writes at its top, as ``SCENES = Drawn(…)``, to have scenes and a folder of them."""

    seed: int
    number: int
    objects: tuple[int, int] = (1, 6)


@pytest.fixture(scope="module")
def scenes(request: pytest.FixtureRequest) -> list[Scene]:
    """The fresh scenes that the test file asks for."""
    wanted: Drawn = request.module.SCENES
    return [draw_scene(FRESH + wanted.seed + place, objects=wanted.objects) for place in range(wanted.number)]


@pytest.fixture(scope="module")
def folder(scenes: list[Scene], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same as PNG files, 00.png and on."""
    place = tmp_path_factory.mktemp("pictures")
    for number, scene in enumerate(scenes):
        scene.image.save(place / f"{number:02}.png")
    return place


@pytest.fixture(scope="module")
def files(folder: Path) -> list[Path]:
    """Those files in order."""
    return sorted(folder.glob("*.png"))


class _Shared:
    """Loads a bundled model once for all tests: further ones of the same name share its weights."""

    def __init__(self, load: Callable[[str], Any]) -> None:
        self.load, self.first = load, None

    def __call__(self, name: str) -> Any:
        made = self.load(name)
        if self.first is None:
            self.first = made
        for part in ("model", "processor", "config", "id"):
            if part in self.first.__dict__:
                made.__dict__[part], made.lock = self.first.__dict__[part], self.first.lock
        return made


@pytest.fixture(scope="session")
def _loads() -> dict[str, tuple[Callable[[str], Any], _Shared]]:
    """For encoder and detector named tiny, what loads it, and what loads it once."""
    found = {group: registry._BUILT_IN[group]["tiny"] for group in (registry.ENCODERS, registry.DETECTORS)}
    return {group: (load, _Shared(load)) for group, load in found.items()}


@pytest.fixture(scope="session", autouse=True)
def share_weights(_loads: dict[str, tuple[Callable[[str], Any], _Shared]]) -> None:
    """Let every model named tiny share the weights of the first one."""
    for group, (_, shared) in _loads.items():
        registry._BUILT_IN[group]["tiny"] = shared


@pytest.fixture
def own_weights(_loads: dict[str, tuple[Callable[[str], Any], _Shared]], monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the models of one test have weights of their own: for a test on how, or as what, they are loaded."""
    for group, (load, _) in _loads.items():
        monkeypatch.setitem(registry._BUILT_IN[group], "tiny", load)


@pytest.fixture(scope="session")
def tiny(share_weights: None) -> Verifier:
    """The verifier of the bundled models; loaded once."""
    return Verifier.tiny()


@dataclass(frozen=True)
class Ran:
    """What a command left behind."""

    code: int
    out: str
    err: str


@pytest.fixture
def clipverify(capsys: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    """Run the command line in this process: ``clipverify("verify", "--answer", …)``."""
    from llamaindex_clipverify.cli import main

    def run(*arguments: object) -> Ran:
        capsys.readouterr()
        with pytest.raises(SystemExit) as left:
            main([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        return Ran(int(left.value.code or 0), out, err)

    return run


def make_report(
    answer: str,
    trusts: Sequence[float | None],
    pictures: Sequence[Picture] = (),
    *,
    maps: bool = False,
    **fields: object,
) -> Report:
    """Split an answer and give its claims these trusts, with one line of evidence each that has a box."""
    policy = Policy()
    found = EnglishSplitter().split(answer)
    assert len(found) == len(trusts), [claim.text for claim in found]
    where = pictures[0].id if pictures else None
    claims = []
    for claim, trust in zip(found, trusts, strict=True):
        stance = "silent" if trust is None else "supports" if trust >= 0.5 else "contradicts"
        evidence = Evidence(
            check="objects",
            stance=stance,
            score=trust,
            reason=f"looked for “{claim.noun}”",
            picture=where,
            region=(40.0, 60.0, 120.0, 150.0),
        )
        shares = {} if trust is None else {"objects": 4 * trust - 2}
        note = "nothing a picture can show" if trust is None else ""
        claims.append(
            CheckedClaim(
                claim=claim,
                trust=trust,
                verdict=policy.verdict(trust),
                calibration=fields.get("calibration", "uncalibrated"),
                evidence=(evidence,),
                shares=shares,
                note=note,
            )
        )
    drawn = tuple(_map(place, pictures[0]) for place in range(len(claims))) if maps else ()
    return Report(answer=answer, claims=tuple(claims), pictures=tuple(pictures), maps=drawn, **fields)


def _map(place: int, picture: Picture) -> ClaimMap:
    width, height = picture.size
    values = np.linspace(0, 1, width * height, dtype=np.float32).reshape(height, width)
    return ClaimMap(
        claim=place,
        picture=picture.id,
        map=HeatMap(
            values=values, method="layercam", text="a thing", evidence=0.5 if place % 2 == 0 else 0.0, cosine=0.25
        ),
    )


@pytest.fixture
def report(scene_file: Path) -> Report:
    """A report with every verdict, nested spans, heat maps and a note."""
    return make_report(
        "A yellow cup stands above a red clock. There is no dog. Everything is cheerful.",
        [0.97, 0.90, 0.03, 0.5, None],
        [Picture.of(scene_file)],
        maps=True,
        question="What is there?",
        calibration="calibrated",
        profile="tiny",
        object_agreement=ObjectAgreement(
            named=("cup", "clock", "dog"), seen=("cup", "clock"), hallucinated=("dog",), missing=("zebra",), score=0.67
        ),
        models={"contrast": "clip@1"},
        notes=("Something the reader must know.",),
        timings_ms={"total": 12.0},
    )


@pytest.fixture(scope="session")
def chroma(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real `chroma run` on loopback."""
    running = ChromaServer(tmp_path_factory.mktemp("server"))
    yield running.url
    running.kill()


@pytest.fixture
def server(chroma: str) -> Iterator[str]:
    """The address of that server, which holds nothing of other tests."""
    yield chroma
    import chromadb

    client = chromadb.HttpClient(*chroma.removeprefix("http://").split(":"))
    for collection in client.list_collections():
        client.delete_collection(collection.name)
