"""Heat maps: the same as pytorch-grad-cam's, from one forward; a wrong layer is an error; a map of nothing says so."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import torch
from checkpoints import save_align, save_clip, save_siglip
from PIL import Image
from pytorch_grad_cam import EigenGradCAM, GradCAM, GradCAMPlusPlus, HiResCAM, LayerCAM
from pytorch_grad_cam.utils.image import scale_cam_image
from sklearn.metrics import roc_auc_score

from llamaindex_clipverify.errors import DataError, ModelError
from llamaindex_clipverify.explainers import METHODS, load_explainer, load_method
from llamaindex_clipverify.explainers.dropping import DroppingMap
from llamaindex_clipverify.explainers.explainer import ClipExplainer
from llamaindex_clipverify.explainers.forward_pass import ForwardPass
from llamaindex_clipverify.explainers.layers import blocks, cam_target
from llamaindex_clipverify.explainers.trial import curves
from llamaindex_clipverify.models.clip import ClipEncoder
from llamaindex_clipverify.models.registry import load_encoder
from llamaindex_clipverify.picture import Picture
from llamaindex_clipverify.testing import FRESH, draw_scene
from llamaindex_clipverify.testing.statements import likely_absent
from llamaindex_clipverify.verification.verifier import Verifier

STOCK = {"gradcam": GradCAM, "gradcam++": GradCAMPlusPlus, "layercam": LayerCAM, "hirescam": HiResCAM,
         "eigengradcam": EigenGradCAM}  # fmt: skip
TEXT = "a red bus"


@pytest.fixture(scope="module", params=["tiny", "clip", "siglip", "align"])
def encoder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> ClipEncoder:
    if request.param == "tiny":
        return load_encoder("tiny")
    folder = tmp_path_factory.mktemp(request.param)
    makers = {
        "clip": lambda: save_clip("small", folder),
        "siglip": lambda: save_siglip(folder),
        "align": lambda: save_align(folder),
    }
    return ClipEncoder(str(makers[request.param]()), device="cpu")


@pytest.fixture(scope="module")
def image() -> Image.Image:
    return draw_scene(FRESH, size=256).image


@pytest.fixture(scope="module")
def tiny() -> ClipExplainer:
    return load_explainer(load_encoder("tiny"))


def _methods(encoder: ClipEncoder) -> list[str]:
    return [name for name in METHODS if name not in ("attention", "agreement") or blocks(encoder.model)]


# -- the same as the library --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", STOCK)
def test_maps_are_those_of_the_stock_library_through_the_whole_tower(encoder, image, method):
    model, layers, reshape, target = cam_target(encoder, TEXT)
    with STOCK[method](model=model, target_layers=layers, reshape_transform=reshape) as cam:
        stock = cam(input_tensor=model.pixels(image), targets=[target])[0]
    explainer = load_explainer(encoder)
    direction = explainer.targets([TEXT])[0].direction
    grid = load_method(method).grid(explainer.look(Picture.of(image)), direction)
    stretched = [scale_cam_image(np.maximum(one, 0)[None], stock.shape[::-1]) for one in (grid, -grid)]
    ours = [scale_cam_image(np.maximum(one, 0))[0] for one in stretched]
    differences = [float(np.abs(one - stock).max()) for one in ours]
    assert stock.max() > 0.5
    assert (min(differences) if method == "eigengradcam" else differences[0]) < 2e-3


def test_many_texts_and_methods_cost_one_forward_of_the_tower(tiny, image):
    picture, forwards = Picture.of(image.rotate(90)), []
    first = blocks(tiny.encoder.model)[0]
    hook = first.register_forward_hook(lambda _, given, __: forwards.append(given[0].shape))
    try:
        look = tiny.look(picture)
        for target in tiny.targets(
            [f"a {noun}" for noun in ("dog", "cat", "bus", "cup", "bird", "car", "book", "chair")]
        ):
            for name in ("layercam", "gradcam++", "attention"):
                load_method(name).grid(look, target.direction)
        tiny.look(picture)
    finally:
        hook.remove()
    assert forwards == [torch.Size([1, 101, 192])]


def test_a_look_leaves_no_hook_and_no_gradient(encoder, image):
    model = encoder.model
    before = sum(len(one._forward_hooks) + len(one._forward_pre_hooks) for one in model.modules())
    explainer = load_explainer(encoder)
    for method in _methods(encoder):
        explainer.explain(Picture.of(image), [TEXT, "a dog"], method)
    assert sum(len(one._forward_hooks) + len(one._forward_pre_hooks) for one in model.modules()) == before
    assert all(one.grad is None and not one.requires_grad for one in model.parameters())


def test_threads_see_what_one_sees(tiny):
    pictures = [Picture.of(draw_scene(FRESH + seed, size=256).image) for seed in range(4)]
    alone = [tiny.explain(picture, [TEXT], "attention")[0].values for picture in pictures]
    explainer = load_explainer(tiny.encoder)
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda one: explainer.explain(one, [TEXT], "attention")[0].values, pictures * 3))
    for place, values in enumerate(together):
        assert np.abs(values - alone[place % 4]).max() < 1e-5


# -- the layer ---------------------------------------------------------------------------------------------------------


def test_a_map_is_found_on_every_tower_by_every_method(encoder, image):
    explainer = load_explainer(encoder)
    for method in _methods(encoder):
        one, other = explainer.explain(Picture.of(image), [TEXT, "two dogs"], method, [["a blue bus"], ["two cats"]])
        assert one.values.shape == (256, 256) and one.values.dtype == np.float32
        assert one.trial is not None and np.isfinite([one.trial.energy, one.trial.sign, one.trial.shown]).all()
        assert one.values.max() == pytest.approx(1, abs=0.06) or one.evidence == 0
        assert not np.array_equal(one.values, other.values) or one.evidence == other.evidence == 0
    assert explainer.explain(Picture.of(image), []) == []


@pytest.mark.parametrize(
    ("layer", "problem"),
    [("vision_model.encoder.layers.4", "no gradient reaches"), ("vision_model.encoder.layers.4.layer_norm2", "no gradient reaches"),
     ("vision_model.encoder.layers.4.self_attn", "no tensor"), ("vision_model.post_layernorm", "no square grid"),
     ("text_model.encoder.layers.0.layer_norm1", "not part of"), ("vision_model.nowhere", "no such layer")],
)  # fmt: skip
def test_a_wrong_layer_is_an_error_and_no_map_of_zeros(image, layer, problem):
    encoder = load_encoder("tiny")
    with pytest.raises(ModelError, match=problem):
        load_explainer(encoder, layer).explain(Picture.of(image), [TEXT], "layercam")
    assert np.isfinite(encoder.encode_images([image])).all()


def test_a_layer_by_name_gives_its_map(tiny, image):
    named = load_explainer(tiny.encoder, "vision_model.encoder.layers.4.layer_norm1")
    earlier = load_explainer(tiny.encoder, "vision_model.encoder.layers.2.layer_norm1")
    found, same, other = (one.explain(Picture.of(image), [TEXT], "layercam")[0] for one in (tiny, named, earlier))
    assert np.array_equal(found.values, same.values) and not np.array_equal(found.values, other.values)


def test_every_block_has_its_map_and_the_last_is_the_map(tiny, image):
    maps = tiny.layer_by_layer(Picture.of(image), TEXT)
    assert len(maps) == len(blocks(tiny.encoder.model)) == 5
    assert np.abs(maps[-1].values - tiny.explain(Picture.of(image), [TEXT], "layercam")[0].values).max() < 1e-4
    assert len({one.values.tobytes() for one in maps}) == 5


def test_a_tower_without_attention_says_so(tmp_path: Path, image):
    explainer = load_explainer(ClipEncoder(str(save_align(tmp_path)), device="cpu"))
    assert explainer.default == "layercam"
    with pytest.raises(ModelError, match="no attention"):
        explainer.explain(Picture.of(image), [TEXT], "attention")


def test_an_unknown_method_is_one_clear_error(tiny, image):
    with pytest.raises(DataError, match="no such heat-map method"):
        tiny.explain(Picture.of(image), [TEXT], "magic")


# -- a part of the picture -----------------------------------------------------------------------------------------------


def test_all_patches_are_the_picture_and_their_order_does_not_matter(encoder, image):
    look = ForwardPass(encoder, image)
    count = int(np.prod(look.shape))
    whole, shuffled, part = look.only(
        [np.arange(count), np.random.default_rng(0).permutation(count), np.arange(count // 2)]
    )
    assert np.abs(whole - look.vector).max() < 1e-5 and np.abs(shuffled - whole).max() < 1e-5
    assert np.abs(part - whole).max() > 1e-4 and np.linalg.norm(part) == pytest.approx(1, abs=1e-5)
    assert np.abs(look.vector - encoder.encode_images([image])[0]).max() < 1e-5


def test_groups_cover_every_patch_once_a_depth(tiny, image):
    look = ForwardPass(tiny.encoder, image)
    DroppingMap((3, 200)).grid(look, look.vector)
    groups, vectors = look.kept[3, 200]
    assert len(groups) == len(vectors) == 3 + 99
    for part in (groups[:3], groups[3:]):
        assert np.array_equal(np.sort(np.concatenate(part)), np.arange(100))


def test_dropping_points_where_the_only_object_is(tiny):
    scenes = [draw_scene(FRESH + 40 + seed, objects=(1, 1), size=384) for seed in range(12)]
    hits = 0
    for scene in scenes:
        noun, box = scene.objects[0].noun, scene.objects[0].box
        heat = tiny.explain(Picture.of(scene.image), [f"a {noun}"], "dropping")[0].values
        y, x = np.unravel_index(heat.argmax(), heat.shape)
        hits += box[0] <= x < box[2] and box[1] <= y < box[3]
    assert hits >= 10


# -- the trial -------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def tried() -> list[tuple[bool, str, object]]:
    """Whether the thing is there, the method, and its map, for 60 scenes."""
    verifier, rows = Verifier.from_defaults("tiny"), []
    for seed in range(60):
        scene = draw_scene(FRESH + 900 + seed)
        there, absent = scene.nouns()[0], likely_absent(scene, np.random.default_rng(seed))
        for method in ("attention", "dropping", "layercam", "eigengradcam"):
            maps = verifier.heat_maps([f"a {there}", f"a {absent}"], scene.image, method)
            rows += [(place == 0, method, one) for place, one in enumerate(maps)]
    return rows


@pytest.mark.parametrize(
    ("method", "least"), [("attention", 0.9), ("dropping", 0.9), ("layercam", 0.85), ("eigengradcam", 0.8)]
)
def test_a_map_of_what_is_not_there_says_no_evidence(tried, method, least):
    mine = [(there, heat) for there, name, heat in tried if name == method]
    assert roc_auc_score([there for there, _ in mine], [heat.trial.shown for _, heat in mine]) > least
    assert np.mean([heat.empty for there, heat in mine if not there]) > 0.75
    assert np.mean([heat.empty for there, heat in mine if there]) < 0.3
    assert all(heat.values.max() > 0.9 for _, heat in mine if heat.evidence > 0)


def test_the_doubt_names_what_fits_better(tried):
    doubts = {heat.doubt for there, _, heat in tried if not there and heat.doubt}
    assert any(doubt.startswith("what it points at, seen alone, fits “a") for doubt in doubts)


def test_a_wrong_colour_is_doubted_in_favour_of_the_right_one():
    verifier, named = Verifier.from_defaults("tiny"), 0
    scenes = [draw_scene(FRESH + 300 + seed, objects=(1, 2), size=384) for seed in range(40)]
    found = [(scene, thing) for scene in scenes for thing in scene.objects[:1] if thing.colour]
    for scene, thing in found:
        wrong = "purple" if thing.colour != "purple" else "green"
        heat = verifier.heat_maps([f"a {wrong} {thing.noun}"], scene.image)[0]
        named += f"“{'an' if thing.colour[0] in 'aeiou' else 'a'} {thing.colour} {thing.noun}”" in heat.doubt
    assert named > 0.7 * len(found) > 7


def test_signed_methods_pass_the_sign_test_and_the_bare_eigenvector_would_not(tried):
    signs = {
        name: np.mean([heat.trial.sign for _, one, heat in tried if one == name])
        for name in ("attention", "eigengradcam")
    }
    assert signs["attention"] < 0 and signs["eigengradcam"] < 0


def test_deleting_by_the_map_hurts_more_than_by_chance(tiny):
    rng, better = np.random.default_rng(0), 0
    scenes = [draw_scene(FRESH + 60 + seed, objects=(1, 3)) for seed in range(10)]
    for scene in scenes:
        look = ForwardPass(tiny.encoder, scene.image)
        target = tiny.targets([f"a {scene.nouns()[0]}"], [["a zebra", "a train"]])[0]
        own = curves(look, target, load_method("attention").grid(look, target.direction))
        chance = curves(look, target, rng.random(look.shape))
        assert own.shares[0] == 0 and len(own.shares) == len(own.deletion) == len(own.insertion) == 10
        better += own.deletion_area < chance.deletion_area and own.insertion_area > chance.insertion_area
    assert better >= 8
