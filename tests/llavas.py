"""A small LLaVA with random weights whose greedy answers are plain text and do not hang on the last bit."""

from __future__ import annotations

from pathlib import Path

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import (
    CLIPImageProcessor,
    CLIPVisionConfig,
    LlamaConfig,
    LlavaConfig,
    LlavaForConditionalGeneration,
    LlavaProcessor,
    PreTrainedTokenizerFast,
)

WINDOW, TOKENS = 1024, 16
"""Most tokens of prompt and answer, and tokens that stand for a picture."""
CHAT = (
    "{% for message in messages %}{{ message['role'].upper() }}:{% for part in message['content'] %}"
    " {% if part['type'] == 'image' %}<image>{% else %}{{ part['text'] }}{% endif %}{% endfor %}"
    "{{ '</s>' if message['role'] == 'assistant' else '' }}\n{% endfor %}{% if add_generation_prompt %}ASSISTANT:{% endif %}"
)
_WORDS = "a the zebra clock cup dog pizza red yellow is there stands sits above below what in picture yes no two three of and"


def plain_tokenizer() -> PreTrainedTokenizerFast:
    """Return a byte-level tokenizer of printable ASCII and a few words."""
    plain = Tokenizer(models.BPE(unk_token="<unk>"))
    plain.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    plain.decoder = decoders.ByteLevel()
    letters = [chr(code) for code in range(33, 127)] + ["Ġ", "Ċ"]
    special = ["<unk>", "<s>", "</s>", "<pad>", "<image>"]
    trainer = trainers.BpeTrainer(vocab_size=300, initial_alphabet=letters, special_tokens=special, show_progress=False)
    plain.train_from_iterator([f" {_WORDS}"] * 50, trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=plain, unk_token="<unk>", bos_token="<s>", eos_token="</s>", pad_token="<pad>", padding_side="left",
        model_max_length=WINDOW, extra_special_tokens={"image_token": "<image>"},
    )  # fmt: skip


def save_plain_llava(folder: Path) -> Path:
    """Write the model: 56-pixel pictures, 2 layers each; return its folder."""
    tokenizer = plain_tokenizer()
    shape = {"hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2, "num_attention_heads": 4}
    text = LlamaConfig(**shape, vocab_size=len(tokenizer), max_position_embeddings=WINDOW, initializer_range=0.3,
                       bos_token_id=1, eos_token_id=2, pad_token_id=3)  # fmt: skip
    config = LlavaConfig(
        vision_config=CLIPVisionConfig(**shape, image_size=56, patch_size=14),
        text_config=text,
        image_token_index=tokenizer.convert_tokens_to_ids("<image>"),
        image_seq_length=TOKENS,
        vision_feature_layer=-2,
        vision_feature_select_strategy="default",
    )
    torch.manual_seed(0)
    model = LlavaForConditionalGeneration(config)
    projector = model.model.multi_modal_projector
    for layer in (projector.linear_1, projector.linear_2):
        torch.nn.init.normal_(layer.weight, std=0.3)
    model.save_pretrained(folder)
    pixels = CLIPImageProcessor(size={"shortest_edge": 56}, crop_size={"height": 56, "width": 56})
    LlavaProcessor(
        pixels, tokenizer, patch_size=14, vision_feature_select_strategy="default", num_additional_image_tokens=1,
        image_token="<image>", chat_template=CHAT,
    ).save_pretrained(folder)  # fmt: skip
    return folder
