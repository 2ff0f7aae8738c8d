"""Words written on drawn scenes that name what is not there: ``python benchmarks/typographic.py``; a quarter of an hour.

Every scene is seen clean, and with an absent noun written on it. Claims: the thing that is there, and the noun that is not. Raw
CLIPScore shows whether the encoder is swayed at all; the verdicts show whether the guard (`reader="rapidocr"`) notices. The
bundled encoder is hardly swayed: it was trained on scenes with misleading words. So one is built that is, as encoders trained on
the web are: beside the bundled one, a linear layer fitted to read the caption along the lower edge moves the picture's vector
towards the words' own. Its profile is fitted on other scenes, without words. All figures are on drawn scenes.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

import numpy as np
from measuring import save
from PIL import Image

from llamaindex_clipverify import Picture, Verifier
from llamaindex_clipverify.geometry import Array
from llamaindex_clipverify.models.protocols import Encoder, Reader
from llamaindex_clipverify.models.registry import load_encoder, load_reader
from llamaindex_clipverify.models.text_lines import Line
from llamaindex_clipverify.testing import FRESH, NOUNS, Scene, draw_scene
from llamaindex_clipverify.testing.lettering import write_word
from llamaindex_clipverify.trust.fitting import Example, fit_kinds
from llamaindex_clipverify.trust.fusion import features_of
from llamaindex_clipverify.trust.metrics import auroc, group_weights, interval
from llamaindex_clipverify.trust.profile import Profile

STRIP = (120, 24)
"""Width and height in pixels that the caption along the lower edge is seen in."""


class Reading:
    """An encoder that takes captions for things: the vector of the bundled one plus what a linear layer reads."""

    def __init__(self, encoder: Encoder, seed: int = 0) -> None:
        """Fit the layer by ridge regression: plates with a noun to the noun's text vector, scenes without words to zero."""
        self.encoder, self.id, self.logit_scale = encoder, f"reading {encoder.id}", encoder.logit_scale
        rng = np.random.default_rng(seed)
        texts = encoder.encode_texts([f"a photo of a {noun}" for noun in NOUNS])
        blanks = [Image.new("RGB", tuple(rng.integers(24, 33, 2) * 16)) for _ in range(20 * len(NOUNS))]
        plates = [
            write_word(image, NOUNS[place % len(NOUNS)].upper(), rng, strip=True) for place, image in enumerate(blanks)
        ]
        scenes = [scene.image for place in range(200) if not (scene := draw_scene(860_000 + place)).words]
        parts = [image.crop((0, 0, *(rng.uniform(0.4, 1, 2) * image.size).astype(int))) for image in scenes]
        pixels = np.stack([_strip(image) for image in (*plates, *scenes, *parts)])
        wanted = np.zeros((len(pixels), texts.shape[1]))
        wanted[: len(plates)] = texts[np.arange(len(plates)) % len(NOUNS)]
        gram = pixels.T @ pixels + 2.0 * np.eye(pixels.shape[1])
        self.layer = np.linalg.solve(gram, pixels.T @ wanted)

    def encode_images(self, images: Sequence[Image.Image]) -> Array:
        """Return unit vectors."""
        read = np.stack([_strip(image) for image in images]) @ self.layer
        vectors = self.encoder.encode_images(images) + read
        found: Array = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
        return found

    def encode_texts(self, texts: Sequence[str]) -> Array:
        """Return those of the bundled encoder."""
        return self.encoder.encode_texts(texts)


class Kept:
    """RapidOCR, reading each picture once for all verifiers."""

    def __init__(self) -> None:
        self.reader = load_reader("rapidocr")
        self.id = self.reader.id
        self.lines: dict[str, list[Line]] = {}

    def read(self, pictures: Sequence[Picture]) -> list[list[Line]]:
        """Return the lines of each picture."""
        for picture in pictures:
            if picture.id not in self.lines:
                (self.lines[picture.id],) = self.reader.read([picture])
        return [self.lines[picture.id] for picture in pictures]


def _strip(image: Image.Image) -> Array:
    """Return what stands out along the lower edge, a fifth of the width high: (2880,), 0 to 1."""
    top = max(image.height - int(0.2 * image.width), 0)
    small = image.crop((0, top, image.width, image.height)).convert("L").resize(STRIP, Image.Resampling.BILINEAR)
    grey = np.asarray(small, np.float64).reshape(-1) / 255
    found: Array = np.abs(grey - np.median(grey))
    return found


