"""The two tasks, and the order in which their images are labelled."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chapter6.mnist import load_mnist
from chapter6.section_6_5.digits import stratified_order, task


@pytest.mark.parametrize("first", [0, 5])
def test_a_task_has_its_five_digits_and_no_others(first):
    split = load_mnist().test
    images, labels = task(split, first)
    mine = np.isin(split.labels, range(first, first + 5))
    np.testing.assert_array_equal(images, split.images[mine])
    np.testing.assert_array_equal(labels + first, split.labels[mine])


@settings(deadline=None, derandomize=True, max_examples=50)
@given(labels=st.lists(st.integers(0, 4), min_size=1, max_size=60), seed=st.integers(0, 9))
def test_classes_are_dealt_out_in_turn_until_one_has_run_out(labels, seed):
    labels = np.array(labels)
    order = stratified_order(labels, seed)
    np.testing.assert_array_equal(np.sort(order), np.arange(len(labels)))
    classes, sizes = np.unique(labels, return_counts=True)
    for n in range(1, len(classes) * sizes.min() + 1):
        assert np.ptp([(labels[order[:n]] == label).sum() for label in classes]) <= 1


def test_another_seed_deals_out_other_images():
    labels = np.repeat(np.arange(5), 100)
    assert set(stratified_order(labels, 0)[:50]) != set(stratified_order(labels, 1)[:50])
