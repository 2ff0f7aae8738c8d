"""Checkpoints of published architectures with random weights, made locally: for paths, shapes and quirks, not for meaning."""

from __future__ import annotations

import gzip
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import (
    CLIPConfig,
    CLIPImageProcessor,
    CLIPModel,
    CLIPProcessor,
    CLIPTokenizer,
    CLIPVisionConfig,
    LlamaConfig,
    LlavaConfig,
    LlavaForConditionalGeneration,
    LlavaProcessor,
    PreTrainedTokenizerFast,
)

END = 49407
"""End-of-text of the published CLIP vocabulary: its highest id. The configurations nevertheless say eos_token_id 2."""
_SHAPES = {  # vision width, layers, heads, patch; text width, heads; projection
    "B/32": (768, 12, 12, 32, 512, 8, 512),
    "B/16": (768, 12, 12, 16, 512, 8, 512),
    "L/14": (1024, 24, 16, 14, 768, 12, 768),
    "small": (64, 2, 4, 32, 64, 4, 32),
}


def clip_tokenizer() -> CLIPTokenizer:
    """Return the tokenizer of the published CLIPs, from the merges that ship in open-clip-torch."""
    spec = find_spec("open_clip")
    assert spec and spec.origin, "open-clip-torch is a development dependency"
    packed = Path(spec.origin).with_name("bpe_simple_vocab_16e6.txt.gz").read_bytes()
    lines = gzip.decompress(packed).decode().split("\n")
    merges = [tuple(line.split()) for line in lines[1 : 49152 - 256 - 2 + 1]]
    letters = list(_byte_letters().values())
    words = [*letters, *(letter + "</w>" for letter in letters), *("".join(merge) for merge in merges)]
    vocabulary = {word: place for place, word in enumerate([*words, "<|startoftext|>", "<|endoftext|>"])}
    assert vocabulary["<|endoftext|>"] == END
    return CLIPTokenizer(vocab=vocabulary, merges=merges, model_max_length=77)


def _byte_letters() -> dict[int, str]:
    """Map bytes to printable letters as byte-level BPE does: printable ones to themselves, the others from 256 on."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    table = {byte: chr(byte) for byte in plain}
    for byte in range(256):
        if byte not in table:
            table[byte] = chr(256 + len(table) - len(plain))
    return table


def clip_config(name: str) -> CLIPConfig:
    """Return the configuration of a published CLIP with its quirks: eos_token_id 2, logit scale 100."""
    width, layers, heads, patch, text_width, text_heads, projection = _SHAPES[name]
    vision = {"hidden_size": width, "intermediate_size": 4 * width, "num_hidden_layers": layers, "num_attention_heads": heads,
              "patch_size": patch, "image_size": 224, "projection_dim": projection}  # fmt: skip
    text = {"hidden_size": text_width, "intermediate_size": 4 * text_width, "num_hidden_layers": min(layers, 12),
            "num_attention_heads": text_heads, "vocab_size": END + 1, "max_position_embeddings": 77, "projection_dim": projection,
            "bos_token_id": 0, "eos_token_id": 2, "pad_token_id": 1}  # fmt: skip
    return CLIPConfig(vision_config=vision, text_config=text, projection_dim=projection, logit_scale_init_value=4.6052)


def save_clip(name: str, folder: Path) -> Path:
    """Write a checkpoint with random weights and the published processor; return its folder."""
    torch.manual_seed(0)
    CLIPModel(clip_config(name)).half().save_pretrained(folder)
    tokenizer: Any = clip_tokenizer()
    CLIPProcessor(CLIPImageProcessor(), tokenizer).save_pretrained(folder)
    return folder


LLAVA_CHAT = (
    "{% for message in messages %}{{ message['role'].upper() }}:{% for part in message['content'] %}"
    "{{ ' ' if loop.first else '\n' }}{% if part['type'] == 'image' %}<image>{% else %}{{ part['text'] }}{% endif %}"
    "{% endfor %}{{ '</s>' if message['role'] == 'assistant' else '' }}{{ '\n' }}{% endfor %}"
    "{% if add_generation_prompt %}ASSISTANT:{% endif %}"
)


def llava_tokenizer() -> PreTrainedTokenizerFast:
    """Return a byte-level tokenizer of single bytes: it reads any text."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    special = ["<unk>", "<s>", "</s>", "<pad>", "<image>"]
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    tokenizer.train_from_iterator(
        [], trainers.BpeTrainer(initial_alphabet=alphabet, special_tokens=special, show_progress=False)
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, unk_token="<unk>", bos_token="<s>", eos_token="</s>", pad_token="<pad>",
        padding_side="left", model_max_length=2048, extra_special_tokens={"image_token": "<image>"},
    )  # fmt: skip


def save_llava(folder: Path) -> Path:
    """Write a LLaVA of two layers with random weights, for pictures of 56 pixels (16 tokens each); return its folder."""
    torch.manual_seed(0)
    tokenizer = llava_tokenizer()
    shape: dict[str, Any] = {
        "hidden_size": 64,
        "intermediate_size": 128,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
    }
    ids = {name: tokenizer.convert_tokens_to_ids(token) for name, token in
           (("bos_token_id", "<s>"), ("eos_token_id", "</s>"), ("pad_token_id", "<pad>"))}  # fmt: skip
    config = LlavaConfig(
        vision_config=CLIPVisionConfig(**shape, image_size=56, patch_size=14),
        text_config=LlamaConfig(**shape, **ids, vocab_size=len(tokenizer), max_position_embeddings=2048),
        image_token_index=tokenizer.convert_tokens_to_ids("<image>"),
        vision_feature_layer=-2,
        image_seq_length=16,
    )
    LlavaForConditionalGeneration(config).save_pretrained(folder)
    LlavaProcessor(
        CLIPImageProcessor(size={"shortest_edge": 56}, crop_size={"height": 56, "width": 56}),
        tokenizer,
        patch_size=14,
        vision_feature_select_strategy="default",
        num_additional_image_tokens=1,
        chat_template=LLAVA_CHAT,
    ).save_pretrained(folder)
    return folder
