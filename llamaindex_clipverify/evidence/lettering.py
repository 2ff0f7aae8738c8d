"""Lettering: would the encoder say the same without the words written in the picture?

An image-text encoder takes a written "zebra" for a zebra (typographic attack: Goh et al., Distill 2021; on photographs SCAM and
RTA-100 halve CLIP's accuracy). Wherever something is written, the picture and its regions are encoded a second time with every
line painted over in the colour around it. Claims are then judged on both: what changes with the letters rests on the letters.
It sees only what the reader reads, judges nothing itself, and costs nothing where nothing is written.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

import numpy as np
from PIL import Image

from llamaindex_clipverify.claims.claim import Claim
from llamaindex_clipverify.claims.foils import foils
from llamaindex_clipverify.claims.written_claims import normalise_words
from llamaindex_clipverify.evidence.evidence import Evidence
from llamaindex_clipverify.evidence.lines import lines
from llamaindex_clipverify.facts.facts import Facts
from llamaindex_clipverify.geometry import Array, Box
from llamaindex_clipverify.models.protocols import Encoder, Reader
from llamaindex_clipverify.picture import Picture

SWAYED = ("similarity", "contrast", "regions")
"""Checks that letters can sway: those of the encoder."""
_MARGIN = 0.15
"""Boxes are widened by this share of their height before they are painted over."""
_ALIKE = 0.8


@dataclass(frozen=True)
class Lettering:
    """Keeps the vectors of the picture without its words; never judges. See `without_letters` and `named`."""

    encoder: Encoder
    reader: Reader
    name: str = "lettering"
    version: int = 1
    needs: tuple[str, ...] = ("written_text", "similarity", "regions")

    @property
    def model(self) -> str:
        """Ids of encoder and reader."""
        return f"{self.encoder.id} {self.reader.id}"

    def observe(self, pictures: Sequence[Picture], known: Sequence[Facts]) -> list[dict[str, Any]]:
        """Encode anew what has words in it: ``vector`` (D,), and of the regions ``rows`` (R,) and ``vectors`` (R, D)."""
        return [self._masked(picture, facts) for picture, facts in zip(pictures, known, strict=True)]

    def _masked(self, picture: Picture, facts: Facts) -> dict[str, Any]:
        boxes = [line.box for line in lines(facts)]
        if not boxes:
            return {}
        bare = Picture.of(painted_over(picture.image, boxes))
        regions = (facts.of("regions") or {}).get("boxes", np.zeros((0, 4), np.float32))
        rows = [row for row, region in enumerate(regions) if any(_overlap(region, box) for box in boxes)]
        vectors = self.encoder.encode_images([bare.image, *(bare.crop(tuple(regions[row])) for row in rows)])
        return {"vector": vectors[0], "rows": np.array(rows, np.int64), "vectors": vectors[1:]}

    def judge(self, claim: Claim, facts: Facts) -> Evidence | None:
        """Say nothing about any claim: the verifier judges it twice."""
        return None


def without_letters(facts: Facts) -> Facts | None:
    """Return the facts as the encoder would have them if nothing were written; None where nothing is, or nobody looked."""
    bare = facts.of("lettering")
    if not bare:
        return None
    seen = dict(facts.seen)
    if "similarity" in seen:
        seen["similarity"] = {**seen["similarity"], "vector": bare["vector"]}
    if "regions" in seen:
        vectors: Array = np.array(seen["regions"]["vectors"])
        if len(bare["rows"]):
            vectors[bare["rows"]] = bare["vectors"]
        seen["regions"] = {**seen["regions"], "vectors": vectors}
    return Facts(facts.picture, facts.size, seen, dict(facts.made_by), dict(facts.failed))


def named(claim: Claim, facts: Facts) -> str | None:
    """Return the line of the picture that names what the claim or one of its foils names; None when there is none."""
    written = lines(facts)
    if claim.noun is None or not written:
        return None
    wanted = set(_words(claim))
    return next((line.text for line in written if any(_says(line.text, claim, one) for one in wanted)), None)


def _words(claim: Claim) -> Iterator[str]:
    """Yield the words that decide between a claim and its foils."""
    for one in (claim, *foils(claim)):
        yield from (noun for noun in (one.noun, one.reference) if noun)
        if one.colour:
            yield one.colour
        if one.number is not None:
            yield from (str(one.number), one.words.number_word(one.number))


def _says(line: str, claim: Claim, word: str) -> bool:
    """Whether a line has a word, its plural or a synonym, be it with a letter misread or without its space."""
    if any(claim.words.canonical(part) == word for part in line.split()):
        return True
    have = normalise_words(line)
    for form in (normalise_words(word), normalise_words(claim.words.plural(word))):
        joined = "".join(form)
        if (len(joined) >= 5 and joined in "".join(have)) or all(any(_close(p, h) for h in have) for p in form):
            return True
    return False


def _close(word: str, other: str) -> bool:
    if word == other or min(len(word), len(other)) < 4:
        return word == other
    return SequenceMatcher(None, word, other).ratio() >= _ALIKE


def painted_over(image: Image.Image, boxes: Sequence[Box]) -> Image.Image:
    """Return a copy with each box, a little widened, filled with the median colour in it: that of the paper, not the ink."""
    pixels = np.array(image)
    for left, top, right, bottom in boxes:
        margin = _MARGIN * (bottom - top)
        box = _whole((left - margin, top - margin, right + margin, bottom + margin), image.size)
        patch = pixels[box[1] : box[3], box[0] : box[2]]
        patch[:] = np.median(patch.reshape(-1, 3), axis=0)
    return Image.fromarray(pixels)


def _whole(box: Sequence[float] | Array, size: tuple[int, int]) -> tuple[int, int, int, int]:
    """Return a box in whole pixels inside the picture, of at least one pixel."""
    left, top = min(max(int(box[0]), 0), size[0] - 1), min(max(int(box[1]), 0), size[1] - 1)
    return (
        left,
        top,
        max(min(int(np.ceil(box[2])), size[0]), left + 1),
        max(min(int(np.ceil(box[3])), size[1]), top + 1),
    )


def _overlap(one: Sequence[float] | Array, two: Box) -> bool:
    return bool(min(one[2], two[2]) > max(one[0], two[0]) and min(one[3], two[3]) > max(one[1], two[1]))
