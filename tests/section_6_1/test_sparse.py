"""6-1.g: sparse weights keep their size."""

import numpy as np
import pytest

from chapter6.experiment import Verdict


def test_g_sparse_weights_keep_their_size(section):
    table = section.findings["sparse"].table.set_index(["measure", "weights"])
    exponent, largest = table["exponent"], table["at largest m"]
    assert exponent["size", "sparse"] == pytest.approx(0, abs=0.02)
    assert exponent["size", "N(0, 1/m)"] == pytest.approx(-0.5, abs=0.02)
    assert largest["size", "sparse"] == pytest.approx(1, rel=0.05)
    assert largest["size", "N(0, 1/m)"] == pytest.approx(1000**-0.5, rel=0.05)
    # The norm of k normal weights varies by about 1 / sqrt(2 k), that of m by 1 / sqrt(2 m).
    assert largest["spread", "sparse"] == pytest.approx(30**-0.5, rel=0.15)
    assert largest["spread", "N(0, 1/m)"] == pytest.approx(2000**-0.5, rel=0.15)
    # The mean |cosine| of two random directions in m dimensions is about sqrt(2 / (pi m)).
    expected = (2 / (np.pi * 1000)) ** 0.5
    assert largest["cosine", "N(0, 1/m)"] == pytest.approx(expected, rel=0.1)
    assert largest["cosine", "sparse"] < largest["cosine", "N(0, 1/m)"] / 2
    assert section.findings["sparse"].verdict == Verdict.BY_DEFINITION
