"""Where the formulas coincide, Keras and torch compute the same; else the docstrings' tables show the gap."""

import inspect

import keras
import numpy as np
import pytest

from chapter6.optimizers import AdaGrad, Adam, RMSProp, RMSPropNesterov
from tests.optimizers.runs import largest_error, path, problem

STEPS = 30
# float64; the other side may order its products differently
BOUND = 1e-11


def torch_path(make, theta, gradient, steps):
    """`path` for an optimizer of torch."""
    import torch

    variable = torch.tensor(theta, requires_grad=True)
    optimizer = make([variable])
    points = []
    for step in range(steps):
        points.append(variable.detach().numpy().copy())
        variable.grad = torch.from_numpy(gradient(step, points[-1]))
        optimizer.step()
    return np.stack([*points, variable.detach().numpy()])


def never_zero(seed):
    start, gradient = problem(seed, steps=STEPS)
    return start, lambda step, theta: gradient(step, theta) + 1e-3


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (
            lambda: AdaGrad(0.01, epsilon=0.0),
            lambda: keras.optimizers.Adagrad(0.01, initial_accumulator_value=0.0, epsilon=0.0),
        ),
        (lambda: RMSProp(0.01), lambda: keras.optimizers.RMSprop(0.01, epsilon=1e-6)),
        (lambda: RMSProp(0.01, rho=0.5), lambda: keras.optimizers.RMSprop(0.01, rho=0.5, epsilon=1e-6)),
        (lambda: RMSPropNesterov(0.01, momentum=0.0), lambda: RMSProp(0.01)),
        # Keras rounds its betas to float32, so these are two that float32 has
        (
            lambda: Adam(0.01, beta_1=0.875, beta_2=1 - 2**-10, epsilon=0.0),
            lambda: keras.optimizers.Adam(0.01, beta_1=0.875, beta_2=1 - 2**-10, epsilon=0.0),
        ),
    ],
    ids=["AdaGrad without δ", "RMSProp", "RMSProp, ρ = 0.5", "RMSPropNesterov, α = 0", "Adam without δ"],
)
def test_keras(ours, theirs, seed):
    start, gradient = never_zero(seed)
    found, expected = (path(make(), start, gradient, STEPS) for make in (ours, theirs))
    assert largest_error(found, expected) < BOUND


@pytest.mark.parametrize("seed", range(3))
def test_nesterov_against_keras_with_the_interim_point_by_hand(seed):
    """Figure 6-8 from RMSprop(momentum): its velocity is -v, and the variable is moved there and back."""
    start, gradient = never_zero(seed)
    theta = keras.Variable(start, dtype="float64")
    by_hand = keras.optimizers.RMSprop(0.01, momentum=0.8, epsilon=1e-6)
    by_hand.build([theta])
    (velocity,) = (variable for variable in by_hand.variables if variable.path.endswith("momentum"))
    points = []
    for step in range(STEPS):
        points.append(theta.numpy() - 0.8 * velocity.numpy())
        by_hand.apply([keras.ops.convert_to_tensor(gradient(step, points[-1]))], [theta])
    expected = np.stack([*points, theta.numpy()])
    found = path(RMSPropNesterov(0.01, momentum=0.8), start, gradient, STEPS)
    assert largest_error(found, expected) < BOUND


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", ["AdaGrad", "RMSProp without δ", "Adam"])
def test_torch(name, seed):
    torch = pytest.importorskip("torch", reason="torch is not installed")
    # Keras keeps the learning rate in float32
    rate = float(np.float32(0.01))
    ours, theirs = {
        "AdaGrad": (AdaGrad(0.01), lambda p: torch.optim.Adagrad(p, lr=rate, eps=1e-7)),
        "RMSProp without δ": (
            RMSProp(0.01, epsilon=0.0),
            lambda p: torch.optim.RMSprop(p, lr=rate, alpha=0.9, eps=0.0),
        ),
        "Adam": (Adam(0.01), lambda p: torch.optim.Adam(p, lr=rate)),
    }[name]
    start, gradient = never_zero(seed)
    found, expected = path(ours, start, gradient, STEPS), torch_path(theirs, start, gradient, STEPS)
    assert largest_error(found, expected) < BOUND


def first_steps(make, gradients):
    """First step / learning rate by Keras, in float64 from θ = 0."""
    steps = []
    for gradient in gradients:
        optimizer = make()
        found = path(optimizer, np.zeros(1), lambda step, theta, g=gradient: np.array([g]), 1)
        steps.append(-found[-1, 0] / float(optimizer.learning_rate))
    return steps


def torch_first_steps(make, gradients):
    """First step / learning rate by torch, in float64 from θ = 0."""
    steps = []
    for gradient in gradients:
        found = torch_path(make, np.zeros(1), lambda step, theta, g=gradient: np.array([g]), 1)
        steps.append(-found[-1, 0] / make([one_parameter()]).param_groups[0]["lr"])
    return steps


def one_parameter():
    import torch

    return torch.zeros(1, requires_grad=True)


@pytest.mark.parametrize("optimizer_class", [AdaGrad, RMSProp, RMSPropNesterov, Adam])
def test_table_in_the_docstring_is_what_is_measured(optimizer_class):
    momentum = {"momentum": 0.9} if optimizer_class is RMSPropNesterov else {}
    rows = {}
    for line in inspect.getdoc(optimizer_class).splitlines():
        name, *cells = line.split()[:5] or [""]
        if len(cells) == 4 and name.rpartition(".")[2] in (
            *("gradient", optimizer_class.__name__),
            *("Adagrad", "RMSprop", "Adam"),
        ):
            rows[name] = cells
    gradients = [float(cell) for cell in rows.pop("gradient")]
    assert len(rows) == 3
    for name, cells in rows.items():
        if name.startswith("torch."):
            torch = pytest.importorskip("torch", reason="torch is not installed")
            make = getattr(torch.optim, name.rpartition(".")[2])
            measured = torch_first_steps(lambda p, make=make: make(p, **momentum), gradients)
        elif name.startswith("keras."):
            make = getattr(keras.optimizers, name.rpartition(".")[2])
            measured = first_steps(lambda make=make: make(**momentum), gradients)
        else:
            measured = first_steps(optimizer_class, gradients)
        # four digits are printed
        np.testing.assert_allclose(measured, [float(cell) for cell in cells], rtol=6e-4, err_msg=name)
