"""Published LLaVA configurations at full width with fewer layers and random weights: they load, place, count and answer."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from llavas import plain_tokenizer
from PIL import Image
from transformers import (
    CLIPImageProcessor,
    CLIPVisionConfig,
    LlamaConfig,
    LlavaConfig,
    LlavaForConditionalGeneration,
    LlavaOnevisionConfig,
    LlavaOnevisionForConditionalGeneration,
    LlavaOnevisionImageProcessor,
    LlavaOnevisionProcessor,
    LlavaOnevisionVideoProcessor,
    LlavaProcessor,
    Qwen2Config,
    SiglipVisionConfig,
)

from llamaindex_clipverify.errors import ModelError
from llamaindex_clipverify.models import llava as llava_module
from llamaindex_clipverify.models.llava import Llava

pytestmark = pytest.mark.slow
ONEVISION_CHAT = (
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + ' ' }}"
    "{% for part in message['content'] %}{% if part['type'] == 'image' %}<image>\n{% endif %}{% endfor %}"
    "{% for part in message['content'] %}{% if part['type'] == 'text' %}{{ part['text'] }}{% endif %}{% endfor %}"
    "{{ '<|im_end|>' }}{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def llava_config(vision_layers: int = 24, text_layers: int = 32) -> LlavaConfig:
    """LLaVA 1.5 7B; the picture's token has the id of the tokenizer made here."""
    vision = CLIPVisionConfig(hidden_size=1024, intermediate_size=4096, num_hidden_layers=vision_layers, num_attention_heads=16,
                              patch_size=14, image_size=336, projection_dim=768)  # fmt: skip
    text = LlamaConfig(hidden_size=4096, intermediate_size=11008, num_hidden_layers=text_layers, num_attention_heads=32,
                       vocab_size=32064, max_position_embeddings=4096, bos_token_id=1, eos_token_id=2, pad_token_id=3)  # fmt: skip
    return LlavaConfig(vision_config=vision, text_config=text, image_token_index=4, image_seq_length=576,
                       vision_feature_layer=-2, vision_feature_select_strategy="default")  # fmt: skip


def onevision_config(vision_layers: int = 26, text_layers: int = 24) -> LlavaOnevisionConfig:
    """LLaVA-OneVision on Qwen2 0.5B."""
    vision = SiglipVisionConfig(hidden_size=1152, intermediate_size=4304, num_hidden_layers=vision_layers, num_attention_heads=16,
                                patch_size=14, image_size=384, vision_use_head=False)  # fmt: skip
    text = Qwen2Config(hidden_size=896, intermediate_size=4864, num_hidden_layers=text_layers, num_attention_heads=14,
                       num_key_value_heads=2, vocab_size=152000, max_position_embeddings=32768, tie_word_embeddings=True,
                       bos_token_id=1, eos_token_id=2, pad_token_id=3)  # fmt: skip
    return LlavaOnevisionConfig(vision_config=vision, text_config=text, image_token_index=4, video_token_index=5)


def save_llava_15(folder: Path, model: bool = True, **processor: Any) -> Path:
    """Write LLaVA 1.5 in half precision; its first processors brought no chat template."""
    if model:
        torch.manual_seed(0)
        LlavaForConditionalGeneration(llava_config(2, 1)).half().save_pretrained(folder)
    pixels = CLIPImageProcessor(size={"shortest_edge": 336}, crop_size={"height": 336, "width": 336})
    LlavaProcessor(pixels, plain_tokenizer(), image_token="<image>", **processor).save_pretrained(folder)
    return folder


def save_onevision(folder: Path) -> Path:
    """Write LLaVA-OneVision in half precision with its processors for pictures and videos."""
    torch.manual_seed(0)
    LlavaOnevisionForConditionalGeneration(onevision_config(2, 2)).half().save_pretrained(folder)
    tokenizer = plain_tokenizer()
    tokenizer.add_special_tokens({"additional_special_tokens": ["<video>"]})
    LlavaOnevisionProcessor(
        LlavaOnevisionImageProcessor(), tokenizer, LlavaOnevisionVideoProcessor(), num_image_tokens=729,
        vision_feature_select_strategy="full", chat_template=ONEVISION_CHAT, vision_aspect_ratio="anyres_max_9",
    ).save_pretrained(folder)  # fmt: skip
    return folder


@pytest.fixture(scope="module")
def images() -> list[Image.Image]:
    random = np.random.default_rng(0)
    return [
        Image.fromarray(random.integers(0, 255, (*size, 3), np.uint8)) for size in ((300, 500), (700, 350), (90, 90))
    ]


def _loaded(folder: Path) -> Iterator[Llava]:
    yield Llava(str(folder), device="cpu", dtype="float32")
    gc.collect()


@pytest.fixture(scope="module")
def llava(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Llava]:
    known = {"patch_size": 14, "vision_feature_select_strategy": "default", "num_additional_image_tokens": 1}
    yield from _loaded(save_llava_15(tmp_path_factory.mktemp("llava15"), **known))


