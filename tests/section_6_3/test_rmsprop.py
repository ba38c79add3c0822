"""6-3.d: AdaGrad's rates only fall, RMSProp's recover."""

import numpy as np

from chapter6.experiment import Verdict
from chapter6.lesson import value_of


def test_adagrads_effective_rate_only_falls_and_rmsprops_recovers(section):
    recovery = section.numbers("rmsprop/recovery")
    assert (np.diff(recovery["AdaGrad"]) <= 1e-12).all()
    assert recovery["RMSProp"][-1] > 50 * recovery["RMSProp"][49]


def test_rho_sets_how_soon_the_rate_recovers_and_delta_what_a_small_gradient_is(section):
    recovery, safety = (section.numbers(f"rmsprop/{name}") for name in ("recovery", "safety"))
    names = {0.5: "RMSProp (ρ = 0.5)", 0.9: "RMSProp", 0.99: "RMSProp (ρ = 0.99)"}
    for rho, name in names.items():
        # r after n steps at gradient 1, from the mean of 50 at gradient 100.
        steps = np.arange(1, 1001)
        r = rho**steps * 1e4 * (1 - rho**50) + (1 - rho**steps)
        np.testing.assert_allclose(recovery[name][50:], 1 / np.sqrt(1e-6 + r), rtol=1e-6)
    gradients = safety["gradient"]
    for delta in ("0", "1e-06", "0.01"):
        steps = safety[f"RMSProp (δ = {delta})"]
        r = gradients[1:] ** 2 * (1 - 0.9**100)
        np.testing.assert_allclose(steps[1:], gradients[1:] / np.sqrt(float(delta) + r), rtol=1e-6)
        # 0/0 without δ, no step with it.
        assert gradients[0] == 0 and (np.isnan(steps[0]) if delta == "0" else steps[0] == 0)


def test_the_finding_has_the_growth_of_the_rates_that_are_drawn(section):
    recovery, finding = section.numbers("rmsprop/recovery"), section.findings["rmsprop"]
    growth, steps = "growth of the effective rate (factor)", "steps to half of the rate at the end"
    for name in ("AdaGrad", "RMSProp"):
        rates = recovery[name]
        assert value_of(finding.table, "value", quantity=growth, optimizer=name) == rates[-1] / rates[49]
        half = int(value_of(finding.table, "value", quantity=steps, optimizer=name))
        assert rates[50 + half - 1] >= rates[-1] / 2
        assert half == 1 or rates[50 + half - 2] < rates[-1] / 2
    assert finding.verdict == Verdict.BY_DEFINITION
