"""The pictures of the demonstration, the questions about them, and their truth.

Seeds are fresh: no bundled model was trained on them. The scenes are consecutive seeds, not selected.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from llamaindex_clipverify.claims.vocabulary import english
from llamaindex_clipverify.demo.planted import listed
from llamaindex_clipverify.report.report import Report
from llamaindex_clipverify.testing import FRESH, Scene, draw_scene
from llamaindex_clipverify.testing.statements import article
from llamaindex_clipverify.testing.truth import truth_of

_FIRST = FRESH + 700_000
SCENES = 24
LOOK = "What is in the picture?"
"""Asked about every third picture, with the picture itself as the query."""


@dataclass(frozen=True)
class Query:
    """A question, with a query picture if any."""

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
    """Yield one question for each scene, about its objects, counts, colours or positions."""
    for place, (path, scene) in enumerate(drawn.items()):
        if place % 3 == 0:
            yield Query(LOOK, Path(path))
        else:
            yield Query(_asked(scene, place))


def _asked(scene: Scene, place: int) -> str:
    noun = scene.nouns()[0]
    things = english().plural(noun) if scene.count(noun) > 1 else noun
    be = "are" if scene.count(noun) > 1 or article(noun) == noun else "is"
    facts = scene.relations()
    if scene.colours_of(noun) and place % 3 == 1:
        return f"What colour {be} the {things}?"
    if facts and place % 3 == 2:
        subject = facts[0].subject
        return f"Where {'are' if article(subject) == subject else 'is'} the {subject} relative to the {facts[0].other}?"
    return f"How many {english().plural(noun)} are there?"


def slips(report: Report, drawn: dict[str, Scene]) -> list[str]:
    """Return the words of an answer that the truth of the pictures denies, each once; empty if the answer is true."""
    scenes = [drawn[str(picture.uri)] for picture in report.pictures]
    false = [claim.claim.text for claim in report.claims if truth_of(claim.claim, scenes) is False]
    return list(dict.fromkeys(false))


def decided(report: Report, drawn: dict[str, Scene]) -> bool:
    """Return whether the truth of the pictures decides any claim of an answer."""
    scenes = [drawn[str(picture.uri)] for picture in report.pictures]
    return any(truth_of(claim.claim, scenes) is not None for claim in report.claims)


def really(report: Report, drawn: dict[str, Scene]) -> str:
    """Return a description of the objects in the pictures of an answer."""
    return " / ".join(_shown(drawn[str(picture.uri)]) for picture in report.pictures)


def _shown(scene: Scene) -> str:
    single = [one for one in scene.objects if one.colour and scene.count(one.noun) == 1]
    return ", ".join([listed(scene), *(f"the {one.noun} {one.colour}" for one in single)])
