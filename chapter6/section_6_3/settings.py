"""The settings that the experiments on the four losses share."""

from dataclasses import dataclass

from chapter6.experiment import setting
from chapter6.language import _


@dataclass(frozen=True)
class TuningSettings:
    """Steps, and the search for the learning rate."""

    steps: int = setting(300, _("steps; three of the four losses need no more"), minimum=10, quick=60)
    rates: int = setting(
        37, _("learning rates tried, from 1e-5 to 10 on a log scale, six a decade"), minimum=2, quick=19
    )
