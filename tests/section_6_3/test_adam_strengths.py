"""6-3.f: the six optimizers on rare features and on gradients of changing scale."""

import numpy as np
import pytest

from chapter6.experiment import Verdict, quick
from chapter6.section_6_3 import adam_strengths
from chapter6.section_6_3.stochastic_problems import changing_scale, rare_features
from tests.section_6_3 import COMPARED


def second_differences(loss, size):
    """Return loss(x + 1) - 2 loss(x) + loss(x - 1) in every direction of the last axis, at x = 0."""
    units = np.concatenate([np.zeros((1, size)), np.eye(size), -np.eye(size)])
    values = np.asarray(loss(units))
    return values[:, 1 : size + 1] - 2 * values[:, :1] + values[:, size + 1 :]


def test_rare_features_are_as_rare_as_said_and_the_batches_have_them_as_often():
    settings = adam_strengths.Settings(tuning_seeds=1, seeds=2, steps=400, parameters=6)
    loss, excess = rare_features(settings)
    share = np.geomspace(0.5, 0.005, 6)
    # E x_j² = p_j
    np.testing.assert_allclose(
        second_differences(lambda w: excess(w, 0), 6), np.tile(share, (3, 1)), rtol=1e-9
    )
    seen = np.mean([second_differences(lambda w, k=k: loss(w, k), 6) for k in range(400)], axis=0)
    deviation = np.sqrt(share * (1 - share) / (400 * settings.batch))
    assert (abs(seen - share) < 5 * deviation).all() and (seen != seen[:1]).any()
    # A batch's loss is on average the excess loss and half the variance of the noise.
    weights = np.zeros((1, 1, 6))
    batches = np.mean([loss(weights, k) for k in range(400)])
    assert batches == pytest.approx(float(np.mean(excess(weights, 0))) + 0.125, rel=0.1)


def test_the_scale_changes_with_the_noise_and_the_excess_loss_is_without_it():
    settings = adam_strengths.Settings(tuning_seeds=1, seeds=2, steps=150, parameters=6, regime=75)
    loss, excess = changing_scale(settings)
    curvature = np.geomspace(0.1, 10, 6)
    # A factor of 100 between 0.1 and 10, after 75 steps and after as many again.
    for each, step, scale in (
        (excess, 7, 1),
        (excess, 80, 1),
        (loss, 74, 0.1),
        (loss, 75, 10),
        (loss, 149, 10),
        (loss, 150, 0.1),
    ):
        found = second_differences(lambda x, each=each, step=step: each(x, step), 6)
        np.testing.assert_allclose(found, np.tile(scale * curvature, (3, 1)), rtol=1e-9)

    def slope(each, step):
        units = np.eye(6)
        return (np.asarray(each(units, step)) - np.asarray(each(-units, step))) / 2

    minima = np.stack([-slope(excess, k) / curvature for k in range(151)])
    assert np.diff(minima, axis=0).std() == pytest.approx(settings.drift, rel=0.05)
    noise = np.stack([slope(loss, k) / (0.1, 10)[k // 75 % 2] - slope(excess, k) for k in range(151)])
    assert noise.std() == pytest.approx(settings.noise, rel=0.05)


def test_strengths_are_compared_for_all_six_on_both_problems(section):
    table = section.numbers("adam_strengths/strengths")
    assert set(table) == {"step"} | {
        f"{p} {n}" for p in ("rare features", "changing scale") for n in COMPARED
    }
    for name in COMPARED:
        learnt = table[f"rare features {name}"]
        assert np.isfinite(learnt).all() and learnt[-10:].mean() < 0.5 * learnt[0]
        # All start at the same weights: their first losses are one number.
        assert learnt[0] == table["rare features SGD"][0]
    # Rare features' weights move, which one rate for all cannot bring about in so few steps.
    assert table["rare features AdaGrad"][-10:].mean() < table["rare features SGD"][-10:].mean()


def test_the_finding_compares_adam_with_each_specialist(section):
    finding, curves = section.findings["adam_strengths"], section.numbers("adam_strengths/strengths")
    steps = quick(adam_strengths.Settings).steps
    counted = {"rare features": steps // 10, "changing scale": steps}
    excess = finding.table.set_index(["problem", "optimizer"])["excess loss"]
    for (problem, name), value in excess.items():
        assert value == pytest.approx(curves[f"{problem} {name}"][-counted[problem] :].mean(), rel=1e-9)
    specialists = {"rare features": "AdaGrad", "changing scale": "RMSProp"}
    matched = [excess[p, "Adam"] <= 1.1 * excess[p, name] for p, name in specialists.items()]
    assert finding.verdict == (Verdict.FAILS, Verdict.PARTLY, Verdict.HOLDS)[sum(matched)]
    # Adam leads where the others' loss is higher.
    lead = finding.table.set_index(["problem", "optimizer"])["lead of Adam (standard errors)"].dropna()
    assert len(lead) == 10
    assert all((lead[key] > 0) == (excess[key] > excess[key[0], "Adam"]) for key in lead.index)
