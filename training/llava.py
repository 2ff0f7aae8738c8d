"""Train the tiny LLaVA: the tiny CLIP's tower, a two-layer projector and a small Llama, on talks about drawn scenes.

The tower is left as it is for the first ``--frozen`` steps and then learns at a lower rate. The language model also names the
noun under every patch of a picture, which improves localisation.

Run it again to resume; ``--minutes`` stops it cleanly. It uses a CUDA device where there is one. With ``--from`` the language
model and the projector start from an exported LLaVA; the tower is always the tiny CLIP's, or with ``--tower`` one that
``training.naming`` taught.

    python -m training.llava --data data/llava --render 40000
    python -m training.llava --data data/llava --run data/runs/llava --steps 5000 --frozen 500 --size 12 --workers 8 [--export]
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as functional
from torch import nn
from torch.utils.data import DataLoader
from transformers import LlavaForConditionalGeneration, PreTrainedTokenizerFast

from training import checkpoints
from training.clip import _edit, publish, rate
from training.conversations import SHARES, Batch, Conversations, Shelf, render
from training.llava_model import (
    TINY,
    body,
    make_model,
    make_processor,
    make_tokenizer,
    save_tower,
    start_from,
    tower_of,
)
from training.worlds import GENERATORS

EXPORT = TINY / "llava"
NAMING = (0.4, 0.15)
"""Weight of naming the patches during the frozen steps, and after them."""
TOWER = 0.3
"""The tower's share of the learning rate once it learns."""
DECIDING = (" Yes", " No", " YES", " NO", " one", " two", " three", " four", " five", " six", " is", " are")
"""Words on which an answer turns, each of them one of many tokens: they count three times."""
MIDDLE = 2
"""Layers of the language model after which the patches are named."""


def make_optimizers(model: LlavaForConditionalGeneration, peak: float) -> list[torch.optim.Optimizer]:
    """Return Muon for the matrices inside the layers and AdamW for the rest."""
    groups: dict[tuple[bool, bool], list[nn.Parameter]] = {}
    for name, parameter in model.named_parameters():
        inner = ".layers." in name and parameter.ndim == 2
        groups.setdefault((inner, "vision_tower" in name), []).append(parameter)

    def of(inner: bool) -> list[dict[str, Any]]:
        return [{"params": p, "part": TOWER if tower else 1.0} for (i, tower), p in groups.items() if i == inner]

    muon = torch.optim.Muon(of(True), lr=peak, weight_decay=0.02, momentum=0.95, adjust_lr_fn="match_rms_adamw")
    return [muon, torch.optim.AdamW(of(False), lr=peak, betas=(0.9, 0.98), weight_decay=0.0)]


def half_pays(device: torch.device) -> bool:
    """Whether a device computes in bfloat16 itself; emulated, it is slower than float32."""
    return device.type == "cuda" or torch.cpu._is_avx512_bf16_supported()


def deciding(tokenizer: PreTrainedTokenizerFast) -> torch.Tensor:
    """Return the weight of each token of the vocabulary."""
    weights = torch.ones(len(tokenizer))
    weights[[tokenizer.convert_tokens_to_ids(tokenizer.tokenize(word)[0]) for word in DECIDING]] = 3.0
    return weights


def compile_layers(model: LlavaForConditionalGeneration) -> None:
    """Have torch compile each layer when it first runs, for talks of any length; the names of the weights stay."""
    torch._dynamo.config.recompile_limit = 64  # one and several talks, a frozen and a learning tower
    for layer in [*body(model.model.vision_tower).encoder.layers, *model.model.language_model.layers]:
        layer.compile(dynamic=True)


