"""Fit the profile of the bundled models on drawn scenes: ``python -m training.fit_profile``; about five minutes on two cores.

Seeds are above those of the models' training sets and below `FRESH`: the profile is fitted on scenes that the models have not
seen, and tested on scenes that were used for neither.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from llamaindex_clipverify import Claim, Picture, Verifier
from llamaindex_clipverify.claims.english.splitter import EnglishSplitter
from llamaindex_clipverify.evaluation.calibration import profile_of
from llamaindex_clipverify.evidence.evidence import Evidence
from llamaindex_clipverify.facts.facts import Facts
from llamaindex_clipverify.testing import NOUNS, Scene, draw_scene, register_style
from llamaindex_clipverify.testing.truth import truth_of
from llamaindex_clipverify.trust.fitting import Example
from llamaindex_clipverify.trust.fusion import features_of
from llamaindex_clipverify.trust.profile import Profile

FIRST = 700_000
FOLDER = Path(__file__).parents[1] / "llamaindex_clipverify" / "trust" / "profiles"


def claims_of(scene: Scene, seed: int | None = None) -> Iterator[tuple[Claim, bool]]:
    """Yield the typed claims of a scene's statements, made positive, each once, and whether they were negated.

    Args:
        scene: What they are about.
        seed: Of the choice of statements; the scene's own by default.
    """
    splitter = EnglishSplitter()
    found = []
    for row in scene.claims(scene.seed if seed is None else seed):
        kind = "object" if row["kind"] == "negation" else row["kind"]
        found += [claim for claim in splitter.split(str(row["claim"])) if claim.kind == kind]
    seen = set()
    for claim in found:
        if claim.phrase not in seen:
            seen.add(claim.phrase)
            yield claim.swap(negated=False), claim.negated


def examples(
    verifier: Verifier,
    scenes: list[Scene],
    facts: list[Facts],
    random: np.random.Generator,
    numbers: Callable[[Sequence[Evidence]], dict[str, float]] = features_of,
) -> Iterator[Example]:
    """Yield every claim on its own scene, and half of them again on two to four pictures among which may be its own.

    Some relations are judged on another scene too, which seldom shows both things.
    """

    def look(claim: Claim, seen: Facts) -> dict[str, float]:
        return numbers(verifier.evidence(claim, seen))

    for place, scene in enumerate(scenes):
        for claim, negated in claims_of(scene):
            group = f"scene-{scene.seed}"
            looks: tuple[dict[str, float], ...] = (look(claim, facts[place]),)
            yield Example(
                kind=claim.kind, looks=looks, label=int(truth_of(claim, [scene]) is True), group=group, negated=negated
            )
            if claim.kind == "relation" and random.random() < 0.3:  # a relation of what is not there
                other = int(random.integers(len(scenes)))
                yield Example(
                    kind=claim.kind,
                    looks=(look(claim, facts[other]),),
                    label=int(truth_of(claim, [scenes[other]]) is True),
                    group=group,
                    negated=negated,
                )
            if random.random() < 0.5:
                others = random.choice(len(scenes), size=int(random.integers(1, 4)), replace=False)
                chosen = [place, *(int(one) for one in others if one != place)]
                if random.random() < 0.3 and len(chosen) > 2:
                    chosen = chosen[1:]
                looks = tuple(look(claim, facts[one]) for one in chosen)
                label = int(truth_of(claim, [scenes[one] for one in chosen]) is True)
                yield Example(kind=claim.kind, looks=looks, label=label, group=group, negated=negated)


def main() -> None:
    """Draw, look, fit, save."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scenes", type=int, default=1500)
    parser.add_argument(
        "--style", type=Path, help="folder of a further style, named as the folder, to fit on that alone"
    )
    parser.add_argument("--out", type=Path, default=FOLDER / "tiny.json")
    options = parser.parse_args()
    if options.style:
        register_style(options.style.name, options.style)
    style = options.style.name if options.style else None
    scenes = [draw_scene(FIRST + place, style=style) for place in range(options.scenes)]
    verifier = Verifier.from_defaults("tiny", "tiny", profile=blank(), remember=10 * options.scenes)
    facts = verifier.facts([Picture.of(scene.image) for scene in scenes])
    made = list(examples(verifier, scenes, facts, np.random.default_rng(0)))
    print(f"{len(made)} examples on {len(scenes)} scenes", flush=True)
    data = f"{len(made):,} claims on {len(scenes):,} drawn scenes" + (f" of the style {style}" if style else "")
    models = {"encoder": "tiny", "detector": "tiny"}
    profile = replace(profile_of(verifier, made, facts, options.out.stem, data, models), nouns=tuple(NOUNS))
    profile.save(options.out)
    for kind, model in profile.kinds.items():
        weights = ", ".join(f"{name} {feature.weight:.2f}" for name, feature in model.features.items())
        print(
            f"{kind}: {model.claims} claims, ECE {model.ece:.3f}, slope {model.slope:.2f}, pictures {model.pictures:.2f}; "
            f"{weights}"
        )


def blank() -> Profile:
    """Return a profile that weighs nothing."""
    return Profile(name="blank", data="nothing", date="", models={}, parts={}, kinds={})


if __name__ == "__main__":
    main()
