"""Guaranteed thresholds: against simulation, against MAPIE, and what is said when they cannot be had."""

from __future__ import annotations

import numpy as np
import pytest

from llamaindex_clipverify import Policy
from llamaindex_clipverify.errors import DataError
from llamaindex_clipverify.trust.guarantee import Guarantee, Holdout, bound, least, p_value, steps


def _drawn(rng: np.random.Generator, number: int, false: float = 0.5) -> tuple[np.ndarray, np.ndarray]:
    """Draw calibrated trusts and their labels."""
    labels = (rng.random(number) >= false).astype(int)
    log_odds = 3.5 * (rng.normal(size=number) + 3.5 * (labels - 0.5)) + np.log((1 - false) / false)
    return 1 / (1 + np.exp(-log_odds)), labels


def _held(rng: np.random.Generator, number: int, false: float = 0.5) -> Holdout:
    trusts, labels = _drawn(rng, number, false)
    return Holdout.of(trusts, labels, [f"picture {place}" for place in range(number)], _drawn(rng, 800, false)[0])


@pytest.mark.parametrize("false", [0.1, 0.5])
@pytest.mark.parametrize("alpha", [0.05, 0.2])
def test_the_risk_is_kept_and_most_true_claims_are_too(false: float, alpha: float) -> None:
    rng = np.random.default_rng(0)
    pool, truth = _drawn(rng, 100_000, false)
    broken, kept = {"supported": 0, "contradicted": 0}, []
    for _ in range(60):
        found = Guarantee.of(_held(rng, 400, false), alpha, 0.1, "drawn numbers")
        for name, wrong, trust in (("supported", 0, pool), ("contradicted", 1, 1 - pool)):
            limit = getattr(found, name).threshold
            accepted = trust >= limit if limit is not None else np.zeros(len(pool), bool)
            broken[name] += bool(accepted.any() and np.mean(truth[accepted] == wrong) > alpha)
            if name == "supported":
                kept.append(np.mean(accepted[truth == 1]))
    # 6 of 60 are expected at the very limit; 12 are seen there with a chance of 1 %
    assert max(broken.values()) < 12
    assert np.mean(kept) > 0.5


def test_a_verifier_that_knows_nothing_gets_no_threshold() -> None:
    rng = np.random.default_rng(1)
    trusts, labels = rng.uniform(0, 1, 500), rng.integers(0, 2, 500)
    held = Holdout.of(trusts, labels, [str(place) for place in range(500)], rng.uniform(0, 1, 500))
    found = Guarantee.of(held, 0.1, 0.1, "noise")
    assert (found.supported.threshold, found.supported.missing) == (None, None)
    assert found.lines()[0].startswith("nothing is called supported: ")
    assert "more than 10%" in found.lines()[0]
    policy = Policy(alpha=0.1).on(held, "noise")
    assert {policy.verdict(trust) for trust in (0.0, 0.5, 1.0)} == {"unverifiable"}


def test_the_numbers_of_accepted_claims_it_takes() -> None:
    assert [least(0.1, 0.1, wrong) for wrong in (0, 4)] == [22, 78]
    assert p_value(0, 22, 0.1) <= 0.1 < p_value(0, 21, 0.1)
    assert p_value(0, 0, 0.1) == 1


def test_too_few_labels_are_counted() -> None:
    held = _held(np.random.default_rng(2), 12)
    found = Guarantee.of(held, 0.1, 0.1, "few")
    assert found.supported.threshold is None
    assert found.supported.missing is not None and 10 < found.supported.missing < 120
    assert f"about {found.supported.missing:,} more labelled pictures" in found.lines()[0]
    more = _held(np.random.default_rng(3), 12 + 3 * found.supported.missing)
    assert Guarantee.of(more, 0.1, 0.1, "enough").supported.threshold is not None


def test_one_claim_of_each_picture_takes_part() -> None:
    trusts, labels = _drawn(np.random.default_rng(4), 300)
    held = Holdout.of(trusts, labels, [str(place // 10) for place in range(300)], trusts)
    assert len(held.trusts) == len(held.labels) == 30
    assert all(step.threshold >= 0.5 for step in (*held.supported, *held.contradicted)), "verdicts cannot cross"


@pytest.mark.filterwarnings("ignore:All provided predict_params", "ignore:Fixed sequence testing requires")
def test_the_same_sequence_passes_as_in_mapie() -> None:
    from mapie.risk_control import BinaryClassificationController

    rng = np.random.default_rng(5)
    for _ in range(5):
        trusts, labels = _drawn(rng, 300)
        order = steps(_drawn(rng, 800)[0])[8:]
        theirs = BinaryClassificationController(
            lambda column: np.c_[1 - column[:, 0], column[:, 0]],
            risk="precision", target_level=0.9, confidence_level=0.9,
            list_predict_params=np.array([step.threshold for step in order]), fwer_method="fixed_sequence",
        )  # fmt: skip
        theirs.calibrate(trusts[:, None], labels)
        ours = [
            p_value(int(((trusts >= step.threshold) & (labels == 0)).sum()), int((trusts >= step.threshold).sum()), 0.1)
            for step in order
        ]
        assert (np.array(ours) <= np.ravel(theirs.p_values) + 1e-9).all(), "the exact test is the sharper one"
        passed = next((place for place, value in enumerate(ours) if value > 0.1), len(ours))
        assert passed >= len(theirs.valid_predict_params)
        assert passed - len(theirs.valid_predict_params) <= 2


def test_policy_needs_a_profile_for_a_guarantee() -> None:
    with pytest.raises(DataError, match="stand in a profile"):
        Policy(alpha=0.1).verdict(0.99)
    with pytest.raises(DataError, match="between 0 and 1"):
        Policy(alpha=1.5)
    nothing = Policy(alpha=0.1).on(None, "no profile")
    assert nothing.guarantee is not None
    assert nothing.verdict(0.99) == "unverifiable"
    assert nothing.guarantee.supported.missing == 22
    fixed = Policy().on(None, "no profile")
    assert fixed == Policy()


def test_thresholds_are_told_on_the_side_they_lie() -> None:
    found = Guarantee.of(_held(np.random.default_rng(6), 2000), 0.1, 0.1, "2,000 drawn numbers")
    first, second = found.lines()
    assert first.startswith("supported from trust 0.") and first.endswith(
        "on data like these alone: 2,000 drawn numbers"
    )
    assert second.startswith("contradicted up to trust 0.")
    policy = Policy(alpha=0.1, guarantee=found)
    assert [policy.verdict(trust) for trust in (0.001, 0.999)] == ["contradicted", "supported"]
    assert bound(np.array([]), np.array([]), (), 0.1, 0.1).threshold is None
