"""Measure the exported tiny LLaVA on fresh drawn scenes: what it names, what it answers, how it judges.

    python -m training.evaluate_llava [--model FOLDER] [--scenes 400] [--json benchmarks/results/llava.json]

All figures are on drawn scenes whose seeds no training has used, greedy answers; all but *worlds* in both shipped styles.

* *worlds*: descriptions of scenes by generators and in styles that nothing was trained on, and by the others; of the objects
  there, the share that is named also by their size, in hundredths of the picture's side (root of the share of its area);
  a place is no object, and what a scene leaves open (`Scene.unclaimed`: the horse of a rider) is neither there nor invented;
* *named*: of the objects that descriptions name, the share that is there; of those there, the share that is named (nouns).
* *asked*: questions about one picture whose answer says nothing false and something true, by the scene itself.
* *retrieval*: the same in the synthesizer's template with one to four pictures, captions and passages; *cited* is the share of
  sentences that end with the right picture.
* *passages*: the answer stands in a passage, word for word.
* *judge*: yes and no in the format of LlamaIndex's faithfulness evaluator, on claims whose truth is clear.
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from llamaindex_clipverify.claims.english.splitter import EnglishSplitter
from llamaindex_clipverify.models.registry import load_llava, tiny_folder
from llamaindex_clipverify.testing import FRESH, NOUNS, STYLES, Scene, draw_scene
from llamaindex_clipverify.testing.truth import truth_of
from training import evaluate, talks

FIRST = FRESH + 300_000
SPLITTER = EnglishSplitter()
SIZES = {"below 10": 10, "10 to 15": 15, "15 to 20": 20, "20 to 30": 30, "from 30": 1000}
"""Sizes of things, and the least size above each, in hundredths of the picture's side."""


def answers(model: Any, scenes: Sequence[Sequence[Scene]], parts: Sequence[list[Any]], batch: int = 24) -> list[str]:
    """Return the greedy answer to each message; `parts` hold texts and `talks.IMAGE`."""
    asked = []
    for shown, content in zip(scenes, parts, strict=True):
        images = iter(scene.image for scene in shown)
        asked.append([("user", [next(images) if part is talks.IMAGE else part for part in content])])
    said: list[str] = []
    for start in range(0, len(asked), batch):
        said += [one.text for one in model.generate(asked[start : start + batch], 120)]
    return said


def nouns_of(text: str) -> set[str]:
    """Return the things, of those that scenes hold, that a text says are there."""
    return {claim.noun for claim in SPLITTER.split(text) if claim.noun in NOUNS and not claim.negated}


def named(scenes: Sequence[Sequence[Scene]], texts: Sequence[str]) -> dict[str, float]:
    """Return precision and recall of the nouns that descriptions name."""
    right = wrong = missed = 0
    for shown, text in zip(scenes, texts, strict=True):
        there = {noun for scene in shown for noun in scene.nouns()}
        said = nouns_of(text) - ({noun for scene in shown for noun in scene.unclaimed} - there)
        right, wrong, missed = right + len(said & there), wrong + len(said - there), missed + len(there - said)
    return {"precision": right / max(1, right + wrong), "recall": right / max(1, right + missed), "n": right + missed}


def right(text: str, expected: str, scenes: Sequence[Scene]) -> bool:
    """Whether an answer is the expected one, or says nothing false and something true of the pictures."""
    truths = [truth_of(claim, scenes) for claim in SPLITTER.split(text)]
    return text == expected or (False not in truths and True in truths)


def by_size(scenes: Sequence[Scene], texts: Sequence[str]) -> dict[str, dict[str, float]]:
    """Return the share of nouns that descriptions name, by the size of the largest thing of the noun."""
    found: dict[str, list[bool]] = {name: [] for name in SIZES}
    for scene, text in zip(scenes, texts, strict=True):
        said = nouns_of(text)
        area = scene.image.size[0] * scene.image.size[1]
        for noun in set(scene.nouns()):
            boxes = [thing.box for thing in scene.objects if thing.noun == noun]
            size = 100 * max((box[2] - box[0]) * (box[3] - box[1]) / area for box in boxes) ** 0.5
            found[next(name for name, most in SIZES.items() if size < most)].append(noun in said)
    return {name: {"recall": float(np.mean(seen)), "n": len(seen)} for name, seen in found.items() if seen}


def describe(model: Any, scenes: Sequence[Scene]) -> tuple[dict[str, float], list[str]]:
    """Measure descriptions of single pictures; return the figures and the descriptions."""
    shown = [[scene] for scene in scenes]
    texts = answers(model, shown, [[talks.IMAGE, talks.PROMPTS.describe] for _ in scenes])
    return named(shown, texts), texts


def worlds(model: Any, number: int) -> dict[str, dict[str, Any]]:
    """Measure descriptions by generator and style, those first that were never trained on."""
    found: dict[str, dict[str, Any]] = {}
    for world in evaluate.worlds():
        scenes = world.scenes(number)
        if scenes:
            figures, texts = describe(model, scenes)
            found[world.name] = {**figures, "by size": by_size(scenes, texts)}
            print(world.name, found[world.name], flush=True)
    return found


