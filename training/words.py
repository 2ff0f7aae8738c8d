"""The tiny encoder's tokenizer: byte-level BPE over lower-cased sentences of drawn scenes, so that any text works."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import PreTrainedTokenizerFast

from llamaindex_clipverify.claims.vocabulary import english
from llamaindex_clipverify.testing import COLOURS, NOUNS, draw_scene
from llamaindex_clipverify.testing.themes import WORDS

PAD, START, END = "<|pad|>", "<|startoftext|>", "<|endoftext|>"
LONGEST = 77


def corpus(scenes: int) -> Iterator[str]:
    """Yield captions and claims of training scenes, and every word that must be one token."""
    for seed in range(scenes):
        rng = np.random.default_rng((seed, 2))
        scene = draw_scene(seed)
        yield from scene.captions(rng)
        yield from (str(row["claim"]) for row in scene.claims(rng))
    words = english()
    names = [*NOUNS, *(words.plural(noun) for noun in NOUNS), *COLOURS, *WORDS, *words.numbers]
    for name in names:
        yield from [f"a {name} {name}"] * 40


def make_tokenizer(scenes: int = 1500, size: int = 1400) -> PreTrainedTokenizerFast:
    """Train the tokenizer. End-of-text has the highest id, so that every way CLIP finds its end agrees; pad is another id."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFC(), normalizers.Lowercase()])
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=size, initial_alphabet=alphabet, show_progress=False)
    tokenizer.train_from_iterator(corpus(scenes), trainer)
    tokenizer.add_special_tokens([PAD, START, END])
    ids = [(token, tokenizer.token_to_id(token)) for token in (START, END)]
    tokenizer.post_processor = processors.TemplateProcessing(single=f"{START} $A {END}", special_tokens=ids)
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, bos_token=START, eos_token=END, pad_token=PAD, unk_token=END, model_max_length=LONGEST,
        padding_side="right", truncation_side="right",
    )  # fmt: skip
