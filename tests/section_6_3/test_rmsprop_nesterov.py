"""6-3.e: Nesterov momentum damps the directions that swing."""

import numpy as np


def test_nesterov_swings_less_at_equal_effective_rates(section):
    finding = section.findings["rmsprop_nesterov"]
    value = finding.table.set_index(["quantity", "loss function"])["RMSProp+Nesterov"]
    assert value["less swinging at equal e/(1-α) (% of rates)", "bowl"] > 50
    table = section.numbers("rmsprop_nesterov/swing")
    effective, equal = (table[f"Nesterov, equal {rate}: swing"] for rate in ("e/(1-α)", "e"))
    assert all((column >= -1e-12).all() for name, column in table.items() if name.endswith("swing"))
    # Five rates are a decade, and 1 - α a tenth.
    np.testing.assert_allclose(effective[5:], equal[:-5], rtol=1e-9)
    for rate in ("e/(1-α)", "e"):
        share = np.mean(table[f"Nesterov, equal {rate}: swing"] < table["RMSProp: swing"])
        assert value[f"less swinging at equal {rate} (% of rates)", "bowl"] == 100 * share
    fewest = finding.table.set_index("quantity").loc["fewest steps until the loss stays below a thousandth"]
    swing = finding.table.set_index("quantity").loc["path length of the swinging at this rate"]
    assert swing["RMSProp"] == table["RMSProp: swing"][table["RMSProp: steps"].argmin()]
    # Counted are steps until the loss stays small, which RMSProp alone takes long to do.
    assert fewest["RMSProp+Nesterov"] < fewest["RMSProp"] == np.nanmin(table["RMSProp: steps"])
