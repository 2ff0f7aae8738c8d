"""The scope of a profile: pictures on its inner side are judged, others are not, with and without an encoder."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from llamaindex_clipverify import Verifier
from llamaindex_clipverify.errors import DataError
from llamaindex_clipverify.testing import FRESH, draw_scene
from llamaindex_clipverify.trust.profile import Profile
from llamaindex_clipverify.trust.scope import fit_scope, picture_features


def two_sides(seed: int = 0, size: int = 6):
    random = np.random.default_rng(seed)
    return (
        random.normal(1.5, 1.0, (200, size)),
        random.normal(-1.5, 1.0, (120, size)),
        [str(k // 4) for k in range(120)],
    )


def test_a_scope_keeps_the_inner_side_and_refuses_the_outer() -> None:
    inside, outside, groups = two_sides()
    scope = fit_scope(inside, outside, groups, [True] * len(groups))
    again, others, _ = two_sides(1)
    assert (scope.score(again) >= scope.limit).mean() > 0.9
    assert (scope.score(others) >= scope.limit).mean() < 0.02
    assert scope.full is not None and scope.limit < scope.full
    assert 0.3 < (scope.score(again) >= scope.full).mean() < 0.7, "the median of what is left out is that of others"
    assert scope.is_sound and not replace(scope, spread=scope.spread[:-1]).is_sound
    assert not replace(scope, supports=scope.supports[:-8]).is_sound and not replace(scope, supports="?").is_sound


def test_a_scope_needs_pictures_of_both_sides() -> None:
    inside, outside, groups = two_sides()
    with pytest.raises(DataError, match="each side"):
        fit_scope(inside, outside[:10], groups[:10], [True] * 10)


@pytest.mark.parametrize("with_encoder", [True, False])
def test_a_profile_judges_within_its_scope_only(tmp_path, with_encoder: bool) -> None:
    verifier = Verifier.from_defaults("tiny" if with_encoder else None, "tiny", profile="tiny", regions=0)
    images = [draw_scene(FRESH + 60 + seed).image for seed in range(3)]
    facts = verifier.facts(images)
    features = np.stack([picture_features(one) for one in facts])
    middle, size = features.mean(axis=0), features.shape[1]
    random = np.random.default_rng(0)
    inner = middle + random.normal(0, 0.05, (60, size))
    outer = middle + 3 + random.normal(0, 0.05, (60, size))
    kind = "encoder+detector" if with_encoder else "detector"
    for inside, outside, admitted in ((inner, outer, True), (outer, inner, False)):
        scope = fit_scope(inside, outside, [str(k) for k in range(60)], [True] * 60)
        profile = replace(Profile.load("tiny"), scopes={kind: scope})
        saved = Profile.load(profile.save(tmp_path / f"{with_encoder}-{admitted}.json"))
        assert [saved.admits(one) for one in facts] == [admitted] * 3
        judged = Verifier.from_defaults("tiny" if with_encoder else None, "tiny", profile=saved, regions=0)
        assert (judged.verify("There is a dog.", images[:1]).trust is not None) == admitted
