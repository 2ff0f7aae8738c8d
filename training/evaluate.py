"""Measure the exported tiny models on fresh drawn scenes: generators and styles that were never trained on come first.

    python -m training.evaluate [--clip FOLDER] [--yolo FOLDER] [--scenes 400] [--only album] [--json figures.json]

All figures are on drawn scenes whose seeds no training has used. *AUROC* is of the raw cosine pooled over pictures and claims.
Styles that are not built (`training.iconify`) are left out, and said to be.
"""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
import yaml
from numpy.typing import NDArray
from PIL import Image
from safetensors.torch import load_file
from sklearn.metrics import roc_auc_score
from transformers import AutoProcessor, CLIPModel

from llamaindex_clipverify.boundary.scratch import scratch_folder
from llamaindex_clipverify.models.registry import tiny_folder
from llamaindex_clipverify.testing import FRESH, NOUNS, STYLES, Scene, statements
from training.render import detector_crop
from training.worlds import GENERATORS, TRAINED_STYLES, UNSEEN, UNSEEN_STYLE, Draw
from training.worlds.art import FOLDER

TINY = tiny_folder()


@dataclass(frozen=True)
class World:
    """A generator in one or more styles, to measure on."""

    name: str
    draw: Draw
    styles: tuple[str, ...]

    def scenes(self, number: int) -> list[Scene]:
        """Return fresh scenes, the styles in turn; scenes without a claimable object are left out."""
        styles = self.built()
        drawn = [self.draw(FRESH + seed, styles[seed % len(styles)]) for seed in range(number)] if styles else []
        return [scene for scene in drawn if scene.objects]

    def built(self) -> list[str]:
        """Return those of its styles whose art is there."""
        return [style for style in self.styles if style in STYLES or (FOLDER / style).is_dir()]


def worlds(only: str = "") -> list[World]:
    """Return what to measure on, the generators and styles that were never trained on first."""
    both = {**UNSEEN, **GENERATORS}
    new = [World(f"{name}, {UNSEEN_STYLE}", both[name], (UNSEEN_STYLE,)) for name in (*UNSEEN, "photo", "lively")]
    other = [World(f"{name}, trained styles", draw, TRAINED_STYLES) for name, draw in UNSEEN.items()]
    own = [World(f"{name}, {style}", both[name], (style,)) for name in ("plain",) for style in STYLES]
    own += [
        World(f"{name}, trained styles", draw, TRAINED_STYLES) for name, draw in GENERATORS.items() if name != "plain"
    ]
    return [world for world in (*other, *new, *own) if only in world.name]


@dataclass(frozen=True)
class Pair:
    """A picture, a sentence and whether it is true."""

    group: str
    image: Image.Image
    text: str
    label: int


def scene_pairs(scene: Scene) -> Iterator[Pair]:
    """Yield every claim about a whole scene."""
    for row in scene.claims(scene.seed):
        yield Pair(f"scene {row['kind']}", scene.image, str(row["claim"]), int(row["label"]))


def crop_pairs(scene: Scene) -> Iterator[Pair]:
    """Yield object and colour claims about detector-like crops that show one object alone."""
    rng = np.random.default_rng((scene.seed, 3))
    for thing in scene.objects:
        region = detector_crop(thing.box, scene.image.size, rng)
        if any(_inside(other.box, region) > 0.15 for other in scene.objects if other is not thing):
            continue
        image = scene.image.crop(tuple(round(v) for v in region))
        absent = statements.likely_absent(scene, rng)
        for noun, label in ((thing.noun, 1), (absent, 0)):
            yield Pair(
                "crop object", image, statements.object_claim(noun, statements.pick(rng, statements.OBJECT)), label
            )
        if thing.colour:
            wrong = statements.pick(rng, [c for c in statements.COLOURS if c != thing.colour])
            for colour, label in ((thing.colour, 1), (wrong, 0)):
                text = statements.attribute_claim(thing.noun, colour, statements.pick(rng, statements.ATTRIBUTE))
                yield Pair("crop colour", image, text, label)


