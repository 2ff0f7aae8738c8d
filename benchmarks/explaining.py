"""Do heat maps mean anything, and what do they cost? ``python benchmarks/explaining.py [--only QUESTION] [--scenes N]``.

Drawn scenes whose boxes are known; maps and labels come from the bundled encoder alone, the boxes only score them. Questions:

* localisation: is the peak in the box (pointing game), and how much of the map lies in it (energy); 1, 2, 3, 4 or more objects,
  the sizes of the object asked for matched between them; random and centred maps beside;
* generators: the same of the default method on scenes by each generator, that left out first, objects of the same sizes;
* faithfulness: areas under insertion and deletion curves of the claim's margin, five seeds of scenes; the sign test;
* absent: does the label "no evidence" tell things that are not there from things that are;
* words: is the word that was swapped into a true caption found;
* cost: 8 claims by 3 methods on one picture, in forwards of the picture, pytorch-grad-cam's own way beside it;
* photographs: energy of YOLO's maps in the annotated boxes, and how many maps of the bundled encoder say "no evidence" there.

Each question is saved by itself in results/explaining.json, with the command that answered it.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from measuring import save_answer, side_by_side
from pytorch_grad_cam import EigenGradCAM, GradCAMPlusPlus, LayerCAM

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
sys.path.insert(0, str(Path(__file__).parents[1]))

from checkpoints import save_clip

from llamaindex_clipverify.claims.english.splitter import EnglishSplitter
from llamaindex_clipverify.claims.foils import pictured
from llamaindex_clipverify.claims.vocabulary import english
from llamaindex_clipverify.explainers import METHODS, load_explainer, load_method
from llamaindex_clipverify.explainers.detections import detection_maps
from llamaindex_clipverify.explainers.dropping import DroppingMap
from llamaindex_clipverify.explainers.explainer import ClipExplainer, place_on
from llamaindex_clipverify.explainers.forward_pass import ForwardPass
from llamaindex_clipverify.explainers.layers import as_grid, cam_target
from llamaindex_clipverify.explainers.trial import Target, curves, try_map, try_maps
from llamaindex_clipverify.explainers.words import METHODS as WORD_METHODS
from llamaindex_clipverify.explainers.words import word_map
from llamaindex_clipverify.models.clip import ClipEncoder
from llamaindex_clipverify.models.registry import load_detector, load_encoder
from llamaindex_clipverify.picture import Picture
from llamaindex_clipverify.testing import COLOURS, FRESH, Scene, draw_scene
from llamaindex_clipverify.testing.statements import likely_absent
from llamaindex_clipverify.trust.metrics import auroc
from training.worlds import GENERATORS, UNSEEN, Draw

SHARED = Path(__file__).parents[2] / "shared"
SEEDS = FRESH + 1_500_000
CROWDS = (1, 2, 3, 4)
"""Numbers of objects; the last means as many or more."""
SIZES = np.geomspace(0.02, 0.12, 6)
"""Borders of the bins of the share of the picture that the object's box takes."""


