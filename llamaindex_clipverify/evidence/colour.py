"""Colour: which colours fill the box of the named thing? Works on photographs without an image-text encoder.

Pixels in the ellipse inside a box vote for one of eleven basic colour terms (Berlin & Kay 1969) by hue, saturation and value.
Colours that the surroundings of the box show too are discounted. A colour is contradicted only if hardly a pixel can be of that
colour in any light: white in the shade of a blue sky is bluish grey. Red, orange, yellow and brown fur is not told apart, because
a yellow dog is brown or orange by its pixels. It is silent where the detector found no such thing and in
pictures without colours (black and white, sepia), and wrong under coloured light.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

from llamaindex_clipverify.claims.claim import Claim
from llamaindex_clipverify.claims.vocabulary import english
from llamaindex_clipverify.evidence.evidence import Evidence, Stance, silent
from llamaindex_clipverify.evidence.sightings import (
    COLOUR_FACTS,
    DETECTOR_FACTS,
    Sighting,
    all_named,
    belief_of,
    colourless,
    sightings,
    where,
)
from llamaindex_clipverify.facts.facts import Facts
from llamaindex_clipverify.geometry import Array, Box
from llamaindex_clipverify.message import Message
from llamaindex_clipverify.picture import Picture

COLOURS = ("red", "orange", "yellow", "green", "blue", "purple", "white", "black", "brown", "pink", "grey")
_FUR = ("red", "orange", "yellow", "brown")
"""Names of one and the same fur."""
_SCARCE, _HARDLY, _FEW = 0.02, 0.05, 0.1
"""Shares of pixels that may be of a colour: below the first it is not one of two ("a black and white dog"), below the second not
the only one, and up to the next in doubt. Of 71 colours of things in captions of 1,000 photographs 6 are below the second and 9
below the third, of 421 random other ones 206 and 269."""
_DOUBTED = 0.25
_NEARLY, _EASY = -0.1, 0.25
"""Margin from which a colour is that of the thing, and what is added to it before it becomes a belief."""
_SECOND, _SHARED = 0.2, 0.85
"""Share from which a colour is one of two, and the belief that it is."""
_SIDE = 48
"""Boxes are resampled to this many pixels a side before their colours are counted."""


@dataclass(frozen=True)
class Colour:
    """Margin -1 to 1: share of the claimed colour in the best box minus the largest share of another."""

    name: str = COLOUR_FACTS
    version: int = 1
    needs: tuple[str, ...] = (DETECTOR_FACTS,)
    model: str = ""

    def observe(self, pictures: Sequence[Picture], known: Sequence[Facts]) -> list[dict[str, Any]]:
        """Count colours in every kept box, and notice pictures without colours.

        Returns ``names`` of the colours, their ``shares`` (N, 11) that sum to 1, ``possible`` (N, 11; see `possible_colours`) and
        the ``tone``.
        """
        return [self._look(picture, facts) for picture, facts in zip(pictures, known, strict=True)]

    def _look(self, picture: Picture, facts: Facts) -> dict[str, Any]:
        boxes = (facts.of(DETECTOR_FACTS) or {}).get("boxes", np.zeros((0, 4), np.float32))
        places: list[Box] = [tuple(map(float, box)) for box in boxes]  # type: ignore[misc]
        insides = [_inside(picture, place) for place in places]
        shares = [_shares(picture, place, inside) for place, inside in zip(places, insides, strict=True)]
        possible = [possible_colours(inside[_ELLIPSE]) for inside in insides]
        return {
            "names": list(COLOURS),
            "shares": np.array(shares, np.float32).reshape(-1, len(COLOURS)),
            "possible": np.array(possible, np.float32).reshape(-1, len(COLOURS)),
            "tone": tone(picture.image),
        }

    def judge(self, claim: Claim, facts: Facts) -> Evidence | None:
        """Judge "a red car": any box of a car whose main colour is red supports it.

        It is contradicted if no car can be red. What is neither is silent, with the features of the best box.
        """
        if claim.kind != "attribute" or claim.noun is None or claim.colour is None or facts.of(self.name) is None:
            return None
        if (blind := colourless(self.name, facts)) is not None:
            return blind
        boxes = sightings(facts, claim.noun)
        if not boxes:
            return silent(self.name, Message("no {noun} found to look at", noun=claim.noun))
        if claim.colour not in COLOURS:
            return silent(self.name, Message("“{colour}” is not one of the colours it knows", colour=claim.colour))
        margins = [_margin(box.colours, claim.colour) for box in boxes]
        best = int(np.argmax(margins))
        box, margin = boxes[best], margins[best]
        share = box.colours[box.colour or claim.colour]
        other = claim.of_some and len(boxes) == 1  # the answer names two, and this may be the other one
        belief = _belief(claim, margin, max(one.colours[claim.colour] for one in boxes))
        if belief is None and all_named(claim, boxes) and not other:
            belief = _doubt(claim, claim.colour, boxes, margin)
        stance: Stance = "silent" if belief is None else "supports" if belief > 0.5 else "contradicts"
        return Evidence(
            check=self.name,
            stance=stance,
            score=margin,
            reason=Message(
                "{noun} at {where} is {colour} ({share:.0%})",
                noun=claim.noun,
                where=where(box.box),
                colour=box.colour,
                share=share,
            ),
            picture=facts.picture,
            region=box.box,
            features={"margin": margin},
            belief=belief,
        )


def _belief(claim: Claim, margin: float, share: float) -> float | None:
    """Return the belief in a colour of which a box has this margin and share; None where it is not that of the thing.

    Of the colours in captions of 500 photographs 57 % have such a margin, and of random other colours of the same things 6 %; of
    those of two colours 55 % have such a share, and of others 4 %.
    """
    if _is_one_of_two(claim) and share >= _SECOND:
        return max(_SHARED, belief_of(margin + _EASY))
    if margin >= _NEARLY:
        return belief_of(margin + _EASY)
    return None


def _doubt(claim: Claim, colour: str, boxes: Sequence[Sighting], margin: float) -> float | None:
    """Return the belief in a colour that no box has, by whether hardly any or few pixels may be of it; None if more may be."""
    hardly, few = (_SCARCE, _HARDLY) if _is_one_of_two(claim) else (_HARDLY, _FEW)
    if not _may_be(claim, colour, boxes, hardly):
        return belief_of(margin)
    return None if _may_be(claim, colour, boxes, few) else _DOUBTED


def _is_one_of_two(claim: Claim) -> bool:
    return sum(word in COLOURS for word in claim.text.lower().replace("-", " ").split()) > 1


def _may_be(claim: Claim, colour: str, boxes: Sequence[Sighting], least: float) -> bool:
    """Return whether a least share of any of some boxes may be of a colour; alike colours of fur are one."""
    has_fur = bool(english().kinds("animal", (str(claim.noun),)))
    meant = _FUR if has_fur and colour in _FUR else (colour,)
    return any(box.may_be(one, least) for box in boxes for one in meant)


def _margin(shares: dict[str, float], colour: str) -> float:
    return float(shares[colour] - max(share for name, share in shares.items() if name != colour))


def _inside(picture: Picture, box: Box) -> Array:
    return np.asarray(picture.crop(box).resize((_SIDE, _SIDE), Image.Resampling.BOX))


def possible_colours(pixels: Array) -> Array:
    """Return the share of RGB pixels (N, 3) that may be of each of `COLOURS` in some light, float (11,); they overlap."""
    from matplotlib.colors import rgb_to_hsv

    hue, saturation, top = rgb_to_hsv(pixels.reshape(-1, 3) / 255.0).T
    shares = [
        (((hue * 360 - first) % 360 <= (last - first) % 360) & (saturation >= dull) & (saturation <= vivid)
         & (top >= dark) & (top <= bright)).mean()
        for first, last, dull, vivid, dark, bright in (_POSSIBLE[name] for name in COLOURS)
    ]  # fmt: skip
    return np.array(shares)


_ANY_HUE = (0, 359.999)
_POSSIBLE = {
    "red": (335, 20, 0.3, 1, 0.15, 1), "orange": (8, 48, 0.35, 1, 0.35, 1), "yellow": (35, 75, 0.25, 1, 0.4, 1),
    "green": (60, 180, 0.12, 1, 0, 1), "blue": (170, 265, 0.12, 1, 0, 1), "purple": (240, 330, 0.12, 1, 0, 1),
    "pink": (290, 25, 0.1, 0.7, 0.5, 1), "brown": (0, 50, 0.15, 1, 0.1, 0.75), "white": (*_ANY_HUE, 0, 0.3, 0.5, 1),
    "black": (*_ANY_HUE, 0, 1, 0, 0.35), "grey": (*_ANY_HUE, 0, 0.25, 0.15, 0.85),
}  # fmt: skip
"""First and last hue (degrees, upwards), least and greatest saturation, least and greatest value of a colour in usual lights."""


def box_colours(picture: Picture, box: Box) -> Array:
    """Return the share of each of `COLOURS` inside a box, float (11,), after discounting its surroundings."""
    return _shares(picture, box, _inside(picture, box))


def _shares(picture: Picture, box: Box, inside: Array) -> Array:
    left, top, right, bottom = box
    grow_x, grow_y = 0.2 * (right - left), 0.2 * (bottom - top)
    around = picture.crop((left - grow_x, top - grow_y, right + grow_x, bottom + grow_y))
    outside = np.asarray(around.resize((_SIDE, _SIDE), Image.Resampling.BOX))
    found = colour_shares(inside[_ELLIPSE]) - 0.6 * colour_shares(outside[_FRAME])
    kept = np.clip(found, 0.0, None) + 1e-4
    shares: Array = kept / kept.sum()
    return shares


def tone(image: Image.Image) -> str:
    """Return "black and white" or "shades of one hue" (sepia, blueprint) of a picture that shows no colours, else "".

    In such a picture the lightness of a pixel determines its hue and saturation. Chroma is the difference of a pixel to its
    grey; black and white has none. A toned picture has some, of which little (`_UNEXPLAINED`) is left beside a line fitted in
    each of sixteen ranges of lightness, over many lightnesses: flat drawings with few colours are not meant.
    """
    pixels = np.asarray(image.resize((_TONE_SIDE, _TONE_SIDE), Image.Resampling.BOX), np.float64).reshape(-1, 3)
    light = pixels @ _LUMINANCE
    chroma = pixels - light[:, None]
    size = _rms(chroma)
    if size < _NO_CHROMA:
        return "black and white"
    levels = np.bincount((light // 8).astype(int), minlength=32) / len(light)
    if np.count_nonzero(levels >= 0.01) < _LEVELS:
        return ""
    left = np.empty_like(chroma)
    ranges = (light // 16).astype(int)
    for place in np.unique(ranges):
        chosen = ranges == place
        line = np.stack([np.ones(chosen.sum()), light[chosen]], axis=1)
        left[chosen] = chroma[chosen] - line @ np.linalg.lstsq(line, chroma[chosen], rcond=None)[0]
    return "shades of one hue" if _rms(left) <= min(_UNEXPLAINED * size, _MOST_LEFT) else ""


_TONE_SIDE = 96
_LUMINANCE = np.array([0.299, 0.587, 0.114])
_NO_CHROMA = 3.0
"""Chroma in levels of 255 up to which a picture is black and white; the greyest of 150 colour photographs has 4.7."""
_LEVELS = 12
"""Number of 32 lightnesses, each with 1 % of the pixels, that a toned picture has at least."""
_UNEXPLAINED, _MOST_LEFT = 0.14, 9.0
"""Share and size of the chroma that lightness may leave. None of 147 colour photographs has so little (a cloudy sky has .15);
of the same photographs turned into sepia or blueprint in three ways and saved as JPEG most have."""


def _rms(chroma: Array) -> float:
    return float(np.sqrt((chroma**2).sum(axis=1).mean()))


def colour_shares(pixels: Array) -> Array:
    """Return the share of each of `COLOURS` among RGB pixels (N, 3), float (11,)."""
    counts = np.bincount(name_colours(pixels), minlength=len(COLOURS))
    shares: Array = counts / max(float(counts.sum()), 1.0)
    return shares


def _ellipse() -> Array:
    axis = (np.arange(_SIDE) + 0.5) / _SIDE * 2 - 1
    return (axis[:, None] ** 2 + axis[None, :] ** 2) <= 0.85**2


def _frame() -> Array:
    frame = np.ones((_SIDE, _SIDE), bool)
    edge = _SIDE // 7
    frame[edge:-edge, edge:-edge] = False
    return frame


_ELLIPSE, _FRAME = _ellipse(), _frame()


def name_colours(pixels: Array) -> Array:
    """Return the index in `COLOURS` of each RGB pixel, int (N,), by hue (degrees), saturation and value."""
    from matplotlib.colors import rgb_to_hsv

    hue, saturation, top = rgb_to_hsv(pixels.reshape(-1, 3) / 255.0).T
    hue = hue * 360
    names = np.select(
        [
            top < 0.22,
            (saturation < 0.16) & (top > 0.80),
            (saturation < 0.18) & (top < 0.32),
            saturation < 0.18,
            (hue >= 12) & (hue < 45) & (top < 0.62),
            ((hue >= 320) | (hue < 12)) & (saturation < 0.5) & (top > 0.7),
            (hue >= 300) & (hue < 340) & (top > 0.7),
            (hue >= 345) | (hue < 14),
            hue < 42,
            hue < 68,
            hue < 170,
            hue < 255,
        ],
        [_AT["black"], _AT["white"], _AT["black"], _AT["grey"], _AT["brown"], _AT["pink"], _AT["pink"], _AT["red"],
         _AT["orange"], _AT["yellow"], _AT["green"], _AT["blue"]],
        _AT["purple"],
    )  # fmt: skip
    return names.astype(np.int64)


_AT = {name: place for place, name in enumerate(COLOURS)}
