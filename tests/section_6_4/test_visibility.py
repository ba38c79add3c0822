"""Lightness of pixels on a screen: CIE's values, and what counts as seen."""

import numpy as np

from chapter6.section_6_4.visibility import JUST_NOTICEABLE, lightness, lightness_change, smallest_seen


def test_lightness_is_that_of_cie():
    # sRGB 119 is the middle grey of L* = 50.
    np.testing.assert_allclose(lightness([0, 119 / 255, 1]), [0, 50, 100], atol=0.1)
    grey = np.linspace(0, 1, 5001)
    assert np.all(np.diff(lightness(grey)) > 0) and np.diff(lightness(grey)).max() < 0.05


def test_the_most_visible_pixel_counts_and_the_smallest_seen_is_just_noticeable():
    images = np.zeros((2, 3, 3))
    changed = images.copy()
    changed[1, 2, 0] = smallest_seen()
    np.testing.assert_allclose(lightness_change(images, changed), [0, JUST_NOTICEABLE], rtol=1e-9)
    np.testing.assert_allclose(lightness_change(changed, images), [0, JUST_NOTICEABLE], rtol=1e-9)
