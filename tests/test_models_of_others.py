"""Models that others made, damaged or written badly: one typed error at every door, and an end."""

from __future__ import annotations

import shutil
import struct
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from llamaindex_clipverify import EvidenceIndex, Verifier
from llamaindex_clipverify.errors import ModelError
from llamaindex_clipverify.models.registry import load_encoder, tiny_folder
from llamaindex_clipverify.models.yolo_layout import read_layout

IMAGE = Image.new("RGB", (64, 64), "red")
WEIGHTS: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda _: b"",
    "cut": lambda data: data[: len(data) // 2],
    "huge header": lambda data: struct.pack("<Q", 2**63) + data[8:],
    "deep header": lambda data: struct.pack("<Q", 200_000) + b'{"a":' * 40_000 + data,
    "a pickle": lambda _: b"\x80\x04}\x94.",
}
TEXTS = ("", "[" * 100_000, "null", "[]", "{}", "5", '{"model_type": "\\ud800"}')


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copytree(tiny_folder() / "clip", tmp_path / "clip")
    return tmp_path / "clip"


@pytest.mark.parametrize("change", WEIGHTS)
def test_damaged_weights(folder: Path, change: str) -> None:
    weights = folder / "model.safetensors"
    weights.write_bytes(WEIGHTS[change](weights.read_bytes()))
    with pytest.raises(ModelError, match="the model cannot be loaded; got") as caught:
        load_encoder(str(folder)).encode_images([IMAGE])
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["config.json", "tokenizer.json", "tokenizer_config.json", "processor_config.json"])
def test_damaged_settings(folder: Path, name: str) -> None:
    for text in TEXTS:
        (folder / name).write_text(text)
        encoder = load_encoder(str(folder))
        for use in (lambda e=encoder: e.encode_images([IMAGE]), lambda e=encoder: e.encode_texts(["a cup"])):
            with suppress(ModelError):  # some texts leave a model that works
                assert len(use()) == 1


@pytest.mark.parametrize("text", ["a: &a {x0: 1}\nb: {<<: [*a, *a]}\n", "a: &a [*a]\nnames: *a\n"])
def test_a_layout_has_no_aliases(tmp_path: Path, text: str) -> None:
    (tmp_path / "model.yaml").write_text(text)
    with pytest.raises(ModelError, match="aliases are not allowed"):
        read_layout(tmp_path / "model.yaml")


class Odd:
    """An encoder of which only its maker knows what it returns."""

    id, logit_scale = "odd", 100.0

    def __init__(self, rows: Callable[[int], Any]) -> None:
        self.rows = rows

    def encode_images(self, images: Any) -> Any:
        return self.rows(len(images))

    def encode_texts(self, texts: Any) -> Any:
        return self.rows(len(texts))


ROWS: dict[str, Callable[[int], Any]] = {
    "one more": lambda n: np.zeros((n + 1, 8), np.float32), "one row": lambda n: np.zeros(8, np.float32), "a text": lambda n: "x",
    "nothing": lambda n: None, "no columns": lambda n: np.zeros((n, 0), np.float32), "ragged": lambda n: [[1.0] * (8 + place) for place in range(n + 1)],
    "an error": lambda n: 1 / 0,
}  # fmt: skip


@pytest.mark.parametrize("rows", ROWS)
def test_an_encoder_that_returns_no_vectors(tmp_path: Path, rows: str) -> None:
    encoder: Any = Odd(ROWS[rows])
    with pytest.raises(ModelError, match=r"of odd|got odd"):
        Verifier.from_defaults(encoder=encoder).verify("There is a cup.", [IMAGE])
    with pytest.raises(ModelError, match=r"of odd|got odd"):
        EvidenceIndex.from_documents([IMAGE], tmp_path / "store", encoder)


def test_lists_of_numbers_are_vectors(tmp_path: Path) -> None:
    encoder: Any = Odd(lambda n: [[1.0] + [0.0] * 7] * n)
    index = EvidenceIndex.from_documents([IMAGE], tmp_path / "store", encoder)
    assert index.search("a cup")[0].score == pytest.approx(1.0, abs=1e-5)
    assert Verifier.from_defaults(encoder=encoder).verify("There is a cup.", [IMAGE]).claims
