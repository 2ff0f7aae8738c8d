"""Lighter models: what is exported sees as the original does, is loaded by name, and never takes the original's place unasked."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("onnxruntime", reason="needs the extra [onnx]: onnxruntime is not installed")
pytest.importorskip("onnx", reason="needs the extra [onnx]: onnx is not installed")

import torch
import torchvision
from checkpoints import save_clip
from test_real_configurations import siglip

from llamaindex_clipverify import EvidenceIndex, Picture, Verifier
from llamaindex_clipverify.adapting import optimization, optimized_forms
from llamaindex_clipverify.adapting.optimization import Form, Optimization, agreement, optimize
from llamaindex_clipverify.errors import DataError, MissingExtraError, ModelError
from llamaindex_clipverify.explainers import load_explainer
from llamaindex_clipverify.models.boxes import Canvas, resized, suppressed
from llamaindex_clipverify.models.onnx import OnnxDetector, OnnxEncoder
from llamaindex_clipverify.models.registry import load_detector, load_encoder
from llamaindex_clipverify.testing import FRESH, draw_scene
from llamaindex_clipverify.trust.profile import Profile

TEXTS = ["a red car", "two dogs beside a small blue cup", "x", "", "a zebra and " * 60 + "a clock", "가나다"]


@pytest.fixture(scope="module")
def pictures() -> list[Picture]:
    return [Picture.of(draw_scene(FRESH + seed).image) for seed in range(4)]


@pytest.fixture(scope="module")
def plain(tmp_path_factory, pictures) -> Optimization:
    """Both bundled models in fp32, with the profile carried over."""
    out = tmp_path_factory.mktemp("light") / "plain"
    return optimize(out, "tiny", "tiny", precision="fp32", pictures=pictures, profile=Profile.load("tiny"))


def _in_int8(out: Path, pictures: list[Picture], **options: Profile) -> Optimization:
    """Export the bundled encoder in int8. Of the texts compared one falls to .985, for which the copy is refused: .98 is the bar here."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(optimized_forms, "LEAST_COSINE", 0.98)
        return optimize(out, "tiny", precision="int8", pictures=pictures, **options)


@pytest.fixture(scope="module")
def small(tmp_path_factory, pictures) -> Optimization:
    """The bundled encoder in int8."""
    return _in_int8(tmp_path_factory.mktemp("light") / "small", pictures, profile=Profile.load("tiny"))


@pytest.fixture
def mutable(plain, tmp_path) -> Path:
    """A copy of the fp32 folder that a test may spoil."""
    return Path(shutil.copytree(plain.out, tmp_path / "copy"))


def _files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


# -- the encoder ------------------------------------------------------------------------------------------------------


def test_the_vectors_are_those_of_the_original(plain, pictures):
    original, copy = load_encoder("tiny"), load_encoder(f"onnx:{plain.out}")
    images = [picture.image for picture in pictures]
    for mine, its in ((copy.encode_images(images), original.encode_images(images)),
                      (copy.encode_texts(TEXTS), original.encode_texts(TEXTS))):  # fmt: skip
        assert mine.dtype == np.float32
        np.testing.assert_allclose(mine, its, atol=2e-5)
        np.testing.assert_allclose(np.linalg.norm(mine, axis=1), 1, atol=1e-5)
    assert copy.logit_scale == pytest.approx(original.logit_scale)
    assert copy.encode_images([]).shape == copy.encode_texts([]).shape == (0, mine.shape[1])


def test_int8_is_like_it(small, pictures):
    original, copy = load_encoder("tiny"), load_encoder(f"onnx:{small.out}")
    images = [picture.image for picture in pictures]
    assert (copy.encode_images(images) * original.encode_images(images)).sum(axis=1).min() >= 0.99
    assert (copy.encode_texts(TEXTS) * original.encode_texts(TEXTS)).sum(axis=1).min() >= 0.99
    assert copy.record.precision == {"vision": "int8", "text": "int8"}


