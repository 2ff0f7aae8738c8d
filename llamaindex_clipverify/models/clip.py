"""CLIP and SigLIP through transformers: any hub id or local folder whose model embeds pictures and texts in one space."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from functools import cached_property
from threading import RLock
from typing import Any

import numpy as np
import torch
from PIL import Image
from transformers import AutoConfig, AutoModel, AutoProcessor

from llamaindex_clipverify.boundary import files
from llamaindex_clipverify.boundary.failures import telling
from llamaindex_clipverify.errors import ModelError
from llamaindex_clipverify.geometry import Array
from llamaindex_clipverify.models.identity import identity, place_of
from llamaindex_clipverify.models.pickling import Portable
from llamaindex_clipverify.models.pretrained import from_pretrained

_IMAGES_AT_ONCE = 32
_TEXTS_AT_ONCE = 256


_log = logging.getLogger(__name__)


class ClipEncoder(Portable):
    """An `Encoder` on a transformers model with ``get_image_features`` and ``get_text_features``.

    Texts are padded as the family was trained: CLIP to the longest of the batch, SigLIP to its full length. Texts that are
    too long are cut before their end token, which is logged as a warning. Calls are serialised: one lock per model.
    """

    def __init__(self, name: str, device: str | None = None, dtype: str = "float32") -> None:
        """Store the name; weights are read on first use.

        Args:
            name: Hub id or folder.
            device: torch device. Default: the GPU if available, else the CPU.
            dtype: torch dtype name; float16 and bfloat16 are slower than float32 on most CPUs.
        """
        self.name = name
        self.device = device or ("cuda" if torch.cuda.is_available() else "cpu")
        self.dtype = dtype
        self.lock = RLock()

    @cached_property
    def id(self) -> str:
        """See `identity`."""
        return identity(self.name)

    @cached_property
    def model(self) -> Any:
        """Return the transformers model, in eval mode on the device."""
        with self.lock:
            model = _read(AutoModel, self.name, dtype=getattr(torch, self.dtype))
            if not (hasattr(model, "get_image_features") and hasattr(model, "get_text_features")):
                raise ModelError("not an image-text encoder", got=f"{self.name} ({type(model).__name__})", do=_GIVE)
            for parameter in model.parameters():
                parameter.requires_grad_(False)
            return model.eval().to(self.device)

    @cached_property
    def processor(self) -> Any:
        """Return the transformers processor: picture preparation and tokenizer."""
        return _read(AutoProcessor, self.name)

    @cached_property
    def logit_scale(self) -> float:
        """Return the factor on a cosine before the model's softmax or sigmoid (100 for the published CLIPs)."""
        scale = getattr(self.model, "logit_scale", None)
        return float(scale.detach().float().exp()) if scale is not None else 100.0

    @cached_property
    def config(self) -> Any:
        """The transformers configuration; reading it reads no weights."""
        return _read(AutoConfig, self.name)

    @cached_property
    def text_length(self) -> int:
        """Return the maximum number of text tokens, start and end included (77 for the published CLIPs)."""
        text = getattr(self.config, "text_config", self.config)
        return int(getattr(text, "max_position_embeddings", 77))

    def encode_images(self, images: Sequence[Image.Image]) -> Array:
        """Return float32 (images, D), rows of length 1."""
        return self._encode(self._image_features(images), len(images))

    def encode_texts(self, texts: Sequence[str]) -> Array:
        """Return float32 (texts, D), rows of length 1. Texts of similar length are batched together."""
        order = sorted(range(len(texts)), key=lambda place: len(texts[place]))
        rows = self._encode(self._text_features([texts[place] for place in order]), len(texts))
        result = np.empty_like(rows)
        result[order] = rows
        return result

    def pixels(self, images: Sequence[Image.Image]) -> torch.Tensor:
        """Return the model's picture input, (images, 3, side, side), on the device."""
        made = self.processor.image_processor(images=list(images), return_tensors="pt")["pixel_values"]
        pixels: torch.Tensor = made.to(self.device, getattr(torch, self.dtype))
        return pixels

    def tokens(self, texts: Sequence[str]) -> dict[str, torch.Tensor]:
        """Return the model's text input on the device, padded as the model family requires."""
        fixed = "siglip" in str(getattr(self.config, "model_type", ""))
        tokenizer = self.processor.tokenizer
        for text in texts:
            if (
                len(text) > self.text_length
                and (number := len(tokenizer(text, verbose=False)["input_ids"])) > self.text_length
            ):
                _log.warning("text cut from %d tokens to %d: “%s…”", number, self.text_length, text[:60])
        made = tokenizer(
            list(texts),
            padding="max_length" if fixed else "longest",
            truncation=True,
            max_length=self.text_length,
            return_tensors="pt",
        )
        accepted = ("input_ids",) if fixed else ("input_ids", "attention_mask")
        return {name: made[name].to(self.device) for name in accepted if name in made}

    def _image_features(self, images: Sequence[Image.Image]) -> Iterator[Any]:
        for start in range(0, len(images), _IMAGES_AT_ONCE):
            yield self.model.get_image_features(pixel_values=self.pixels(images[start : start + _IMAGES_AT_ONCE]))

    def _text_features(self, texts: Sequence[str]) -> Iterator[Any]:
        for start in range(0, len(texts), _TEXTS_AT_ONCE):
            yield self.model.get_text_features(**self.tokens(texts[start : start + _TEXTS_AT_ONCE]))

    def _encode(self, features: Iterator[Any], count: int) -> Array:
        if not count:
            return np.zeros((0, self.width), np.float32)
        failing = telling(ModelError, "the encoder failed", got=self.name, do="see that its folder is whole")
        with self.lock, torch.inference_mode(), failing:
            rows = torch.cat([embedding(part).float() for part in features])
            unit: Array = torch.nn.functional.normalize(rows, dim=-1).cpu().numpy()
            return unit

    @property
    def width(self) -> int:
        """D, the number of dimensions of a vector."""
        config = self.model.config
        return int(getattr(config, "projection_dim", None) or config.text_config.hidden_size)

    def __repr__(self) -> str:
        """Name the model."""
        return f"ClipEncoder({self.name!r})"


def embedding(output: Any) -> torch.Tensor:
    """Return the projected vectors of a feature call: transformers 5 wraps them in an output object, 4 did not."""
    tensor: torch.Tensor = output if isinstance(output, torch.Tensor) else output.pooler_output
    return tensor


_GIVE = "give a CLIP or SigLIP hub id, a folder of one, or tiny"


def _read(kind: Any, name: str, **options: Any) -> Any:
    if (name.startswith((".", "/", "~")) or "\\" in name) and not files.is_folder(name):
        raise ModelError("no such model folder", got=name, do=_GIVE)
    place = str(place_of(name)) if name.startswith("~") else name
    return from_pretrained(kind, place, what="the model cannot be loaded", do=_GIVE, **options)
