"""Ours and their twins agree over random combinations of what Keras lets an optimizer do; JAX: on_backend."""

import pytest

from tests.optimizers.test_boxes import mutant
from tests.optimizers.twins import TWINS, check_twins, with_keras, with_the_box


@pytest.mark.parametrize("name", TWINS)
def test_as_keras(name):
    check_twins(with_keras(name), examples=20)


def test_with_momentum_as_the_box():
    check_twins(with_the_box(), examples=40)


MUTANTS = {
    "velocity kept by finalize": ("            self.assign(v, ops.zeros(v.shape, v.dtype))\n", ""),
    "finalize leaves θ~": ("self.assign(variable, theta)", "self.assign(variable, variable)"),
    "decay of θ~": ("* e * self._theta(variable, v)", "* e * ops.cast(variable, v.dtype)"),
    "decay twice": ("def _apply_weight_decay", "def _unused"),
    "no decay": ("change -=", "unused ="),
    "sparse gradients not added up": ("dense_gradient(gradient, r)", "0 * dense_gradient(gradient, r)"),
}


@pytest.mark.parametrize("change", MUTANTS)
def test_the_box_notices(change):
    with pytest.raises(AssertionError):
        check_twins(with_the_box(mutant("RMSPropNesterov", *MUTANTS[change])), examples=20)
