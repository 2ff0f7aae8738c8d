"""Train the tiny encoder: a CLIPModel from scratch on drawn scenes.

The models are evaluated by the raw cosine pooled over pictures and claims, so the loss is a sigmoid over raw cosines: every
picture of a batch against every sentence of it, with the exact label of each pair (`training.truths`). An auxiliary head
classifies the object at every patch, which improves localisation; it is not exported.

Run it again to go on where it stopped; ``--minutes`` stops it cleanly. ``--from FOLDER`` starts with the weights and the
tokenizer of an exported encoder.

    python -m training.clip --data /data/drawn --run /data/runs/clip --steps 4500 [--from FOLDER] [--minutes 9] [--export]
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as functional
from torch import nn
from transformers import CLIPConfig, CLIPImageProcessor, CLIPModel, CLIPProcessor, PreTrainedTokenizerFast

from llamaindex_clipverify.models.registry import tiny_folder
from llamaindex_clipverify.testing import COLOURS, NOUNS
from training import checkpoints
from training.llava_weights import mean
from training.optimizers import half_precision, make_optimizers, rate
from training.pictures import EASY, HARD, Batch, Pictures
from training.truths import Sentences, long_sentences, short_sentences
from training.words import make_tokenizer

EXPORT = tiny_folder() / "clip"
SIDE, PATCH = 120, 12


@dataclass(frozen=True)
class Shape:
    """Sizes of an encoder; as they stand, the bundled one's of about 3.1 million parameters."""

    width: int = 192
    layers: int = 5
    patch: int = PATCH
    text_width: int = 128
    text_layers: int = 3