@pytest.mark.parametrize("form", ["plain", "small"])
def test_a_vector_does_not_depend_on_its_neighbours(form, request, pictures):
    encoder = load_encoder(f"onnx:{request.getfixturevalue(form).out}")
    images = [picture.image for picture in pictures]
    together, alone = encoder.encode_images(images), [encoder.encode_images([image])[0] for image in images]
    np.testing.assert_allclose(together, alone, atol=2e-5)
    together, alone = encoder.encode_texts(TEXTS), [encoder.encode_texts([text])[0] for text in TEXTS]
    np.testing.assert_allclose(together, alone, atol=2e-5)


def test_what_is_beyond_the_end_of_a_long_text_changes_nothing(plain):
    encoder = load_encoder(f"onnx:{plain.out}")
    one, other = encoder.encode_texts(["a dog " * 200, "a dog " * 200 + "and a red car"])
    np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("family", ["clip", "siglip"])
def test_other_families_are_exported_too(family, tmp_path, pictures):
    """A CLIP with the published configuration's quirks, and a SigLIP, whose texts are padded to their full length."""
    source = save_clip("small", tmp_path / family) if family == "clip" else siglip(tmp_path / family)
    made = optimize(tmp_path / "light", str(source), precision="fp32", pictures=pictures[:1])
    original, copy = load_encoder(str(source)), load_encoder(str(made.out))
    texts = ["a dog", "cat " * 100, "a red car beside a bus"]
    np.testing.assert_allclose(copy.encode_texts(texts), original.encode_texts(texts), atol=5e-5)
    images = [picture.image for picture in pictures[:2]]
    np.testing.assert_allclose(copy.encode_images(images), original.encode_images(images), atol=5e-5)


# -- the detector -----------------------------------------------------------------------------------------------------


def test_the_boxes_are_those_of_the_original(plain, pictures):
    original, copy = load_detector("tiny"), load_detector(f"onnx:{plain.out}")
    assert copy.labels == original.labels and copy.imgsz == original.imgsz
    for picture, mine in zip(pictures, copy.detect(pictures), strict=True):
        its = original.detect([picture])[0]
        sure = sum(score >= 0.05 for score in its.scores)
        assert sure and mine.labels[:sure] == its.labels[:sure]
        np.testing.assert_allclose(mine.scores[:sure], its.scores[:sure], atol=0.01)
        np.testing.assert_allclose(mine.boxes[:sure], its.boxes[:sure], atol=2)
        for label in {*mine.maxima, *its.maxima}:
            assert mine.maxima.get(label, 0.0) == pytest.approx(its.maxima.get(label, 0.0), abs=0.01)
        assert list(mine.scores) == sorted(mine.scores, reverse=True) and min(mine.scores) > 0.001
        width, height = picture.size
        assert all(0 <= box[0] <= box[2] <= width and 0 <= box[1] <= box[3] <= height for box in mine.boxes)


def test_boxes_do_not_depend_on_other_pictures(plain, pictures):
    detector = load_detector(f"onnx:{plain.out}")
    assert len({picture.size for picture in pictures}) > 1
    assert detector.detect(pictures) == [detector.detect([picture])[0] for picture in pictures]


