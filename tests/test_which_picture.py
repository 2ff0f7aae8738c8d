"""Which picture explains a claim, the number that names it, and denials that stand outside of the words."""

from __future__ import annotations

import pytest

from llamaindex_clipverify import Verifier
from llamaindex_clipverify.testing import COLOURS, FRESH, draw_scene


@pytest.fixture(scope="module")
def tiny() -> Verifier:
    return Verifier.tiny()


def scenes_with_one_red_thing(number: int = 4):
    """Scenes of which exactly one shows a single thing with a colour, and that thing."""
    pool = [draw_scene(FRESH + 40_000 + seed, objects=(1, 1)) for seed in range(60)]
    shown = next(scene for scene in pool if scene.colours_of(scene.nouns()[0]))
    noun = shown.nouns()[0]
    others = [scene for scene in pool if noun not in scene.nouns()][: number - 1]
    return [*others[:2], shown, *others[2:]], noun, 2, next(iter(shown.colours_of(noun)))


def test_a_wrong_colour_is_explained_with_the_picture_that_shows_the_thing(tiny: Verifier) -> None:
    scenes, noun, place, colour = scenes_with_one_red_thing()
    wrong = max(
        (other for other in COLOURS if other != colour),
        key=lambda other: -(tiny.verify(f"The {noun} is {other}.", [scenes[place].image]).trust or 1.0),
    )
    report = tiny.verify(f"The {noun} is {wrong}.", [scene.image for scene in scenes])
    claim = next(claim for claim in report.claims if claim.claim.kind == "attribute")
    assert claim.verdict == "contradicted" and claim.picture == report.pictures[place].id
    assert not any("saw none" in reason for reason in claim.reasons)
    assert f"[{place + 1}] " in str(report)


def test_one_picture_needs_no_number(tiny: Verifier) -> None:
    scenes, noun, place, _ = scenes_with_one_red_thing()
    assert "[1]" not in str(tiny.verify(f"There is a {noun}.", [scenes[place].image]))
    assert f"[{place + 1}] " in str(tiny.verify(f"There is a {noun}.", [scene.image for scene in scenes]))


@pytest.mark.parametrize(("answer", "said"), [
    ("개는 없다.", "개 (없음)"), ("There is no dog.", "no dog"), ("Nobody is holding a cup.", "Nobody"),
    ("개가 있다.", "개"), ("The picture does not show a dog.", "not"),
])  # fmt: skip
def test_a_denial_is_shown_with_its_words(tiny: Verifier, answer: str, said: str) -> None:
    report = tiny.verify(answer, [draw_scene(FRESH).image])
    texts = [claim.said for claim in report.claims if claim.claim.negated or "있다" in answer]
    assert texts and any(said in text for text in texts), texts
    assert any(text in str(report) for text in texts)
