"""The bundled models load as what they are, hold no pickle and know the drawn world."""

import os

import numpy as np
import pytest
import torch
import yaml
from safetensors.torch import load_file
from sklearn.metrics import roc_auc_score
from transformers import AutoProcessor, AutoTokenizer, CLIPModel

from llamaindex_clipverify.models.registry import tiny_folder
from llamaindex_clipverify.testing import FRESH, NOUNS, STYLES, draw_scene

TINY = tiny_folder()
SENTENCES = ["A dog.", "There are two red cars in the picture.", "¿Qué?", "zyzzyva 42 – ungewöhnlich"]


@pytest.fixture(scope="module")
def model():
    return CLIPModel.from_pretrained(TINY / "clip", dtype=torch.float32).eval()


@pytest.fixture(scope="module")
def processor():
    return AutoProcessor.from_pretrained(TINY / "clip")


def text_vectors(model, tokens):
    with torch.no_grad():
        features = model.get_text_features(input_ids=tokens["input_ids"], attention_mask=tokens["attention_mask"])
    return torch.nn.functional.normalize(features.pooler_output, dim=-1)


def image_vectors(model, processor, images):
    with torch.no_grad():
        features = model.get_image_features(**processor(images=images, return_tensors="pt"))
    return torch.nn.functional.normalize(features.pooler_output, dim=-1)


def test_no_pickle_is_shipped():
    names = [path.name for path in TINY.rglob("*") if path.is_file()]
    assert {"model.safetensors", "config.json", "model.yaml", "README.md", "LICENSE"} <= set(names)
    assert not [name for name in names if name.endswith((".pt", ".pth", ".bin", ".pkl", ".pickle", ".ckpt"))]


def test_end_of_text_is_the_highest_id_and_pad_another(model, processor):
    tokenizer, config = processor.tokenizer, model.config.text_config
    assert tokenizer.eos_token_id == len(tokenizer) - 1 == config.vocab_size - 1
    assert tokenizer.eos_token_id != 2
    assert tokenizer.pad_token_id != tokenizer.eos_token_id
    assert config.eos_token_id == tokenizer.eos_token_id
    assert config.pad_token_id == tokenizer.pad_token_id
    assert tokenizer.model_max_length == config.max_position_embeddings == 77
    assert AutoTokenizer.from_pretrained(TINY / "clip")(SENTENCES)["input_ids"] == tokenizer(SENTENCES)["input_ids"]


def test_padding_to_longest_equals_padding_to_max(model, processor):
    short = processor.tokenizer(SENTENCES, padding="longest", return_tensors="pt")
    long = processor.tokenizer(SENTENCES, padding="max_length", return_tensors="pt")
    assert long["input_ids"].shape[1] == 77
    torch.testing.assert_close(text_vectors(model, short), text_vectors(model, long), atol=1e-5, rtol=0)


def test_truncation_keeps_the_end(model, processor):
    tokens = processor.tokenizer(["a dog and a cat " * 60], truncation=True, return_tensors="pt")
    assert tokens["input_ids"].shape == (1, 77)
    assert tokens["input_ids"][0, -1] == processor.tokenizer.eos_token_id
    assert torch.isfinite(text_vectors(model, tokens)).all()


def test_case_is_ignored_and_any_text_has_tokens(processor):
    tokenizer = processor.tokenizer
    assert tokenizer("A Red CAR")["input_ids"] == tokenizer("a red car")["input_ids"]
    for sentence in SENTENCES:
        ids = tokenizer(sentence)["input_ids"]
        assert ids.count(tokenizer.eos_token_id) == 1
        assert tokenizer.decode(ids, skip_special_tokens=True).strip() == sentence.lower()


def test_reloaded_embeddings_are_equal(model, processor, tmp_path):
    model.save_pretrained(tmp_path)
    processor.save_pretrained(tmp_path)
    again, reader = CLIPModel.from_pretrained(tmp_path).eval(), AutoProcessor.from_pretrained(tmp_path)
    image = draw_scene(FRESH).image
    torch.testing.assert_close(
        image_vectors(again, reader, [image]), image_vectors(model, processor, [image]), atol=1e-6, rtol=0
    )
    tokens = reader.tokenizer(SENTENCES, padding=True, return_tensors="pt")
    torch.testing.assert_close(text_vectors(again, tokens), text_vectors(model, tokens), atol=1e-6, rtol=0)


def test_the_edges_of_a_wide_picture_are_seen(processor):
    side = processor.image_processor.size["width"]
    wide = np.zeros((100, 400, 3), dtype=np.uint8)
    wide[:, 380:] = 255
    pixels = processor(images=wide, return_tensors="pt")["pixel_values"]
    assert pixels.shape == (1, 3, side, side)
    assert pixels[0, :, :, -1].min() > 0.9


@pytest.mark.parametrize("style", STYLES)
def test_crops_of_fresh_objects_are_recognised(model, processor, style):
    scenes = [draw_scene(FRESH + seed, style=style) for seed in range(30)]
    things = [(scene.image.crop(thing.box), thing.noun) for scene in scenes for thing in scene.objects]
    images = image_vectors(model, processor, [image for image, _ in things])
    tokens = processor.tokenizer([f"a photo of a {noun}" for noun in NOUNS], padding=True, return_tensors="pt")
    cosines = images @ text_vectors(model, tokens).T
    truth = np.array([[noun == name for name in NOUNS] for _, noun in things])
    assert roc_auc_score(truth.ravel(), cosines.numpy().ravel()) > 0.97


@pytest.fixture(scope="module")
def detector(tmp_path_factory):
    quiet = {"YOLO_OFFLINE": "True", "YOLO_AUTOINSTALL": "False", "YOLO_VERBOSE": "False", "ULTRALYTICS_SAFE_LOAD": "1"}
    for name, value in {**quiet, "YOLO_CONFIG_DIR": str(tmp_path_factory.mktemp("ultralytics"))}.items():
        os.environ.setdefault(name, value)
    from ultralytics import YOLO

    yolo = YOLO(TINY / "yolo" / "model.yaml", task="detect")
    state = load_file(TINY / "yolo" / "model.safetensors")
    yolo.model.load_state_dict(
        {name: value.float() if value.is_floating_point() else value for name, value in state.items()}
    )
    return yolo


def test_the_detector_has_exactly_the_sixty_names():
    table = yaml.safe_load((TINY / "yolo" / "model.yaml").read_text())
    assert tuple(table["names"]) == NOUNS
    assert table["nc"] == 60
    assert table["imgsz"] % 32 == 0
    assert "AGPL-3.0" in (TINY / "yolo" / "LICENSE").read_text()


@pytest.mark.parametrize("style", STYLES)
def test_the_detector_finds_most_fresh_objects(detector, style):
    side = yaml.safe_load((TINY / "yolo" / "model.yaml").read_text())["imgsz"]
    found = total = 0
    for seed in range(30):
        scene = draw_scene(FRESH + seed, style=style)
        boxes = detector.predict(scene.image, imgsz=side, conf=0.25, verbose=False)[0].boxes
        seen = [(NOUNS[int(kind)], box) for kind, box in zip(boxes.cls, boxes.xyxy.tolist(), strict=True)]
        for thing in scene.objects:
            total += 1
            x, y = thing.centre
            found += any(noun == thing.noun and x0 < x < x1 and y0 < y < y1 for noun, (x0, y0, x1, y1) in seen)
    assert found / total > 0.88