Case = tuple[Scene, str, str, Image.Image]
"""A scene, a noun that is there, one that is not, and the picture with that one written on it."""


def cases(number: int, seed: int, strip: bool = False) -> list[Case]:
    """Return scenes without words, each with a noun that is there, and stays in sight, and one that is not."""
    found: list[Case] = []
    while len(found) < number:
        scene = draw_scene(seed)
        rng = np.random.default_rng(seed)
        seed += 1
        absent = [noun for noun in NOUNS if noun not in scene.nouns()]
        word = absent[int(rng.integers(len(absent)))]
        written = word.upper() if strip or rng.random() < 0.7 else word
        picture = write_word(scene.image, written, rng, strip=strip)
        there = _in_sight(scene, picture)
        if there and not scene.words:
            found.append((scene, there[int(rng.integers(len(there)))], word, picture))
    return found


def _in_sight(scene: Scene, picture: Image.Image) -> list[str]:
    """Return the nouns of which an object is hardly hidden by the word."""
    changed = (np.asarray(scene.image) != np.asarray(picture)).any(axis=2)
    shown = [thing.noun for thing in scene.objects if changed[_inside(thing.box)].mean() < 0.2]
    return list(dict.fromkeys(shown))


def _inside(box: tuple[int, int, int, int]) -> tuple[slice, slice]:
    left, top, right, bottom = box
    return slice(top, bottom), slice(left, right)


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


def profile_of(encoder: Encoder, scenes: int, seed: int) -> Profile:
    """Return a profile for an encoder alone, fitted on what is and is not there in scenes without words."""
    verifier = Verifier.from_defaults(
        encoder, profile=Profile(name="blank", data="nothing", date="", models={}, parts={}, kinds={})
    )
    made = []
    for scene, there, word, _ in cases(scenes, seed):
        (facts,) = verifier.facts([Picture.of(scene.image)])
        for noun, label in ((there, 1), (word, 0)):
            (spoken,) = verifier.splitter.split(claim(noun))
            features = features_of(verifier.evidence(spoken, facts))
            made.append(Example(kind="object", looks=(features,), label=label, group=str(scene.seed)))
    parts = {check.name: check.model for check in verifier.checks if check.model}
    return Profile(
        name="swayed",
        data=f"{len(made)} claims on {scenes} drawn scenes",
        date="",
        models={},
        parts=parts,
        kinds=fit_kinds(made),
    )


def compared(
    encoder: Encoder, detector: str | None, reader: Reader, profile: Profile, made: list[Case]
) -> dict[str, Any]:
    """Return raw CLIPScore, and the verdicts without and with the guard."""
    plain = Verifier.from_defaults(encoder, detector, profile=profile)
    guarded = Verifier.from_defaults(encoder, plain.detector, reader=reader, profile=profile)
    raw = {key: rated(clipscores(encoder, made, key == "attacked")) for key in ("clean", "attacked")}
    found = {"clipscore": raw, "without": judged(plain, made), "guarded": judged(guarded, made)}
    for name, figures in found.items():
        print(f"  {name}: {figures}", flush=True)
    return found


def main() -> None:
    """Draw, write on it, verify with and without the reader, save."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scenes", type=int, default=150)
    options = parser.parse_args()
    figures: dict[str, Any] = {
        "command": f"python benchmarks/typographic.py --scenes {options.scenes}",
        "data": f"{2 * options.scenes} claims on {options.scenes} drawn scenes, clean and with a false word drawn on them",
    }
    tiny = load_encoder("tiny")
    swayed, reader = Reading(tiny), Kept()
    rows = (
        ("an encoder that reads", swayed, None, profile_of(swayed, 200, 870_000), True),
        ("tiny encoder", tiny, None, Profile.load("tiny"), False),
        ("tiny encoder and detector", tiny, "tiny", Profile.load("tiny"), False),
    )
    for name, encoder, detector, profile, strip in rows:
        print(name, flush=True)
        made = cases(options.scenes, FRESH + 300_000, strip)
        figures[name] = compared(encoder, detector, reader, profile, made)
    save("typographic", figures)


if __name__ == "__main__":
    main()
