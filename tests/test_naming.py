"""Teaching a tower what lies under its patches: the tower it starts with, the truth of every patch, and what is learnt."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch.nn.functional import interpolate
from transformers import CLIPModel, PreTrainedTokenizerFast

from llamaindex_clipverify.models.registry import tiny_folder
from llamaindex_clipverify.testing import COLOURS, NOUNS

sys.path.append(str(Path(__file__).parents[1]))

from training.conversations import GRID, Shelf, patch_truth
from training.conversations import render as render_talks
from training.llava_model import make_model
from training.naming import Reader, Truth, deeper, loss_of
from training.pictures import Batch, Pictures, _batch
from training.render import DOINGS, Job, render, scene_of

SEEDS = range(24)


@pytest.fixture(scope="module")
def batch(tmp_path_factory: pytest.TempPathFactory) -> Batch:
    folder = tmp_path_factory.mktemp("rendered")
    render(Job(out=folder, first=0, detector=0, stylised=0.0, style="noto", only="lively"), SEEDS, 0)
    pictures = Pictures(folder, 120)
    whole = _batch(pictures._raw(0, pictures._rows[0][0], np.random.default_rng(3)))
    return replace(whole, pixels=interpolate(whole.pixels, (120, 120), mode="bilinear", antialias=True))


def test_added_layers_pass_their_input_on() -> None:
    pixels = torch.randn(2, 3, 120, 120)
    known = CLIPModel.from_pretrained(tiny_folder() / "clip", dtype=torch.float32).vision_model.eval()
    tower = deeper(tiny_folder() / "clip", 7).eval()
    assert tower.config.num_hidden_layers == 7 > known.config.num_hidden_layers
    with torch.no_grad():
        one, other = tower(pixels).last_hidden_state, known(pixels).last_hidden_state
    torch.testing.assert_close(one, other, atol=1e-3, rtol=1e-3)


def test_the_truth_of_a_patch_is_that_of_the_thing_over_it(batch: Batch) -> None:
    at = Truth.of(batch, GRID).at
    scenes = [scene_of(seed, "lively", "noto") for seed in SEEDS]
    checked = 0
    for picture, scene in enumerate(scenes):
        for thing in scene.objects:
            alone = all(thing is other or thing.noun != other.noun for other in scene.objects)
            there = at["noun"][picture] == 1 + NOUNS.index(thing.noun)
            if not alone or not there.any():
                continue
            if thing.action:
                assert set(at["action"][picture][there].tolist()) == {DOINGS.index(thing.action)}
                checked += 1
            if thing.colour:
                assert set(at["colour"][picture][there].tolist()) == {COLOURS.index(thing.colour)}
                checked += 1
    assert checked > 20
    background = at["noun"] == 0
    assert background.any() and (at["action"][background] == -100).all()


def test_readings_learn_the_truth_of_a_batch(batch: Batch) -> None:
    torch.manual_seed(0)
    reader, truth = Reader(deeper(tiny_folder() / "clip", 0)), Truth.of(batch, GRID)
    optimizer = torch.optim.AdamW([*reader.norm.parameters(), *reader.readings.parameters()], lr=0.02)
    before, _ = loss_of(reader(batch.pixels), truth)
    for _ in range(25):
        optimizer.zero_grad()
        loss, right = loss_of(reader(batch.pixels), truth)
        loss.backward()
        optimizer.step()
    assert float(loss.detach()) < 0.3 * float(before.detach()) and right["noun"] > 0.8 and right["action"] > 0.8


def test_a_language_model_takes_such_a_tower(tmp_path: Path) -> None:
    tower = deeper(tiny_folder() / "clip", 6)
    body = getattr(tower, "vision_model", tower)
    save_file({name: value.contiguous() for name, value in body.state_dict().items()}, tmp_path / "tower.safetensors")
    tokenizer = PreTrainedTokenizerFast.from_pretrained(tiny_folder() / "llava")
    model = make_model(tokenizer, named=tmp_path / "tower.safetensors").model.vision_tower.eval()
    assert model.config.num_hidden_layers == 6
    pixels = torch.randn(1, 3, 120, 120)
    with torch.no_grad():
        one, other = model(pixels).last_hidden_state, tower.eval()(pixels).last_hidden_state
    torch.testing.assert_close(one, other, atol=1e-3, rtol=1e-3)


def test_scenes_of_several_folders_are_one_shelf(tmp_path: Path) -> None:
    render_talks(tmp_path / "one", range(3), "plain")
    render_talks(tmp_path / "two", range(5, 7), "plain")
    shelf = Shelf(tmp_path / "one", tmp_path / "two")
    assert [scene.seed for scene in shelf.scenes] == [0, 1, 2, 5, 6] and shelf.pixels().shape == (5, 120, 120, 3)
    np.testing.assert_array_equal(shelf.pixels()[3:], Shelf(tmp_path / "two").pixels())
    assert patch_truth(shelf.scenes)[0].shape == (5, GRID**2)
