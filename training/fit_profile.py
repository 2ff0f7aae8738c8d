"""Fit the profile of the bundled models on drawn scenes: ``python -m training.fit_profile``; about twenty minutes on two cores.

Scenes come from all generators and styles that the models are trained on (`training.worlds`), seeds above those of the training
sets and below `FRESH`. The calibration error that the profile states is that on generators left out of the fit in turn.
Photographs are needed for the scope alone: their statistics and vectors, of which only coefficients are kept.
"""

from __future__ import annotations

import argparse
import itertools
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image

from llamaindex_clipverify import Claim, Picture, Verifier
from llamaindex_clipverify.claims.alternatives import KINDS as ALTERNATIVE_KINDS
from llamaindex_clipverify.claims.english.splitter import EnglishSplitter
from llamaindex_clipverify.evaluation.calibration import profile_of
from llamaindex_clipverify.evidence.domain import statistics_of
from llamaindex_clipverify.evidence.evidence import Evidence
from llamaindex_clipverify.evidence.sightings import DETECTOR_FACTS
from llamaindex_clipverify.evidence.vectors import PICTURE_FACTS
from llamaindex_clipverify.facts.facts import Facts
from llamaindex_clipverify.testing import NOUNS, Scene, draw_scene, register_style
from llamaindex_clipverify.testing.truth import truth_of
from llamaindex_clipverify.trust.fitting import LEAST, Example, fit_gate, fit_kinds, fit_single_models, trust_of
from llamaindex_clipverify.trust.fusion import features_of
from llamaindex_clipverify.trust.metrics import ece
from llamaindex_clipverify.trust.profile import Gate, KindModel, Profile
from llamaindex_clipverify.trust.scope import Scope, fit_scope, models_of, picture_features
from training.stylise import some_stylised
from training.worlds import GENERATORS, TRAINED_STYLES

FIRST, FIRST_RARE = 700_000, 720_000
RARE = ("pattern", "state")
"""Kinds that one scene in six makes a claim of: they are fitted on scenes of their own."""
_CUTS = 3
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
    groups: Sequence[str] | None = None,
) -> Iterator[Example]:
    """Yield every claim on its own scene, and half of them again on two to four pictures among which may be its own.

    Some relations are judged on another scene too, which seldom shows both things. Claims that a scene cannot decide are left
    out.

    Args:
        verifier: Its checks look.
        scenes: What is true.
        facts: Of each scene.
        random: Chooses the other pictures.
        numbers: Which features are kept.
        groups: Name of each scene. Default: by its seed.
    """
    names = list(groups) if groups is not None else [f"scene-{scene.seed}" for scene in scenes]

    def example(claim: Claim, negated: bool, places: Sequence[int], group: str) -> Iterator[Example]:
        truth = truth_of(claim, [scenes[one] for one in places])
        if truth is not None:
            looks = tuple(numbers(verifier.evidence(claim, facts[one])) for one in places)
            yield Example(kind=claim.kind, looks=looks, label=int(truth), group=group, negated=negated)

    for place, scene in enumerate(scenes):
        for claim, negated in claims_of(scene):
            group = names[place]
            yield from example(claim, negated, (place,), group)
            if claim.kind == "relation" and random.random() < 0.3:  # a relation of what is not there
                yield from example(claim, negated, (int(random.integers(len(scenes))),), group)
            if random.random() < 0.5:
                others = random.choice(len(scenes), size=int(random.integers(1, 4)), replace=False)
                chosen = [place, *(int(one) for one in others if one != place)]
                if random.random() < 0.3 and len(chosen) > 2:
                    chosen = chosen[1:]
                yield from example(claim, negated, chosen, group)


