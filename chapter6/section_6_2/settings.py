"""The settings that the experiments with error curves share: few digits, noisily labelled, many updates."""

from dataclasses import dataclass
from pathlib import Path

from chapter6.experiment import data_setting, setting
from chapter6.language import _


@dataclass(frozen=True)
class CurveSettings:
    """The digits and the training of figure 6-4."""

    digits: int = setting(2000, _("training digits; few, so that networks can overfit"), minimum=1, quick=200)
    noise: float = setting(
        0.3, _("share of wrong labels; much, so that fitting them shows"), minimum=0, maximum=0.9
    )
    steps: int = setting(
        4000, _("updates; enough for large networks to fit wrong labels"), minimum=1, quick=150
    )
    batch: int = setting(64, _("digits in a batch"), minimum=1, quick=32)
    learning_rate: float = setting(0.003, _("three times Adam's default, for fewer updates"), above=0)
    repetitions: int = setting(5, _("sets of digits, noise and initial weights"), minimum=2, quick=2)
    seed: int = setting(0, _("all that is random is a function of it"), minimum=0)
    data: Path | None = data_setting()