def make_model(tokenizer: PreTrainedTokenizerFast, shape: Shape = Shape()) -> CLIPModel:
    """Return an untrained model."""
    text = {
        "vocab_size": len(tokenizer), "hidden_size": shape.text_width, "intermediate_size": 4 * shape.text_width,
        "num_hidden_layers": shape.text_layers, "projection_dim": 128, "num_attention_heads": shape.text_width // 32,
        "max_position_embeddings": 77, "bos_token_id": tokenizer.bos_token_id, "eos_token_id": tokenizer.eos_token_id,
        "pad_token_id": tokenizer.pad_token_id, "hidden_act": "gelu",
    }  # fmt: skip
    vision = {
        "hidden_size": shape.width, "intermediate_size": 4 * shape.width, "num_hidden_layers": shape.layers,
        "num_attention_heads": shape.width // 64, "image_size": SIDE, "patch_size": shape.patch, "hidden_act": "gelu",
        "projection_dim": 128,
    }  # fmt: skip
    config = CLIPConfig(
        text_config=text, vision_config=vision, projection_dim=128, logit_scale_init_value=float(np.log(12.0))
    )
    model = CLIPModel(config)
    # Eager attention is the faster one in bfloat16 on a CPU.
    model.set_attn_implementation("eager" if half_precision() and not torch.cuda.is_available() else "sdpa")
    with torch.no_grad():
        model.vision_model.embeddings.position_embedding.weight[1:] = 0.2 * _waves(SIDE // shape.patch, shape.width)
    return model


def _waves(grid: int, width: int) -> torch.Tensor:
    """Return two-dimensional sine and cosine positions: near patches start out alike."""
    places = torch.arange(grid, dtype=torch.float32)
    angles = places[:, None] * 100 ** -torch.linspace(0, 1, width // 4)[None]
    line = torch.cat([angles.sin(), angles.cos()], dim=1)
    rows, columns = line[:, None].expand(grid, grid, -1), line[None].expand(grid, grid, -1)
    return torch.cat([rows, columns], dim=-1).reshape(grid * grid, width)


def make_processor(tokenizer: PreTrainedTokenizerFast) -> CLIPProcessor:
    """Return the processor: pictures are squashed to a square without a centre crop, so that their edges are seen."""
    size = {"height": SIDE, "width": SIDE}
    pictures = CLIPImageProcessor(
        size=size, do_center_crop=False, crop_size=size, image_mean=[0.5] * 3, image_std=[0.5] * 3, do_convert_rgb=True
    )
    return CLIPProcessor(image_processor=pictures, tokenizer=tokenizer)


class Heads(nn.Module):
    """Parameters used in training only: the bias of the sigmoid, and a noun and colour for every patch."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.bias = nn.Parameter(torch.tensor(-5.0))
        self.norm = nn.LayerNorm(width)
        self.patches = nn.Linear(width, 1 + len(NOUNS) + len(COLOURS))


@dataclass
class Lesson:
    """Everything that changes while training, and is saved with a checkpoint."""

    model: CLIPModel
    heads: Heads
    optimizers: list[torch.optim.Optimizer]
    step: int = 0
    seconds: float = 0.0
    """Time spent so far, all runs together."""

    def save(self, path: Path) -> None:
        """Write a checkpoint; a file half written is never left."""
        state = {
            "model": self.model.state_dict(), "heads": self.heads.state_dict(), "step": self.step,
            "seconds": self.seconds,
            "optimizers": [optimizer.state_dict() for optimizer in self.optimizers],
        }  # fmt: skip
        checkpoints.write(path, state)

    def load(self, path: Path, device: torch.device) -> None:
        """Go on from a checkpoint."""
        state = torch.load(path, map_location=device, weights_only=True)
        self.model.load_state_dict(state["model"])
        self.heads.load_state_dict(state["heads"])
        for optimizer, saved in zip(self.optimizers, state["optimizers"], strict=True):
            optimizer.load_state_dict(saved)
        self.step, self.seconds = state["step"], state.get("seconds", 0.0)


def pair_loss(cosines: torch.Tensor, sentences: Sentences, scale: torch.Tensor, bias: torch.Tensor) -> torch.Tensor:
    """Return the sigmoid loss of all pairs whose truth is known, a sum over sentences averaged over pictures."""
    truth = torch.from_numpy(sentences.truth).to(cosines.device).float()
    weights = torch.from_numpy(sentences.weights).to(cosines.device) * (truth >= 0)
    losses = functional.binary_cross_entropy_with_logits(scale * cosines + bias, truth.clamp(min=0), reduction="none")
    return (losses * weights).sum() / len(cosines)


def embedded(model: CLIPModel, tokenizer: PreTrainedTokenizerFast, texts: list[str]) -> torch.Tensor:
    """Return unit text embeddings through `get_text_features`."""
    tokens = tokenizer(texts, padding=True, truncation=True, return_tensors="pt").to(model.device)
    features = model.get_text_features(input_ids=tokens["input_ids"], attention_mask=tokens["attention_mask"])
    return functional.normalize(features.pooler_output.float(), dim=-1)


def losses(
    lesson: Lesson, tokenizer: PreTrainedTokenizerFast, batch: Batch, rng: np.random.Generator
) -> dict[str, torch.Tensor]:
    """Return the weighted parts of the loss of one batch."""
    model, heads = lesson.model, lesson.heads
    features = model.get_image_features(pixel_values=batch.pixels.to(model.device))
    images = functional.normalize(features.pooler_output.float(), dim=-1)
    scale = model.logit_scale.exp()
    parts = {}
    for name, sentences in (("short", short_sentences(batch, rng)), ("long", long_sentences(batch, rng, 48))):
        texts = embedded(model, tokenizer, sentences.texts)
        with torch.autocast(model.device.type, enabled=False):
            cosines = images @ texts.T
        parts[name] = pair_loss(cosines, sentences, scale, heads.bias) * (1.0 if name == "short" else 0.5)
    logits = heads.patches(heads.norm(features.last_hidden_state[:, 1:])).flatten(0, 1).float()
    nouns, colours = (
        target.flatten().to(model.device)
        for target in batch.token_targets(SIDE // model.config.vision_config.patch_size)
    )
    names = 1 + len(NOUNS)
    parts["noun"] = 1.5 * functional.cross_entropy(logits[:, :names], nouns)
    parts["colour"] = 0.75 * functional.cross_entropy(logits[:, names:], colours, ignore_index=-100)
    return parts


def fitted_bias(lesson: Lesson, tokenizer: PreTrainedTokenizerFast, batch: Batch, rng: np.random.Generator) -> float:
    """Return the bias of the sigmoid at which the short sentences of a batch have the lowest loss: an export has none."""
    sentences = short_sentences(batch, rng)
    with torch.no_grad():
        features = lesson.model.get_image_features(pixel_values=batch.pixels.to(lesson.model.device)).pooler_output
        texts = embedded(lesson.model, tokenizer, sentences.texts)
        cosines = functional.normalize(features.float(), dim=-1) @ texts.T
        scale = lesson.model.logit_scale.exp()
        tried = torch.linspace(-40, 5, 181, device=cosines.device)
        found = torch.stack([pair_loss(cosines, sentences, scale, bias) for bias in tried])
    return float(tried[int(found.argmin())])


def progress(lesson: Lesson, arguments: argparse.Namespace) -> float:
    """Return the share of a training that is done, by steps or, with ``--anneal``, by time, whichever is further."""
    by_time = lesson.seconds / (60 * arguments.anneal) if arguments.anneal else 0.0
    return max(lesson.step / arguments.steps, by_time)


def train(
    lesson: Lesson, tokenizer: PreTrainedTokenizerFast, pictures: Pictures, arguments: argparse.Namespace
) -> None:
    """Train until the last step or until the time is up."""
    started, checkpoint = time.time(), arguments.run / "last.pt"
    parameters = [*lesson.model.parameters(), *lesson.heads.parameters()]
    sums: dict[str, float] = {}
    lesson.model.train()
    spent = lesson.seconds
    while (done := progress(lesson, arguments)) < 1:
        lesson.seconds = spent + time.time() - started
        rng = np.random.default_rng((arguments.seed, lesson.step))
        for optimizer in lesson.optimizers:
            optimizer.zero_grad(set_to_none=True)
            for group in optimizer.param_groups:
                group["lr"] = rate(lesson.step, done, arguments.rate, arguments.warm_up)
        batch = pictures.batch(rng, (EASY if lesson.step < arguments.easy else HARD).times(arguments.batch))
        with torch.autocast(lesson.model.device.type, torch.bfloat16, enabled=half_precision()):
            parts = losses(lesson, tokenizer, batch, rng)
        sum(parts.values(), torch.zeros((), device=lesson.model.device)).backward()
        nn.utils.clip_grad_norm_(parameters, 2.0)
        for optimizer in lesson.optimizers:
            optimizer.step()
        with torch.no_grad():
            lesson.model.logit_scale.clamp_(max=float(np.log(60.0)))
        lesson.step += 1
        sums = {name: sums.get(name, 0.0) + part.item() for name, part in parts.items()}
        if lesson.step % 50 == 0:
            means = " ".join(f"{name} {value / 50:.3f}" for name, value in sums.items())
            scale, bias = lesson.model.logit_scale.exp().item(), lesson.heads.bias.item()
            print(
                f"step {lesson.step}/{arguments.steps} {means} scale {scale:.1f} bias {bias:.1f} {time.time() - started:.0f} s",
                flush=True,
            )
            sums = {}
        if lesson.step % 250 == 0:
            lesson.save(checkpoint)
        if arguments.minutes and time.time() - started > 60 * arguments.minutes:
            print("time is up; run the same command to go on", flush=True)
            break
    lesson.save(checkpoint)


def export(model: CLIPModel, tokenizer: PreTrainedTokenizerFast, folder: Path) -> None:
    """Write the model in half precision with its tokenizer and processor, each file complete before it replaces the old one."""
    staged = Path(tempfile.mkdtemp())
    half = CLIPModel(model.config)
    half.load_state_dict(model.state_dict())
    half.half().eval().save_pretrained(staged)
    make_processor(tokenizer).save_pretrained(staged)
    # Loaded without being asked, weights are computed with in float32: half precision is for the file only.
    _edit(staged / "config.json", {"dtype": "float32"})
    _edit(staged / "tokenizer_config.json", {"is_local": None, "local_files_only": None})
    publish(staged, folder)
    print(f"exported {sum(p.numel() for p in half.parameters()):,} numbers to {folder}")


def average(model: CLIPModel, folder: Path, share: float) -> None:
    """Replace weights by their mean with those of an exported encoder (Wortsman et al. 2022, arXiv 2203.05482).

    Args:
        model: Weighs `share`, 0 to 1.
        folder: The exported encoder that the training started from.
        share: The rest, 1 - `share`, is the encoder in `folder`.
    """
    before = CLIPModel.from_pretrained(folder, dtype=torch.float32).state_dict()
    model.load_state_dict(mean({name: value.cpu() for name, value in model.state_dict().items()}, before, share))


def _edit(path: Path, changes: dict[str, Any]) -> None:
    table = {**json.loads(path.read_text(encoding="utf-8")), **changes}
    kept = {key: value for key, value in table.items() if value is not None}
    path.write_text(json.dumps(kept, indent=2) + "\n", encoding="utf-8")


def publish(staged: Path, folder: Path) -> None:
    """Move files into a folder; each is complete before it replaces the old one."""
    folder.mkdir(parents=True, exist_ok=True)
    for file in staged.iterdir():
        part = folder / f".{file.name}"
        shutil.copyfile(file, part)
        part.replace(folder / file.name)
    shutil.rmtree(staged)


def main() -> None:
    """Train, or export the last checkpoint."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder that render.py wrote")
    parser.add_argument("--run", type=Path, required=True, help="folder for checkpoints")
    parser.add_argument("--steps", type=int, default=4500)
    parser.add_argument("--easy", type=int, default=1250, help="steps that show single objects as often as scenes")
    parser.add_argument("--rate", type=float, default=2e-3)
    parser.add_argument("--warm-up", type=int, default=200, help="steps until the rate is reached")
    parser.add_argument("--batch", type=float, default=1.0, help="size of a batch; 1 is 64 pictures")
    parser.add_argument("--from", dest="start", type=Path, help="folder of an exported encoder to start from")
    for name, value in vars(Shape()).items():
        parser.add_argument(f"--{name.replace('_', '-')}", type=int, default=value)
    parser.add_argument("--threads", type=int, default=0, help="CPU threads; all of them when 0")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--minutes", type=float, help="stop after about so long")
    parser.add_argument(
        "--anneal", type=float, help="let the rate end after so many minutes if the steps are not done by then"
    )
    parser.add_argument(
        "--export", type=Path, nargs="?", const=EXPORT, help="only write the last checkpoint to a folder"
    )
    parser.add_argument(
        "--average", type=float, help="with --export: share of these weights in the mean with those of --from"
    )
    arguments = parser.parse_args()
    if arguments.average is not None and not (arguments.export and arguments.start):
        parser.error("--average needs --export and --from")
    torch.manual_seed(arguments.seed)
    if arguments.threads:
        torch.set_num_threads(arguments.threads)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    arguments.run.mkdir(parents=True, exist_ok=True)
    saved = arguments.run / "tokenizer"
    known = saved if saved.exists() else arguments.start
    tokenizer = PreTrainedTokenizerFast.from_pretrained(known) if known else make_tokenizer()
    tokenizer.save_pretrained(saved)
    shape = Shape(**{name: getattr(arguments, name) for name in vars(Shape())})
    model = make_model(tokenizer, shape)
    if arguments.start:
        model.load_state_dict(CLIPModel.from_pretrained(arguments.start, dtype=torch.float32).state_dict())
    model = model.to(device)
    heads = Heads(model.config.vision_config.hidden_size).to(device)
    lesson = Lesson(
        model, heads, make_optimizers([*model.named_parameters(), *heads.named_parameters()], arguments.rate)
    )
    if (arguments.run / "last.pt").exists():
        lesson.load(arguments.run / "last.pt", device)
    if arguments.export:
        if arguments.average is not None:
            average(lesson.model, arguments.start, arguments.average)
        export(lesson.model.cpu(), tokenizer, arguments.export)
        return
    pictures = Pictures(arguments.data, SIDE)
    if arguments.start and lesson.step == 0:
        rng = np.random.default_rng((arguments.seed, 0))
        nn.init.constant_(heads.bias, fitted_bias(lesson, tokenizer, pictures.batch(rng, HARD), rng))
    train(lesson, tokenizer, pictures, arguments)


if __name__ == "__main__":
    main()