def loss_of(
    model: LlavaForConditionalGeneration, batch: Batch, pixels: torch.Tensor, weights: torch.Tensor, naming: float
) -> torch.Tensor:
    """Return the cross-entropy of what is to be said, and of naming the patches by a weight.

    Args:
        model: The model in training.
        batch: Talks on the model's device.
        pixels: The pictures of the batch, -1 to 1.
        weights: Weight of each token of the vocabulary.
        naming: Weight of naming the patches.
    """
    out = model.model(
        input_ids=batch.ids, attention_mask=batch.mask, pixel_values=pixels, use_cache=False, output_hidden_states=True
    )
    wanted = batch.labels[:, 1:]
    said = wanted != -100
    hidden = out.last_hidden_state[:, :-1]
    loss = functional.cross_entropy(model.lm_head(hidden[said]).float(), wanted[said], weights)
    # in the middle, so that the layers above find the nouns ready to be copied
    named, seen = batch.named[:, 1:], batch.named[:, 1:] != -100
    if not seen.any():
        return loss
    middle = model.model.language_model.norm(out.hidden_states[MIDDLE][:, :-1][seen])
    return loss + naming * functional.cross_entropy(model.lm_head(middle).float(), named[seen])


def batches(data: Conversations, first: int, last: int, workers: int) -> Iterator[list[Batch]]:
    """Yield the batches of a range of steps, made ahead by other processes where there are workers."""
    loader = DataLoader(
        data, batch_size=None, sampler=range(first, last), num_workers=workers,
        pin_memory=torch.cuda.is_available(), prefetch_factor=4 if workers else None,
    )  # fmt: skip
    yield from loader


def train(model: LlavaForConditionalGeneration, data: Conversations, arguments: argparse.Namespace) -> None:
    """Train until the last step or until the time is up."""
    checkpoint, started, step, before = arguments.run / "last.pt", time.time(), 0, 0.0
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    model.to(device).train()
    if device.type == "cpu":  # a quarter faster there than the fused attention
        model.set_attn_implementation("eager")
    if arguments.compile:
        compile_layers(model)
    optimizers = make_optimizers(model, arguments.rate)
    if checkpoint.exists():
        state = torch.load(checkpoint, weights_only=True, map_location=device)
        model.load_state_dict(state["model"])
        step, before = state["step"], state.get("seconds", 0.0)
        for optimizer, saved in zip(optimizers, state["optimizers"], strict=True):
            optimizer.load_state_dict(saved)
    shelf = torch.from_numpy(data.shelf.pixels()).to(device)
    weights = deciding(data.tokenizer).to(device)
    total, seen = torch.zeros(len(SHARES), device=device), 0

    def spent() -> float:
        return before + time.time() - started

    def save() -> None:
        states = [optimizer.state_dict() for optimizer in optimizers]
        kept = {"model": model.state_dict(), "step": step, "optimizers": states, "seconds": spent()}
        checkpoints.write(checkpoint, kept)

    for lesson in batches(data, step, arguments.steps, arguments.workers):
        done = max(step / arguments.steps, spent() / (60 * arguments.anneal) if arguments.anneal else 0.0)
        if done >= 1:
            break
        for optimizer in optimizers:
            optimizer.zero_grad(set_to_none=True)
            for group in optimizer.param_groups:
                group["lr"] = rate(step, done, arguments.rate) * group["part"]
        model.model.vision_tower.requires_grad_(step >= arguments.frozen)
        for sort, batch in enumerate(lesson):
            here = batch.to(device)
            with torch.autocast(device.type, torch.bfloat16, enabled=half_pays(device)):
                loss = loss_of(model, here, here.pixel_values(shelf), weights, NAMING[step >= arguments.frozen])
            (loss / len(lesson)).backward()
            total[sort] += loss.detach()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for optimizer in optimizers:
            optimizer.step()
        step, seen = step + 1, seen + 1
        if step % 25 == 0:
            means = " ".join(f"{name} {value / seen:.3f}" for name, value in zip(SHARES, total.tolist(), strict=True))
            print(f"step {step}/{arguments.steps} {means} {time.time() - started:.0f} s", flush=True)
            total, seen = torch.zeros_like(total), 0
        if step % 500 == 0:
            save()
        if arguments.minutes and time.time() - started > 60 * arguments.minutes:
            print("time is up; run the same command to go on", flush=True)
            break
    save()


