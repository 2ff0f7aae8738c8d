"""The tiny LLaVA before its training: tokenizer, processor and chat form, the tower, and a new language model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as functional
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from torch import nn
from transformers import (
    AutoConfig,
    CLIPImageProcessor,
    CLIPModel,
    CLIPVisionConfig,
    CLIPVisionModel,
    LlamaConfig,
    LlavaConfig,
    LlavaForConditionalGeneration,
    LlavaProcessor,
    PreTrainedTokenizerFast,
)

from llamaindex_clipverify.models.registry import tiny_folder
from llamaindex_clipverify.testing import COLOURS, NOUNS
from training.clip import PATCH
from training.conversations import END, GRID, PICTURE, SIDE, Shelf
from training.talks import IMAGE, judge_talk, plain_talk, retrieval_talk

TINY = tiny_folder()
LAYER = -1
"""The tower's layer whose patches the language model reads: the one that `training.naming` teaches."""
PAD, START = "<pad>", "<s>"
CHAT = (
    "{% for message in messages %}{{ message['role'].upper() }}:"
    "{% if message['content'] is string %} {{ message['content'] }}{% else %}{% for part in message['content'] %}"
    "{{ ' ' if loop.first else '\n' }}{% if part['type'] == 'image' %}<image>{% else %}{{ part['text'] }}{% endif %}"
    "{% endfor %}{% endif %}{{ '</s>' if message['role'] == 'assistant' else '' }}{{ '\n' }}{% endfor %}"
    "{% if add_generation_prompt %}ASSISTANT:{% endif %}"
)


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
        padding_side="left", model_max_length=3072, extra_special_tokens={"image_token": PICTURE},
    )  # fmt: skip


def make_processor(tokenizer: PreTrainedTokenizerFast) -> LlavaProcessor:
    """Return the processor: the tiny CLIP's picture preparation at a larger size, and the chat form of LLaVA 1.5."""
    size = {"height": SIDE, "width": SIDE}
    return LlavaProcessor(
        image_processor=CLIPImageProcessor.from_pretrained(TINY / "clip", size=size, crop_size=size),
        tokenizer=tokenizer,
        patch_size=PATCH,
        vision_feature_select_strategy="default",
        num_additional_image_tokens=1,
        image_token=PICTURE,
        chat_template=CHAT,
    )


def tower_of(folder: Path, layers: int = 0, side: int = SIDE) -> CLIPVisionModel:
    """Return the tower of an exported encoder or LLaVA, for larger pictures and with further layers.

    What is known of the places of its patches is interpolated (Dosovitskiy et al. 2020, section 3.2); layers that are added pass
    their input on at first.

    Args:
        folder: Folder of the exported model.
        layers: Layers that the tower is to have, where it has fewer.
        side: Side of its pictures in pixels.
    """
    llava = AutoConfig.from_pretrained(folder).model_type == "llava"
    kind = LlavaForConditionalGeneration if llava else CLIPModel
    whole = kind.from_pretrained(folder, dtype=torch.float32)
    known = body(whole.model.vision_tower if llava else whole.vision_model)
    changed = {"num_hidden_layers": max(layers, known.config.num_hidden_layers), "image_size": side}
    tower = CLIPVisionModel(CLIPVisionConfig(**{**known.config.to_dict(), **changed}))
    state, places = known.state_dict(), "embeddings.position_embedding.weight"
    state.pop("embeddings.position_ids", None)
    state[places] = _stretched(state[places], side // known.config.patch_size)
    body(tower).load_state_dict(state, strict=False)
    for layer in body(tower).encoder.layers[known.config.num_hidden_layers :]:
        for last in (layer.self_attn.out_proj, layer.mlp.fc2):
            nn.init.zeros_(last.weight)
            nn.init.zeros_(last.bias)
    return tower


def save_tower(tower: CLIPVisionModel, file: Path) -> None:
    """Write a tower for `make_model`."""
    save_file({name: value.cpu().contiguous() for name, value in body(tower).state_dict().items()}, file)


def body(tower: Any) -> Any:
    """Return the part of a tower that holds its layers: some releases of transformers wrap it."""
    return getattr(tower, "vision_model", tower)


def _stretched(places: torch.Tensor, grid: int) -> torch.Tensor:
    """Return embeddings of places, ``(1 + patches, width)``, for a grid of another size; the first is the class token's."""
    known = round((len(places) - 1) ** 0.5)
    square = places[1:].T.reshape(1, -1, known, known)
    wide = functional.interpolate(square, (grid, grid), mode="bicubic", align_corners=False)
    return torch.cat([places[:1], wide[0].flatten(1).T])


def make_model(
    tokenizer: PreTrainedTokenizerFast, layers: int = 6, named: Path | None = None
) -> LlavaForConditionalGeneration:
    """Return a LLaVA whose language model is new, and whose tower is the tiny CLIP's or one that `training.naming` wrote."""
    wanted = load_file(named) if named else body(tower_of(TINY / "clip")).state_dict()
    known = CLIPModel.from_pretrained(TINY / "clip").config.vision_config.to_dict()
    deep = 1 + max(int(name.split(".layers.")[1].split(".")[0]) for name in wanted if ".layers." in name)
    vision = CLIPVisionConfig(**{**known, "num_hidden_layers": deep, "image_size": SIDE})
    text = LlamaConfig(
        vocab_size=len(tokenizer), hidden_size=192, intermediate_size=640, num_hidden_layers=layers, num_attention_heads=3,
        max_position_embeddings=3072, tie_word_embeddings=True, bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id, pad_token_id=tokenizer.pad_token_id,
    )  # fmt: skip
    config = LlavaConfig(
        vision_config=vision,
        text_config=text,
        image_token_index=tokenizer.convert_tokens_to_ids(PICTURE),
        vision_feature_layer=LAYER,
        vision_feature_select_strategy="default",
        image_seq_length=GRID**2,
        tie_word_embeddings=True,
    )
    model = LlavaForConditionalGeneration(config)
    body(model.model.vision_tower).load_state_dict(wanted)
    model.set_attn_implementation("sdpa")
    model.generation_config.pad_token_id = tokenizer.pad_token_id
    return model


def start_from(model: LlavaForConditionalGeneration, folder: Path) -> None:
    """Put the language model and the projector of an exported LLaVA into a new one, whose tower stays as it is."""
    known = LlavaForConditionalGeneration.from_pretrained(folder, dtype=torch.float32).state_dict()
    model.load_state_dict(
        {**model.state_dict(), **{name: v for name, v in known.items() if "vision_tower" not in name}}
    )
