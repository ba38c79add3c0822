"""How different two grey images look: the change of each pixel's lightness on a screen.

Slide: 6-4, claim a ("a person does not notice").
"""

import numpy as np

# Of two even fields side by side, in units of L*: Mahy, Van Eycken & Oosterlinck 1994, "Evaluation of uniform
# color spaces developed after the adoption of CIELAB and CIELUV". Finer patterns are harder to see.
JUST_NOTICEABLE = 2.3


def lightness(pixels):
    """Return the lightness L*, 0 for black to 100 for white, that a screen gives pixels in [0, 1].

    The screen follows sRGB: Y = ((v + 0.055) / 1.055)^2.4, or v / 12.92 where v is at most 0.04045. Then
    L* = 116 Y^(1/3) - 16, or 903.3 Y where Y is at most 0.008856 (CIE 1976).

    >>> lightness(np.array([0.0, 8 / 255, 0.5, 1.0])).round(1).tolist()
    [0.0, 2.2, 53.4, 100.0]
    """
    v = np.asarray(pixels, float)
    luminance = np.where(v <= 0.04045, v / 12.92, ((v + 0.055) / 1.055) ** 2.4)
    return np.where(luminance <= 0.008856, 903.3 * luminance, 116 * np.cbrt(luminance) - 16)


def lightness_change(images, changed):
    """Return the largest change of a pixel's lightness in each image [n, ...], float64 [n].

    >>> lightness_change(np.zeros((1, 2)), np.array([[0.0, 1.0]])).round(1).tolist()
    [100.0]
    """
    change = np.abs(lightness(changed) - lightness(images))
    return change.reshape(len(change), -1).max(axis=1)


def smallest_seen():
    """Return the smallest change of a black pixel that is just noticeable, in [0, 1].

    >>> round(float(smallest_seen()), 4)
    0.0329
    """
    # 903.3 v / 12.92 = L*
    return JUST_NOTICEABLE * 12.92 / 903.3