def _stream(makers: Sequence[str], first: int) -> Iterator[tuple[str, int, Scene]]:
    """Yield the scenes of generators in turn, in all styles that models are trained on, each with its maker and seed."""
    for place in itertools.count():
        name = makers[place % len(makers)]
        style = TRAINED_STYLES[place // len(makers) % len(TRAINED_STYLES)]
        yield name, first + place, GENERATORS[name](first + place, style=style)


def drawn(
    number: int, otherwise: float = 0.0, *, first: int = FIRST, kinds: Collection[str] = ()
) -> tuple[list[Scene], list[str]]:
    """Return scenes of all generators and styles that models are trained on, in turn, and ``GENERATOR-SEED`` of each.

    Args:
        number: How many.
        otherwise: Share of the scenes that are drawn otherwise, as a part of those of the training (`stylise`).
        first: Seed of the first.
        kinds: Keep scenes alone of which a claim of these kinds is made; `plain` makes none of `RARE`. Default: all scenes.
    """
    makers = [name for name in GENERATORS if not kinds or name != "plain"]
    told = (
        one for one in _stream(makers, first) if not kinds or any(claim.kind in kinds for claim, _ in claims_of(one[2]))
    )
    scenes, names = [], []
    for name, seed, scene in itertools.islice(told, number):
        scenes.append(some_stylised(np.random.default_rng((seed, 1)), scene, otherwise))
        names.append(f"{name}-{seed}")
    return scenes, names


def rare_examples(verifier: Verifier, number: int, otherwise: float) -> list[Example]:
    """Return the examples of patterns and states."""
    scenes, names = drawn(number, otherwise, first=FIRST_RARE, kinds=RARE)
    facts = verifier.facts([Picture.of(scene.image) for scene in scenes])
    made = [
        one for one in examples(verifier, scenes, facts, np.random.default_rng(1), groups=names) if one.kind in RARE
    ]
    print(f"{len(made)} examples of {' and '.join(RARE)} on {len(scenes)} scenes", flush=True)
    return made


def with_rare(profile: Profile, made: Sequence[Example]) -> Profile:
    """Return a profile with models of patterns and states that are fitted anew, and the rest as it is."""
    errors = on_left_out(made, RARE)
    kinds = {kind: replace(model, ece=errors.get(kind, model.ece)) for kind, model in fit_kinds(made).items()}
    alone = {name: {**profile.single_model.get(name, {}), **models} for name, models in fit_single_models(made).items()}
    places = len({one.group for one in made})
    data = f"{profile.data.partition(';')[0]}; patterns and states on {len(made):,} claims of {places:,} further scenes"
    return replace(profile, data=data, kinds={**profile.kinds, **kinds}, single_model={**profile.single_model, **alone})


def on_left_out(made: Sequence[Example], kinds: Iterable[str]) -> dict[str, float]:
    """Return the calibration error of each kind on generators left out of the fit in turn: the mean over generators."""
    makers = sorted({one.group.partition("-")[0] for one in made})
    found: dict[str, list[float]] = {kind: [] for kind in kinds}
    for maker in makers:
        others = [one for one in made if not one.group.startswith(f"{maker}-")]
        fitted = fit_kinds(others)
        for kind, model in fitted.items():
            own = [one for one in made if one.kind == kind and one.group.startswith(f"{maker}-")]
            if kind in found and len(own) >= LEAST:
                trusts = np.array([trust_of(model, replace(one, negated=False)) for one in own])
                found[kind].append(ece(trusts, np.array([one.label for one in own], float)))
    return {kind: float(np.mean(errors)) for kind, errors in found.items() if errors}


def gate_of(facts: Sequence[Facts], names: Sequence[str]) -> Gate:
    """Return a gate whose limit is the 98th percentile of surprise over generators left out of its fit in turn.

    On pictures of the generators that it was fitted on, a mixture of Gaussians is hardly ever surprised; on those of the next one
    it is.
    """
    rows = np.array([statistics_of(one) for one in facts])
    makers = np.array([name.partition("-")[0] for name in names])
    surprises: list[float] = []
    for maker in sorted(set(makers)):
        gate = fit_gate(rows[makers != maker])
        surprises += [gate.surprise(row) for row in rows[makers == maker]]
    return replace(fit_gate(rows), limit=float(np.quantile(surprises, 0.98)))


def scopes(scenes: Sequence[Scene], folders: Sequence[Path]) -> dict[str, Scope]:
    """Return the scopes of encoder and detector, and of each alone, between scenes and photographs.

    Every photograph counts whole and in three random cuts, some of them smaller. Pictures of nothing are on the side of the
    photographs, too.
    """
    paths = sorted(
        path for folder in folders for path in folder.iterdir() if path.suffix.lower() in (".jpg", ".jpeg", ".png")
    )
    random = np.random.default_rng(0)
    cuts, groups, whole = [], [], []
    for path in paths:
        photo = Image.open(path).convert("RGB")
        photo.thumbnail((800, 800))
        cuts += [photo, *(_cut(photo, random) for _ in range(_CUTS))]
        groups += [path.name] * (1 + _CUTS)
        whole += [True, *[False] * _CUTS]
    print(f"scopes: {len(scenes)} scenes, {len(cuts)} cuts of {len(paths)} photographs", flush=True)
    empty = list(_of_nothing(random))
    cuts += empty
    groups += [paths[place % len(paths)].name for place in range(len(empty))]  # so that each part has some
    whole += [False] * len(empty)
    verifier = Verifier.from_defaults("tiny", "tiny", profile=blank(), regions=0)
    sides = [verifier.facts([Picture.of(image) for image in images]) for images in ([s.image for s in scenes], cuts)]
    found = {}
    for without in ((), (DETECTOR_FACTS,), (PICTURE_FACTS,)):
        inside, outside = ([_without(one, without) for one in side] for side in sides)
        rows = [np.stack([picture_features(one) for one in side]) for side in (inside, outside)]
        name = models_of(inside[0])
        found[name] = fit_scope(*rows, groups, whole)
        admitted = float((found[name].score(rows[0]) >= found[name].limit).mean())
        print(
            f"scope of {name}: {len(found[name].weights)} vectors, limit {found[name].limit:.2f}, {admitted:.3f} of the scenes"
        )
    return found


def _of_nothing(random: np.random.Generator) -> Iterator[Image.Image]:
    """Yield noise in colour and grey, fine and coarse, and plain areas, in several sizes."""
    for side in (128, 192, 256, 320, 512, 768):
        size = (side, side * 3 // 4)
        for grain in (1, 1, 2, 8, 40):
            for channels in (3, 1):
                shape = (max(2, size[1] // grain), max(2, side // grain), channels)
                noise = np.repeat(random.integers(0, 256, shape).astype(np.uint8), 3 // channels, axis=2)
                yield Image.fromarray(noise).resize(
                    size, Image.Resampling.BICUBIC if grain > 2 else Image.Resampling.NEAREST
                )
        yield from (Image.new("RGB", size, tuple(map(int, random.integers(0, 256, 3)))) for _ in range(3))


def _without(facts: Facts, checks: Sequence[str]) -> Facts:
    """Return facts as they are where some checks did not look."""
    return replace(facts, seen={check: seen for check, seen in facts.seen.items() if check not in checks})


def _cut(photo: Image.Image, random: np.random.Generator) -> Image.Image:
    width, height = (round(side * random.uniform(0.4, 0.9)) for side in photo.size)
    left, top = int(random.integers(0, photo.width - width + 1)), int(random.integers(0, photo.height - height + 1))
    cut = photo.crop((left, top, left + width, top + height))
    small = random.uniform(0.3, 1.0)
    return cut.resize((max(32, round(width * small)), max(32, round(height * small)))) if random.random() < 0.5 else cut


def main() -> None:
    """Draw, look, fit, save."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scenes", type=int, default=2000)
    parser.add_argument(
        "--photographs", type=Path, nargs="*", default=[Path("../shared/photos/images"), Path("../shared/real_clip/photos")],
        help="folders of photographs, which the models do not understand",
    )  # fmt: skip
    parser.add_argument("--scope-scenes", type=int, default=1250, help="scenes that the scopes are fitted on")
    parser.add_argument("--stylised", type=float, default=0.3, help="share of scenes that are drawn otherwise")
    parser.add_argument(
        "--style", type=Path, help="folder of a further style, named as the folder, to fit on that alone"
    )
    parser.add_argument("--rare", type=int, default=1200, help="scenes that patterns and states are fitted on")
    parser.add_argument(
        "--only-rare", action="store_true", help="fit patterns and states alone, and keep the rest of --out"
    )
    parser.add_argument("--out", type=Path, default=FOLDER / "tiny.json")
    options = parser.parse_args()
    if options.only_rare:
        verifier = Verifier.from_defaults("tiny", "tiny", profile=blank(), remember=10 * options.rare)
        profile = with_rare(Profile.load(options.out), rare_examples(verifier, options.rare, options.stylised))
        profile.save(options.out)
        report({kind: profile.kinds[kind] for kind in RARE})
        return
    if options.style:
        register_style(options.style.name, options.style)
        scenes = [draw_scene(FIRST + place, style=options.style.name) for place in range(options.scenes)]
        names = [f"{options.style.name}-{scene.seed}" for scene in scenes]
    else:
        scenes, names = drawn(options.scenes, options.stylised)
    verifier = Verifier.from_defaults("tiny", "tiny", profile=blank(), remember=10 * options.scenes)
    facts = verifier.facts([Picture.of(scene.image) for scene in scenes])
    made = list(examples(verifier, scenes, facts, np.random.default_rng(0), groups=names))
    print(f"{len(made)} examples on {len(scenes)} scenes", flush=True)
    source = f"of the style {options.style.name}" if options.style else f"by {len(GENERATORS)} generators"
    data = f"{len(made):,} claims on {len(scenes):,} drawn scenes {source}"
    models = {"encoder": "tiny", "detector": "tiny"}
    profile = replace(
        profile_of(verifier, made, facts, options.out.stem, data, models), nouns=tuple(NOUNS), values=values_of(scenes)
    )
    if not options.style:
        errors = on_left_out(made, profile.kinds)
        kinds = {kind: replace(model, ece=errors.get(kind, model.ece)) for kind, model in profile.kinds.items()}
        edges = scopes(scenes[: options.scope_scenes], options.photographs) if options.photographs else {}
        profile = replace(profile, kinds=kinds, scopes=edges, gate=gate_of(facts, names))
        profile = with_rare(profile, rare_examples(verifier, options.rare, options.stylised))
    profile.save(options.out)
    report(profile.kinds)


def report(kinds: Mapping[str, KindModel]) -> None:
    """Print how well each kind is fitted."""
    for kind, model in kinds.items():
        weights = ", ".join(f"{name} {feature.weight:.2f}" for name, feature in model.features.items())
        print(
            f"{kind}: {model.claims} claims, ECE {model.ece:.3f}, slope {model.slope:.2f}, pictures {model.pictures:.2f}; "
            f"{weights}"
        )


def values_of(scenes: Sequence[Scene]) -> dict[str, tuple[str, ...]]:
    """Return the verbs, places, patterns and states that claims on the scenes name."""
    found: dict[str, set[str]] = {}
    for scene in scenes:
        for claim, _ in claims_of(scene):
            if claim.kind in ALTERNATIVE_KINDS and claim.value:
                found.setdefault(claim.kind, set()).add(claim.value)
    return {kind: tuple(sorted(values)) for kind, values in found.items()}


def blank() -> Profile:
    """Return a profile that weighs nothing."""
    return Profile(name="blank", data="nothing", date="", models={}, parts={}, kinds={})


if __name__ == "__main__":
    main()