def questions(model: Any, scenes: Sequence[Scene]) -> dict[str, dict[str, float]]:
    """Measure exact answers to questions of each sort."""
    names = ("whether", "how many", "what colour", "where", "what")
    makers = (talks._whether, talks._how_many, talks._colour, talks._where, talks._what)
    sorts = dict(zip(names, makers, strict=True))
    figures = {}
    for name, maker in sorts.items():
        made = [(scene, maker(scene, np.random.default_rng((scene.seed, 5)), "")) for scene in scenes]
        usable = [(scene, found) for scene, found in made if found is not None]
        said = answers(model, [[s] for s, _ in usable], [[talks.IMAGE, found[0]] for _, found in usable])
        good = [right(text, found[1], [scene]) for text, (scene, found) in zip(said, usable, strict=True)]
        figures[name] = {"right": float(np.mean(good)), "n": len(good)}
    return figures


def retrieval(model: Any, scenes: Sequence[Scene]) -> dict[str, dict[str, float]]:
    """Measure answers in the synthesizer's template, by number of pictures."""
    figures = {}
    for pictures in (1, 2, 3, 4):
        groups = [scenes[start : start + pictures] for start in range(0, len(scenes) - pictures + 1, pictures)]
        made = [talks.retrieval_talk(group, np.random.default_rng((group[0].seed, 9))) for group in groups]
        said = answers(model, groups, [talk.turns[0][0] for talk in made])
        good = [right(text, talk.turns[0][1], group) for text, talk, group in zip(said, made, groups, strict=True)]
        sentences = [s for text in said for s in re.findall(r"[^.]+\.", text) if talks.NOTHING not in text]
        listing = [
            i
            for i, talk in enumerate(made)
            if talk.turns[0][1].startswith("There") and "Question: W" in talk.turns[0][0][-1]
        ]
        figures[f"{pictures}"] = {
            "right": float(np.mean(good)),
            "cited": float(np.mean([bool(re.search(r"\[\d\]\.$", s)) for s in sentences])),
            "n": len(groups),
            **{f"listed {k}": v for k, v in named([groups[i] for i in listing], [said[i] for i in listing]).items()},
        }
    return figures


def passages(model: Any, scenes: Sequence[Scene]) -> dict[str, float]:
    """Measure questions that one of two to four passages answers, beside a picture."""
    made = []
    for scene in scenes:
        rng = np.random.default_rng((scene.seed, 13))
        facts = talks.some_facts(rng, int(rng.integers(2, 5)))
        made.append((talks.PROMPTS.parts(facts[0][1], [(talks.IMAGE, None)], [fact for fact, _ in facts]), facts[0][0]))
    said = answers(model, [[scene] for scene in scenes], [parts for parts, _ in made])
    return {"right": float(np.mean([text == fact for text, (_, fact) in zip(said, made, strict=True)])), "n": len(made)}


def judge(model: Any, scenes: Sequence[Scene]) -> dict[str, float]:
    """Measure yes and no on claims whose truth is clear, as many true as false ones of each kind."""
    rows = [(scene, row) for scene in scenes for row in scene.claims(np.random.default_rng((scene.seed, 11)))]
    texts = [talks.JUDGE.format(query_str=row["claim"], context_str="") for _, row in rows]
    said = answers(model, [[s] for s, _ in rows], [[talks.IMAGE, text] for text in texts], 12)
    right = np.array(
        [text.upper().startswith("YES" if row["label"] else "NO") for text, (_, row) in zip(said, rows, strict=True)]
    )
    kinds = np.array([row["kind"] for _, row in rows])
    return {
        "all": float(right.mean()),
        "n": len(right),
        **{str(kind): float(right[kinds == kind].mean()) for kind in dict.fromkeys(kinds)},
    }


def main() -> None:
    """Measure, print and save."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default=str(tiny_folder() / "llava"))
    parser.add_argument("--scenes", type=int, default=400, help="fresh scenes, both styles in turn")
    parser.add_argument("--only-worlds", action="store_true", help="measure descriptions by generator and style alone")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    model = load_llava(arguments.model)
    by_world = worlds(model, arguments.scenes // 2)
    if arguments.only_worlds:
        return
    scenes = [draw_scene(FIRST + seed, style=STYLES[seed % len(STYLES)]) for seed in range(arguments.scenes)]
    figures: dict[str, Any] = {"worlds": by_world, "described": describe(model, scenes)[0]}
    print("described", figures["described"], flush=True)
    for name, measure in (("asked", questions), ("retrieval", retrieval), ("passages", passages), ("judge", judge)):
        figures[name] = measure(model, scenes if name != "judge" else scenes[: arguments.scenes // 4])
        print(name, figures[name], flush=True)
    if arguments.json:
        command = f"python -m training.evaluate_llava --scenes {arguments.scenes}"
        arguments.json.write_text(json.dumps({"command": command, **figures}, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
