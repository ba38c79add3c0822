"""Bad arguments name the rule and the value; the docstrings' boxes can be typeset and hold the defaults."""

import inspect
import re

import pytest

from chapter6.optimizers import AdaGrad, Adam, RMSProp, RMSPropNesterov, algorithm_box
from tests.optimizers.runs import OPTIMIZERS

NAN, INFINITY = float("nan"), float("inf")
FRACTIONS = {RMSProp: ["rho"], RMSPropNesterov: ["rho", "momentum"], Adam: ["beta_1", "beta_2"]}
NOT_NEGATIVE = [(cls, name) for cls in OPTIMIZERS for name in ("learning_rate", "epsilon")]
NOT_A_FRACTION = [(cls, name) for cls, names in FRACTIONS.items() for name in names]


def assert_refused(optimizer_class, name, value, rule):
    with pytest.raises(ValueError, match=re.escape(f"received {name}={value}")) as error:
        optimizer_class(**{name: value})
    assert str(error.value).startswith(f"{optimizer_class.__name__}: ")
    assert rule in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(("optimizer_class", "name"), NOT_NEGATIVE)
@pytest.mark.parametrize("value", [-1e-9, -1.0, INFINITY, NAN])
def test_negative_or_not_finite(optimizer_class, name, value):
    assert_refused(optimizer_class, name, value, "must be finite and at least 0")
    assert name in optimizer_class(**{name: 0.0}).get_config()


@pytest.mark.parametrize(("optimizer_class", "name"), NOT_A_FRACTION)
@pytest.mark.parametrize("value", [-1e-9, 1.0, 1, 1.5, NAN])
def test_outside_0_to_1(optimizer_class, name, value):
    assert_refused(optimizer_class, name, value, "must be in [0, 1)")
    for allowed in (0.0, 0.999999):
        assert optimizer_class(**{name: allowed}).get_config()[name] == allowed


@pytest.mark.parametrize("optimizer_class", OPTIMIZERS)
@pytest.mark.parametrize(
    "arguments",
    [
        {"learning_rate": "fast"},
        {"learning_rate": 1},
        {"clipnorm": 1.0, "clipvalue": 1.0},
        {"gradient_accumulation_steps": 1},
        {"use_ema": True, "ema_momentum": 2.0},
        {"beta": 0.9},
    ],
    ids=str,
)
def test_what_keras_refuses_is_refused(optimizer_class, arguments):
    with pytest.raises(ValueError, match=next(iter(arguments)) if len(arguments) == 1 else "."):
        optimizer_class(**arguments)


@pytest.mark.parametrize("optimizer_class", OPTIMIZERS)
def test_box_can_be_typeset(optimizer_class):
    from matplotlib.mathtext import MathTextParser

    box = algorithm_box(optimizer_class)
    assert box == algorithm_box(optimizer_class())
    labels = [label for label, _ in box]
    assert labels[:3] == ["Require", "Start", "Repeat"]
    assert set(labels[3:]) == {""}
    for _, formula in box:
        assert formula.startswith("$") and formula.endswith("$") and formula.count("$") == 2
        width, height, *_ = MathTextParser("path").parse(formula)
        assert width > 0 and height > 0
        assert formula.removeprefix("$").removesuffix("$").replace(r"\leftarrow", "←").replace(
            r"\odot", "⊙"
        ) in inspect.getdoc(optimizer_class)


def test_defaults_are_the_constants_in_the_boxes():
    defaults = {
        cls: {name: p.default for name, p in inspect.signature(cls).parameters.items()} for cls in OPTIMIZERS
    }
    required = {cls: algorithm_box(cls)[0][1] for cls in OPTIMIZERS}
    for cls, exponent in ((AdaGrad, 7), (RMSProp, 6), (RMSPropNesterov, 6), (Adam, 8)):
        assert f"δ = 10^{{-{exponent}}}" in required[cls]
        assert defaults[cls]["epsilon"] == float(f"1e-{exponent}")
    for text in ("e = 0.001", "ρ_1 = 0.9,", "ρ_2 = 0.999,"):
        assert text in required[Adam]
    assert [defaults[Adam][name] for name in ("learning_rate", "beta_1", "beta_2")] == [0.001, 0.9, 0.999]
    assert defaults[RMSPropNesterov]["rho"] == defaults[RMSProp]["rho"] == 0.9
