"""Sentences of a training batch are labelled as the scenes of its pictures say."""

import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from llamaindex_clipverify.claims.english.splitter import EnglishSplitter
from llamaindex_clipverify.evidence.colour import name_colours
from llamaindex_clipverify.testing import draw_scene
from llamaindex_clipverify.testing.art import RGB
from llamaindex_clipverify.testing.truth import truth_of

sys.path.append(str(Path(__file__).parents[1]))

from training.optimizers import Muon32, orthogonal, rate
from training.pictures import HARD, Pictures, _batch
from training.render import Job, render, scene_of
from training.stylise import stylised
from training.tellings import UNKNOWN, tellings
from training.truths import short_sentences

SEEDS = range(24)


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    folder = tmp_path_factory.mktemp("rendered")
    render(Job(out=folder, first=0, detector=4, stylised=0.5, style="noto", only="lively"), SEEDS, 0)
    return Pictures(folder, 120)


def test_labels_are_those_of_the_scenes(pictures):
    scenes = [scene_of(seed, "lively", "noto") for seed in SEEDS]
    whole = _batch(pictures._raw(0, pictures._rows[0][0], np.random.default_rng(0)))
    splitter, checked, kinds = EnglishSplitter(), 0, set()
    for seed in range(3):
        for one in tellings(whole, np.random.default_rng(seed)):
            claims = [c for c in splitter.split(one.text) if c.kind in ("action", "scene", "pattern", "state")]
            for claim, scene, label in ((c, s, t) for c in claims for s, t in zip(scenes, one.truth, strict=True)):
                truth = truth_of(claim, [scene])
                if truth is not None and label != UNKNOWN:
                    assert label == truth, (one.text, scene.objects, scene.place)
                    checked += 1
                    kinds.add(claim.kind)
    assert kinds == {"action", "scene", "pattern", "state"}
    assert checked > 300


def test_a_batch_says_nothing_of_the_bicycle_of_a_cyclist(pictures):
    whole = _batch(pictures._raw(0, pictures._rows[0][0], np.random.default_rng(0)))
    unclaimed = [bool(scene_of(seed, "lively", "noto").unclaimed) for seed in SEEDS]
    assert any(unclaimed)
    assert whole.partial[np.array(unclaimed)].any(axis=1).all()


def test_parts_of_a_place_are_no_place_and_batches_fit_together(pictures):
    batch = pictures.batch(np.random.default_rng(1), HARD.times(0.25))
    assert len(batch) == sum(HARD.times(0.25)) == 16
    assert (batch.places[-2:] == -1).all()  # grids of crops
    sentences = short_sentences(batch, np.random.default_rng(0))
    assert sentences.truth.shape == sentences.weights.shape == (16, len(sentences.texts))
    assert set(np.unique(sentences.truth)) <= {-1, 0, 1}


def test_muon_makes_steps_orthogonal_and_goes_downhill():
    torch.manual_seed(0)
    for shape in ((12, 30), (30, 12)):
        values = torch.linalg.svdvals(orthogonal(torch.randn(shape)))
        assert 0.6 < float(values.min()) <= float(values.max()) < 1.3
    weight = torch.nn.Parameter(torch.randn(8, 16))
    target, optimizer = torch.randn(8, 16), Muon32([weight], lr=0.05)
    first = float((weight.detach() - target).square().mean())
    for _ in range(80):
        optimizer.zero_grad()
        (weight - target).square().mean().backward()
        optimizer.step()
    assert float((weight.detach() - target).square().mean()) < 0.4 * first


def test_the_rate_warms_up_and_ends():
    assert rate(0, 0.0, 1.0, 100) == pytest.approx(0.01)
    assert rate(200, 0.0, 1.0, 100) == 1.0
    assert rate(200, 0.5, 1.0, 100) == pytest.approx(0.51)
    assert rate(200, 1.0, 1.0, 100) == pytest.approx(0.02)


def test_a_picture_drawn_otherwise_keeps_its_size_and_its_colours():
    kept = 0
    for seed in range(10):
        for colour in RGB.values():
            plain = Image.new("RGB", (64, 48), colour)
            changed = stylised(np.random.default_rng(seed), plain)
            assert changed.size == plain.size and changed.mode == "RGB"
            assert np.array_equal(changed, stylised(np.random.default_rng(seed), plain))
            before, after = (
                np.bincount(name_colours(np.asarray(one).reshape(-1, 3))).argmax() for one in (plain, changed)
            )
            kept += before == after
    assert kept >= 78, "of 80"
    scene = draw_scene(3)
    assert not np.array_equal(stylised(np.random.default_rng(0), scene.image), scene.image.convert("RGB"))