def _inside(box: tuple[int, int, int, int], region: tuple[float, float, float, float]) -> float:
    width = max(0.0, min(box[2], region[2]) - max(box[0], region[0]))
    height = max(0.0, min(box[3], region[3]) - max(box[1], region[1]))
    return width * height / ((box[2] - box[0]) * (box[3] - box[1]))


@torch.no_grad()
def cosines(model: CLIPModel, processor: Any, pairs: list[Pair]) -> NDArray[np.float64]:
    """Return the raw cosine of every pair."""
    images = {id(pair.image): pair.image for pair in pairs}
    texts = list(dict.fromkeys(pair.text for pair in pairs))
    seen = torch.cat(
        [
            _unit(model.get_image_features(**processor(images=part, return_tensors="pt")))
            for part in _parts(list(images.values()))
        ]
    )
    read = torch.cat(
        [
            _unit(model.get_text_features(**processor(text=part, return_tensors="pt", padding=True, truncation=True)))
            for part in _parts(texts)
        ]
    )
    image_rows = {key: row for row, key in enumerate(images)}
    text_rows = {text: row for row, text in enumerate(texts)}
    found = [float(seen[image_rows[id(pair.image)]] @ read[text_rows[pair.text]]) for pair in pairs]
    return np.array(found)


def _parts(items: list[Any]) -> Iterator[list[Any]]:
    return (items[start : start + 64] for start in range(0, len(items), 64))


def _unit(features: Any) -> torch.Tensor:
    return torch.nn.functional.normalize(features.pooler_output.float(), dim=-1)


def evaluate_clip(folder: Path, measured: list[World], number: int) -> dict[str, dict[str, float]]:
    """Return AUROC and number of pairs by world and kind of claim."""
    model = CLIPModel.from_pretrained(folder, dtype=torch.float32).eval()
    processor = AutoProcessor.from_pretrained(folder)
    figures: dict[str, dict[str, float]] = {}
    for world in measured:
        pairs = [pair for scene in world.scenes(number) for pair in (*scene_pairs(scene), *crop_pairs(scene))]
        if not pairs:
            continue
        scores, labels = cosines(model, processor, pairs), np.array([pair.label for pair in pairs])
        groups = np.array([pair.group for pair in pairs])
        for group in dict.fromkeys(groups):
            of_group = groups == group
            auroc = round(float(roc_auc_score(labels[of_group], scores[of_group])), 4)
            figures[f"{world.name}: {group}"] = {"auroc": auroc, "n": int(of_group.sum())}
    return figures


def load_yolo(folder: Path) -> Any:
    """Return an ultralytics YOLO from the exported architecture and weights."""
    if "YOLO_CONFIG_DIR" not in os.environ:
        os.environ["YOLO_CONFIG_DIR"] = str(scratch_folder("clipverify-yolo-"))
    os.environ.update(YOLO_OFFLINE="True", YOLO_AUTOINSTALL="False", YOLO_VERBOSE="False", ULTRALYTICS_SAFE_LOAD="1")
    from ultralytics import YOLO

    model = YOLO(folder / "model.yaml", task="detect")
    state = {
        name: value.float() if value.is_floating_point() else value
        for name, value in load_file(folder / "model.safetensors").items()
    }
    model.model.load_state_dict(state)
    model.model.names = dict(enumerate(yaml.safe_load((folder / "model.yaml").read_text())["names"]))
    return model


def evaluate_yolo(folder: Path, measured: list[World], number: int) -> dict[str, dict[str, float]]:
    """Return mAP at IoU 0.5, and recall and precision at confidence 0.25, by world."""
    model = load_yolo(folder)
    side = yaml.safe_load((folder / "model.yaml").read_text())["imgsz"]
    return {
        f"{world.name}: detector": _detected(model, side, scenes)
        for world in measured
        if (scenes := world.scenes(number))
    }


