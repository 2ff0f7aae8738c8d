"""Checkpoints of published architectures with random weights, made locally: for paths, shapes and quirks, not for meaning."""

from __future__ import annotations

import gzip
import warnings
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
from transformers import CLIPConfig, CLIPImageProcessor, CLIPModel, CLIPProcessor, CLIPTokenizer

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


def save_siglip(folder: Path) -> Path:
    """Write a small SigLIP with random weights: no class token, an attention that pools; return its folder."""
    from transformers import SiglipConfig, SiglipImageProcessor, SiglipModel, SiglipProcessor

    torch.manual_seed(0)
    tokenizer: Any = clip_tokenizer()
    sizes = {"hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2, "num_attention_heads": 4}
    vision = {**sizes, "image_size": 64, "patch_size": 16}
    config = SiglipConfig(vision_config=vision, text_config={**sizes, "vocab_size": END + 1, "projection_size": 64})
    SiglipModel(config).save_pretrained(folder)
    SiglipProcessor(SiglipImageProcessor(size={"height": 64, "width": 64}), tokenizer).save_pretrained(folder)
    return folder


def save_align(folder: Path) -> Path:
    """Write a small ALIGN with random weights, whose picture tower is an EfficientNet; return its folder."""
    from transformers import AlignConfig, AlignModel, AlignProcessor, EfficientNetImageProcessor

    torch.manual_seed(0)
    tokenizer: Any = clip_tokenizer()
    vision = {"image_size": 64, "width_coefficient": 1.0, "depth_coefficient": 1.0, "hidden_dim": 24, "kernel_sizes": [3, 3],
              "in_channels": [32, 16], "out_channels": [16, 24], "strides": [2, 2], "num_block_repeats": [1, 1],
              "expand_ratios": [1, 6], "depthwise_padding": []}  # fmt: skip
    text = {"hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2, "num_attention_heads": 4, "vocab_size": END + 1,
            "pad_token_id": 1}  # fmt: skip
    AlignModel(AlignConfig(text_config=text, vision_config=vision, projection_dim=24)).save_pretrained(folder)
    pictures = EfficientNetImageProcessor(size={"height": 64, "width": 64})
    AlignProcessor(pictures, tokenizer).save_pretrained(folder)
    return folder


def save_openai_clip(path: Path, seed: int = 0) -> Path:
    """Write a small CLIP of openai-clip's own class with random weights, in the form of the published ones: a TorchScript archive.

    Its sizes lie in it as buffers, which openai-clip takes out again when it builds the model from the weights.
    """
    import clip
    from clip.model import CLIP

    torch.manual_seed(seed)
    sizes = {"input_resolution": 32, "context_length": 77, "vocab_size": END + 1}
    model = CLIP(32, sizes["input_resolution"], 2, 64, 8, sizes["context_length"], sizes["vocab_size"], 64, 1, 2).eval()
    for name, size in sizes.items():
        vars(model).pop(name, None)
        model.register_buffer(name, torch.tensor(size))
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # sizes that the trace holds fast: only its weights are read
        traced = torch.jit.trace(model, (torch.zeros(1, 3, 32, 32), clip.tokenize("a dog")), check_trace=False)
    torch.jit.save(traced, path)
    return path
