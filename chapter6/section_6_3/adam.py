"""Figure 6-9: Adam, its algorithm and its paths on four losses.

Slide: 6-3, figure 6-9 (the slide's caption calls it Adma), claim 6-3.f.

The name comes from "adaptive moments". The two moments, of the gradient and of its square, start at zero and
are corrected for it. So the first step is as long as the learning rate in every direction: measured on the
bowl, where the derivatives at the start are 1 and 8. Whether Adam joins the strengths of the others is the
experiment `adam_strengths`. The optimizer is `chapter6.optimizers.Adam`.
"""

from chapter6.language import _
from chapter6.section_6_3.settings import TuningSettings

CLAIM = "6-3.f"
SENTENCE = _("Adam scales its steps by recent first and second moments, corrected for their start at zero.")


class Settings(TuningSettings):
    """Steps, and the search for the learning rate."""


def run(settings, folders):
    """Draw figure 6-9 and measure the first step."""
    from chapter6.section_6_3.algorithms import first_step_finding, tune_and_draw

    runs, picture = tune_and_draw("Adam", "6-9", settings, folders)
    # (1 - ρ1) / √(1 - ρ2) = 3.16
    why = _(
        "After one step the corrected moments are the gradient and its square, whose quotient is ±1. Without "
        "the correction the step would be 3.16 learning rates long."
    )
    return first_step_finding("Adam", runs, picture, why)
