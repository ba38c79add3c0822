"""6-3.b: AdaGrad's rates are smallest where derivatives are largest."""

import numpy as np
import pytest

from chapter6.experiment import Verdict


def test_adagrads_rate_falls_as_one_over_the_gradient(section):
    table = section.numbers("adagrad_rates/effective_rate")
    # δ is a hundred-thousandth of the root of r where gradients are smallest.
    np.testing.assert_allclose(table["AdaGrad"] * table["gradient"] * 10, 1, rtol=1e-4)
    np.testing.assert_allclose(table["SGD"], 1, rtol=1e-9)
    finding = section.findings["adagrad_rates"]
    assert finding.verdict == Verdict.FAILS
    slopes = finding.table.set_index("optimizer")["slope on log scales"]
    assert slopes["AdaGrad"] == pytest.approx(-1, abs=1e-4)
    assert slopes["SGD"] == pytest.approx(0, abs=1e-9)
