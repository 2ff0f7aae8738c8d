"""Samples for the first minute: three drawn scenes and questions about them. On some the bundled model invents something."""

from __future__ import annotations

import io
from dataclasses import dataclass

from llamaindex_clipverify.testing import FRESH, draw_scene
from llamaindex_clipverify.ui.session import Session

PICTURES = 3
"""Number of scenes."""


@dataclass(frozen=True, kw_only=True)
class Sample:
    """A question about one of the scenes, or an answer to be checked."""

    picture: int
    question: str = ""
    answer: str = ""
    """An answer to paste; "" where the model answers."""
    language: str = ""
    """Language of the page that it is shown in; "" for any."""


SAMPLES = (
    Sample(picture=0, question="What does the picture show?"),
    Sample(picture=2, question="What colour is the car?"),
    Sample(picture=1, question="Is there a red car?"),
    Sample(picture=0, answer="There are a yellow cup and two zebras. The clock is red.", language="en"),
    Sample(picture=1, answer="곰이 한 마리 있다. 자동차는 빨간색이다.", language="ko"),
)


def scene(place: int) -> bytes:
    """Return one of the scenes as PNG."""
    file = io.BytesIO()
    draw_scene(FRESH + place).image.save(file, "PNG")
    return file.getvalue()


def prepare(session: Session, sample: Sample) -> None:
    """Add the scenes to a visitor's pictures, and choose the one that a sample is about.

    Raises:
        DataError: There are too many pictures.
    """
    made = [session.add(f"drawn scene {place + 1}", scene(place)) for place in range(PICTURES)]
    session.choose_only([made[sample.picture]])