def test_the_detector_runs_without_torch(plain, scene_file):
    code = (
        "import sys\n"
        "from llamaindex_clipverify import Picture\n"
        "from llamaindex_clipverify.models.registry import load_detector\n"
        f"found = load_detector('onnx:{plain.out}').detect([Picture.of({str(scene_file)!r})])[0]\n"
        "assert found.labels and not {'torch', 'transformers', 'ultralytics'} & set(sys.modules)"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr


def test_it_looks_at_several_scales(plain, pictures):
    views = load_detector(f"views:onnx:{plain.out}")
    assert views.id != load_detector(f"onnx:{plain.out}").id
    seen, alone = views.detect(pictures[:1])[0], load_detector("tiny").detect(pictures[:1])[0]
    clear = {label for label, score in zip(alone.labels, alone.scores, strict=True) if score >= 0.5}
    assert clear and clear <= set(seen.labels)


@pytest.mark.parametrize("final", [False, True], ids=["both heads", "one head"])
def test_a_network_that_can_decide_itself(final, tmp_path, pictures):
    """YOLO26 has two heads, and one that needs no suppression where it was fused so."""
    path = tmp_path / "own.pt"
    original = load_detector(str(path))  # ultralytics, with its safe loader
    from ultralytics import YOLO

    torch.manual_seed(0)
    network = YOLO("yolo26n.yaml", task="detect")
    for layer in network.model.model[-1].modules():
        if isinstance(layer, torch.nn.Conv2d) and layer.out_channels == 80 and layer.bias is not None:
            torch.nn.init.normal_(layer.weight, std=3.0)
            torch.nn.init.constant_(layer.bias, -3.0)
    if final:
        network.model.end2end = True
        network.model.eval().fuse(verbose=False)
    network.save(str(path))
    made = optimize(tmp_path / "light", None, str(path), precision="fp32", pictures=pictures[:1])
    copy = load_detector(f"onnx:{made.out}")
    assert copy.record.settings["end_to_end"] is final
    its, mine = original.detect(pictures[:1])[0], copy.detect(pictures[:1])[0]
    assert max(its.scores) > 0.01 and mine.labels[0] == its.labels[0]
    np.testing.assert_allclose(mine.scores[:5], its.scores[:5], rtol=0.05)
    assert len(mine.maxima) == pytest.approx(len(its.maxima), abs=3)


def test_suppression_is_the_common_one():
    random = np.random.default_rng(0)
    corners = random.uniform(0, 80, (300, 2)).astype(np.float32)
    boxes = np.hstack([corners, corners + random.uniform(5, 40, (300, 2)).astype(np.float32)])
    scores, kinds = random.permutation(300).astype(np.float32) / 300, random.integers(0, 4, 300)
    expected = torchvision.ops.batched_nms(*map(torch.from_numpy, (boxes, scores, kinds)), 0.5)
    assert suppressed(boxes, scores, kinds, 0.5).tolist() == expected.tolist()
    assert suppressed(boxes, scores, kinds, 0.5, most=7).tolist() == expected[:7].tolist()
    assert not len(suppressed(boxes[:0], scores[:0], kinds[:0]))


@pytest.mark.parametrize("size", [(640, 480), (433, 500), (30, 900), (7, 5), (256, 256)])
def test_a_canvas_leads_there_and_back(size):
    canvas = Canvas.of(size, 256, 32)
    assert max(canvas.size) == 256 and not canvas.size[0] % 32 and not canvas.size[1] % 32
    left, top = canvas.offset
    whole = np.array([[left, top, left + canvas.scaled[0], top + canvas.scaled[1]]], np.float32)
    np.testing.assert_allclose(canvas.back(whole)[0], [0, 0, *size], atol=max(size) / 256)
    drawn = canvas.draw(np.zeros((size[1], size[0], 3), np.uint8))
    assert drawn.shape == (1, 3, canvas.size[1], canvas.size[0]) and drawn[0, 0, top, left] == 0
    assert (drawn > 0).sum() == 3 * (canvas.size[0] * canvas.size[1] - canvas.scaled[0] * canvas.scaled[1])


def test_scaling_is_the_one_that_networks_are_trained_with():
    pixels = np.random.default_rng(0).integers(0, 256, (61, 90, 3), np.uint8)
    for size in ((45, 30), (200, 120), (90, 61)):
        tensor = torch.from_numpy(pixels).permute(2, 0, 1)[None].float()
        expected = torch.nn.functional.interpolate(tensor, size=size[::-1], mode="bilinear")[0].permute(1, 2, 0).numpy()
        assert np.abs(resized(pixels, size) - expected).max() <= 0.51


# -- identity and trust -----------------------------------------------------------------------------------------------


def test_no_copy_passes_for_the_original(plain, small):
    ids = {load_encoder(name).id for name in ("tiny", f"onnx:{plain.out}", f"onnx:{small.out}")}
    assert len(ids) == 3
    copy, original = load_detector(f"onnx:{plain.out}"), load_detector("tiny")
    assert copy.id != original.id and copy.record.made_of == original.id
    anything = Profile(
        name="any", data="", date="", models={}, parts={"objects": f"{original.id.split('@')[0]}@*"}, kinds={}
    )
    assert anything.active({"objects": original.id}) and not anything.active({"objects": copy.id})


def test_a_profile_does_not_go_over_by_itself(plain, pictures):
    verifier = Verifier.from_defaults(f"onnx:{plain.out}", f"onnx:{plain.out}")
    report = verifier.verify("There is a zebra.", pictures[:1])
    assert verifier.profile is None and report.calibration == "uncalibrated"


def test_the_carried_profile_gives_the_same_trust(plain, pictures, tiny):
    assert plain.profile == plain.out / "profile.json" and "still applies" in plain.note
    verifier = Verifier.from_profile(str(plain.profile))
    answer = "There is a zebra. The cup is yellow. There are two clocks. There is no dog."
    mine, its = verifier.verify(answer, pictures[:1]), tiny.verify(answer, pictures[:1])
    assert mine.calibration == "calibrated" and not mine.notes
    assert [one.verdict for one in mine.claims] == [one.verdict for one in its.claims]
    np.testing.assert_allclose([one.trust for one in mine.claims], [one.trust for one in its.claims], atol=0.03)


def test_what_sees_a_little_differently_carries_no_profile(small):
    assert small.profile is None and "does not hold for the encoder" in small.note
    assert not (small.out / "profile.json").exists()


def test_the_record_says_what_it_was_made_of(plain):
    told = json.loads((plain.out / "encoder" / "optimized.json").read_text("utf-8"))
    assert told["made_of"] == load_encoder("tiny").id and told["precision"] == {"vision": "fp32", "text": "fp32"}
    assert told["opset"] == 17 and len(told["date"]) == 10 and set(told["versions"]) == {"torch", "onnx", "onnxruntime"}
    assert told["likeness"]["vision"]["least"] >= 0.9999


def test_a_folder_is_whole_in_itself(mutable, plain, pictures):
    """Moved elsewhere, each model alone, it is the same model."""
    moved = (mutable / "encoder").rename(mutable.parent / "eye")
    copy, original = load_encoder(str(moved)), load_encoder(f"onnx:{plain.out}")
    assert isinstance(copy, OnnxEncoder) and copy.id == original.id
    np.testing.assert_array_equal(copy.encode_texts(TEXTS), original.encode_texts(TEXTS))
    assert isinstance(load_detector(str(mutable / "detector")), OnnxDetector)
    assert isinstance(load_detector(str(mutable)), OnnxDetector)


def test_an_index_remembers_it(mutable, tmp_path, monkeypatch, scene_file):
    monkeypatch.chdir(mutable.parent)
    index = EvidenceIndex.from_documents([scene_file], str(tmp_path / "store"), "onnx:copy", "onnx:copy")
    assert len(index.search("a zebra", top_k=1)) == 1
    monkeypatch.chdir(scene_file.parent)
    again = EvidenceIndex.open(str(tmp_path / "store"))
    assert isinstance(again.encoder, OnnxEncoder) and isinstance(again.verifier.detector, OnnxDetector)
    with pytest.raises(ModelError, match="another encoder"):
        EvidenceIndex.open(str(tmp_path / "store"), "tiny")


def test_there_are_no_heat_maps_of_it(plain):
    with pytest.raises(ModelError, match="no heat maps"):
        load_explainer(load_encoder(f"onnx:{plain.out}"))


# -- errors -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("load", [load_encoder, load_detector])
def test_a_missing_folder_is_one_clear_error(load, tmp_path):
    with pytest.raises(ModelError, match=r"no optimized .*clipverify optimize"):
        _ = load(f"onnx:{tmp_path / 'nowhere'}").id


def test_the_other_kind_of_model_is_told(plain):
    with pytest.raises(ModelError, match=r"not an optimized encoder; got .*detector"):
        load_encoder(str(plain.out / "detector")).encode_texts(["x"])


def test_a_spoilt_folder_is_told(mutable):
    (mutable / "detector" / "network.onnx").write_bytes(b"no network")
    with pytest.raises(ModelError, match="the model cannot be loaded"):
        load_detector(f"onnx:{mutable}").detect([Picture.of(draw_scene(FRESH).image)])
    record = mutable / "detector" / "optimized.json"
    record.write_text(record.read_text("utf-8").replace('"schema": 1', '"schema": 2'), "utf-8")
    with pytest.raises(ModelError, match="not a record of schema 1"):
        _ = load_detector(f"onnx:{mutable}").id
    record.write_text("{", "utf-8")
    with pytest.raises(ModelError, match="no optimized detector there"):
        _ = load_detector(f"onnx:{mutable}").id


@pytest.mark.parametrize("library", ["onnxruntime", "onnx"])
def test_a_missing_library_names_its_extra(library, monkeypatch, tmp_path):
    for module in ("onnx", "onnx_export"):
        monkeypatch.delitem(sys.modules, f"llamaindex_clipverify.models.{module}", raising=False)
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(MissingExtraError, match=rf"{library} is not installed.*\[onnx\]"):
        optimize(tmp_path / "light", "tiny", precision="fp32")
    assert not (tmp_path / "light").exists()


def test_what_cannot_be_exported_is_told(tmp_path):
    with pytest.raises(DataError, match="nothing to optimize"):
        optimize(tmp_path / "light")
    with pytest.raises(DataError, match=r"no such precision; got fp16"):
        optimize(tmp_path / "light", "tiny", precision="fp16")
    with pytest.raises(ModelError, match="not an encoder that can be exported"):
        optimize(tmp_path / "light", "tiny,tiny")
    with pytest.raises(ModelError, match="not a detector that can be exported"):
        optimize(tmp_path / "light", None, "transformers:x")
    assert not (tmp_path / "light").exists()


def test_other_peoples_files_are_left_alone(tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(DataError, match="holds other files"):
        optimize(tmp_path, "tiny", precision="fp32")
    with pytest.raises(DataError, match="the output is a folder"):
        optimize(tmp_path / "thesis.txt", "tiny", precision="fp32")
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_copy_too_unlike_is_refused(tmp_path, pictures, monkeypatch):
    monkeypatch.setattr(optimized_forms, "LEAST_COSINE", 1.1)
    with pytest.raises(ModelError, match=r"too unlike the original; got encoder, pictures, fp32: likeness 1\.000"):
        optimize(tmp_path / "light", "tiny", precision="fp32", pictures=pictures[:1])
    assert not (tmp_path / "light").exists()


# -- files ------------------------------------------------------------------------------------------------------------


def _stop(stage: str, done: int, total: int) -> None:
    if stage == "detector" and done == 1:
        raise KeyboardInterrupt


def test_an_interrupted_run_changes_nothing(mutable, tmp_path, pictures):
    before = _files(mutable)
    for out in (mutable, tmp_path / "new"):
        with pytest.raises(KeyboardInterrupt):
            optimize(out, "tiny", "tiny", precision="fp32", pictures=pictures[:1], progress=_stop)
    assert _files(mutable) == before and not (tmp_path / "new").exists()


def test_a_later_run_replaces_what_it_makes_and_no_more(mutable, pictures):
    """Left-overs of a run that was killed go too, and the profile, which belonged to the copy that is gone."""
    before = _files(mutable)
    (mutable / ".making-killed").mkdir()
    _in_int8(mutable, pictures[:1])
    after = _files(mutable)
    assert set(before) - set(after) == {"profile.json"}
    assert before["detector/network.onnx"] == after["detector/network.onnx"]
    assert len(after["encoder/vision.onnx"]) < len(before["encoder/vision.onnx"]) / 2
    assert {path.name for path in mutable.iterdir()} == {"encoder", "detector"}


# -- looks and the command line ---------------------------------------------------------------------------------------


def test_the_printed_face():
    one = Form(
        file="vision", precision="fp32", megabytes=9.5, milliseconds=10.0, torch_milliseconds=20.0, mean=1.0, least=1.0
    )
    forms = (one, replace(one, precision="int8", megabytes=2.9, milliseconds=5.0, mean=0.9995, least=0.9992, kept=True))
    assert str(Optimization(out=Path("light"), forms=forms, note="That is all.")) == (
        "                          MB  ms, torch  ms, ONNX  faster  likeness   least\n"
        "encoder, pictures  fp32  9.5       20.0      10.0   2.00×    1.0000  1.0000\n"
        "encoder, pictures  int8  2.9       20.0       5.0   4.00×    0.9995  0.9992  kept\n"
        "That is all.\n"
        "light"
    )


def test_int8_is_kept_only_where_it_pays():
    plain = Form(
        file="vision", precision="fp32", megabytes=9.5, milliseconds=10.0, torch_milliseconds=20.0, mean=1.0, least=1.0
    )
    quick = replace(plain, precision="int8", milliseconds=5.0, least=0.995)
    assert optimization._chosen([plain, quick]) is quick
    assert optimization._chosen([plain, replace(quick, milliseconds=9.5)]) is plain
    assert optimization._chosen([plain, replace(quick, least=0.98)]) is plain


def test_agreement_counts_both_ways(plain, pictures):
    seen = load_detector(f"onnx:{plain.out}").detect(pictures[:1])[0]
    sure = sum(score >= 0.25 for score in seen.scores)
    assert agreement(seen, seen) == (2 * sure, 2 * sure)
    blind = replace(seen, boxes=(), labels=(), scores=())
    assert agreement(seen, blind) == agreement(blind, seen) == (0, sure)


def test_the_command(clipverify, tmp_path, scene_file):
    pictures = tmp_path / "pictures"  # of its own: others put broken files beside the scene
    pictures.mkdir()
    shutil.copy(scene_file, pictures)
    done = clipverify("optimize", "--models", "tiny", "--precision", "fp32", "--pictures", pictures, "--out",
                      tmp_path / "light", "--json", "-")  # fmt: skip
    assert done.code == 0, done.err
    told = json.loads(done.out)
    assert [form["file"] for form in told["forms"]] == ["vision", "text", "network"]
    assert all(form["kept"] and form["least"] > 0.99 and form["faster"] > 0 for form in told["forms"])
    asked = ("verify", "--answer", "There is a zebra.", "--image", scene_file)
    assert clipverify(*asked, "--models", told["profile"]).out.startswith("trust 0.9")
    light = f"onnx:{tmp_path / 'light'}"
    done = clipverify(*asked, "--encoder", light, "--detector", light)
    assert done.code == 0 and "no profile is fitted for these models" in done.out


def test_the_command_asks_for_models(clipverify, tmp_path):
    done = clipverify("optimize", "--out", tmp_path / "light")
    assert done.code == 2 and "no models are named" in done.err and done.err.count("\n") == 1
    done = clipverify("optimize", "--models", "tiny", "--out", tmp_path / "light", "--precision", "int4")
    assert done.code == 2 and "no such precision; got int4" in done.err and not (tmp_path / "light").exists()
