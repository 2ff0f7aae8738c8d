"""COCO annotations of objects (Lin et al., ECCV 2014): true claims, and false ones drawn where they are hardest.

False objects are drawn as in POPE: at random, among the commonest classes, and among those that most often occur with what is
there. False counts are one off. COCO labels 80 classes; of these, what is not labelled is taken to be absent.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from llamaindex_clipverify.boundary import files
from llamaindex_clipverify.claims.claim import Claim, Kind
from llamaindex_clipverify.claims.wording import sentence
from llamaindex_clipverify.evaluation.evaluation import Row

_OBJECTS = 3
"""True objects claimed of a picture, and false ones."""
_MOST = 6
"""Largest number claimed."""


def rows(path: Path, images: Path, seed: int = 0) -> Iterator[Row]:
    """Yield true and false claims of presence and number for each picture of an ``instances_*.json``.

    Args:
        path: The annotation file.
        images: Folder of the pictures.
        seed: Of what is drawn.
    """
    data = json.loads(files.text(path))
    classes = {one["id"]: one["name"] for one in data["categories"]}
    crowds = {(one["image_id"], classes[one["category_id"]]) for one in data["annotations"] if one.get("iscrowd")}
    counts: dict[int, Counter[str]] = defaultdict(Counter)
    for one in data["annotations"]:
        counts[one["image_id"]][classes[one["category_id"]]] += 1
    names = sorted(classes.values())
    common = Counter(name for found in counts.values() for name in found)
    neighbours = _neighbours(counts)
    for image in data["images"]:
        found = counts.get(image["id"], Counter())
        if not found:
            continue
        rng = np.random.default_rng((seed, image["id"]))
        uncounted = {name for place, name in crowds if place == image["id"]}
        objects = _objects(found, names, common, neighbours, rng)
        for kind, claims in (("object", objects), ("count", _counts(found, uncounted, rng))):
            for claim, label in claims:
                yield Row(
                    images=(image["file_name"],),
                    claim=claim,
                    label=label,
                    kind=kind,
                    group=image["file_name"],
                    folder=images,
                )


def _neighbours(counts: Mapping[int, Counter[str]]) -> dict[str, Counter[str]]:
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for names in counts.values():
        for name in names:
            found[name].update(other for other in names if other != name)
    return found


def _objects(
    found: Counter[str], names: Sequence[str], common: Counter[str], neighbours: Mapping[str, Counter[str]],
    rng: np.random.Generator,
) -> Iterator[tuple[str, int]]:  # fmt: skip
    for name in rng.permutation(sorted(found))[:_OBJECTS]:
        yield there_is(str(name)), 1
    absent = [name for name in names if name not in found]
    company = sum((neighbours[name] for name in found), Counter())
    drawn = [str(rng.choice(absent))] if absent else []
    drawn += [max(absent, key=lambda name: table[name]) for table in (common, company) if absent]
    for name in dict.fromkeys(drawn):
        yield there_is(name), 0


def _counts(found: Counter[str], uncounted: set[str], rng: np.random.Generator) -> Iterator[tuple[str, int]]:
    few = [name for name in sorted(found) if found[name] <= _MOST and name not in uncounted]
    if few:
        name = str(rng.choice(few))
        wrong = found[name] + (1 if found[name] == 1 or rng.random() < 0.5 else -1)
        yield there_is(name, found[name]), 1
        yield there_is(name, wrong), 0


def there_is(name: str, number: int | None = None) -> str:
    """Return the claim that a class is in the picture, so many times where a number is given."""
    kind: Kind = "object" if number is None else "count"
    return sentence(Claim(text="", start=0, end=0, kind=kind, noun=name, number=number))
