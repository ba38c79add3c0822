"""Algorithm boxes as they are drawn."""

import pytest

from chapter6 import figures, optimizers
from chapter6.section_6_3 import drawing


@pytest.mark.parametrize("optimizer", [optimizers.AdaGrad, optimizers.RMSPropNesterov, optimizers.Adam])
def test_a_box_is_typeset_line_by_line(optimizer):
    box = optimizers.algorithm_box(optimizer)
    axes = figures.figure(4, 4).subplots()
    drawing.draw_box(axes, "title", box)
    axes.figure.canvas.draw()
    texts = [text.get_text().replace(r"\dfrac", r"\frac") for text in axes.texts]
    assert texts == ["title", *(part for line in box for part in line)]
