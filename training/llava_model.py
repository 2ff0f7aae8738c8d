"""The tiny LLaVA before its training: tokenizer, processor and chat form, the tower, and a new language model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
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
from training.clip import PATCH
from training.conversations import END, GRID, PICTURE, Shelf
from training.talks import IMAGE, judge_talk, plain_talk, retrieval_talk

TINY = tiny_folder()
LAYER = -1
"""The tower's layer whose patches the language model reads; `training.llava --probe` measures the choice."""
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


def make_model(
    tokenizer: PreTrainedTokenizerFast, layers: int = 6, named: Path | None = None
) -> LlavaForConditionalGeneration:
    """Return a LLaVA whose language model is new, and whose tower is the tiny CLIP's or one that `training.naming` wrote."""
    clip = CLIPModel.from_pretrained(TINY / "clip")
    vision, wanted = CLIPVisionConfig(**clip.config.vision_config.to_dict()), clip.vision_model.state_dict()
    if named is not None:
        wanted = load_file(named)
        vision.num_hidden_layers = 1 + max(
            int(name.split(".layers.")[1].split(".")[0]) for name in wanted if ".layers." in name
        )
    text = LlamaConfig(
        vocab_size=len(tokenizer), hidden_size=192, intermediate_size=640, num_hidden_layers=layers, num_attention_heads=3,
        max_position_embeddings=2048, tie_word_embeddings=True, bos_token_id=tokenizer.bos_token_id,
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
    tower = model.model.vision_tower
    own = tower.state_dict()
    prefix = "" if next(iter(wanted)) in own else "vision_model."
    tower.load_state_dict({f"{prefix}{name}": value for name, value in wanted.items()})
    model.set_attn_implementation("sdpa")
    model.generation_config.pad_token_id = tokenizer.pad_token_id
    return model


def start_from(model: LlavaForConditionalGeneration, folder: Path) -> None:
    """Put the language model and the projector of an exported LLaVA into a new one, whose tower stays as it is."""
    known = LlavaForConditionalGeneration.from_pretrained(folder, dtype=torch.float32).state_dict()
    model.load_state_dict(
        {**model.state_dict(), **{name: v for name, v in known.items() if "vision_tower" not in name}}
    )