@pytest.fixture(scope="module")
def onevision(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Llava]:
    yield from _loaded(save_onevision(tmp_path_factory.mktemp("onevision")))


def talk(*images: Image.Image) -> list[tuple[str, list[str | Image.Image]]]:
    return [("user", [*images, "What is there?"])]


def own_count(llava: Llava, images: list[Image.Image]) -> tuple[int, int]:
    """Return all tokens and those of pictures, as the processor itself makes them of a prompt and pictures."""
    content = [*({"type": "image"} for _ in images), {"type": "text", "text": "What is there?"}]
    prompt = llava.processor.apply_chat_template(
        [{"role": "user", "content": content}], tokenize=False, add_generation_prompt=True
    )
    ids = llava.processor(images=[images] if images else None, text=[prompt], return_tensors="pt")["input_ids"][0]
    return len(ids), int((ids == llava.config.image_token_id).sum())


@pytest.mark.parametrize("pictures", [0, 1, 3])
def test_llava_15_counts_576_tokens_a_picture(llava: Llava, images: list[Image.Image], pictures: int) -> None:
    tokens, of_pictures = own_count(llava, images[:pictures])
    assert of_pictures == 576 * pictures
    assert llava.count(talk(*images[:pictures])) == tokens
    assert llava.context_window == 4096


@pytest.mark.parametrize("pictures", [0, 1, 3])
def test_onevision_counts_as_its_processor(onevision: Llava, images: list[Image.Image], pictures: int) -> None:
    tokens, of_pictures = own_count(onevision, images[:pictures])
    assert of_pictures == {0: 0, 1: of_pictures, 3: 3 * 730}[pictures]
    assert pictures != 1 or of_pictures > 730
    assert onevision.count(talk(*images[:pictures])) == tokens
    assert onevision.context_window == 32768


@pytest.mark.parametrize(("name", "pictures"), [("llava", 1), ("onevision", 1), ("onevision", 3)])
def test_they_answer(request: pytest.FixtureRequest, name: str, pictures: int, images: list[Image.Image]) -> None:
    model: Llava = request.getfixturevalue(name)
    talks = [talk(*images[-pictures:]), talk()]
    batch = model.generate(talks, max_new_tokens=3)
    assert [one.prompt_tokens for one in batch] == [model.count(one) for one in talks]
    assert all(0 < len(one.token_logprobs) <= 3 and max(one.token_logprobs) <= 0 for one in batch)
    assert "".join(model.stream(talks[0], max_new_tokens=3)).strip() == batch[0].text
    alone = model.generate(talks[1:], max_new_tokens=3)[0]
    assert alone.token_logprobs[0] == pytest.approx(batch[1].token_logprobs[0], abs=0.02)
    assert model.model.dtype == torch.float32 and model.model.device.type == "cpu"


def test_a_prompt_without_a_template_is_that_of_llava_15(llava: Llava) -> None:
    content = [{"type": "image"}, {"type": "text", "text": "What is there?"}]
    messages = [{"role": "user", "content": content}]
    prompt = llava.processor.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
    assert prompt == "USER: <image>\nWhat is there? ASSISTANT:"


def test_a_processor_of_the_first_checkpoints(tmp_path: Path, images: list[Image.Image]) -> None:
    """It does not know the patches; the configuration does."""
    llava_config().save_pretrained(save_llava_15(tmp_path, model=False))
    old = Llava(str(tmp_path), device="cpu")
    tokens = old._encoded([talk(images[0])])["input_ids"][0]
    assert int((tokens == 4).sum()) == 576


@pytest.mark.parametrize(("config", "model", "billions"), [(llava_config, LlavaForConditionalGeneration, 7.06),
                                                           (onevision_config, LlavaOnevisionForConditionalGeneration, 0.89)])  # fmt: skip
def test_they_are_the_published_sizes(config: Any, model: Any, billions: float) -> None:
    with torch.device("meta"):
        made = model(config())
    assert sum(parameter.numel() for parameter in made.parameters()) / 1e9 == pytest.approx(billions, abs=0.01)


@pytest.mark.parametrize(("dtype", "quantize", "free", "fits"), [("float32", None, 24e9, False), ("float32", None, 29e9, True),
                                                                 ("float16", None, 16e9, True), ("bfloat16", 4, 6e9, True),
                                                                 ("float16", None, 12e9, False), ("float16", 8, 6e9, False)])  # fmt: skip
def test_seven_billion_weights_are_weighed_before_they_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dtype: str, quantize: int | None, free: float, fits: bool
) -> None:
    config = llava_config()
    config.dtype = "float16"
    config.save_pretrained(tmp_path)
    with (tmp_path / "model.safetensors").open("wb") as sparse:
        sparse.truncate(int(2 * 7.06e9))
    monkeypatch.setattr(llava_module, "_free", lambda device: free)
    model = Llava(str(tmp_path), device="cuda", dtype=dtype, quantize=quantize)
    if fits:
        model._check_memory()
        return
    with pytest.raises(ModelError, match="does not fit into memory"):
        model._check_memory()
