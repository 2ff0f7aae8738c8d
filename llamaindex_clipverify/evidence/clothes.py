"""Clothes: is the part of a person's box where a garment is worn of the claimed colour ("the man in the red shirt")?

A person's box has a head, an upper and a lower part, and the colours of these parts are counted as those of any box (`colour`).
In the part may be another garment, or the background beside a slim person: a colour that is there supports the claim with a
belief of no more than .8, and one that no visible person can wear there contradicts it. Who sits or is cut off has no lower part.
It is silent on garments without colour, and contradicts nothing in crowds and of people who lie or bend.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

from llamaindex_clipverify.claims.claim import Claim
from llamaindex_clipverify.evidence.colour import COLOURS, colour_shares, possible_colours
from llamaindex_clipverify.evidence.evidence import Evidence, silent
from llamaindex_clipverify.evidence.sightings import DETECTOR_FACTS, colourless, sightings, where
from llamaindex_clipverify.facts.facts import Facts
from llamaindex_clipverify.geometry import Array, Box
from llamaindex_clipverify.message import Message
from llamaindex_clipverify.picture import Picture

CLOTHES_FACTS = "clothes"
"""Name of the check, whose facts hold ``rows``, ``shares`` and ``possible``."""
_PARTS: dict[str, Box] = {
    "head": (0.25, 0.0, 0.75, 0.14),
    "upper": (0.22, 0.2, 0.78, 0.48),
    "lower": (0.25, 0.55, 0.75, 0.85),
}
"""Part of a standing person's box: left, top, right, bottom as shares of its sides."""
PARTS = len(_PARTS)
_WORN = {
    "head": "hat cap helmet beanie headscarf turban hood hijab beret",
    "upper": "shirt t-shirt tshirt tee blouse sweater sweatshirt hoodie jacket coat vest top cardigan blazer jersey waistcoat "
    "polo tunic anorak parka windbreaker pullover jumper turtleneck fleece suit dress gown uniform robe kimono hanbok overalls "
    "jumpsuit tuxedo",
    "lower": "pants trousers jeans shorts leggings tights skirt sweatpants slacks",
}
_PART_OF = {garment: part for part, garments in _WORN.items() for garment in garments.split()}
_SIDE = 24
_TALL = 1.6
"""Height against width of a box from which a person stands, so that the lower part shows legs."""
_UPRIGHT = 1.2
"""The same, from which a person does not lie or bend, so that a colour may be missing."""
_LEAST = 40
"""Height of a person in pixels from which colours of parts are counted."""
_MOST = 8
"""Number of people above which nothing is contradicted: in a crowd somebody is hidden."""
_SHARE, _NONE = 0.4, 0.04
"""Share of a part's pixels that shows a colour, and up to which they cannot be of it."""
_SUPPORTED, _REFUTED = 0.8, 0.1


@dataclass(frozen=True)
class Clothes:
    """Share 0–1 of the claimed colour in the part of the best person's box where the garment is worn."""

    name: str = CLOTHES_FACTS
    version: int = 1
    needs: tuple[str, ...] = (DETECTOR_FACTS,)
    model: str = ""

    def observe(self, pictures: Sequence[Picture], known: Sequence[Facts]) -> list[dict[str, Any]]:
        """Count colours in the parts of each person.

        Returns ``rows`` (N,) of the detector's boxes, ``shares`` and ``possible`` (N, 3, 11) of each part and colour.
        """
        return [_look(picture, facts) for picture, facts in zip(pictures, known, strict=True)]

    def judge(self, claim: Claim, facts: Facts) -> Evidence | None:
        """Judge a garment with a colour, of a wearer ("a man in a red shirt") or alone ("a red shirt")."""
        seen, worn = facts.of(self.name), _worn(claim)
        if seen is None or worn is None or claim.colour not in COLOURS:
            return None
        if (blind := colourless(self.name, facts)) is not None:
            return blind
        people = {box.row: box for box in sightings(facts, "person")}
        place, colour = list(_PARTS).index(worn), COLOURS.index(str(claim.colour))
        rows = [
            index
            for index, row in enumerate(seen["rows"])
            if row in people and not np.isnan(seen["shares"][index, place, 0])
        ]
        if not rows:
            return silent(self.name, "nobody is seen large enough to tell what is worn")
        shares, possible = seen["shares"][rows, place, colour], seen["possible"][rows, place, colour]
        best = int(np.argmax(shares))
        person = people[int(seen["rows"][rows[best]])]
        main = COLOURS[int(np.argmax(seen["shares"][rows[best], place]))]
        fits = shares[best] >= _SHARE and main == claim.colour
        upright = all(_is_upright(box.box) for box in people.values())
        nobody = upright and len(people) == len(rows) <= _MOST and bool((possible <= _NONE).all())
        if not fits and not nobody:
            return silent(
                self.name,
                Message("the {part} part of a person may be {colour}", part=Message(worn), colour=claim.colour),
            )
        return Evidence(
            check=self.name,
            stance="supports" if fits else "contradicts",
            score=float(shares[best]),
            reason=Message(
                "the {part} part of the person at {where} is {colour}",
                part=Message(worn),
                where=where(person.box),
                colour=main,
            ),
            picture=facts.picture,
            region=person.box,
            belief=_SUPPORTED if fits else _REFUTED,
        )


def _is_upright(box: Box) -> bool:
    return box[3] - box[1] >= _UPRIGHT * (box[2] - box[0])


def _worn(claim: Claim) -> str | None:
    """Return the part of a person where the garment of a claim is worn."""
    garment = claim.reference if claim.kind == "wearing" else claim.noun if claim.kind == "attribute" else None
    return _PART_OF.get(garment.split()[-1]) if garment else None


def _look(picture: Picture, facts: Facts) -> dict[str, Any]:
    boxes = [box for box in sightings(facts, "person") if box.box[3] - box.box[1] >= _LEAST]
    counted = [_parts(picture, box.box) for box in boxes]
    shape = (len(boxes), len(_PARTS), len(COLOURS))
    return {
        "rows": np.array([box.row for box in boxes], np.int32),
        "shares": np.array([shares for shares, _ in counted], np.float32).reshape(shape),
        "possible": np.array([possible for _, possible in counted], np.float32).reshape(shape),
    }


def _parts(picture: Picture, box: Box) -> tuple[list[Array], list[Array]]:
    """Return shares and possible shares (11,) of the colours of each part; not a number where it does not show."""
    left, top, right, bottom = box
    width, height = right - left, bottom - top
    length = max(height, _TALL * width)  # who sits or is cut off has a longer upper part
    shares, possible = [], []
    for part, (x0, y0, x1, y1) in _PARTS.items():
        if part == "lower" and height < length:
            shares.append(np.full(len(COLOURS), np.nan))
            possible.append(np.full(len(COLOURS), np.nan))
            continue
        crop = picture.crop((left + x0 * width, top + y0 * length, left + x1 * width, min(top + y1 * length, bottom)))
        pixels = np.asarray(crop.resize((_SIDE, _SIDE), Image.Resampling.BOX)).reshape(-1, 3)
        shares.append(colour_shares(pixels))
        possible.append(possible_colours(pixels))
    return shares, possible
