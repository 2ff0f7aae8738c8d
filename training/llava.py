"""Train the tiny LLaVA: the tiny CLIP's tower, a two-layer projector and a small Llama, on talks about drawn scenes.

The tower is left as it is for the first ``--frozen`` steps and then learns at a lower rate. The language model also names the
noun under every patch of a picture, which improves localisation.

Run it again to resume; ``--minutes`` stops it cleanly. It uses a CUDA device where there is one. With ``--from`` the language
model and the projector start from an exported LLaVA; the tower is always the tiny CLIP's.

    python -m training.llava --data data/llava --render 40000
    python -m training.llava --data data/llava --probe
    python -m training.llava --data data/llava --run data/runs/llava --steps 5000 --frozen 500 --size 12 --workers 8 [--export]
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as functional
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from torch import nn
from torch.utils.data import DataLoader
from transformers import (
    CLIPImageProcessor,
    CLIPModel,
    CLIPVisionConfig,
    LlamaConfig,
    LlavaConfig,
    LlavaForConditionalGeneration,
    LlavaProcessor,
    PreTrainedTokenizerFast,
)

from llamaindex_clipverify.models.registry import tiny_folder
from llamaindex_clipverify.testing import COLOURS, NOUNS
from training.clip import PATCH, _edit, publish, rate
from training.conversations import END, GRID, PICTURE, SHARES, Batch, Conversations, Shelf, patch_truth, render
from training.talks import IMAGE, judge_talk, plain_talk, retrieval_talk

TINY = tiny_folder()
EXPORT = TINY / "llava"
LAYER = -1
"""The tower's layer whose patches the language model reads; `--probe` measures the choice."""
NAMING = (0.4, 0.15)
"""Weight of naming the patches during the frozen steps, and after them."""
TOWER = 0.3
"""The tower's share of the learning rate once it learns."""
DECIDING = (" Yes", " No", " YES", " NO", " one", " two", " three", " four", " five", " six", " is", " are")
"""Words on which an answer turns, each of them one of many tokens: they count three times."""
MIDDLE = 2
"""Layers of the language model after which the patches are named."""
PAD, START = "<pad>", "<s>"
CHAT = (
    "{% for message in messages %}{{ message['role'].upper() }}:"
    "{% if message['content'] is string %} {{ message['content'] }}{% else %}{% for part in message['content'] %}"
    "{{ ' ' if loop.first else '\n' }}{% if part['type'] == 'image' %}<image>{% else %}{{ part['text'] }}{% endif %}"
    "{% endfor %}{% endif %}{{ '</s>' if message['role'] == 'assistant' else '' }}{{ '\n' }}{% endfor %}"
    "{% if add_generation_prompt %}ASSISTANT:{% endif %}"
)


# -- the model ------------------------------------------------------------------------------------------------------


def make_tokenizer(shelf: Shelf, size: int = 1500) -> PreTrainedTokenizerFast:
    """Train byte-level BPE on talks: any text works, and the world's words are one token each."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()

    def corpus() -> Any:
        rng = np.random.default_rng(7)
        for index in range(4000):
            scenes = [shelf.pick(rng).scene for _ in range(2)]
            for talk in (plain_talk(scenes[0], rng), retrieval_talk(scenes, rng)):
                for parts, answer in talk.turns:
                    yield from (part for part in parts if part is not IMAGE)
                    yield f" {answer}"
            if index % 20 == 0:
                yield judge_talk(scenes[0], rng).turns[0][0][1]
        from llamaindex_clipverify.claims.vocabulary import english

        for name in [*NOUNS, *(english().plural(noun) for noun in NOUNS), *COLOURS]:
            yield from [f" {name}"] * 200

    trainer = trainers.BpeTrainer(
        vocab_size=size,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
        special_tokens=["<unk>", START, END, PAD, PICTURE],
    )
    tokenizer.train_from_iterator(corpus(), trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, unk_token="<unk>", bos_token=START, eos_token=END, pad_token=PAD,
        padding_side="left", model_max_length=2048, extra_special_tokens={"image_token": PICTURE},
    )  # fmt: skip


def make_processor(tokenizer: PreTrainedTokenizerFast) -> LlavaProcessor:
    """Return the processor: the tiny CLIP's picture preparation and the chat form of LLaVA 1.5."""
    return LlavaProcessor(
        image_processor=CLIPImageProcessor.from_pretrained(TINY / "clip"),
        tokenizer=tokenizer,
        patch_size=PATCH,
        vision_feature_select_strategy="default",
        num_additional_image_tokens=1,
        image_token=PICTURE,
        chat_template=CHAT,
    )


