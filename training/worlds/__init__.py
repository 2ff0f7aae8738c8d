"""Several ways of making drawn scenes that share the art, the nouns, the colours and `Scene`, and nothing else.

This table alone decides which generators are trained on; `art` decides it of the styles. Models and profiles are fitted on
`GENERATORS` in `TRAINED_STYLES`; the figures that count are those on `UNSEEN` and on `UNSEEN_STYLE`.

    from training.worlds import GENERATORS

    scene = GENERATORS["photo"](7)
"""

from __future__ import annotations

from typing import Protocol

from llamaindex_clipverify.testing import FRESH, Scene, draw_scene
from training.worlds import album, board, collage, photo
from training.worlds.art import TRAINED_STYLES, UNSEEN_STYLE, known_style

__all__ = ["FRESH", "GENERATORS", "TRAINED_STYLES", "UNSEEN", "UNSEEN_STYLE", "Draw"]


class Draw(Protocol):
    """Draws one scene from a seed, in a style or in one of those it chooses from."""

    def __call__(self, seed: int, style: str | None = None) -> Scene:
        """Return the scene; the same arguments always give the same one. Seeds from `FRESH` on are never trained on."""
        ...


def plain(seed: int, style: str | None = None) -> Scene:
    """Draw a scene of `draw_scene` as it always was."""
    return draw_scene(seed, style=style and known_style(style))


def lively(seed: int, style: str | None = None) -> Scene:
    """Draw a scene of `draw_scene` with actions, patterns, states and places."""
    return draw_scene(seed, style=style and known_style(style), lively=True)


GENERATORS: dict[str, Draw] = {
    "plain": plain,
    "lively": lively,
    "board": board.draw,
    "collage": collage.draw,
    "photo": photo.draw,
}
"""Generators that models are trained and profiles are fitted on."""

UNSEEN: dict[str, Draw] = {"album": album.draw}
"""Generators that nothing is ever trained or fitted on."""
