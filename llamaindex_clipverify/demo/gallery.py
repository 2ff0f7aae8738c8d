"""The pictures of the demonstration, the questions about them, and what is really there.

Seeds are fresh: no bundled model was trained on them. Nothing chooses the scenes but their place in line.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from llamaindex_clipverify.demo.stories import listed
from llamaindex_clipverify.report import Report
from llamaindex_clipverify.testing import FRESH, Scene, draw_scene
from llamaindex_clipverify.testing.statements import article
from llamaindex_clipverify.testing.truth import truth_of
from llamaindex_clipverify.vocabulary import english

_FIRST = FRESH + 700_000
SCENES = 24
LOOK = "What is in the picture?"
"""Asked about every third picture, with the picture itself as the query."""


@dataclass(frozen=True)
class Query:
    """A question, and the picture it is asked with, if any."""

    text: str
    picture: Path | None = None


def draw(folder: Path) -> dict[str, Scene]:
    """Draw the scenes into a folder and return them by the absolute path of their picture."""
    folder.mkdir(parents=True, exist_ok=True)
    drawn = {}
    for place in range(SCENES):
        scene = draw_scene(_FIRST + place)
        path = (folder / f"{place + 1:02}.png").resolve()
        scene.image.save(path)
        drawn[str(path)] = scene
    return drawn


def queries(drawn: dict[str, Scene]) -> Iterator[Query]:
    """Yield one question for each scene: what it shows, how many, what colour, where."""
    for place, (path, scene) in enumerate(drawn.items()):
        if place % 3 == 0:
            yield Query(LOOK, Path(path))
        else:
            yield Query(_asked(scene, place))


def _asked(scene: Scene, place: int) -> str:
    noun = scene.nouns()[0]
    many, coloured = scene.count(noun) > 1, bool(scene.colours_of(noun))
    be = "are" if many or article(noun) == noun else "is"
    things = english().plural(noun) if many else noun
    if coloured and place % 3 == 1:
        return f"What colour {be} the {things}?"
    return f"How many {english().plural(noun)} are there?" if many else f"Where {be} the {noun}?"


def slips(report: Report, drawn: dict[str, Scene]) -> list[str]:
    """Return what is really there for each claim of an answer that the pictures' own truth denies; nothing: it is true."""
    scenes = [drawn[str(picture.uri)] for picture in report.pictures]
    return [
        f"“{one.claim.text}” is false: {_really(scenes, one.claim.cites)}"
        for one in report.claims
        if truth_of(one.claim, scenes) is False
    ]


def decided(report: Report, drawn: dict[str, Scene]) -> bool:
    """Whether the pictures' own truth decides any claim of an answer."""
    scenes = [drawn[str(picture.uri)] for picture in report.pictures]
    return any(truth_of(one.claim, scenes) is not None for one in report.claims)


def _really(scenes: Sequence[Scene], cites: int | None) -> str:
    meant = [scenes[cites]] if cites is not None and cites < len(scenes) else scenes
    parts = []
    for scene in meant:
        coloured = [
            f"the {one.noun} is {one.colour}" for one in scene.objects if one.colour and scene.count(one.noun) == 1
        ]
        parts.append("; ".join([f"there is {listed(scene)}", *coloured]))
    return " / ".join(parts)