class Bench:
    """The bundled encoder and how many scenes to draw."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.scenes: int = options.scenes
        self.explainer: ClipExplainer = load_explainer(load_encoder("tiny"))  # type: ignore[assignment]
        self.splitter = EnglishSplitter()
        self.rng = np.random.default_rng(0)

    def target(self, noun: str, contrast: bool = True) -> Target:
        claim, rivals = pictured(self.splitter.split(f"There is a {noun}.")[0])
        return self.explainer.targets([claim.phrase], [[one.phrase for one in rivals]] if contrast else ())[0]

    def grids(self, look: ForwardPass, noun: str) -> Iterator[tuple[str, Any]]:
        """Draw every method's map, and beside them those of the phrase alone, of seven groups, of chance and of the middle."""
        target, alone = self.target(noun), self.target(noun, contrast=False)
        for name in METHODS:
            yield name, load_method(name).grid(look, target.direction)
        for name in ("attention", "layercam", "gradcam", "eigengradcam"):
            yield f"{name}, no foils", load_method(name).grid(look, alone.direction)
        yield "dropping, 7 groups, no foils (CCI)", DroppingMap((7,)).grid(look, alone.direction)
        yield "chance", self.rng.random(look.shape)
        rows, columns = (np.linspace(-1, 1, number) for number in look.shape)
        yield "middle", np.exp(-(rows[:, None] ** 2 + columns[None] ** 2) / 0.18)

    # -- where ----------------------------------------------------------------------------------------------------------

    def localisation(self) -> dict[str, Any]:
        hits: dict[str, list[tuple[int, float, float]]] = {}
        for crowd, scene, noun, box in matched(self.scenes):
            picture = Picture.of(scene.image)
            for name, grid in self.grids(self.explainer.look(picture), noun):
                hits.setdefault(name, []).append((crowd, *scored(grid, picture, box)))
        cost = forwards(self.explainer.encoder, Picture.of(draw_scene(SEEDS).image), self.target("dog"))
        figures: dict[str, Any] = {}
        for name, rows in hits.items():
            table = np.array(rows)
            figures[name] = {
                "pointing": share(table[:, 1]),
                "energy": share(table[:, 2]),
                "by_objects": {
                    str(crowd): [round(float(table[table[:, 0] == crowd, column].mean()), 4) for column in (1, 2)]
                    for crowd in CROWDS
                },
                "forwards": cost.get(name),
            }
            print(f"{name:36s} pointing {figures[name]['pointing'][0]:.3f} energy {figures[name]['energy'][0]:.3f} "
                  f"{figures[name]['by_objects']} {cost.get(name)}", flush=True)  # fmt: skip
        return {"scenes": len(next(iter(hits.values()))), "methods": figures}

    def generators(self) -> dict[str, Any]:
        figures: dict[str, Any] = {}
        for name, draw in {**UNSEEN, **GENERATORS}.items():
            rows = []
            for scene, noun, box in sized(draw, self.scenes):
                picture = Picture.of(scene.image)
                look, target = self.explainer.look(picture), self.target(noun)
                rows.append(scored(load_method("attention").grid(look, target.direction), picture, box))
            table = np.array(rows)
            figures[name] = {"pointing": share(table[:, 0]), "energy": share(table[:, 1]), "left_out": name in UNSEEN}
            print(name, figures[name], flush=True)
        return {"scenes": self.scenes, "method": "attention", "generators": figures}

    def faithfulness(self) -> dict[str, Any]:
        areas: dict[str, list[list[list[float]]]] = {}
        signs: dict[str, list[float]] = {}
        for seed in range(5):
            for scene, noun, _ in single(SEEDS + 200_000 * (seed + 1), max(self.scenes // 20, 2)):
                look, target = ForwardPass(self.explainer.encoder, scene.image), self.target(noun)
                for name, grid in self.grids(look, noun):
                    found = curves(look, target, grid)
                    areas.setdefault(name, [[] for _ in range(5)])[seed].append(
                        [found.insertion_area, found.deletion_area]
                    )
                    if name in METHODS:
                        opposite = load_method(name).grid(look, -target.direction)
                        signs.setdefault(name, []).append(try_map(look, target, grid, opposite, 1.0)[0].sign)
                bare, _ = bare_eigen(look, target.direction)
                signs.setdefault("eigengradcam, stock sign", []).append(bare)
        figures = {}
        for name, seeds in areas.items():
            means = np.array([np.mean(one, axis=0) for one in seeds])
            figures[name] = {
                "insertion": spread(means[:, 0]), "deletion": spread(means[:, 1]),
                "gain": spread(means[:, 0] - means[:, 1]),
            }  # fmt: skip
            print(f"{name:36s}", figures[name], flush=True)
        sign = {name: round(float(np.mean(values)), 3) for name, values in signs.items()}
        print("sign", sign, flush=True)
        return {"scenes": sum(len(one) for one in next(iter(areas.values()))), "methods": figures, "sign": sign}

    def absent(self) -> dict[str, Any]:
        rows: dict[str, list[tuple[bool, float, float, float, bool, float]]] = {}
        for scene, noun, _ in single(SEEDS + 4_000_000, self.scenes):
            wrong = likely_absent(scene, np.random.default_rng(scene.seed))
            look = ForwardPass(self.explainer.encoder, scene.image)
            for there, name in ((True, noun), (False, wrong)):
                target = self.target(name)
                for method in METHODS:
                    drawer = load_method(method)
                    grid, opposite = drawer.grid(look, target.direction), drawer.grid(look, -target.direction)
                    trial, doubt = try_map(look, target, grid, opposite, self.explainer.encoder.logit_scale)
                    scaled = float(np.maximum(grid, 0).max() > 0)
                    rows.setdefault(method, []).append(
                        (there, trial.shown, trial.peak, trial.energy, bool(doubt), scaled)
                    )
        figures = {}
        for method, given in rows.items():
            there = np.array([row[0] for row in given], float)
            labelled = np.array([row[4] for row in given])
            figures[method] = {
                "auroc_of_the_label": round(auroc(np.array([row[1] for row in given]), there), 4),
                "auroc_of_the_peak": round(auroc(np.array([row[2] for row in given]), there), 4),
                "auroc_of_the_energy": round(auroc(np.array([row[3] for row in given]), there), 4),
                "absent_that_say_no_evidence": round(float(labelled[there == 0].mean()), 4),
                "present_that_say_no_evidence": round(float(labelled[there == 1].mean()), 4),
                "absent_with_a_scaled_peak_of_1": round(float(np.mean([row[5] for row in given if not row[0]])), 4),
            }
            print(f"{method:14s}", figures[method], flush=True)
        return {"scenes": self.scenes, "methods": figures}

    # -- words ----------------------------------------------------------------------------------------------------------

    def words(self) -> dict[str, Any]:
        hits: dict[str, list[tuple[str, bool]]] = {}
        made = 0
        for scene, text, place, sort in foiled(self.scenes):
            made += 1
            picture = self.explainer.encoder.encode_images([scene.image])[0]
            for method in WORD_METHODS:
                wrong = word_map(self.explainer.encoder, picture, text, method).wrong
                found = wrong is not None and place[0] <= wrong.start and wrong.end <= place[1]
                hits.setdefault(method, []).append((sort, found))
        figures = {
            method: {
                "accuracy": share([found for _, found in rows]),
                **{sort: share([found for one, found in rows if one == sort]) for sort in ("noun", "colour", "number")},
            }
            for method, rows in hits.items()
        }
        print(json.dumps(figures), flush=True)
        return {"captions": made, "methods": figures}

    # -- cost -----------------------------------------------------------------------------------------------------------

    def cost(self) -> dict[str, Any]:
        figures = {"tiny": costs(self.explainer.encoder)}
        with tempfile.TemporaryDirectory() as folder:
            for name in ("B/32", "B/16"):
                path = Path(folder) / name.replace("/", "-")
                path.mkdir()
                figures[name] = costs(ClipEncoder(str(save_clip(name, path)), device="cpu"))
        for name, one in figures.items():
            print(name, one, flush=True)
        return figures

    # -- photographs ----------------------------------------------------------------------------------------------------

    def photographs(self) -> dict[str, Any]:
        rows = [json.loads(line) for line in (SHARED / "photos" / "photos.jsonl").read_text().splitlines()]
        boxed = [row for row in rows if row.get("boxes")]
        detector = load_detector(str(SHARED / "weights" / "yolov8n.pt"))
        energies, chances, labelled = [], [], []
        for row in boxed:
            picture = Picture.of(SHARED / "photos" / "images" / row["file_name"])
            seen, maps = detection_maps(detector, picture, 0.4)
            for label, box, heat in zip(seen.labels, seen.boxes, maps, strict=True):
                near = annotated(row["boxes"], label, box, picture.size)
                if near is not None:
                    energies.append(inside(heat.values, near))
                    chances.append(inside(np.ones_like(heat.values), near))
            look = ForwardPass(self.explainer.encoder, picture.image)
            for noun in sorted({one["label"] for one in row["boxes"]} & set(english().groups)):
                target, drawer = self.target(noun), load_method("attention")
                grid, opposite = drawer.grid(look, target.direction), drawer.grid(look, -target.direction)
                labelled.append(bool(try_map(look, target, grid, opposite, 1.0)[1]))
        figures = {
            "photographs": len(boxed), "detections": len(energies), "energy_of_yolo_maps": share(energies),
            "share_of_the_picture": round(float(np.mean(chances)), 4), "maps_of_the_tiny_encoder": len(labelled),
            "that_say_no_evidence": share(labelled),
        }  # fmt: skip
        print(figures, flush=True)
        return figures


# -- scenes -------------------------------------------------------------------------------------------------------------


def single(first: int, number: int) -> Iterator[tuple[Scene, str, Sequence[int]]]:
    """Draw scenes with an object that is the only one of its noun: scene, noun, box."""
    seed, made = first, 0
    while made < number:
        scene = draw_scene(seed)
        seed += 1
        ones = [thing for thing in scene.objects if scene.count(thing.noun) == 1]
        if ones:
            made += 1
            yield scene, ones[0].noun, ones[0].box


def matched(number: int) -> Iterator[tuple[int, Scene, str, Sequence[int]]]:
    """Draw as many objects of each size in scenes of each crowd: crowd, scene, noun, box."""
    each = max(number // (len(CROWDS) * (len(SIZES) - 1)), 1)
    wanted = {(crowd, size): each for crowd in CROWDS for size in range(len(SIZES) - 1)}
    seed = SEEDS
    while wanted:
        crowd = CROWDS[seed % len(CROWDS)]
        scene = draw_scene(seed, objects=(crowd, 6) if crowd == CROWDS[-1] else (crowd, crowd))
        seed += 1
        crowd = min(len(scene.objects), CROWDS[-1])
        for thing in scene.objects:
            key = (crowd, size_of(scene, thing.box))
            if scene.count(thing.noun) == 1 and key in wanted:
                wanted[key] -= 1
                if not wanted[key]:
                    del wanted[key]
                yield crowd, scene, thing.noun, thing.box
                break


def size_of(scene: Scene, box: Sequence[float]) -> int:
    """Return the bin of `SIZES` of the share of the picture that a box takes."""
    left, top, right, bottom = box
    return int(np.searchsorted(SIZES, (right - left) * (bottom - top) / (scene.image.width * scene.image.height))) - 1


def sized(draw: Draw, number: int) -> Iterator[tuple[Scene, str, Sequence[int]]]:
    """Draw as many objects of each size by a generator, each the only one of its noun: scene, noun, box."""
    each = max(number // (len(SIZES) - 1), 1)
    wanted = dict.fromkeys(range(len(SIZES) - 1), each)
    seed = SEEDS
    while any(wanted.values()):
        scene = draw(seed)
        seed += 1
        for thing in scene.objects:
            size = size_of(scene, thing.box)
            if scene.count(thing.noun) == 1 and thing.noun not in scene.unclaimed and wanted.get(size):
                wanted[size] -= 1
                yield scene, thing.noun, thing.box
                break


def foiled(number: int) -> Iterator[tuple[Scene, str, tuple[int, int], str]]:
    """Make captions that are true but for one noun, colour or number: scene, text, where the wrong word is, its sort."""
    rng, seed, made = np.random.default_rng(1), SEEDS + 5_000_000, 0
    words = english()
    while made < number:
        scene = draw_scene(seed)
        seed += 1
        captions = [one for one in scene.captions(rng) if len(one.split()) >= 4]
        if not captions:
            continue
        caption, sort = str(rng.choice(captions)), ("noun", "colour", "number")[made % 3]
        old = _old(scene, caption, sort)
        if not old:
            continue
        word = str(rng.choice(old))
        if sort == "noun":
            new = likely_absent(scene, rng)
            new = words.plural(new) if word in words.plural_forms and word not in words.singular_forms else new
        elif sort == "colour":
            free = [one for one in COLOURS if one != word and all(thing.colour != one for thing in scene.objects)]
            new = str(rng.choice(free))
        else:
            new = str(rng.choice([one for one in ("two", "three", "four") if one != word]))
        start = re.search(rf"\b{word}\b", caption)
        assert start is not None
        made += 1
        yield (
            scene,
            caption[: start.start()] + new + caption[start.end() :],
            (start.start(), start.start() + len(new)),
            sort,
        )


def _old(scene: Scene, caption: str, sort: str) -> list[str]:
    words = english()
    named = scene.nouns()
    options = {
        "noun": [*named, *(words.plural(noun) for noun in named)],
        "colour": list(COLOURS),
        "number": ["two", "three", "four"],
    }[sort]
    return [one for one in dict.fromkeys(options) if re.search(rf"\b{one}\b", caption)]


# -- figures ------------------------------------------------------------------------------------------------------------


def scored(grid: Any, picture: Picture, box: Sequence[float]) -> tuple[float, float]:
    """Return whether the peak of a map lies in a box, and the share of the map that does."""
    values = np.maximum(np.asarray(grid, np.float32), 0)
    if not values.max():
        return 0.0, 0.0
    width, height = picture.size
    whole = place_on(values / values.max(), picture.size, (0.0, 0.0, float(width), float(height)))
    y, x = np.unravel_index(int(whole.argmax()), whole.shape)
    return float(box[0] <= x < box[2] and box[1] <= y < box[3]), inside(whole, box)


def inside(values: Any, box: Sequence[float]) -> float:
    """Return the share of a map (H, W) inside a box."""
    left, top, right, bottom = (int(round(edge)) for edge in box)
    total = float(values.sum())
    return float(values[top:bottom, left:right].sum()) / total if total else 0.0


def annotated(
    boxes: Sequence[dict[str, Any]], label: str, box: Sequence[float], size: tuple[int, int]
) -> list[float] | None:
    """Return the annotated box of a label that a detection overlaps by at least half."""
    for one in boxes:
        x, y, width, height = (edge * size[place % 2] for place, edge in enumerate(one["xywhn"]))
        other = [x - width / 2, y - height / 2, x + width / 2, y + height / 2]
        across = max(0.0, min(box[2], other[2]) - max(box[0], other[0]))
        down = max(0.0, min(box[3], other[3]) - max(box[1], other[1]))
        areas = [(edge[2] - edge[0]) * (edge[3] - edge[1]) for edge in (box, other)]
        if one["label"] == label and across * down >= 0.5 * (sum(areas) - across * down):
            return other
    return None


def share(values: Any) -> list[float]:
    """Return a mean with its 95 % bootstrap interval."""
    given = np.asarray(values, float)
    draws = (
        np.random.default_rng(0).integers(len(given), size=(1000, len(given))) if len(given) else np.zeros((1, 1), int)
    )
    means = given[draws].mean(axis=1)
    return [round(float(one), 4) for one in (given.mean(), *np.quantile(means, [0.025, 0.975]))]


def spread(values: Any) -> list[float]:
    """Return mean and standard deviation over seeds."""
    return [round(float(np.mean(values)), 4), round(float(np.std(values, ddof=1)), 4)]


def bare_eigen(look: ForwardPass, direction: Any) -> tuple[float, None]:
    """Return the correlation of stock EigenGradCAM's map with that of the opposite direction."""
    maps = []
    for sign in (1, -1):
        grid = EigenGradCAM.get_cam_image(
            None, None, None, None, look.activations[-1], look.gradients(sign * direction)[-1], False
        )
        maps.append(np.maximum(grid[0], 0).ravel())
    return float(np.corrcoef(*maps)[0, 1]) if all(one.std() for one in maps) else 0.0, None


def forwards(encoder: ClipEncoder, picture: Picture, target: Target) -> dict[str, float]:
    """Return what one map costs by each method, its look included, in forwards of one picture without gradients."""

    def run(method: str) -> Callable[[], object]:
        return lambda: load_method(method).grid(ForwardPass(encoder, picture.image), target.direction)

    times = side_by_side({"forward": plain(encoder, picture), **{name: run(name) for name in METHODS}})
    return {name: round(times[name] / times["forward"], 2) for name in METHODS}


def plain(encoder: ClipEncoder, picture: Picture) -> Callable[[], object]:
    """Return one forward of one picture without gradients, from pixels that are prepared."""
    pixels = encoder.pixels([picture.image])

    def run() -> object:
        with torch.inference_mode():
            return encoder.model.get_image_features(pixel_values=pixels)

    return run


def costs(encoder: ClipEncoder, claims: int = 8) -> dict[str, Any]:
    """Return seconds of 8 claims by 3 methods on one picture, as ratios to one forward without gradients."""
    picture = Picture.of(draw_scene(SEEDS, size=224).image)
    nouns = ("dog", "cat", "bus", "cup", "bird", "car", "book", "chair")[:claims]
    explainer: Any = load_explainer(encoder)
    foils = [[f"a {other}" for other in nouns if other != noun] for noun in nouns]
    targets = explainer.targets([f"a {noun}" for noun in nouns], foils)
    stock = {"layercam": LayerCAM, "gradcam++": GradCAMPlusPlus, "eigengradcam": EigenGradCAM}
    ours = ("layercam", "gradcam++", "attention")

    def maps(methods: Sequence[str], tried: bool = False) -> Callable[[], object]:
        def run() -> None:
            look = ForwardPass(encoder, picture.image)
            for name in methods:
                drawer = load_method(name)
                grids = [drawer.grid(look, target.direction) for target in targets]
                if tried:
                    try_maps(look, targets, grids, [drawer.grid(look, -one.direction) for one in targets], 1.0)

        return run

    def theirs(methods: Sequence[str]) -> Callable[[], object]:
        model, layers, _, _ = cam_target(encoder, "a dog")
        model.vectors = torch.from_numpy(np.stack([one.vector for one in targets])).to(encoder.device)

        def run() -> None:
            pixels = model.pixels(picture)
            for name in methods:
                with stock[name](model=model, target_layers=layers, reshape_transform=as_grid) as cam:
                    for place in range(claims):
                        cam(input_tensor=pixels, targets=[lambda output, place=place: output[..., place]])

        return run

    tasks = {
        "forward": plain(encoder, picture),
        "three methods": maps(ours), "stock three": maps(tuple(stock)), "tried": maps(ours, tried=True),
        "pytorch-grad-cam": theirs(tuple(stock)),
    }  # fmt: skip
    times = side_by_side(tasks, rounds=5)
    return {
        "forward_ms": round(1000 * times["forward"], 2),
        **{name: round(times[name] / times["forward"], 2) for name in tasks if name != "forward"},
    }


def main() -> None:
    """Ask what is asked for, and save."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    questions = ("localisation", "generators", "faithfulness", "absent", "words", "cost", "photographs")
    parser.add_argument("--only", choices=questions, help="one question alone")
    parser.add_argument("--scenes", type=int, default=1000, help="scenes or captions drawn")
    options = parser.parse_args()
    torch.set_num_threads(1)
    bench = Bench(options)
    for name in questions:
        if options.only not in (None, name):
            continue
        if name == "photographs" and not SHARED.is_dir():
            print(f"photographs: skipped, no folder {SHARED}")
            continue
        found = {
            "command": f"python benchmarks/explaining.py --only {name} --scenes {options.scenes}",
            **getattr(bench, name)(),
        }
        save_answer("explaining", name, found, data="drawn scenes")


if __name__ == "__main__":
    main()
