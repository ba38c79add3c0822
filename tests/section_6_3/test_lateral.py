"""6-3.g: RNNs across an image and convolutions."""

import numpy as np
import pytest

from chapter6.section_6_3 import lateral
from chapter6.section_6_3.lateral_networks import equal_filters, network


@pytest.mark.parametrize("head", lateral.HEADS)
def test_sweeps_and_convolutions_have_equal_parameters(head):
    sweeps = network("sweeps", 8, head, 0).count_params()
    filters = equal_filters(head, 8)
    counts = {
        k: network("convolution", k, head, 0).count_params() for k in (filters - 1, filters, filters + 1)
    }
    assert min(counts, key=lambda k: abs(counts[k] - sweeps)) == filters
    assert abs(counts[filters] - sweeps) < 0.1 * sweeps


def test_a_pixel_reaches_the_opposite_corner_through_two_layers_of_sweeps_only(section):
    table = section.numbers("lateral/influence")
    row, column = table["row"], table["column"]
    cross = (row == 27) | (column == 27)
    np.testing.assert_array_equal(table["sweeps, one layer, untrained"] > 0, cross)
    assert (table["sweeps, two layers, untrained"] > 0).all()
    assert (table["sweeps, two layers, trained"] > 0).all()
    for name, reach in (
        ("one layer, untrained", 1),
        ("two layers, untrained", 2),
        ("two layers, trained", 5),
    ):
        seen = table[f"convolution, {name}"] > 0
        assert seen.any() and not seen[(row < 27 - reach) | (column < 27 - reach)].any()


def test_the_finding_counts_the_pixels_seen_and_names_every_network(section):
    maps, finding = section.numbers("lateral/influence"), section.findings["lateral"]
    value = finding.table.set_index(["quantity", "network"])["value"]
    for name in set(maps) - {"row", "column"}:
        assert value["pixels seen", name] == np.count_nonzero(maps[name])
        # Both are float32.
        corner = maps[name][0] / maps[name].max()
        assert value["opposite corner / strongest pixel", name] == pytest.approx(corner, rel=1e-6)
    assert (value["time per image (µs)"] > 0).all()
    tested = finding.table[finding.table["quantity"] == "test accuracy (%)"]
    assert set(tested["network"]) == {"sweeps, then the mean", "convolution, then the mean"}
    assert ((tested["least"] <= tested["value"]) & (tested["value"] <= tested["most"])).all()
    assert value["parameters", "sweeps, then the mean"] == network("sweeps", 8, "mean", 0).count_params()
