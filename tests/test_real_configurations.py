"""Published architectures with random weights: the paths work, with their quirks. Nothing here measures quality."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from checkpoints import END, clip_tokenizer, save_clip
from PIL import Image

from llamaindex_clipverify.errors import ModelError
from llamaindex_clipverify.models.clip import ClipEncoder
from llamaindex_clipverify.models.registry import load_detector, load_encoder
from llamaindex_clipverify.picture import Picture
from llamaindex_clipverify.verification.verifier import Verifier

TEXTS = ["a photo of a red car", "two dogs", "a very long text " * 60]
LARGE = [pytest.param("B/16", marks=pytest.mark.slow), pytest.param("L/14", marks=pytest.mark.slow)]


@pytest.fixture(scope="module", params=["small", "B/32", *LARGE])
def encoder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> ClipEncoder:
    name = str(request.param)
    return ClipEncoder(str(save_clip(name, tmp_path_factory.mktemp("clip"))), device="cpu")


@pytest.fixture(scope="module")
def image() -> Image.Image:
    return Image.fromarray(np.random.default_rng(0).integers(0, 255, (300, 500, 3), np.uint8))


def test_vectors_are_unit_and_of_the_projection(encoder: ClipEncoder, image: Image.Image) -> None:
    pictures, texts = encoder.encode_images([image, image.rotate(90)]), encoder.encode_texts(TEXTS)
    assert pictures.shape == (2, encoder.width) and texts.shape == (3, encoder.width)
    assert pictures.dtype == texts.dtype == np.float32
    assert np.linalg.norm(np.vstack([pictures, texts]), axis=1) == pytest.approx(np.ones(5), abs=1e-4)
    assert encoder.encode_texts([]).shape == (0, encoder.width)


def test_a_batch_equals_its_parts(encoder: ClipEncoder) -> None:
    together = encoder.encode_texts(TEXTS)
    alone = np.vstack([encoder.encode_texts([text]) for text in TEXTS])
    assert np.abs(together - alone).max() < 1e-4


def test_the_end_token_is_kept_and_pooled(encoder: ClipEncoder) -> None:
    tokens = encoder.tokens(TEXTS)["input_ids"]
    assert tokens.shape[1] == encoder.text_length == 77
    assert tokens[2, -1] == END
    hidden = encoder.model.text_model(**encoder.tokens(TEXTS))
    first_end = (tokens == END).int().argmax(dim=1)
    assert encoder.model.config.text_config.eos_token_id == 2
    assert torch.allclose(hidden.pooler_output, hidden.last_hidden_state[torch.arange(3), first_end])


def test_the_logit_scale_is_read(encoder: ClipEncoder) -> None:
    assert encoder.logit_scale == pytest.approx(100, rel=0.01)


def test_the_centre_is_cropped_and_maps_know_it(encoder: ClipEncoder, image: Image.Image) -> None:
    from llamaindex_clipverify.explainers.explainer import ClipExplainer

    assert encoder.pixels([image]).shape == (1, 3, 224, 224)
    heat = ClipExplainer(encoder).explain(Picture.of(image), ["a red car"], "layercam")[0]
    assert heat.values.shape == (300, 500)
    assert heat.values[:, :95].max() == heat.values[:, 405:].max() == 0
    assert heat.empty or heat.values.max() > 0.9


def test_the_whole_flow_runs_on_the_scale_of_common_nouns(encoder: ClipEncoder, image: Image.Image) -> None:
    report = Verifier.from_defaults(encoder=encoder, regions=4).verify("A red car is next to a dog.", [image])
    assert report.calibration == "transferred"
    weighed = [claim for claim in report.claims if claim.trust is not None]
    assert "object" in {claim.claim.kind for claim in weighed}
    assert all(claim.claim.kind == "object" or "is in doubt" in claim.note for claim in weighed)
    assert "standardised by common nouns" in " ".join(report.notes)
    checks = {one.check for claim in report.claims for one in claim.evidence}
    assert {"similarity", "contrast", "regions"} <= checks


def test_the_tokenizer_is_the_published_one() -> None:
    assert clip_tokenizer()(["a photo of a cat"])["input_ids"] == [[49406, 320, 1125, 539, 320, 2368, 49407]]


def siglip(folder: Path) -> Path:
    """Write a small SigLIP: sigmoid scale and bias, texts always padded to their full length, no class token."""
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast, SiglipConfig, SiglipImageProcessor, SiglipModel, SiglipProcessor

    words = {word: place for place, word in enumerate(["<pad>", "</s>", "<unk>", *"abcdefghijklmnopqrstuvwxyz"])}
    plain = Tokenizer(models.WordLevel(words, unk_token="<unk>"))
    plain.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=plain, pad_token="<pad>", eos_token="</s>", unk_token="<unk>",
                                        model_max_length=64, model_input_names=["input_ids"])  # fmt: skip
    shape = {"hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2, "num_attention_heads": 4}
    text = {**shape, "vocab_size": len(words), "max_position_embeddings": 64, "pad_token_id": 0, "eos_token_id": 1, "bos_token_id": 2,
            "projection_size": 64}  # fmt: skip
    config = SiglipConfig(text_config=text, vision_config={**shape, "image_size": 64, "patch_size": 16})
    SiglipModel(config).save_pretrained(folder)
    SiglipProcessor(SiglipImageProcessor(size={"height": 64, "width": 64}), tokenizer).save_pretrained(folder)
    return folder


def test_siglip(tmp_path: Path, image: Image.Image) -> None:
    encoder = ClipEncoder(str(siglip(tmp_path)), device="cpu")
    tokens = encoder.tokens(["cat", "a dog"])
    assert tokens["input_ids"].shape == (2, 64) and set(tokens) == {"input_ids"}
    assert encoder.encode_images([image]).shape == encoder.encode_texts(["cat"]).shape == (1, 64)
    from llamaindex_clipverify.explainers.explainer import ClipExplainer

    assert ClipExplainer(encoder).explain(Picture.of(image), ["cat"], "gradcam")[0].values.shape == (300, 500)


def test_a_transformers_detector(tmp_path: Path, image: Image.Image) -> None:
    from transformers import YolosConfig, YolosForObjectDetection, YolosImageProcessor

    labels = {0: "dog", 1: "tvmonitor", 2: "diningtable"}
    config = YolosConfig(hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=64, image_size=[64, 64],
                         num_detection_tokens=5, id2label=labels, label2id={name: place for place, name in labels.items()})  # fmt: skip
    YolosForObjectDetection(config).save_pretrained(tmp_path)

    YolosImageProcessor(size={"height": 64, "width": 64}).save_pretrained(tmp_path)
    detector = load_detector(f"transformers:{tmp_path}")
    assert detector is not None and detector.labels == ("dog", "tv", "dining table")
    found = detector.detect([Picture.of(image)])[0]
    assert found.boxes and list(found.scores) == sorted(found.scores, reverse=True)
    assert max(found.maxima.values()) == found.scores[0]
    report = Verifier.from_defaults(detector=detector).verify("There is a dog.", [image])
    assert report.calibration == "uncalibrated" and report.trust is not None


@pytest.mark.parametrize("name", ["/no/such/folder", "./nowhere"])
def test_a_missing_model_is_one_clear_error(name: str) -> None:
    with pytest.raises(ModelError, match="no such model folder"):
        load_encoder(name).encode_texts(["x"])


def test_a_model_of_another_family_is_refused(tmp_path: Path) -> None:
    from transformers import BertConfig, BertModel

    BertModel(
        BertConfig(hidden_size=32, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32, vocab_size=50)
    ).save_pretrained(tmp_path)
    with pytest.raises(ModelError, match="not an image-text encoder"):
        load_encoder(str(tmp_path)).encode_texts(["x"])


@pytest.mark.parametrize("name", ["yolo", "nowhere/at/all", "transformer:x"])
def test_an_unknown_detector_is_one_clear_error(name: str) -> None:
    with pytest.raises(ModelError, match="no such detector"):
        load_detector(name)


def test_missing_detector_weights_are_one_clear_error() -> None:
    detector = load_detector("yolov8n-that-is-not-here.pt")
    assert detector is not None
    with pytest.raises(ModelError, match="no such detector weights"):
        _ = detector.id


class _Trap:
    """Unpickled by a careless loader, it writes a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return exec, (f"open({str(self.path)!r}, 'w').close()",)


def test_a_detector_file_cannot_run_code(tmp_path: Path) -> None:
    torch.save({"model": _Trap(tmp_path / "sprung")}, tmp_path / "trap.pt")
    detector = load_detector(str(tmp_path / "trap.pt"))
    assert detector is not None
    with pytest.raises(ModelError, match="the detector cannot be loaded"):
        detector.detect([Picture.of(Image.new("RGB", (32, 32)))])
    assert not (tmp_path / "sprung").exists()
    torch.load(tmp_path / "trap.pt", weights_only=False)
    assert (tmp_path / "sprung").exists(), "the trap works where nobody is careful"


def test_an_unsafe_loader_set_before_us_is_refused(tmp_path: Path) -> None:
    code = (
        "import os; os.environ.update(ULTRALYTICS_SAFE_LOAD='0', YOLO_OFFLINE='True')\n"
        "import ultralytics\n"
        "from llamaindex_clipverify.models.registry import load_detector\n"
        f"load_detector({str(tmp_path / 'x.pt')!r}).model"
    )
    (tmp_path / "x.pt").write_bytes(b"")
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "the detector is not loaded" in ran.stderr
