"""Whether facts that were stored have the form that the checks read: an index or a cache may be damaged, or come from anybody."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from llamaindex_clipverify.evidence.clothes import CLOTHES_FACTS, PARTS
from llamaindex_clipverify.evidence.colour import COLOURS
from llamaindex_clipverify.evidence.domain import DOMAIN_FACTS
from llamaindex_clipverify.evidence.sightings import COLOUR_FACTS, DETECTOR_FACTS
from llamaindex_clipverify.evidence.vectors import PICTURE_FACTS, REGION_FACTS
from llamaindex_clipverify.facts.facts import Facts, Seen

_STATISTICS = 24
_LARGEST = 1e6
"""Largest number in an array."""
_MOST_BOXES = 2000
"""Largest number of boxes of a picture: relations compare each with each."""
_SIDE = 100_000
"""Longest side of a picture in pixels."""


def is_sound(facts: Facts) -> bool:
    """Return whether stored facts can be judged by; the facts of checks that are not bundled are not looked into."""
    try:
        return all(0 < side <= _SIDE for side in facts.size) and all(
            _FORMS[check](seen, facts) for check, seen in facts.seen.items() if check in _FORMS
        )
    except (LookupError, TypeError, ValueError, AttributeError, OverflowError):
        return False


def _objects(seen: Seen, facts: Facts) -> bool:
    return (
        _boxes(seen, "")
        and (not any(key.startswith("faint_") for key in seen) or _boxes(seen, "faint_"))
        and isinstance(seen["maxima"], Mapping)
        and _are_texts(list(seen["maxima"]))
        and all(_is_share(value) for value in seen["maxima"].values())
    )


def _boxes(seen: Seen, prefix: str) -> bool:
    """Return whether there are a label, a box in pixels and a confidence 0–1 each, and no more boxes than can be compared."""
    labels, scores = seen[f"{prefix}labels"], seen[f"{prefix}scores"]
    number = len(labels)
    return (
        number <= _MOST_BOXES
        and _are_texts(labels)
        and _is_array(seen[f"{prefix}boxes"], (number, 4))
        and _is_array(scores, (number,))
        and bool(((scores >= 0) & (scores <= 1)).all())
    )


def _colour(seen: Seen, facts: Facts) -> bool:
    number = len((facts.of(DETECTOR_FACTS) or {"labels": ()})["labels"])
    shape = (number, len(seen["names"]))
    tables = [seen[key] for key in ("shares", "possible") if key in seen]
    return (
        _are_texts(seen["names"])
        and isinstance(seen.get("tone", ""), str)
        and all(_is_array(one, shape) for one in tables)
    )


def _clothes(seen: Seen, facts: Facts) -> bool:
    rows = seen["rows"]
    people = len((facts.of(DETECTOR_FACTS) or {"labels": ()})["labels"])
    shape = (len(rows), PARTS, len(COLOURS))
    return (
        isinstance(rows, np.ndarray)
        and rows.dtype.kind == "i"
        and rows.shape == (len(rows),)
        and bool(((rows >= 0) & (rows < people)).all())
        and all(_is_array(np.nan_to_num(seen[key], nan=0.0), shape) for key in ("shares", "possible"))
    )


def _domain(seen: Seen, facts: Facts) -> bool:
    frames = seen.get("frames", 1)
    return _is_array(seen["statistics"], (_STATISTICS,)) and isinstance(frames, int) and 0 < frames < 10**6


def _regions(seen: Seen, facts: Facts) -> bool:
    number = len(seen["labels"])
    vectors = seen.get("vectors")
    return (
        _are_texts(seen["labels"])
        and _is_array(seen["boxes"], (number, 4))
        and (vectors is None or _is_array(vectors, (number, vectors.shape[-1])))
    )


def _picture(seen: Seen, facts: Facts) -> bool:
    vector = seen.get("vector")
    return vector is None or _is_array(vector, (len(vector),))


_FORMS: dict[str, Callable[[Seen, Facts], bool]] = {
    DETECTOR_FACTS: _objects,
    COLOUR_FACTS: _colour,
    CLOTHES_FACTS: _clothes,
    DOMAIN_FACTS: _domain,
    REGION_FACTS: _regions,
    PICTURE_FACTS: _picture,
}


def _is_array(value: Any, shape: tuple[int, ...]) -> bool:
    is_float = isinstance(value, np.ndarray) and value.dtype.kind == "f"
    return is_float and value.shape == shape and bool((np.abs(value) < _LARGEST).all())


def _are_texts(values: Any) -> bool:
    return isinstance(values, (list, tuple)) and all(isinstance(value, str) and len(value) < 1000 for value in values)


def _is_share(value: Any) -> bool:
    return isinstance(value, (int, float)) and 0 <= value <= 1