def _detected(model: Any, side: int, scenes: list[Scene]) -> dict[str, float]:
    found: list[tuple[int, float, bool]] = []
    totals = np.zeros(len(NOUNS), dtype=int)
    for scene in scenes:
        for thing in scene.objects:
            totals[NOUNS.index(thing.noun)] += 1
        boxes = model.predict(scene.image, imgsz=side, conf=0.01, verbose=False)[0].boxes
        found += _matched(scene, boxes.xyxy.numpy(), boxes.conf.numpy(), boxes.cls.numpy().astype(int))
    sure = [hit for _, confidence, hit in found if confidence >= 0.25]
    precisions = [
        _average_precision([(c, h) for n, c, h in found if n == noun], total)
        for noun, total in enumerate(totals)
        if total
    ]
    return {
        "map50": round(float(np.mean(precisions)), 4),
        "recall": round(sum(sure) / int(totals.sum()), 4),
        "precision": round(sum(sure) / max(1, len(sure)), 4),
        "n": int(totals.sum()),
    }


def _matched(
    scene: Scene, boxes: NDArray[Any], confidences: NDArray[Any], nouns: NDArray[Any]
) -> list[tuple[int, float, bool]]:
    taken: set[int] = set()
    rows = []
    for index in np.argsort(-confidences):
        best, where = 0.5, -1
        for number, thing in enumerate(scene.objects):
            overlap = (
                _iou(boxes[index], thing.box) if number not in taken and NOUNS[nouns[index]] == thing.noun else 0.0
            )
            if overlap >= best:
                best, where = overlap, number
        taken.add(where)
        rows.append((int(nouns[index]), float(confidences[index]), where >= 0))
    return rows


def _iou(a: NDArray[Any], b: tuple[int, int, int, int]) -> float:
    width = max(0.0, min(a[2], b[2]) - max(a[0], b[0]))
    height = max(0.0, min(a[3], b[3]) - max(a[1], b[1]))
    union = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - width * height
    return float(width * height / union)


def _average_precision(found: list[tuple[float, bool]], total: int) -> float:
    """Return the area under the interpolated precision-recall curve."""
    hits = np.array([hit for _, hit in sorted(found, key=lambda row: -row[0])], dtype=float)
    if not len(hits):
        return 0.0
    true = np.cumsum(hits)
    recall, precision = true / total, true / np.arange(1, len(hits) + 1)
    highest = np.maximum.accumulate(precision[::-1])[::-1]
    return float(np.sum(np.diff(np.concatenate([[0.0], recall])) * highest))


def main() -> None:
    """Measure, print and save."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clip", type=Path, default=TINY / "clip")
    parser.add_argument("--yolo", type=Path, default=TINY / "yolo")
    parser.add_argument("--scenes", type=int, default=400, help="fresh scenes of each world")
    parser.add_argument(
        "--only", default="", help="measure only worlds whose name has this in it: a generator or a style"
    )
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    measured, figures = worlds(arguments.only), dict[str, dict[str, float]]()
    if (arguments.clip / "config.json").exists():
        figures |= evaluate_clip(arguments.clip, measured, arguments.scenes)
    if (arguments.yolo / "model.yaml").exists():
        figures |= evaluate_yolo(arguments.yolo, measured, arguments.scenes)
    print(
        f"on drawn scenes, {arguments.scenes} fresh ones of each world; never trained on: {', '.join(UNSEEN)}, {UNSEEN_STYLE}"
    )
    missing = sorted({style for world in measured for style in world.styles} - {s for w in measured for s in w.built()})
    if missing:
        print(f"left out, not built: {', '.join(missing)}")
    for name, values in figures.items():
        print(f"{name:44}", "  ".join(f"{key} {value}" for key, value in values.items()))
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
