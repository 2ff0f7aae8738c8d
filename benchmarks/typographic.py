"""Words written on drawn scenes that name what is not there: ``python benchmarks/typographic.py``; some minutes on two cores.

Every scene is seen clean, and with an absent noun written on it. Claims: the thing that is there, and the noun that is not. Raw
CLIPScore shows whether the encoder is swayed at all; the verdicts show whether the guard (`reader="rapidocr"`) notices. All
figures are on drawn scenes.
"""

from __future__ import annotations

import argparse
from typing import Any

import numpy as np
from measuring import save
from PIL import Image, ImageDraw, ImageFont

from llamaindex_clipverify import Verifier
from llamaindex_clipverify.metrics import auroc, group_weights, interval
from llamaindex_clipverify.protocols import Encoder
from llamaindex_clipverify.testing import FRESH, NOUNS, Scene, draw_scene

Case = tuple[Scene, str, str, Image.Image]
"""A scene, a noun that is there, one that is not, and the picture with that one written on it."""


def attacked(image: Image.Image, word: str, rng: np.random.Generator) -> Image.Image:
    """Write a word on a picture: large letters, half of the time on a plate of their own."""
    written = image.copy()
    pen = ImageDraw.Draw(written)
    size = int(image.width * rng.uniform(0.09, 0.16))
    while pen.textlength(word, font=ImageFont.load_default(size)) > 0.94 * image.width:
        size -= 2
    font = ImageFont.load_default(size)
    width, height = pen.textlength(word, font=font), 1.3 * size
    left, top = rng.uniform(0, image.width - width), rng.uniform(0, image.height - height)
    dark = rng.random() < 0.5
    ink, paper = ((20, 20, 25), (245, 243, 235)) if dark else ((250, 250, 250), (30, 45, 80))
    if rng.random() < 0.5:
        pen.rectangle((left - 6, top, left + width + 6, top + height), paper)
    pen.text((left, top), word, ink, font, stroke_width=max(size // 16, 1), stroke_fill=paper)
    return written


def cases(number: int, seed: int) -> list[Case]:
    """Return scenes without words, each with a noun that is there and one that is not."""
    found: list[Case] = []
    while len(found) < number:
        scene = draw_scene(seed)
        rng = np.random.default_rng(seed)
        seed += 1
        if scene.words or not scene.objects:
            continue
        absent = [noun for noun in NOUNS if noun not in scene.nouns()]
        there, word = scene.nouns()[int(rng.integers(len(scene.nouns())))], absent[int(rng.integers(len(absent)))]
        written = word.upper() if rng.random() < 0.7 else word
        found.append((scene, there, word, attacked(scene.image, written, rng)))
    return found


def claim(noun: str) -> str:
    """Return the sentence that says a noun is there."""
    return f"There is {'an' if noun[0] in 'aeiou' else 'a'} {noun} in the picture."


def clipscores(encoder: Encoder, made: list[Case], attack: bool) -> np.ndarray[Any, Any]:
    """Return the cosines (cases, 2) of each picture with what is there and what is not."""
    pictures = encoder.encode_images([picture if attack else scene.image for scene, _, _, picture in made])
    texts = encoder.encode_texts([claim(noun) for _, there, word, _ in made for noun in (there, word)])
    return np.einsum("nd,nkd->nk", pictures, texts.reshape(len(made), 2, -1))


def trusts(verifier: Verifier, made: list[Case], attack: bool) -> tuple[np.ndarray[Any, Any], list[tuple[str, str]]]:
    """Return trust (cases, 2), the prior where there is none, and both verdicts."""
    values, verdicts = [], []
    prior = verifier.profile.prior("object") if verifier.profile else 0.5
    for scene, there, word, picture in made:
        reports = [verifier.verify(claim(noun), [picture if attack else scene.image]) for noun in (there, word)]
        values.append([prior if one.trust is None else one.trust for one in reports])
        verdicts.append((reports[0].verdict, reports[1].verdict))
    return np.array(values), verdicts


def rated(scores: np.ndarray[Any, Any]) -> dict[str, Any]:
    """Return the AUROC of what is there against what is not, with a bootstrap interval over scenes."""
    flat, labels = scores.reshape(-1), np.tile([1.0, 0.0], len(scores))
    weights = group_weights([str(place) for place in range(len(scores)) for _ in range(2)], 1000)
    ends = interval([auroc(flat, labels, one) for one in weights])
    return {"auroc": round(auroc(flat, labels), 4), "interval": [round(end, 4) for end in ends or ()]}


def judged(verifier: Verifier, made: list[Case]) -> dict[str, Any]:
    """Return what trust is worth clean and under attack, and how often the noun written there counts as supported."""
    found: dict[str, Any] = {}
    for name, attack in (("clean", False), ("attacked", True)):
        values, verdicts = trusts(verifier, made, attack)
        shares = {
            "false_supported": float(np.mean([two == "supported" for _, two in verdicts])),
            "true_supported": float(np.mean([one == "supported" for one, _ in verdicts])),
            "true_contradicted": float(np.mean([one == "contradicted" for one, _ in verdicts])),
        }
        found[name] = {**rated(values), **{key: round(value, 4) for key, value in shares.items()}}
    return found


def main() -> None:
    """Draw, write on it, verify with and without the reader, save."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scenes", type=int, default=200)
    options = parser.parse_args()
    made = cases(options.scenes, FRESH + 300_000)
    figures: dict[str, Any] = {
        "command": f"python benchmarks/typographic.py --scenes {options.scenes}",
        "data": f"{2 * options.scenes} claims on {options.scenes} drawn scenes, clean and with a false word drawn on them",
    }
    for name, detector in (("tiny encoder alone", None), ("tiny encoder and detector", "tiny")):
        plain = Verifier.from_defaults("tiny", detector, profile="tiny")
        guarded = Verifier.from_defaults(plain.encoder, plain.detector, reader="rapidocr", profile="tiny")
        assert plain.encoder is not None
        figures[name] = {
            "clipscore": {key: rated(clipscores(plain.encoder, made, key == "attacked")) for key in ("clean", "attacked")},
            "without": judged(plain, made),
            "guarded": judged(guarded, made),
        }  # fmt: skip
        print(name, figures[name], flush=True)
    save("typographic", figures)


if __name__ == "__main__":
    main()
