"""Train the tiny LLaVA: the tiny CLIP's tower, a two-layer projector and a small Llama, on talks about drawn scenes.

The tower is left as it is for the first ``--frozen`` steps and then learns at a fifth of the rate. While it learns to speak, the
language model also names the noun under every patch of a picture: that is how it comes to find things.

Run it again to go on where it stopped; ``--minutes`` stops it cleanly.

    python -m training.llava --data data/llava --render 16000
    python -m training.llava --data data/llava --probe
    python -m training.llava --data data/llava --run data/runs/llava --steps 3000 --frozen 2200 [--minutes 9] [--export]
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import pickle
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as functional
from PIL import Image
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from torch import nn
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

from llamaindex_clipverify.testing import COLOURS, NOUNS, Scene, SceneObject, draw_scene
from training.clip import PATCH, SIDE, _edit, publish, rate
from training.talks import IMAGE, Talk, judge_talk, plain_talk, retrieval_talk

TINY = Path(__file__).parent.parent / "llamaindex_clipverify" / "tiny"
EXPORT = TINY / "llava"
LAYER = -1
"""The tower's layer whose patches the language model reads; `--probe` measures the choice."""
NAMING = 0.4
"""Weight of naming the patches during the frozen steps."""
DECIDING = (" Yes", " No", " YES", " NO", " one", " two", " three", " four", " five", " six", " is", " are")
"""Words on which an answer turns, each of them one of many tokens: they count three times."""
MIDDLE = 2
"""Layers of the language model after which the patches are named."""
PAD, START, END, PICTURE = "<pad>", "<s>", "</s>", "<image>"
TOKENS = (SIDE // PATCH) ** 2
CHAT = (
    "{% for message in messages %}{{ message['role'].upper() }}:"
    "{% if message['content'] is string %} {{ message['content'] }}{% else %}{% for part in message['content'] %}"
    "{{ ' ' if loop.first else '\n' }}{% if part['type'] == 'image' %}<image>{% else %}{{ part['text'] }}{% endif %}"
    "{% endfor %}{% endif %}{{ '</s>' if message['role'] == 'assistant' else '' }}{{ '\n' }}{% endfor %}"
    "{% if add_generation_prompt %}ASSISTANT:{% endif %}"
)


# -- pictures and their truth ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Sized:
    """Stands for a scene's picture where only its size is asked for."""

    size: tuple[int, int]


def _drawn(seed: int) -> tuple[np.ndarray, Scene]:
    scene = draw_scene(seed)
    pixels = np.asarray(scene.image.resize((SIDE, SIDE), Image.Resampling.BICUBIC))
    return pixels, replace(scene, image=Sized(scene.image.size))  # type: ignore[arg-type]


def render(folder: Path, scenes: int) -> None:
    """Draw the training scenes once."""
    folder.mkdir(parents=True, exist_ok=True)
    with multiprocessing.Pool(2) as pool:
        drawn = pool.map(_drawn, range(scenes), chunksize=100)
    np.save(folder / "pixels.npy", np.stack([pixels for pixels, _ in drawn]))
    (folder / "scenes.pickle").write_bytes(pickle.dumps([scene for _, scene in drawn]))


class Shelf:
    """The rendered scenes, each also as its mirror image."""

    def __init__(self, folder: Path) -> None:
        self.pixels = np.load(folder / "pixels.npy", mmap_mode="r")
        self.scenes: list[Scene] = pickle.loads((folder / "scenes.pickle").read_bytes())

    def pick(self, rng: np.random.Generator) -> tuple[np.ndarray, Scene]:
        """Return the pixels and the truth of a random scene."""
        index = int(rng.integers(len(self.scenes)))
        pixels, scene = np.asarray(self.pixels[index]), self.scenes[index]
        if rng.random() < 0.5 or scene.words:
            return pixels, scene
        width = scene.image.size[0]
        things = tuple(
            SceneObject(t.noun, t.colour, (width - t.box[2], t.box[1], width - t.box[0], t.box[3]))
            for t in scene.objects
        )
        return pixels[:, ::-1], replace(scene, objects=things)


# -- the model ------------------------------------------------------------------------------------------------------


def make_tokenizer(shelf: Shelf, size: int = 1500) -> PreTrainedTokenizerFast:
    """Train byte-level BPE on talks: any text works, and the world's words are one token each."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()

    def corpus() -> Any:
        rng = np.random.default_rng(7)
        for index in range(4000):
            scenes = [shelf.pick(rng)[1] for _ in range(2)]
            for talk in (plain_talk(scenes[0], rng), retrieval_talk(scenes, rng)):
                for parts, answer in talk.turns:
                    yield from (part for part in parts if part is not IMAGE)
                    yield f" {answer}"
            if index % 20 == 0:
                yield judge_talk(scenes[0], rng).turns[0][0][1]
        from llamaindex_clipverify.vocabulary import english

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


def make_model(tokenizer: PreTrainedTokenizerFast) -> LlavaForConditionalGeneration:
    """Return a LLaVA whose tower is the tiny CLIP's, and whose language model is new."""
    clip = CLIPModel.from_pretrained(TINY / "clip")
    text = LlamaConfig(
        vocab_size=len(tokenizer), hidden_size=192, intermediate_size=640, num_hidden_layers=4, num_attention_heads=3,
        max_position_embeddings=2048, tie_word_embeddings=True, bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id, pad_token_id=tokenizer.pad_token_id,
    )  # fmt: skip
    config = LlavaConfig(
        vision_config=CLIPVisionConfig(**clip.config.vision_config.to_dict()),
        text_config=text,
        image_token_index=tokenizer.convert_tokens_to_ids(PICTURE),
        vision_feature_layer=LAYER,
        vision_feature_select_strategy="default",
        image_seq_length=TOKENS,
        tie_word_embeddings=True,
    )
    model = LlavaForConditionalGeneration(config)
    tower = model.model.vision_tower
    wanted = clip.vision_model.state_dict()
    own = tower.state_dict()
    prefix = "" if next(iter(wanted)) in own else "vision_model."
    tower.load_state_dict({f"{prefix}{name}": value for name, value in wanted.items()})
    model.set_attn_implementation("eager" if not torch.cuda.is_available() else "sdpa")
    model.generation_config.pad_token_id = tokenizer.pad_token_id
    return model


# -- batches --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Batch:
    """Tokens, padded on the right, what is to be said, and pixels."""

    ids: torch.Tensor
    labels: torch.Tensor
    named: torch.Tensor
    """At the place after each patch, the first token of its noun; -100 elsewhere."""
    mask: torch.Tensor
    pixels: torch.Tensor


class Speaker:
    """Makes batches of talks of one sort each."""

    def __init__(self, shelf: Shelf, tokenizer: PreTrainedTokenizerFast) -> None:
        self.shelf, self.tokenizer = shelf, tokenizer
        self.picture = tokenizer.convert_tokens_to_ids(PICTURE)
        self.weights = torch.ones(len(tokenizer))
        self.weights[[tokenizer.convert_tokens_to_ids(tokenizer.tokenize(word)[0]) for word in DECIDING]] = 3.0
        self.first = np.array([tokenizer(f" {noun}", add_special_tokens=False).input_ids[0] for noun in NOUNS])

    def batch(self, rng: np.random.Generator, early: bool = False) -> Batch:
        """Return a batch: plain talks first of all, later more of the retrieval's and the judge's forms."""
        draw, (plain, retrieval) = rng.random(), (0.8, 0.95) if early else (0.58, 0.9)
        if draw < plain:
            return self._batch([self._talk(rng, 1, "plain") for _ in range(32)])
        if draw < retrieval:
            pictures = int(rng.choice(4, p=[0.5, 0.22, 0.16, 0.12])) + 1
            return self._batch([self._talk(rng, pictures, "retrieval") for _ in range((28, 16, 12, 9)[pictures - 1])])
        return self._batch([self._talk(rng, 1, "judge") for _ in range(16)])

    def _talk(self, rng: np.random.Generator, pictures: int, sort: str) -> tuple[Talk, list[np.ndarray]]:
        picked = [self.shelf.pick(rng) for _ in range(pictures)]
        scenes = [scene for _, scene in picked]
        if sort == "retrieval":
            return retrieval_talk(scenes, rng), [pixels for pixels, _ in picked]
        maker = plain_talk if sort == "plain" else judge_talk
        return maker(scenes[0], rng), [picked[0][0]]

    def _batch(self, talks: list[tuple[Talk, list[np.ndarray]]]) -> Batch:
        rows = [self._tokens(talk) for talk, _ in talks]
        longest = max(len(ids) for ids, _ in rows)
        ids = torch.full((len(rows), longest), self.tokenizer.pad_token_id)
        labels = torch.full((len(rows), longest), -100)
        mask = torch.zeros((len(rows), longest), dtype=torch.long)
        named = torch.full((len(rows), longest), -100)
        for row, (tokens, said) in enumerate(rows):
            ids[row, : len(tokens)] = torch.tensor(tokens)
            labels[row, : len(tokens)] = torch.tensor(said)
            mask[row, : len(tokens)] = 1
            named[row, 1 : len(tokens)] = torch.from_numpy(self._named(talks[row][0].scenes, np.array(tokens))[:-1])
        pixels = np.stack([pixels for _, pictures in talks for pixels in pictures])
        floats = torch.from_numpy(np.ascontiguousarray(pixels)).permute(0, 3, 1, 2).float() / 127.5 - 1
        return Batch(ids, labels, named, mask, floats)

    def _named(self, scenes: Sequence[Scene], tokens: np.ndarray) -> np.ndarray:
        """Return the first token of the noun under every patch of the pictures, -100 elsewhere."""
        nouns = _patch_truth(scenes, SIDE // PATCH)[0].ravel()
        found = np.full(len(tokens), -100)
        found[tokens == self.picture] = np.where(nouns >= 0, self.first[nouns], -100)
        return found

    def _tokens(self, talk: Talk) -> tuple[list[int], list[int]]:
        ids: list[int] = []
        labels: list[int] = []
        for parts, answer in talk.turns:
            told = "\n".join(PICTURE if part is IMAGE else part for part in parts)
            asked = self.tokenizer(f"USER: {told}\nASSISTANT:", add_special_tokens=False).input_ids
            asked = [token for one in asked for token in ([one] * TOKENS if one == self.picture else [one])]
            said = self.tokenizer(f" {answer}{END}", add_special_tokens=False).input_ids
            after = self.tokenizer("\n", add_special_tokens=False).input_ids
            ids += [*asked, *said, *after]
            labels += [*([-100] * len(asked)), *said, *([-100] * len(after))]
        return ids, labels


# -- training -------------------------------------------------------------------------------------------------------


def make_optimizers(model: LlavaForConditionalGeneration, peak: float) -> list[torch.optim.Optimizer]:
    """Return Muon for the matrices inside the layers and AdamW for the rest; the tower learns at a fifth of the rate."""
    groups: dict[tuple[bool, bool], list[nn.Parameter]] = {}
    for name, parameter in model.named_parameters():
        inner = ".layers." in name and parameter.ndim == 2
        groups.setdefault((inner, "vision_tower" in name), []).append(parameter)

    def of(inner: bool) -> list[dict[str, Any]]:
        return [{"params": p, "part": 0.2 if tower else 1.0} for (i, tower), p in groups.items() if i == inner]

    muon = torch.optim.Muon(of(True), lr=peak, weight_decay=0.02, momentum=0.95, adjust_lr_fn="match_rms_adamw")
    return [muon, torch.optim.AdamW(of(False), lr=peak, betas=(0.9, 0.98), weight_decay=0.0)]


def _fast_half() -> bool:
    """Whether this processor computes in bfloat16 itself; emulated, it is slower than float32."""
    return torch.cpu._is_avx512_bf16_supported()


def loss_of(
    model: LlavaForConditionalGeneration, batch: Batch, weights: torch.Tensor | None = None, naming: float = 0.0
) -> torch.Tensor:
    """Return the cross-entropy of what is to be said, and of naming the patches by a weight; `weights` are of the vocabulary."""
    out = model.model(
        input_ids=batch.ids, attention_mask=batch.mask, pixel_values=batch.pixels, use_cache=False,
        output_hidden_states=naming > 0,
    )  # fmt: skip
    wanted = batch.labels[:, 1:]
    said = wanted != -100
    hidden = out.last_hidden_state[:, :-1]
    loss = functional.cross_entropy(model.lm_head(hidden[said]).float(), wanted[said], weights)
    if not naming:
        return loss
    # in the middle, so that the layers above find the nouns ready to be copied
    named, seen = batch.named[:, 1:], batch.named[:, 1:] != -100
    middle = model.model.language_model.norm(out.hidden_states[MIDDLE][:, :-1][seen])
    return loss + naming * functional.cross_entropy(model.lm_head(middle).float(), named[seen])


def train(model: LlavaForConditionalGeneration, speaker: Speaker, arguments: argparse.Namespace) -> None:
    """Train until the last step or until the time is up."""
    checkpoint, started, step = arguments.run / "last.pt", time.time(), 0
    optimizers = make_optimizers(model, arguments.rate)
    if checkpoint.exists():
        state = torch.load(checkpoint, weights_only=True)
        model.load_state_dict(state["model"])
        step = state["step"]
        for optimizer, saved in zip(optimizers, state["optimizers"], strict=True):
            optimizer.load_state_dict(saved)
    model.train()
    total = 0.0

    def save() -> None:
        states = [optimizer.state_dict() for optimizer in optimizers]
        torch.save({"model": model.state_dict(), "step": step, "optimizers": states}, checkpoint.with_suffix(".part"))
        os.replace(checkpoint.with_suffix(".part"), checkpoint)

    while step < arguments.steps:
        batch = speaker.batch(np.random.default_rng((arguments.seed, step)), step < arguments.frozen * 0.8)
        for optimizer in optimizers:
            optimizer.zero_grad(set_to_none=True)
            for group in optimizer.param_groups:
                group["lr"] = rate(step, arguments.steps, arguments.rate) * group["part"]
        model.model.vision_tower.requires_grad_(step >= arguments.frozen)
        with torch.autocast("cpu", torch.bfloat16, enabled=_fast_half()):
            loss = loss_of(model, batch, speaker.weights, NAMING if step < arguments.frozen else 0.0)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for optimizer in optimizers:
            optimizer.step()
        step += 1
        total += loss.item()
        if step % 25 == 0:
            print(f"step {step}/{arguments.steps} loss {total / 25:.3f} {time.time() - started:.0f} s", flush=True)
            total = 0.0
        if step % 100 == 0:
            save()
        if arguments.minutes and time.time() - started > 60 * arguments.minutes:
            print("time is up; run the same command to go on", flush=True)
            break
    save()


def probe(shelf: Shelf, scenes: int = 2500) -> dict[int, dict[str, float]]:
    """Measure each layer of the tower by a linear reading of noun and colour at every patch, on scenes held out."""
    from sklearn.linear_model import SGDClassifier

    tower = CLIPModel.from_pretrained(TINY / "clip").vision_model.eval()
    pixels = torch.from_numpy(np.array(shelf.pixels[:scenes])).permute(0, 3, 1, 2).float() / 127.5 - 1
    with torch.no_grad():
        parts = [tower(chunk, output_hidden_states=True).hidden_states for chunk in pixels.split(64)]
    grid, found = SIDE // PATCH, {}
    nouns, colours = _patch_truth(shelf.scenes[:scenes], grid)
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


def _patch_truth(scenes: Sequence[Scene], grid: int) -> tuple[np.ndarray, np.ndarray]:
    nouns = np.full((len(scenes), grid, grid), -1)
    colours = np.full((len(scenes), grid, grid), -1)
    cells = (np.arange(grid) + 0.5) / grid
    for row, scene in enumerate(scenes):
        width, height = scene.image.size
        for thing in scene.objects:
            inside = np.ix_(
                (cells >= thing.box[1] / height) & (cells <= thing.box[3] / height),
                (cells >= thing.box[0] / width) & (cells <= thing.box[2] / width),
            )
            nouns[row][inside] = NOUNS.index(thing.noun)
            colours[row][inside] = COLOURS.index(thing.colour) if thing.colour else -1
    return nouns.reshape(len(scenes), -1), colours.reshape(len(scenes), -1)


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
    parser.add_argument("--steps", type=int, default=3000)
    parser.add_argument("--frozen", type=int, default=0, help="steps during which the tower stays as it is")
    parser.add_argument("--rate", type=float, default=2e-3)
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--minutes", type=float)
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
    tokenizer = PreTrainedTokenizerFast.from_pretrained(saved) if saved.exists() else make_tokenizer(shelf)
    tokenizer.save_pretrained(saved)
    model = make_model(tokenizer)
    if arguments.export:
        model.load_state_dict(torch.load(arguments.run / "last.pt", weights_only=True)["model"])
        export(model, tokenizer, arguments.export)
    else:
        train(model, Speaker(shelf, tokenizer), arguments)


if __name__ == "__main__":
    main()
