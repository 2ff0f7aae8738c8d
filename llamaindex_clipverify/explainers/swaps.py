"""Swaps: the gain of the text's score if a noun, colour or number is replaced.

The word whose replacements bring the text nearest to the picture is the wrong one. Foils as in FOIL (Shekhar et al., ACL
2017), but to ask and not to test. A part's figure is minus the mean of its best and its average replacement's gain.
"""

from __future__ import annotations

from collections.abc import Sequence

from llamaindex_clipverify.claims.vocabulary import english
from llamaindex_clipverify.explainers.words import Part
from llamaindex_clipverify.geometry import Array
from llamaindex_clipverify.models.clip import ClipEncoder

_NUMBERS = (1, 2, 3, 4)
_BASIC = ("red", "orange", "yellow", "green", "blue", "purple", "white", "black")


class Swaps:
    """A `WordMethod`, for nouns, colours and numbers alone."""

    def score(
        self, encoder: ClipEncoder, picture: Array, text: str, parts: Sequence[Part]
    ) -> tuple[list[float | None], float | None]:
        """See `WordMethod`."""
        swapped = [[text[: part.start] + word + text[part.end :] for word in replacements(part)] for part in parts]
        cosines = encoder.encode_texts([text, *(one for several in swapped for one in several)]) @ picture
        gains, begin = cosines[1:] - cosines[0], 0
        scores: list[float | None] = []
        for several in swapped:
            own = gains[begin : begin + len(several)]
            begin += len(several)
            scores.append(-float(own.max() + own.mean()) / 2 if len(own) else None)
        return scores, None


def replacements(part: Part) -> list[str]:
    """Return the replacements of a part: every other noun of the vocabulary, colour, or small number."""
    words = english()
    if part.sort == "colour":
        return [colour for colour in _BASIC if colour != part.name]
    if part.sort == "number":
        own = words.numbers.get(part.name, int(part.name) if part.name.isdigit() else 0)
        return [words.number_word(number) for number in _NUMBERS if number != own]
    if part.sort == "noun":
        others = [noun for noun in words.groups if noun != part.name and not words.related(part.name, noun)]
        return [words.plural(noun) if part.plural else noun for noun in others]
    return []
