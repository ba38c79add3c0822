"""Each optimizer computes its box: as NumPy does in float64, in many random cases; and the check is sharp."""

import inspect
import types

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

import chapter6.optimizers
from tests.optimizers.runs import OPTIMIZERS, SYMBOLS, box_path, largest_error, path, problem

STEPS = 25
RANGES = {
    "rho": st.floats(0, 0.999),
    "momentum": st.floats(0, 0.99),
    "beta_1": st.floats(0, 0.99),
    "beta_2": st.floats(0, 0.9999),
    "epsilon": st.floats(-10, -2).map(lambda exponent: 10.0**exponent),
}


def check_box(optimizer_class, examples=8):
    """Fail if the optimizer leaves its box, with its defaults or with random constants."""
    names = [name for name in inspect.signature(optimizer_class).parameters if name in RANGES]

    @settings(max_examples=examples, deadline=None, derandomize=True, database=None, phases=[Phase.generate])
    @given(
        seed=st.integers(0, 2**32 - 1),
        exponent=st.floats(-4, -0.5),
        constants=st.fixed_dictionaries({name: RANGES[name] for name in names}),
    )
    def check(seed, exponent, constants):
        start, gradient = problem(seed, steps=STEPS)
        for arguments in ({}, constants):
            optimizer = optimizer_class(learning_rate=10.0**exponent, **arguments)
            found = path(optimizer, start, gradient, STEPS)
            box_arguments = {SYMBOLS[name]: value for name, value in arguments.items()}
            expected = box_path(optimizer, start, gradient, STEPS, **box_arguments)
            if optimizer_class.__name__ in ("Adam", "RMSPropNesterov"):
                # a fraction multiplied out, two sums in one; rounding θ ~ 1 costs 1e-16, a step is e or so
                assert largest_error(found, expected) < 1e-9
            else:
                np.testing.assert_array_equal(found, expected)

    check()


@pytest.mark.parametrize("optimizer_class", OPTIMIZERS)
def test_box(optimizer_class):
    check_box(optimizer_class)


@pytest.mark.parametrize("optimizer_class", OPTIMIZERS)
def test_default_learning_rate_is_the_documented_one(optimizer_class):
    assert float(optimizer_class().learning_rate) == np.float32(0.001)


MUTANTS = {
    "AdaGrad": {
        "δ moved into the root": ("(self.epsilon + ops.sqrt(r))", "ops.sqrt(self.epsilon + r)"),
        "δ left out": ("(self.epsilon + ops.sqrt(r))", "(1e-30 + ops.sqrt(r))"),
        "another δ": ("epsilon=1e-7", "epsilon=1e-8"),
        "r starts at 0.1": ('(var_list, "r")', '(var_list, "r", keras.initializers.Constant(0.1))'),
        "r forgets": ("self.assign_add(r, ops.square(g))", "self.assign(r, 0.999 * r + ops.square(g))"),
        "no square": ("ops.square(g)", "ops.abs(g)"),
        "the gradient's sign alone": ("* g)", "* ops.sign(g))"),
    },
    "RMSProp": {
        "δ moved out of the root": ("ops.sqrt(self.epsilon + new_r)", "(self.epsilon + ops.sqrt(new_r))"),
        "another δ": ("epsilon=1e-6", "epsilon=1e-7"),
        "another ρ": ("rho=0.9,", "rho=0.99,"),
        "ρ and 1 - ρ exchanged": ("self.rho * r + (1 - self.rho) *", "(1 - self.rho) * r + self.rho *"),
        "no 1 - ρ": ("(1 - self.rho) * ops.square(g)", "ops.square(g)"),
        "another e": ("e / ops.sqrt", "1.02 * e / ops.sqrt"),
    },
    "RMSPropNesterov": {
        "gradient at θ": ("change = self.momentum * new_v - step", "change = new_v"),
        "the interim point without α": ("change = self.momentum * new_v", "change = new_v"),
        "the interim point of the old v": ("change = self.momentum * new_v", "change = self.momentum * v"),
        "α on the whole of v": ("new_v = self.momentum * v - step", "new_v = self.momentum * (v - step)"),
        "α on the step of θ": (" * new_v - step", " * (new_v - step)"),
        "no α in v": ("new_v = self.momentum * v", "new_v = 1.0 * v"),
        "θ~ left in the variables": ("- self.momentum * v\n\n", "- 0 * v\n\n"),
        "δ moved out of the root": ("ops.sqrt(self.epsilon + new_r)", "(self.epsilon + ops.sqrt(new_r))"),
        "another δ": ("epsilon=1e-6", "epsilon=1e-7"),
        "another ρ": ("rho=0.9,", "rho=0.95,"),
        "another α": ("momentum=0.9,", "momentum=0.95,"),
    },
    "Adam": {
        "δ moved into the root": ("(ops.sqrt(r) + delta_c)", "ops.sqrt(r + delta_c)"),
        "δ beside the uncorrected r": ("self.epsilon * c)", "self.epsilon)"),
        "another δ": ("epsilon=1e-8", "epsilon=1e-7"),
        "another ρ1": ("beta_1=0.9,", "beta_1=0.95,"),
        "another ρ2": ("beta_2=0.999,", "beta_2=0.99,"),
        "ρ2 for the past of s": ("self.beta_1 * s", "self.beta_2 * s"),
        "ρ2 for the gradient in s": ("(1 - self.beta_1) * g", "(1 - self.beta_2) * g"),
        "s not corrected": (" / _one_minus_power(self.beta_1, t)", ""),
        "r not corrected": ("ops.sqrt(_one_minus_power(self.beta_2, t))", "ops.ones_like(t)"),
        "t off by one, behind": ("self.iterations + 1", "self.iterations"),
        "t off by one, ahead": ("self.iterations + 1", "self.iterations + 2"),
        "no square": ("ops.square(g)", "ops.abs(g)"),
    },
}


def mutant(name, old, new):
    """The optimizer's class, from its own source with one place changed."""
    module = inspect.getmodule(getattr(chapter6.optimizers, name))
    source = inspect.getsource(module)
    assert source.count(old) == 1, f"{old!r} stands {source.count(old)} times in {module.__name__}"
    source = source.replace(old, new).replace('package="chapter6"', 'package="mutants"')
    changed = types.ModuleType("mutant")
    exec(compile(source, "mutant", "exec"), changed.__dict__)
    return getattr(changed, name)


@pytest.mark.parametrize(
    ("name", "change"), [(name, change) for name, changes in MUTANTS.items() for change in changes]
)
def test_check_notices(name, change):
    with pytest.raises(AssertionError):
        check_box(mutant(name, *MUTANTS[name][change]))


def test_check_passes_an_unchanged_copy():
    for optimizer_class in OPTIMIZERS:
        check_box(mutant(optimizer_class.__name__, "import math\n", "import math  \n"), examples=2)
