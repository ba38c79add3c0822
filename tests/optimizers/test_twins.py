"""Whatever a training does, our optimizers do at equal constants what Keras' own do."""

import pytest

from tests.optimizers import twins


@pytest.mark.parametrize("name", twins.TWINS)
def test_an_optimizer_is_its_twin(name):
    twins.check(name, examples=40)
