"""Batches are a function of the seed and the iteration, and every epoch sees every image once."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from chapter6.gan.batches import batches


@settings(deadline=None, derandomize=True)
@given(
    first=st.integers(0, 50),
    count=st.integers(1, 20),
    batch_size=st.integers(1, 12),
    surplus=st.integers(0, 30),
    seed=st.integers(0, 2**31 - 1),
)
def test_any_window_is_a_piece_of_one_sequence(first, count, batch_size, surplus, seed):
    images = batch_size + surplus
    whole = batches(0, first + count, batch_size, images, seed)
    np.testing.assert_array_equal(batches(first, count, batch_size, images, seed), whole[first:])


@settings(deadline=None, derandomize=True)
@given(images=st.integers(1, 40), epochs=st.integers(1, 4), seed=st.integers(0, 2**31 - 1))
def test_every_epoch_is_a_permutation(images, epochs, seed):
    sequence = batches(0, epochs * images, 1, images, seed).reshape(epochs, images)
    np.testing.assert_array_equal(np.sort(sequence), np.tile(np.arange(images), (epochs, 1)))


def test_epochs_and_seeds_have_orders_of_their_own():
    first, second = batches(0, 2, 1000, 1000, seed=0)
    (other,) = batches(0, 1, 1000, 1000, seed=1)
    for one, another in ((first, second), (first, other)):
        # Two random orders agree in one place on average.
        assert np.sum(one == another) < 10
