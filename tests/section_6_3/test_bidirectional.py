"""6-3.g: a bidirectional RNN sees the past and the future."""

import numpy as np

from chapter6.experiment import Verdict


def test_forward_states_see_the_past_backward_states_the_future(section):
    table = section.numbers("bidirectional/influence")
    past = table["s"] <= table["t"]
    np.testing.assert_array_equal(table["h"] > 0, past)
    np.testing.assert_array_equal(table["g"] > 0, table["s"] >= table["t"])
    assert (table["both"] > 0).all()


def test_the_finding_counts_the_pairs(section):
    matrix, finding = section.numbers("bidirectional/influence"), section.findings["bidirectional"]
    assert finding.verdict == Verdict.BY_DEFINITION
    table = finding.table.set_index("state")
    for column, state in {"h": "h", "g": "g", "both": "h and g"}.items():
        assert table.loc[state, "pairs (t, s) that it connects"] == np.count_nonzero(matrix[column])
    assert table.loc["h and g", "of all pairs (%)"] == 100
    last = matrix["s"].max()
    far, near = (matrix["both"][(matrix["t"] == 0) & (matrix["s"] == s)][0] for s in (last, 0))
    share = table.loc["h and g", "influence from end to end (%)"]
    np.testing.assert_allclose(share, 100 * far / near, rtol=1e-12)