def make_model(tokenizer: PreTrainedTokenizerFast, layers: int = 6) -> LlavaForConditionalGeneration:
    """Return a LLaVA whose tower is the tiny CLIP's, and whose language model is new."""
    clip = CLIPModel.from_pretrained(TINY / "clip")
    text = LlamaConfig(
        vocab_size=len(tokenizer), hidden_size=192, intermediate_size=640, num_hidden_layers=layers, num_attention_heads=3,
        max_position_embeddings=2048, tie_word_embeddings=True, bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id, pad_token_id=tokenizer.pad_token_id,
    )  # fmt: skip
    config = LlavaConfig(
        vision_config=CLIPVisionConfig(**clip.config.vision_config.to_dict()),
        text_config=text,
        image_token_index=tokenizer.convert_tokens_to_ids(PICTURE),
        vision_feature_layer=LAYER,
        vision_feature_select_strategy="default",
        image_seq_length=GRID**2,
        tie_word_embeddings=True,
    )
    model = LlavaForConditionalGeneration(config)
    tower = model.model.vision_tower
    wanted = clip.vision_model.state_dict()
    own = tower.state_dict()
    prefix = "" if next(iter(wanted)) in own else "vision_model."
    tower.load_state_dict({f"{prefix}{name}": value for name, value in wanted.items()})
    model.set_attn_implementation("sdpa")
    model.generation_config.pad_token_id = tokenizer.pad_token_id
    return model


# -- training -------------------------------------------------------------------------------------------------------


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
    middle = model.model.language_model.norm(out.hidden_states[MIDDLE][:, :-1][seen])
    return loss + naming * functional.cross_entropy(model.lm_head(middle).float(), named[seen])


def batches(data: Conversations, first: int, last: int, workers: int) -> Iterator[list[Batch]]:
    """Yield the batches of a range of steps, made ahead by other processes where there are workers."""
    loader = DataLoader(
        data, batch_size=None, sampler=range(first, last), num_workers=workers,
        pin_memory=torch.cuda.is_available(), prefetch_factor=4 if workers else None,
    )  # fmt: skip
    yield from loader


def start_from(model: LlavaForConditionalGeneration, folder: Path) -> None:
    """Put the language model and the projector of an exported LLaVA into a new one, whose tower stays as it is."""
    known = LlavaForConditionalGeneration.from_pretrained(folder, dtype=torch.float32).state_dict()
    model.load_state_dict(
        {**model.state_dict(), **{name: v for name, v in known.items() if "vision_tower" not in name}}
    )


def train(model: LlavaForConditionalGeneration, data: Conversations, arguments: argparse.Namespace) -> None:
    """Train until the last step or until the time is up."""
    checkpoint, started, step, before = arguments.run / "last.pt", time.time(), 0, 0.0
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    model.to(device).train()
    if device.type == "cpu":  # a quarter faster there than the fused attention
        model.set_attn_implementation("eager")
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
        torch.save(kept, checkpoint.with_suffix(".part"))
        os.replace(checkpoint.with_suffix(".part"), checkpoint)

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


def probe(shelf: Shelf, scenes: int = 2500) -> dict[int, dict[str, float]]:
    """Measure each layer of the tower by a linear reading of noun and colour at every patch, on scenes held out."""
    from sklearn.linear_model import SGDClassifier

    tower = CLIPModel.from_pretrained(TINY / "clip").vision_model.eval()
    pixels = torch.from_numpy(np.array(shelf.pixels()[:scenes])).permute(0, 3, 1, 2).float() / 127.5 - 1
    with torch.no_grad():
        parts = [tower(chunk, output_hidden_states=True).hidden_states for chunk in pixels.split(64)]
    found: dict[int, dict[str, float]] = {}
    nouns, colours = patch_truth(shelf.scenes[:scenes])
    for layer in range(len(parts[0])):
        values = torch.cat([part[layer][:, 1:] for part in parts]).numpy()
        cut = int(scenes * 0.8)
        found[layer - len(parts[0])] = {}
        for name, truth in (("noun", nouns), ("colour", colours)):
            known = truth >= 0
            seen, held = known.copy(), known.copy()
            seen[cut:], held[:cut] = False, False
            model = SGDClassifier(loss="log_loss", alpha=1e-5, max_iter=8, tol=None, random_state=0)
            scale = values[seen].std(axis=0) + 1e-6
            model.fit(values[seen] / scale, truth[seen])
            found[layer - len(parts[0])][name] = float(model.score(values[held] / scale, truth[held]))
    return found


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
    """Render, probe, train, or export the last checkpoint."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--run", type=Path, help="folder for checkpoints")
    parser.add_argument("--render", type=int, metavar="SCENES", help="draw the training scenes and stop")
    parser.add_argument("--probe", action="store_true", help="measure the tower's layers and stop")
    parser.add_argument("--steps", type=int, default=5000)
    parser.add_argument("--frozen", type=int, default=500, help="steps during which the tower stays as it is")
    parser.add_argument("--rate", type=float, default=3e-3)
    parser.add_argument("--size", type=int, default=1, help="size of the batches; one suits two processor cores")
    parser.add_argument(
        "--mix", type=float, nargs=3, default=(1, 1, 1), help="factors of plain talks, the retrieval's and the judge's"
    )
    parser.add_argument("--workers", type=int, default=0, help="processes that make batches ahead")
    parser.add_argument("--threads", type=int, default=0)
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
        render(arguments.data, arguments.render)
        return
    shelf = Shelf(arguments.data)
    if arguments.probe:
        for layer, figures in probe(shelf).items():
            print(layer, figures, flush=True)
        return
    arguments.run.mkdir(parents=True, exist_ok=True)
    saved = arguments.run / "tokenizer"
    known = saved if saved.exists() else arguments.start
    tokenizer = PreTrainedTokenizerFast.from_pretrained(known) if known else make_tokenizer(shelf)
    tokenizer.save_pretrained(saved)
    model = make_model(tokenizer)
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
