"""Lettering: vectors of the picture without the words written in it, to guard the encoder against typographic attacks.

An image-text encoder takes a written "zebra" for a zebra (typographic attack: Goh et al., Distill 2021; on photographs SCAM and
RTA-100 halve CLIP's accuracy). Where something is written, the picture and its regions are encoded a second time with every line
painted over. Claims are then judged on both sets of vectors (`verification.typography`). The check sees only what the reader
reads, judges nothing itself, and costs nothing where nothing is written.
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
from llamaindex_clipverify.evidence.lines import READER_FACTS, lines
from llamaindex_clipverify.evidence.vectors import PICTURE_FACTS, REGION_FACTS, region_vectors, with_vectors
from llamaindex_clipverify.facts.facts import Facts
from llamaindex_clipverify.geometry import Array, Box, shared_area
from llamaindex_clipverify.models.protocols import Encoder, Reader
from llamaindex_clipverify.picture import Picture

LETTERING_FACTS = "lettering"
"""Name of the check."""
_MARGIN = 0.15
"""Boxes are widened by this share of their height before they are painted over."""
_CLOSE = 0.8
"""Ratio of matching characters (difflib) from which a written word may be the wanted one, misread."""


@dataclass(frozen=True)
class Lettering:
    """Adds the vectors of the picture without its words; never judges. See `without_letters` and `naming_line`."""

    encoder: Encoder
    reader: Reader
    name: str = LETTERING_FACTS
    version: int = 1
    needs: tuple[str, ...] = (READER_FACTS, PICTURE_FACTS, REGION_FACTS)

    @property
    def model(self) -> str:
        """Ids of encoder and reader."""
        return f"{self.encoder.id} {self.reader.id}"

    def observe(self, pictures: Sequence[Picture], known: Sequence[Facts]) -> list[dict[str, Any]]:
        """Encode pictures with words again: ``vector`` (D,), and of their regions ``rows`` (R,) and ``vectors`` (R, D)."""
        return [self._masked(picture, facts) for picture, facts in zip(pictures, known, strict=True)]

    def _masked(self, picture: Picture, facts: Facts) -> dict[str, Any]:
        boxes = [line.box for line in lines(facts)]
        if not boxes:
            return {}
        bare = Picture.of(painted_over(picture.image, boxes))
        seen = region_vectors(facts)
        regions = np.zeros((0, 4), np.float32) if seen is None else seen.boxes
        rows = [row for row, region in enumerate(regions) if any(shared_area(region, box) > 0 for box in boxes)]
        vectors = self.encoder.encode_images([bare.image, *(bare.crop(tuple(regions[row])) for row in rows)])
        return {"vector": vectors[0], "rows": np.array(rows, np.int64), "vectors": vectors[1:]}

    def judge(self, claim: Claim, facts: Facts) -> Evidence | None:
        """Return None: `verification.typography` uses the facts."""
        return None


def without_letters(facts: Facts) -> Facts | None:
    """Return the facts with the vectors of the picture without its words; None where nothing is written or read."""
    bare = facts.of(LETTERING_FACTS)
    if not bare:
        return None
    regions = region_vectors(facts)
    vectors: Array = np.zeros((0, 0)) if regions is None else np.array(regions.vectors)
    if regions is not None and len(bare["rows"]):
        vectors[bare["rows"]] = bare["vectors"]
    return with_vectors(facts, bare["vector"], vectors)


def naming_line(claim: Claim, facts: Facts) -> str | None:
    """Return the written line that names what the claim or one of its foils names; None when there is none."""
    written = lines(facts)
    if claim.noun is None or not written:
        return None
    wanted = set(_words(claim))
    return next((line.text for line in written if any(_contains(line.text, claim, word) for word in wanted)), None)


def _words(claim: Claim) -> Iterator[str]:
    """Yield the words that decide between a claim and its foils."""
    for option in (claim, *foils(claim)):
        yield from (noun for noun in (option.noun, option.reference) if noun)
        if option.colour:
            yield option.colour
        if option.number is not None:
            yield from (str(option.number), option.words.number_word(option.number))


def _contains(line: str, claim: Claim, word: str) -> bool:
    """Whether a line contains a word, its plural or a synonym; a misread letter or a lost space is tolerated."""
    if any(claim.words.canonical(part) == word for part in line.split()):
        return True
    written = normalise_words(line)
    for form in (normalise_words(word), normalise_words(claim.words.plural(word))):
        joined = "".join(form)
        if (len(joined) >= 5 and joined in "".join(written)) or all(
            any(_close(part, read) for read in written) for part in form
        ):
            return True
    return False


def _close(word: str, other: str) -> bool:
    if word == other or min(len(word), len(other)) < 4:
        return word == other
    return SequenceMatcher(None, word, other).ratio() >= _CLOSE


def painted_over(image: Image.Image, boxes: Sequence[Box]) -> Image.Image:
    """Return a copy with each box, slightly widened, filled with its median colour: that of the paper, not of the ink."""
    pixels = np.array(image)
    for left, top, right, bottom in boxes:
        margin = _MARGIN * (bottom - top)
        box = _whole((left - margin, top - margin, right + margin, bottom + margin), image.size)
        patch = pixels[box[1] : box[3], box[0] : box[2]]
        patch[:] = np.median(patch.reshape(-1, 3), axis=0)
    return Image.fromarray(pixels)


def _whole(box: Sequence[float] | Array, size: tuple[int, int]) -> tuple[int, int, int, int]:
    """Return a box in whole pixels, clipped to the picture and at least one pixel wide and high."""
    left, top = min(max(int(box[0]), 0), size[0] - 1), min(max(int(box[1]), 0), size[1] - 1)
    return (
        left,
        top,
        max(min(int(np.ceil(box[2])), size[0]), left + 1),
        max(min(int(np.ceil(box[3])), size[1]), top + 1),
    )
