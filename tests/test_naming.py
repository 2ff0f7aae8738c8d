"""Teaching a tower what lies under its patches: the tower it starts with, the truth of every patch, and what is learnt."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import CLIPModel, LlavaForConditionalGeneration, PreTrainedTokenizerFast

from llamaindex_clipverify.models.registry import tiny_folder
from llamaindex_clipverify.testing import COLOURS, NOUNS

sys.path.append(str(Path(__file__).parents[1]))

from training.conversations import GRID, SIDE, Shelf, patch_truth, pixel_values
from training.conversations import render as render_talks
from training.llava import take_tower
from training.llava_model import body, make_model, save_tower, start_from, tower_of
from training.naming import Batch, Reader, loss_of
from training.render import DOINGS, scene_of


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    folder = tmp_path_factory.mktemp("rendered")
    render_talks(folder, range(24), "lively", "noto")
    return Shelf(folder)


def test_added_layers_pass_their_input_on() -> None:
    pixels = torch.randn(2, 3, 120, 120)
    known = CLIPModel.from_pretrained(tiny_folder() / "clip", dtype=torch.float32).vision_model.eval()
    tower = tower_of(tiny_folder() / "clip", 7, side=120).eval()
    assert tower.config.num_hidden_layers == 7 > known.config.num_hidden_layers
    with torch.no_grad():
        one, other = tower(pixels).last_hidden_state, known(pixels).last_hidden_state
    torch.testing.assert_close(one, other, atol=1e-3, rtol=1e-3)


@pytest.mark.parametrize("name", ["clip", "llava"])
def test_places_are_interpolated_for_larger_pictures(name: str) -> None:
    small, large = (body(tower_of(tiny_folder() / name, side=side)).embeddings for side in (120, 240))
    one, other = small.position_embedding.weight, large.position_embedding.weight
    assert other.shape == (1 + 20 * 20, one.shape[1])
    torch.testing.assert_close(one[0], other[0])
    places = other[1:].T.reshape(-1, 20, 20)
    # in the middle, where nothing lies beyond the border, four new places lie around an old one
    middle = one[1:].T.reshape(-1, 10, 10)[:, 3:7, 3:7]
    around = torch.nn.functional.avg_pool2d(places, 2)[:, 3:7, 3:7]
    assert torch.corrcoef(torch.stack([middle.flatten(), around.flatten()]))[0, 1] > 0.95


def test_the_truth_of_a_patch_is_that_of_the_thing_over_it() -> None:
    scenes = [scene_of(seed, "lively", "noto") for seed in range(24)]
    told = patch_truth(scenes)
    checked = 0
    for row, scene in enumerate(scenes):
        for thing in scene.objects:
            alone = all(thing is other or thing.noun != other.noun for other in scene.objects)
            there = told["noun"][row] == NOUNS.index(thing.noun)
            if not alone or not there.any():
                continue
            if thing.action:
                assert set(told["action"][row][there].tolist()) == {DOINGS.index(thing.action)}
                checked += 1
            if thing.colour:
                assert set(told["colour"][row][there].tolist()) == {COLOURS.index(thing.colour)}
                checked += 1
    assert checked > 20
    background = told["noun"] < 0
    assert background.any() and (told["action"][background] == -1).all()


def test_a_batch_is_mirrored_with_its_truth(shelf: Shelf) -> None:
    pixels = torch.from_numpy(shelf.pixels())
    batch = Batch.draw(shelf, pixels, np.random.default_rng(0), 64)
    assert batch.pixels.shape == (64, 3, SIDE, SIDE) and batch.truth["noun"].shape == (64, GRID**2)
    assert batch.truth["noun"].min() == 0 and batch.truth["action"].min() == -100
    # a patch of a thing differs from its background: where the truth were not mirrored with the picture, it would not
    rng = np.random.default_rng(1)
    picked = [shelf.pick(rng) for _ in range(64)]
    shown = pixel_values(
        pixels, *(torch.tensor([getattr(one, name) for one in picked]) for name in ("row", "mirrored"))
    )
    nouns = patch_truth([one.scene for one in picked])["noun"].reshape(64, GRID, GRID)
    turned = [row for row, one in enumerate(picked) if one.mirrored]
    assert 10 < len(turned) < 54
    for row in turned[:10]:
        there = [thing for thing in picked[row].scene.objects if (nouns[row] == NOUNS.index(thing.noun)).any()]
        original = shelf.scenes[picked[row].row].objects
        assert there and all(thing.box not in [other.box for other in original] for thing in there)
        torch.testing.assert_close(
            shown[row].flip(2), pixel_values(pixels, torch.tensor([picked[row].row]), torch.tensor([False]))[0]
        )


def test_readings_learn_the_truth_of_a_batch(shelf: Shelf) -> None:
    torch.manual_seed(0)
    batch = Batch.draw(shelf, torch.from_numpy(shelf.pixels()), np.random.default_rng(3), 24)
    reader = Reader(tower_of(tiny_folder() / "clip"))
    with torch.no_grad():
        seen = reader.tower(pixel_values=batch.pixels).last_hidden_state[:, 1:]
    optimizer = torch.optim.AdamW([*reader.norm.parameters(), *reader.readings.parameters()], lr=0.02)
    before, _ = loss_of(reader.read(seen), batch.truth)
    for _ in range(60):
        optimizer.zero_grad()
        loss, right = loss_of(reader.read(seen), batch.truth)
        loss.backward()
        optimizer.step()
    assert float(loss.detach()) < 0.4 * float(before.detach()) and right["noun"] > 0.7 and right["action"] > 0.7


def test_a_language_model_takes_such_a_tower(tmp_path: Path) -> None:
    tower = tower_of(tiny_folder() / "clip", 6)
    save_tower(tower, tmp_path / "tower.safetensors")
    tokenizer = PreTrainedTokenizerFast.from_pretrained(tiny_folder() / "llava")
    model = make_model(tokenizer, named=tmp_path / "tower.safetensors").model.vision_tower.eval()
    assert model.config.num_hidden_layers == 6
    pixels = torch.randn(1, 3, SIDE, SIDE)
    with torch.no_grad():
        one, other = model(pixels).last_hidden_state, tower.eval()(pixels).last_hidden_state
    torch.testing.assert_close(one, other, atol=1e-3, rtol=1e-3)


def test_a_run_takes_the_tower_of_an_exported_model(tmp_path: Path) -> None:
    take_tower(tiny_folder() / "llava", tmp_path / "tower.safetensors")
    tokenizer = PreTrainedTokenizerFast.from_pretrained(tiny_folder() / "llava")
    model = make_model(tokenizer, named=tmp_path / "tower.safetensors")
    start_from(model, tiny_folder() / "llava")
    known = LlavaForConditionalGeneration.from_pretrained(tiny_folder() / "llava", dtype=torch.float32).state_dict()
    assert all(torch.equal(value, known[name]) for name, value in model.state_dict().items())


def test_scenes_of_several_folders_are_one_shelf(tmp_path: Path) -> None:
    render_talks(tmp_path / "one", range(3), "plain")
    render_talks(tmp_path / "two", range(5, 7), "plain")
    shelf = Shelf(tmp_path / "one", tmp_path / "two")
    assert [scene.seed for scene in shelf.scenes] == [0, 1, 2, 5, 6] and shelf.pixels().shape == (5, SIDE, SIDE, 3)
    np.testing.assert_array_equal(shelf.pixels()[3:], Shelf(tmp_path / "two").pixels())
    assert patch_truth(shelf.scenes)["noun"].shape == (5, GRID**2)
