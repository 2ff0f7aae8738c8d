"""Patterns by a small network that looks at a box."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image
from test_evidence import Given, claim_of

from llamaindex_clipverify import Verifier
from llamaindex_clipverify.evidence import patterns
from llamaindex_clipverify.evidence.objects import Objects
from llamaindex_clipverify.evidence.patterns import PATTERN_FACTS, Patterns
from llamaindex_clipverify.facts.facts import Facts
from llamaindex_clipverify.facts.observation import observe
from llamaindex_clipverify.geometry import Box
from llamaindex_clipverify.picture import Picture
from llamaindex_clipverify.testing.patterns import PATTERNS, pattern_mask
from training.patterns import Net, pixels_of

HERE: Box = (40, 40, 150, 150)


def painted(pattern: str | None, turns: float = 0.0) -> Image.Image:
    """A grey picture with a disc in two tones."""
    axis = np.arange(200)
    disc = np.hypot(axis[:, None] - 95, axis[None, :] - 95) <= 55
    pixels = np.full((200, 200, 3), 190, np.uint8)
    pixels[disc] = (200, 40, 40)
    if pattern:
        pixels[pattern_mask(disc, pattern)] = (240, 200, 200)
    return Image.fromarray(pixels).rotate(turns, fillcolor=(190, 190, 190), center=(95, 95))


def seen(*pictures: Image.Image) -> list[Facts]:
    detector = Given(("dog", 0.9, HERE))
    found = []
    for image in pictures:
        picture = Picture.of(image)
        facts = Facts(picture=picture.id, size=picture.size)
        observe([Objects(detector), Patterns()], [picture], [facts])
        assert not facts.failed
        found.append(facts)
    return found


@pytest.mark.parametrize("turns", [0.0, 90.0])
@pytest.mark.parametrize("pattern", PATTERNS)
def test_stripes_dots_and_checks_are_told_apart(pattern: str, turns: float) -> None:
    [facts] = seen(painted(pattern, turns))
    leads = {}
    for claimed in PATTERNS:
        evidence = Patterns().judge(claim_of(f"The {claimed} dog is there.", "pattern"), facts)
        assert evidence is not None and evidence.stance == "silent" and evidence.belief is None
        leads[claimed] = evidence.features["lead"]
    assert max(leads, key=lambda name: leads[name]) == pattern and leads[pattern] > 0


def test_the_likeliest_pattern_is_told() -> None:
    [facts] = seen(painted("striped"))
    evidence = Patterns().judge(claim_of("The dotted dog is there.", "pattern"), facts)
    assert evidence and "striped" in evidence.reason and evidence.region == HERE


def test_what_was_not_found_and_what_it_does_not_know_is_not_judged() -> None:
    [facts] = seen(painted("striped"))
    missing = Patterns().judge(claim_of("The striped car is there.", "pattern"), facts)
    assert missing and not missing.features and "no car" in missing.reason
    assert Patterns().judge(claim_of("The floral dog is there.", "pattern"), facts) is None
    assert Patterns().judge(claim_of("The dog is red.", "attribute"), facts) is None


def test_a_box_of_any_size_gets_probabilities() -> None:
    detector = Given(("dog", 0.9, (0, 0, 300, 300)))
    for image in (Image.new("RGB", (1, 1)), Image.new("RGB", (300, 2), "white"), painted("dotted")):
        picture = Picture.of(image)
        facts = Facts(picture=picture.id, size=picture.size)
        observe([Objects(detector), Patterns()], [picture], [facts])
        odds = facts.seen[PATTERN_FACTS]["odds"]
        assert odds.shape[1] == 4 and np.allclose(np.exp(odds).sum(axis=1), 1, atol=1e-4)


def test_the_network_gives_what_it_gave_in_training() -> None:
    torch.manual_seed(0)
    net = Net(4, 8)
    crops = np.random.default_rng(0).integers(0, 256, (16, 48, 48, 3), np.uint8)
    with torch.no_grad():
        net.train()(pixels_of(crops))  # so that the normalisation has a mean and a spread
        wanted = net.eval()(pixels_of(crops)).log_softmax(dim=1).numpy()
    weights = net.folded()
    assert np.allclose([patterns.log_odds(crop, weights) for crop in crops], wanted, atol=1e-4)


def test_without_a_profile_a_pattern_gets_no_verdict() -> None:
    report = Verifier.from_defaults(detector=Given(("dog", 0.9, HERE))).verify(
        "The striped dog is there.", [painted("striped")]
    )
    assert {one.verdict for one in report.claims if one.claim.kind == "pattern"} == {"unverifiable"}
