"""Splits examples into training, validation and test by picture content, so that no picture is in two parts."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from llamaindex_clipverify.adapting.finetuning.examples import Example
from llamaindex_clipverify.errors import DataError


@dataclass(frozen=True)
class Parts:
    """The three parts, each in the order of the data."""

    train: tuple[Example, ...]
    validation: tuple[Example, ...]
    test: tuple[Example, ...]

    @property
    def sizes(self) -> dict[str, int]:
        """Examples in each part."""
        return {name: len(getattr(self, name)) for name in ("train", "validation", "test")}


def split(examples: Sequence[Example], shares: tuple[float, float, float], seed: int) -> Parts:
    """Split examples; those that share a picture stay together.

    The order that decides is a hash of seed and picture content: neither file names nor the order of the data matter.

    Args:
        examples: The examples to split.
        shares: Of train, validation and test; they sum to 1. A part with a share has one group at least, where three are there.
        seed: Another seed gives another split.

    Raises:
        DataError: The shares are invalid.
    """
    if len(shares) != 3 or min(shares) < 0 or abs(sum(shares) - 1) > 1e-6 or not shares[0]:
        raise DataError("shares of train, validation and test must sum to 1", got=shares, do="give 0.8,0.1,0.1")
    groups = _groups(examples)
    order = sorted(set(groups), key=lambda group: hashlib.sha256(f"{seed}:{group}".encode()).hexdigest())
    enough = len(order) >= 3
    tests = max(round(shares[2] * len(order)), int(enough and shares[2] > 0))
    checks = max(round(shares[1] * len(order)), int(enough and shares[1] > 0))
    where = {group: 2 if place < tests else 1 if place < tests + checks else 0 for place, group in enumerate(order)}
    train, validation, test = (
        tuple(example for example, group in zip(examples, groups, strict=True) if where[group] == part)
        for part in range(3)
    )
    return Parts(train, validation, test)


def _groups(examples: Sequence[Example]) -> list[str]:
    """Return for each example the least picture id among those it is linked with through shared pictures."""
    leader: dict[str, str] = {}

    def find(picture: str) -> str:
        while leader.setdefault(picture, picture) != picture:
            picture = leader[picture]
        return picture

    for example in examples:
        roots = {find(picture.id) for picture in example.pictures}
        for root in roots:
            leader[root] = min(roots)
    return [find(example.pictures[0].id) for example in examples]
