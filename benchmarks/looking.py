"""What the benchmarks of trust share: claims about drawn scenes with the numbers of every check, and what is known of each."""

from __future__ import annotations

import pickle
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from llamaindex_clipverify import Claim, Picture, Verifier
from llamaindex_clipverify.facts.facts import Facts
from llamaindex_clipverify.testing import Scene, draw_scene
from llamaindex_clipverify.testing.truth import truth_of
from llamaindex_clipverify.trust.fitting import Example
from llamaindex_clipverify.trust.fusion import features_of
from training.fit_profile import blank, claims_of

_AT_ONCE = 100


@dataclass(frozen=True)
class Looked:
    """A claim with a label, what the checks say of it in each of its pictures, and where it stands."""

    example: Example
    text: str
    noun: str
    background: str
    objects: int
    """In the scene that the claim was made about."""
    share: float
    """Of the picture's area that the noun's largest object fills, 0–1; 0 where it is absent."""
    style: str
    admitted: bool
    """Whether the bundled profile's gate admits all its pictures."""

    @property
    def label(self) -> int:
        """1 if the claim as stated is true of the pictures."""
        return self.example.label ^ self.example.negated

    @property
    def pictures(self) -> int:
        """How many pictures it is about."""
        return len(self.example.looks)


def looked(
    seeds: Sequence[int],
    pictures: Sequence[int] = (1,),
    *,
    verifier: Verifier | None = None,
    family: str | None = None,
    draws: int = 1,
) -> Iterator[Looked]:
    """Draw scenes and yield their claims about 1 and more pictures; a claim's own scene is among them seven times in ten.

    Args:
        seeds: One scene each.
        pictures: Numbers of pictures; each claim is judged on one picture, and a third of them on each further number.
        verifier: Whose checks look; the bundled models by default.
        family: Of the backgrounds.
        draws: Times that claims are drawn of each scene; those drawn twice count once.
    """
    from llamaindex_clipverify.trust.profile import Profile

    verifier = verifier or Verifier.from_defaults("tiny", "tiny", profile=blank(), remember=2 * _AT_ONCE)
    gate, random = Profile.load("tiny").gate, np.random.default_rng(seeds[0])
    for start in range(0, len(seeds), _AT_ONCE):
        scenes = [draw_scene(seed, family=family) for seed in seeds[start : start + _AT_ONCE]]
        facts = verifier.facts([Picture.of(scene.image) for scene in scenes])
        fine = [gate is None or gate.admits(one) for one in facts]
        look = _Memory(verifier, facts)
        for place, scene in enumerate(scenes):
            for claim, negated in _claims(scene, draws):
                for number in pictures:
                    if number > 1 and random.random() > 1 / 3:
                        continue
                    own = [place] if number == 1 or random.random() < 0.7 else []
                    others = [one for one in map(int, random.permutation(len(scenes))) if one != place][
                        : number - len(own)
                    ]
                    chosen = [*own, *others]
                    label = int(truth_of(claim, [scenes[one] for one in chosen]) is True)
                    looks = tuple(look(claim, one) for one in chosen)
                    example = Example(
                        kind=claim.kind, looks=looks, label=label, group=f"scene-{scene.seed}", negated=negated
                    )
                    noun, admitted = str(claim.noun), all(fine[one] for one in chosen)
                    yield Looked(
                        example,
                        claim.text,
                        noun,
                        scene.background,
                        len(scene.objects),
                        _share(scene, noun),
                        scene.style,
                        admitted,
                    )


class _Memory:
    """The numbers on a claim in one of some pictures, each found once."""

    def __init__(self, verifier: Verifier, facts: Sequence[Facts]) -> None:
        self.verifier, self.facts = verifier, facts
        self.known: dict[tuple[str, int], dict[str, float]] = {}

    def __call__(self, claim: Claim, place: int) -> dict[str, float]:
        key = (claim.phrase, place)
        if key not in self.known:
            self.known[key] = features_of(self.verifier.evidence(claim, self.facts[place]))
        return self.known[key]


def _claims(scene: Scene, draws: int) -> Iterator[tuple[Claim, bool]]:
    seen = set()
    for draw in range(draws):
        for claim, negated in claims_of(scene, scene.seed + 10_000_000 * draw):
            if (claim.phrase, negated) not in seen:
                seen.add((claim.phrase, negated))
                yield claim, negated


def _share(scene: Scene, noun: str) -> float:
    areas = [(one.box[2] - one.box[0]) * (one.box[3] - one.box[1]) for one in scene.objects if one.noun == noun]
    return max(areas, default=0) / (scene.image.width * scene.image.height)


def kept(path: Path, make: Iterator[Looked]) -> list[Looked]:
    """Return what an earlier run kept in a file of this benchmark's own, or look and keep it."""
    if path.is_file():
        rows: list[Looked] = pickle.loads(path.read_bytes())
        return rows
    rows = list(make)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(pickle.dumps(rows))
    return rows
