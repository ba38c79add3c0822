"""Figure 6-6: AdaGrad, its algorithm and its paths on four losses.

Slide: 6-3, figure 6-6, claim 6-3.b.

AdaGrad divides the gradient by the root of the sum of all squared gradients so far, for every parameter by
itself. The sum starts at zero, so the first step is as long as the learning rate, whatever the derivative:
measured on the bowl, where the derivatives at the start are 1 and 8. The learning rate is the best of a
grid for each loss. The optimizer is `chapter6.optimizers.AdaGrad`.
"""

from chapter6.language import _
from chapter6.section_6_3.settings import TuningSettings

CLAIM = "6-3.b"
SENTENCE = _("AdaGrad gives every parameter a rate of its own, from its own squared gradients.")


class Settings(TuningSettings):
    """Steps, and the search for the learning rate."""


def run(settings, folders):
    """Draw figure 6-6 and measure the first step."""
    from chapter6.section_6_3.algorithms import first_step_finding, tune_and_draw

    runs, picture = tune_and_draw("AdaGrad", "6-6", settings, folders)
    why = _("The sum of squares begins with the first gradient, which is therefore divided by its own size.")
    return first_step_finding("AdaGrad", runs, picture, why)
