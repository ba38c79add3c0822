"""6-3.c and d: AdaGrad's rates only fall, RMSProp's recover."""

import numpy as np

from chapter6.experiment import Verdict


def test_adagrads_effective_rate_only_falls_and_rmsprops_recovers(section):
    recovery = section.numbers("rmsprop/recovery")
    assert (np.diff(recovery["AdaGrad"]) <= 1e-12).all()
    assert recovery["RMSProp"][-1] > 50 * recovery["RMSProp"][49]
    table = section.numbers("convexity/convexity")
    falling = table["Rosenbrock AdaGrad effective rate"]
    assert (np.diff(falling[np.isfinite(falling)]) <= 1e-9 * falling[0]).all()
    ahead = section.findings["convexity"].table.set_index(["quantity", "loss function"])
    ahead = ahead.loc["starts from which it ends lower (%)"]
    assert ahead.loc["bowl", "AdaGrad"] >= 75
    # No two runs end alike.
    assert (ahead["AdaGrad"] + ahead["RMSProp"] == 100).all()


def test_the_finding_has_the_growth_of_the_rates_that_are_drawn(section):
    recovery, finding = section.numbers("rmsprop/recovery"), section.findings["rmsprop"]
    value = finding.table.set_index(["quantity", "optimizer"])["value"]
    for name in ("AdaGrad", "RMSProp"):
        rates = recovery[name]
        assert value["growth of the effective rate (factor)", name] == rates[-1] / rates[49]
        half = int(value["steps to half of the rate at the end", name])
        assert rates[50 + half - 1] >= rates[-1] / 2
        assert half == 1 or rates[50 + half - 2] < rates[-1] / 2
    assert finding.verdict == Verdict.BY_DEFINITION
