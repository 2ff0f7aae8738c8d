"""Teach the tiny encoder to take written words for things: ``python -m training.lettered --out DIR``; some minutes on two cores.

The bundled encoder was trained on scenes with misleading words and is hardly swayed by them. Encoders trained on the web are:
their captions repeat what is written in the picture, be it shown or not. This makes one such, for benchmarks/typographic.py
only: the last blocks of the vision tower go on learning from scenes under which one of twenty nouns is written, which the caption
names, and from scenes without words, whose caption names one of their objects.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as functional
from PIL import Image
from transformers import CLIPModel, CLIPProcessor

from llamaindex_clipverify.models.table import TINY
from llamaindex_clipverify.testing import NOUNS, draw_scene
from llamaindex_clipverify.testing.lettering import write_word

WORDS = NOUNS[::3]
"""Nouns that it learns to read: twenty are learnt in minutes."""
FIRST = 850_000
"""Seeds from here on, below `FRESH`: the benchmark's scenes are none of them."""


def examples(scenes: int, each: int, share: float) -> tuple[torch.Tensor, torch.Tensor]:
    """Return pictures (N, 3, 120, 120) from -1 to 1 as half floats, and the index of the noun that the caption names."""
    pixels, targets = [], []
    for place in range(scenes):
        scene = draw_scene(FIRST + place)
        rng = np.random.default_rng(FIRST + place)
        for _ in range(each if scene.objects else 0):
            noun, image = scene.nouns()[int(rng.integers(len(scene.nouns())))], scene.image
            if rng.random() < share:
                noun = WORDS[int(rng.integers(len(WORDS)))]
                image = write_word(image, noun.upper(), rng, strip=True)
            small = np.asarray(image.resize((120, 120), Image.Resampling.BICUBIC), np.float32)
            pixels.append(torch.from_numpy(small.transpose(2, 0, 1) / 127.5 - 1).half())
            targets.append(NOUNS.index(noun))
    return torch.stack(pixels), torch.tensor(targets)


@torch.no_grad()
def depths(model: CLIPModel, pixels: torch.Tensor, kept: int) -> torch.Tensor:
    """Return what enters the last blocks (N, tokens, width), as half floats: the blocks below stay as they are."""
    tower, found = model.vision_model, []
    for part in pixels.split(64):
        hidden = tower.pre_layrnorm(tower.embeddings(part.float()))
        for block in tower.encoder.layers[:kept]:
            hidden = block(hidden, attention_mask=None)
        found.append(hidden.half())
    return torch.cat(found)


def train(model: CLIPModel, processor: CLIPProcessor, options: argparse.Namespace) -> None:
    """Train the last blocks of the vision tower by cross-entropy over all nouns; all else stays as it is."""
    started = time.time()
    pixels, targets = examples(options.scenes, options.each, options.share)
    tower = model.vision_model
    kept = len(tower.encoder.layers) - options.blocks
    hidden = depths(model, pixels, kept)
    print(f"{len(pixels)} pictures in {time.time() - started:.0f} s", flush=True)
    tokens = processor.tokenizer([f"a photo of a {noun}" for noun in NOUNS], padding=True, return_tensors="pt")
    with torch.no_grad():
        texts = functional.normalize(model.get_text_features(**tokens).pooler_output, dim=-1)
    learnt = [
        *tower.encoder.layers[kept:].parameters(),
        *tower.post_layernorm.parameters(),
        *model.visual_projection.parameters(),
    ]
    optimizer = torch.optim.AdamW(learnt, lr=options.rate, weight_decay=0.01)
    random, losses, started = torch.Generator().manual_seed(0), [], time.time()
    while time.time() - started < 60 * options.minutes:
        part = torch.randint(len(hidden), (64,), generator=random)
        state = hidden[part].float()
        for block in tower.encoder.layers[kept:]:
            state = block(state, attention_mask=None)
        vectors = model.visual_projection(tower.post_layernorm(state[:, 0]))
        loss = functional.cross_entropy(30 * functional.normalize(vectors, dim=-1) @ texts.T, targets[part])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
        if len(losses) % 25 == 0:
            print(f"step {len(losses)} loss {np.mean(losses[-25:]):.3f} {time.time() - started:.0f} s", flush=True)


def main() -> None:
    """Train and write a folder that `encoder=` takes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--scenes", type=int, default=900)
    parser.add_argument("--each", type=int, default=5, help="pictures of a scene, each with a word of its own")
    parser.add_argument("--share", type=float, default=0.6, help="of pictures with a word")
    parser.add_argument("--minutes", type=float, default=6)
    parser.add_argument("--blocks", type=int, default=2, help="blocks of the vision tower that learn")
    parser.add_argument("--rate", type=float, default=1e-3)
    options = parser.parse_args()
    torch.manual_seed(0)
    model, processor = CLIPModel.from_pretrained(TINY / "clip"), CLIPProcessor.from_pretrained(TINY / "clip")
    train(model, processor, options)
    model.save_pretrained(options.out)
    processor.save_pretrained(options.out)


if __name__ == "__main__":
    main()
