"""Fusion, pooling, calibration and the gate, on examples whose truth is known."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from llamaindex_clipverify.claims.claim import Claim
from llamaindex_clipverify.errors import DataError
from llamaindex_clipverify.evidence.evidence import Evidence
from llamaindex_clipverify.facts.facts import Facts
from llamaindex_clipverify.trust import fitting
from llamaindex_clipverify.trust.fitting import Example, fit_gate, fit_kinds, fit_single_models, log_odds
from llamaindex_clipverify.trust.fusion import Weighable, fuse
from llamaindex_clipverify.trust.metrics import accuracy, auroc, average_precision, ece, group_weights, interval
from llamaindex_clipverify.trust.profile import Feature, KindModel, Profile
from llamaindex_clipverify.trust.verdict import Policy

DOG = Claim(text="dog", start=0, end=3, kind="object", noun="dog")
MODEL = KindModel(
    intercept=-0.5, features={"objects.logit": Feature(1.0, 0.0, -0.2), "contrast.margin": Feature(0.5, 1.0, 0.1)}
)
PROFILE = Profile(
    name="p",
    data="made up",
    date="2026-01-01",
    models={},
    parts={"objects": "d", "contrast": "e"},
    kinds={"object": MODEL},
    nouns=("dog",),
)
ALL = Weighable(frozenset({"objects", "contrast"}))


def looks(*values: float) -> list[list[Evidence]]:
    return [[Evidence(check="objects", stance="supports", score=0.9, features={"logit": value})] for value in values]


def test_shares_add_up_to_the_log_odds() -> None:
    evidence = [
        Evidence(check="objects", stance="supports", features={"logit": 2.0}),
        Evidence(check="contrast", stance="supports", features={"margin": 3.0}),
    ]
    trust = fuse(DOG, [evidence], PROFILE, [ALL], False)
    assert trust.shares == {"objects": 2.0, "contrast": 1.0}
    assert trust.value == pytest.approx(1 / (1 + np.exp(-2.5)))
    assert trust.calibration == "calibrated"


def test_a_silent_check_weighs_what_was_fitted_for_silence() -> None:
    trust = fuse(DOG, looks(2.0), PROFILE, [ALL], False)
    assert trust.shares["contrast"] == 0.1


def test_any_picture_supports_and_all_must_be_free_of_a_negated_thing() -> None:
    positive = fuse(DOG, looks(-3.0, 4.0, -3.0), PROFILE, [ALL] * 3, False)
    negated = fuse(DOG.swap(negated=True), looks(-3.0, 4.0, -3.0), PROFILE, [ALL] * 3, False)
    assert positive.picture == negated.picture == 1
    assert positive.value is not None and positive.value > 0.9
    assert negated.value == pytest.approx(1 - positive.value)
    assert negated.shares["objects"] == -positive.shares["objects"]


@pytest.mark.parametrize(
    ("claim", "active"),
    [
        (DOG, Weighable()),
        (DOG, Weighable(frozenset({"contrast"}))),
        (DOG.swap(noun="cat"), ALL),
        (DOG.swap(kind="action"), ALL),
    ],
)
def test_outside_its_parts_words_and_kinds_a_profile_weighs_nothing(claim: Claim, active: Weighable) -> None:
    evidence = [[Evidence(check="objects", stance="silent", features={"logit": 5.0})]]
    assert fuse(claim, evidence, PROFILE, [active], unfitted_detector=False).value is None


def test_without_a_profile_the_detectors_confidence_is_left_and_called_uncalibrated() -> None:
    values = [
        fuse(DOG, [[Evidence(check="objects", stance="supports", score=score, belief=score**0.3)]], None, [ALL])
        for score in (0.001, 0.1, 0.9)
    ]
    assert [trust.calibration for trust in values] == ["uncalibrated"] * 3
    assert values[0].value < 0.2 < 0.45 < values[1].value < 0.55 < values[2].value  # type: ignore[operator]
    assert (
        fuse(
            DOG, [[Evidence(check="similarity", stance="silent", score=0.3, features={"cosine": 0.3})]], None, [ALL]
        ).value
        is None
    )


def test_a_detector_the_profile_does_not_know_is_taken_plainly_and_its_own_only_where_it_is_active() -> None:
    evidence = [
        [
            Evidence(check="objects", stance="supports", score=0.9, features={"logit": 2.0}, belief=0.9**0.3),
            Evidence(check="contrast", stance="silent", features={"margin": -9.0}),
        ]
    ]
    foreign = fuse(DOG, evidence, PROFILE, [Weighable(frozenset({"contrast"}))], unfitted_detector=True)
    assert foreign.calibration == "uncalibrated" and foreign.value is not None and foreign.value > 0.9
    own = fuse(DOG, evidence, PROFILE, [Weighable(frozenset({"contrast"}))], unfitted_detector=False)
    assert own.calibration == "calibrated" and own.value is not None and own.value < 0.1


def test_trust_is_drawn_towards_no_opinion_on_less_familiar_pictures() -> None:
    known, strange, unknown = (
        fuse(DOG, looks(3.0), PROFILE, [replace(ALL, familiarity=share)], False) for share in (1.0, 0.4, 1e-9)
    )
    prior = PROFILE.prior("object")
    assert known.value is not None and strange.value is not None and known.value > strange.value > prior
    assert unknown.value == pytest.approx(prior) and strange.shares["objects"] == 0.4 * known.shares["objects"]
    denied = fuse(DOG.swap(negated=True), looks(3.0), PROFILE, [replace(ALL, familiarity=0.4)], False)
    assert denied.value == pytest.approx(1 - strange.value)


def test_a_picture_that_cannot_be_judged_keeps_the_others_from_denying_a_claim() -> None:
    mixed = [ALL, Weighable()]
    shown, denied = (fuse(DOG, looks(value, 0.0), PROFILE, mixed, False) for value in (4.0, -4.0))
    assert shown.value is not None and shown.value > 0.9
    assert denied.value is None
    assert fuse(DOG.swap(negated=True), looks(-4.0, 0.0), PROFILE, mixed, False).value is None


def made_up(seed: int, count: int = 1600) -> list[Example]:
    """Examples whose log-odds are 1.5 × objects + 0.5 × contrast; a third of the pictures come in pairs."""
    random = np.random.default_rng(seed)
    examples = []
    for place in range(count):
        number = 2 if place % 3 == 0 else 1
        table = random.normal(size=(number, 3))
        odds = 1.5 * table[:, 0] + 0.5 * table[:, 1]
        label = int((random.random(number) < 1 / (1 + np.exp(-odds))).any())
        rows = tuple({"objects.logit": row[0], "contrast.margin": row[1], "regions.margin": row[2]} for row in table)
        examples.append(Example(kind="object", looks=rows, label=label, group=f"g{place}"))
    return examples


def test_a_fit_finds_the_weights_and_is_calibrated_after_pooling() -> None:
    model = fit_kinds(made_up(0))["object"]
    assert model.features["objects.logit"].weight == pytest.approx(1.5, abs=0.5)
    assert abs(model.features["regions.margin"].weight if "regions.margin" in model.features else 0.0) < 0.2
    fresh = [example for example in made_up(1, 6000) if len(example.looks) == 2]
    trust = np.array([model.calibrated(max(log_odds(model, look) for look in one.looks), 2) for one in fresh])
    assert ece(trust, np.array([one.label for one in fresh], float)) < 0.06


def test_a_feature_that_speaks_against_itself_is_left_out() -> None:
    examples = [
        Example(
            kind=one.kind,
            looks=tuple({**look, "regions.margin": -look["objects.logit"]} for look in one.looks),
            label=one.label,
            group=one.group,
        )
        for one in made_up(2)
    ]
    assert "regions.margin" not in fit_kinds(examples)["object"].features


def test_an_eye_alone_has_a_model_of_its_own() -> None:
    alone = fit_single_models(made_up(0))
    assert set(alone["detector"]["object"].features) == {"objects.logit"}
    assert set(alone["encoder"]["object"].features) <= {"contrast.margin", "regions.margin"}
    profile = Profile(
        name="p", data="d", date="2026-01-01", models={}, parts={}, kinds={"object": MODEL}, single_model=alone
    )
    both, one = frozenset({"objects", "similarity", "contrast"}), frozenset({"objects", "colour"})
    assert profile.model("object", both) is MODEL
    assert profile.model("object", one) is alone["detector"]["object"]


def test_too_few_examples_are_refused() -> None:
    with pytest.raises(DataError, match="too few labelled claims"):
        fit_kinds(made_up(0, 10))


def test_the_gate_admits_its_own_and_refuses_others() -> None:
    random = np.random.default_rng(0)
    gate = fit_gate(random.normal(size=(800, 24)))

    def admits(row: np.ndarray) -> bool:
        return gate.admits(Facts(picture="x", size=(1, 1), seen={"domain": {"statistics": row}}))

    assert np.mean([admits(row) for row in random.normal(size=(300, 24))]) > 0.95
    assert not any(admits(row) for row in random.normal(3.0, size=(50, 24)))
    assert not gate.admits(Facts(picture="x", size=(1, 1)))


def test_profiles_survive_json(tmp_path: Path) -> None:
    gate = fit_gate(np.random.default_rng(0).normal(size=(100, 3)))
    profile = Profile(
        name="p",
        data="d",
        date="2026-01-01",
        models={},
        parts={"objects": "d"},
        kinds={"object": MODEL},
        single_model={"detector": {"object": MODEL}},
        gate=gate,
        nouns=("dog",),
    )
    again = Profile.load(profile.save(tmp_path / "p.json"))
    assert (
        again.kinds == profile.kinds
        and again.single_model == profile.single_model
        and again.nouns == ("dog",)
        and again.gate is not None
    )
    assert again.gate.limit == pytest.approx(gate.limit, rel=1e-5)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"schema": 99}'])
def test_a_broken_profile_is_one_clear_error(text: str, tmp_path: Path) -> None:
    (tmp_path / "p.json").write_text(text)
    with pytest.raises(DataError, match="profile"):
        Profile.load(tmp_path / "p.json")


def test_policy() -> None:
    assert [Policy().verdict(trust) for trust in (None, 0.1, 0.5, 0.9)] == [
        "unverifiable",
        "contradicted",
        "unverifiable",
        "supported",
    ]
    with pytest.raises(DataError, match="thresholds"):
        Policy(supported=0.3, contradicted=0.6)


def test_metrics_against_scikit_learn() -> None:
    from sklearn import metrics

    random = np.random.default_rng(0)
    labels = random.integers(0, 2, 300).astype(float)
    scores = np.round(labels * 0.3 + random.random(300), 1)
    weights = random.integers(0, 3, 300).astype(float)
    assert auroc(scores, labels, weights) == pytest.approx(metrics.roc_auc_score(labels, scores, sample_weight=weights))
    expected = metrics.average_precision_score(labels, scores, sample_weight=weights)
    assert average_precision(scores, labels, weights) == pytest.approx(expected)
    assert accuracy(scores, labels) == pytest.approx(((scores >= 0.5) == labels).mean())
    assert np.isnan(auroc(scores, np.ones(300)))


def test_ece_of_a_calibrated_and_of_a_sure_and_wrong_score() -> None:
    random = np.random.default_rng(0)
    trust = random.random(20_000)
    assert ece(trust, (random.random(20_000) < trust).astype(float)) < 0.02
    assert ece(np.full(100, 0.9), np.zeros(100)) == pytest.approx(0.9)


def test_the_bootstrap_draws_whole_groups() -> None:
    weights = group_weights(["a", "a", "b", "c"], 50)
    assert (weights[:, 0] == weights[:, 1]).all()
    assert ((weights[:, 0] + weights[:, 2] + weights[:, 3]) == 3).all()
    assert interval([0.5] * 5) is None
    assert interval([float("nan")] * 10 + list(np.linspace(0, 1, 101))) == pytest.approx((0.025, 0.975))


def _examples(number: int, chance: Callable[[np.ndarray], np.ndarray]) -> list[Example]:
    random = np.random.default_rng(0)
    values = random.uniform(-4, 4, number)
    labels = random.random(number) < chance(values)
    return [
        Example(kind="object", looks=({"contrast.margin": float(value)},), label=int(label), group=f"scene-{place}")
        for place, (value, label) in enumerate(zip(values, labels, strict=True))
    ]


def _error(examples: Sequence[Example], curved: bool, monkeypatch: pytest.MonkeyPatch) -> tuple[float, float, int]:
    monkeypatch.setattr(fitting, "_CURVED", 1000 if curved else 10**9)
    model = fitting.fit_kinds(examples[: len(examples) // 2])["object"]
    rest = examples[len(examples) // 2 :]
    trusts = np.array([fitting.trust_of(model, row) for row in rest])
    labels = np.array([row.label for row in rest], float)
    return ece(trusts, labels), auroc(trusts, labels), len(model.curve)


def test_a_curve_mends_what_a_line_cannot(monkeypatch: pytest.MonkeyPatch) -> None:
    steps = _examples(24_000, lambda values: np.where(values > 0.5, 0.97, 0.04))
    line, curve = (_error(steps, curved, monkeypatch) for curved in (False, True))
    assert (line[2], curve[2]) == (0, 16)
    assert curve[0] < 0.6 * line[0] and curve[0] < 0.02
    assert curve[1] == pytest.approx(line[1], abs=0.002), "the order of claims stays as it is"


def test_a_line_that_fits_gets_no_curve(monkeypatch: pytest.MonkeyPatch) -> None:
    straight = _examples(24_000, lambda values: 1 / (1 + np.exp(-1.5 * values)))
    assert _error(straight, True, monkeypatch)[2] == 0


def test_a_curve_rises_and_goes_on_beyond_its_ends() -> None:
    model = KindModel(intercept=0.0, features={}, curve=((-2.0, -1.0), (0.0, -0.9), (2.0, 3.0)))
    values = [model.calibrated(value, 1) for value in (-4.0, -2.0, -1.0, 0.0, 1.0, 2.0, 4.0)]
    assert values == sorted(values) and len(set(values)) == 7
    assert model.calibrated(4.0, 1) == pytest.approx(1 / (1 + np.exp(-5.0)))


def test_a_curve_is_saved_with_its_profile(tmp_path: Path) -> None:
    model = KindModel(intercept=0.1, features={}, curve=((-1.0, -2.0), (1.0, 2.0)))
    path = Profile(name="p", data="d", date="2026-01-01", models={}, parts={}, kinds={"object": model}).save(
        tmp_path / "p.json"
    )
    assert Profile.load(path).kinds["object"] == model


def test_evidence_that_points_the_wrong_way_is_not_turned_around() -> None:
    from llamaindex_clipverify.trust.fitting import Example, _fit_pooling

    weights = KindModel(intercept=0.0, features={"a.b": Feature(1.0, 0.0, 0.0)})
    rows = [
        Example(kind="object", looks=({"a.b": value},), label=int(value < 0), group=str(value))
        for value in range(-9, 10)
    ]
    model = _fit_pooling(weights, rows)
    assert model.slope == 0 and model.calibrated(5.0, 1) == model.calibrated(-5.0, 2) == pytest.approx(9.5 / 20)