def take_tower(source: Path, kept: Path) -> None:
    """Copy the tower of a file of `training.naming`, or of the folder of an exported encoder or LLaVA, into a run."""
    if source.is_dir():
        save_tower(tower_of(source), kept)
    else:
        shutil.copyfile(source, kept)


def export(model: LlavaForConditionalGeneration, tokenizer: PreTrainedTokenizerFast, folder: Path) -> None:
    """Write the model in half precision with its processor, each file complete before it replaces the old one."""
    staged = Path(tempfile.mkdtemp())
    model.half().eval().save_pretrained(staged)
    make_processor(tokenizer).save_pretrained(staged)
    _edit(staged / "config.json", {"dtype": "float32"})
    _edit(staged / "tokenizer_config.json", {"is_local": None, "local_files_only": None})
    publish(staged, folder)
    print(f"exported {sum(p.numel() for p in model.parameters()):,} numbers to {folder}")


def main() -> None:
    """Render, train, or export the last checkpoint."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, nargs="+", required=True, help="folders of rendered scenes")
    parser.add_argument("--run", type=Path, help="folder for checkpoints")
    parser.add_argument("--render", type=int, metavar="SCENES", help="draw the training scenes and stop")
    parser.add_argument("--first", type=int, default=0, help="first seed of the scenes to draw")
    parser.add_argument("--only", choices=sorted(GENERATORS), help="draw with this generator alone")
    parser.add_argument(
        "--tower", type=Path, help="tower to start from: a file of training.naming, or a folder of an exported model"
    )
    parser.add_argument("--steps", type=int, default=5000)
    parser.add_argument("--frozen", type=int, default=500, help="steps during which the tower stays as it is")
    parser.add_argument("--rate", type=float, default=3e-3)
    parser.add_argument("--size", type=int, default=1, help="size of the batches; one suits two processor cores")
    parser.add_argument(
        "--mix", type=float, nargs=3, default=(1, 1, 1), help="factors of plain talks, the retrieval's and the judge's"
    )
    parser.add_argument("--workers", type=int, default=0, help="processes that make batches ahead")
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument(
        "--compile",
        action="store_true",
        help="compile the layers first: a C++ compiler and two minutes, then half the time",
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--from", dest="start", type=Path, help="folder of an exported LLaVA to start from")
    parser.add_argument("--minutes", type=float)
    parser.add_argument(
        "--anneal", type=float, help="let the rate end, and the training with it, after so many minutes"
    )
    parser.add_argument("--export", type=Path, nargs="?", const=EXPORT)
    arguments = parser.parse_args()
    torch.manual_seed(arguments.seed)
    if arguments.threads:
        torch.set_num_threads(arguments.threads)
    if arguments.render:
        render(arguments.data[0], range(arguments.first, arguments.first + arguments.render), arguments.only)
        return
    shelf = Shelf(*arguments.data)
    arguments.run.mkdir(parents=True, exist_ok=True)
    saved = arguments.run / "tokenizer"
    known = saved if saved.exists() else arguments.start
    tokenizer = PreTrainedTokenizerFast.from_pretrained(known) if known else make_tokenizer(shelf)
    tokenizer.save_pretrained(saved)
    named = arguments.run / "tower.safetensors"
    if arguments.tower and not named.exists():
        take_tower(arguments.tower, named)
    model = make_model(tokenizer, named=named if named.exists() else None)
    if arguments.start:
        start_from(model, arguments.start)
    if arguments.export:
        state = torch.load(arguments.run / "last.pt", weights_only=True, map_location="cpu")
        model.load_state_dict(state["model"])
        export(model, tokenizer, arguments.export)
    else:
        data = Conversations(shelf, tokenizer, arguments.seed, arguments.size, arguments.mix)
        train(model, data, arguments)


if __name__ == "__main__":
    main()
