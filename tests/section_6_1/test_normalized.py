"""6-1.d: equation 6-3 keeps the size forward and gradients."""

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from chapter6.experiment import Verdict, quick
from chapter6.section_6_1 import normalized


@pytest.mark.parametrize(
    ("start", "activation", "per_layer"),
    [
        ("equation 6-3", "linear", 1.0),
        ("xavier_init", "linear", 2**0.5),
        ("uniform, ±1/√m", "linear", 3**-0.5),
        ("too small (0.01)", "linear", 0.01 * 64**0.5),
        ("sparse (k = 15)", "linear", 15**0.5),
        ("equation 6-3", "relu", 2**-0.5),
        ("xavier_init", "relu", 1.0),
        ("orthogonal, with gain", "relu", 1.0),
    ],
)
def test_d_size_changes_by_the_weights_variance(section, start, activation, per_layer):
    layers = max(quick(normalized.Settings).depths)
    for size in sizes(section, start, activation):
        measured = size ** (1 / layers)
        # Ten layers of 64 units leave a few percent to chance; relu's spread leaves out its mean.
        assert measured == pytest.approx(per_layer, rel=0.12)


def test_d_orthogonal_kernels_keep_linear_networks_exactly(section):
    assert sizes(section, "orthogonal, with gain", "linear") == pytest.approx((1, 1), rel=0.05)


def sizes(section, start, activation):
    """Return the sizes of activations and of gradients at the far end, relative to those put in."""
    table = section.findings["normalized"].table.set_index(["initialization", "activation"])
    return tuple(table.loc[(start, activation), ["size forward", "size backward"]])


def test_d_both_are_kept_within_a_factor_of_ten(section):
    table = section.findings["normalized"].table
    kept = table[["size forward", "size backward"]].apply(lambda size: size.between(0.1, 10))
    assert (kept.all(axis=1) == (table["kept"] == "yes")).all()
    assert set(table["kept"]) == {"yes", "no"}
    of_equation = table.query("initialization == 'equation 6-3'")
    assert section.findings["normalized"].verdict == Verdict.of(of_equation["kept"] == "yes")
    assert table["initialization"][0] == "equation 6-3"


def test_histograms_by_layer_are_there(section):
    (file,) = section.of("normalized").glob("equation_6_3/events.out.tfevents.*")
    reader = EventAccumulator(str(file), size_guidance={"tensors": 0}).Reload()
    for tag in ("activations", "gradients"):
        assert reader.SummaryMetadata(tag).plugin_data.plugin_name == "histograms"
        assert [event.step for event in reader.Tensors(tag)] == [1, 2, 3, 4, 5, 10]
