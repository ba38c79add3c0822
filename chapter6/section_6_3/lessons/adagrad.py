"""The lessons on figures 6-5 and 6-6: the learning rate, and AdaGrad."""

from chapter6.language import _
from chapter6.lesson import Change, Exercise, Lesson, value_of

LESSONS = {
    "learning_rate": Lesson(
        formula=r"\theta \leftarrow \theta - e\, g, \qquad f(x_1, x_2) = 0.1\,x_1^2 + 2\,x_2^2",
        question=_(
            "The largest curvature of this loss is 4. Above which learning rate does gradient descent "
            "diverge, and does momentum move that bound?"
        ),
        answer=_(
            "Above 2/4 = 0.5: a step multiplies the error along x2 by 1 - 4e, whose size exceeds 1 there. "
            "Momentum α moves the bound to 2 (1 + α)/4."
        ),
        core="chapter6.section_6_3.objectives:bowl",
        change=Change(
            instruction=_("In the cell above, make the steep direction gentle: `0.5 * x2**2`."),
            expected=_(
                "The largest curvature is 1 now, so gradient descent converges up to a learning rate of 2 "
                "instead of 0.5. (The column of stability bounds stays: it is that of the original loss.)"
            ),
            old="2 * x2**2",
            new="0.5 * x2**2",
            holds=lambda before, after: (
                value_of(after, "learning rate", momentum=0, choice="largest that converges")
                > 1
                > 2 * value_of(before, "learning rate", momentum=0, choice="largest that converges")
            ),
        ),
        exercises=(
            Exercise(
                task=_(
                    "Without momentum a step multiplies the error along x1 by 1 - 0.2e and along x2 by 1 - "
                    "4e. Which learning rate is best, and how many steps does it need to a millionth of the "
                    "loss?"
                ),
                solution="""\
import numpy as np

rates = np.linspace(0.001, 0.5, 500)
slowest = np.maximum(abs(1 - 0.2 * rates), abs(1 - 4 * rates))
best = rates[slowest.argmin()]
steps = np.log(1e-6) / (2 * np.log(slowest.min()))
print(best, steps)
assert abs(best - 2 / (0.2 + 4)) < 1e-3 and 68 < steps < 70""",
                answer=_(
                    "2/(0.2 + 4) = 0.476, where both errors shrink to 19/21 in a step: 69 steps. The ratio "
                    "of the two curvatures alone sets that number."
                ),
            ),
            Exercise(
                task=_(
                    "With momentum 0.9, does gradient descent along x2 converge at the learning rates 0.94 "
                    "and 0.96? The step is a matrix that acts on (θ, v)."
                ),
                solution="""\
import numpy as np


def growth(rate, momentum=0.9, curvature=4.0):
    # v ← α v - e c θ,  θ ← θ + v
    step = [[1 - rate * curvature, momentum], [-rate * curvature, momentum]]
    return abs(np.linalg.eigvals(step)).max()


print(growth(0.94), growth(0.96))
assert growth(0.94) < 1 < growth(0.96)""",
                answer=_(
                    "At 0.94 yes, at 0.96 no: the bound is 2 (1 + 0.9)/4 = 0.95, nearly twice that without "
                    "momentum."
                ),
            ),
        ),
        slider="learning_rate",
    ),
    "adagrad": Lesson(
        formula=(
            r"r \leftarrow r + g \odot g, \qquad "
            r"\theta \leftarrow \theta - \frac{e}{\delta + \sqrt{r}} \odot g, \qquad \delta = 10^{-7}"
        ),
        question=_(
            "At the start the bowl's derivatives are 1 and 8. In which direction is the first step longer?"
        ),
        answer=_(
            "In neither: r holds the square of the first gradient alone, so both are divided by their own "
            "size, and each first step is as long as the learning rate."
        ),
        core="chapter6.optimizers.adagrad:AdaGrad.update_step",
        change=Change(
            instruction=_("Leave out the root: write `r` instead of `ops.sqrt(r)`."),
            expected=_(
                "The first step is e/g: the steeper a direction, the shorter the step, and the paths on the "
                "bowl bend the other way."
            ),
            old="ops.sqrt(r)",
            new="r",
            holds=lambda before, after: (
                abs(value_of(after, "first step along x2 (learning rates)", loss_function="bowl") - 1 / 8)
                < 1e-3
                > abs(value_of(before, "first step along x2 (learning rates)", loss_function="bowl") - 1)
            ),
        ),
        exercises=(
            Exercise(
                task=_("With a constant gradient, how does the length of AdaGrad's steps fall with t?"),
                solution="""\
import keras
from chapter6.optimizers import AdaGrad

theta = keras.Variable([0.0])
optimizer, places = AdaGrad(learning_rate=1.0), [0.0]
for _ in range(100):
    optimizer.apply([keras.ops.array([3.0])], [theta])
    places.append(float(theta[0]))
print(places[0] - places[1], places[99] - places[100])
assert abs(places[99] - places[100] - 0.1) < 1e-3""",
                answer=_("As 1/√t: after 100 steps r is 100 g², and a step is a tenth of the first."),
            ),
            Exercise(
                task=_("Multiply the loss by 100. What becomes of the paths of SGD and of AdaGrad?"),
                solution="""\
import keras
import numpy as np
from chapter6.optimizers import AdaGrad


def path(make, factor):
    theta, optimizer, points = keras.Variable([-5.0, -2.0]), make(0.1), []
    for _ in range(20):
        optimizer.apply([factor * np.array([0.2, 4.0], "float32") * theta], [theta])
        points.append(theta.numpy())
    return np.array(points)


for make in (keras.optimizers.SGD, AdaGrad):
    print(make.__name__, path(make, 1)[-1], path(make, 100)[-1])
assert np.allclose(path(AdaGrad, 1), path(AdaGrad, 100), atol=1e-4)
assert abs(path(keras.optimizers.SGD, 100)).max() > 1e6""",
                answer=_(
                    "SGD diverges: its steps are 100 times as long. AdaGrad's path stays the same, as √r has "
                    "the factor too and it cancels."
                ),
            ),
        ),
    ),
    "adagrad_rates": Lesson(
        formula=(
            r"e_{\text{eff}} = \frac{|\Delta\theta|}{|g|}"
            r"= \frac{e}{\delta + \sqrt{\textstyle\sum_\tau g_\tau^2}}"
        ),
        question=_(
            "Two parameters have the constant gradients 0.001 and 1,000. Which of them gets the larger "
            "effective rate, and which moves farther?"
        ),
        answer=_(
            "The one with the small gradient gets a rate a million times larger, and both move equally far. "
            "The slide has it the other way round."
        ),
        core="chapter6.optimizers.adagrad:AdaGrad.update_step",
        change=Change(
            instruction=_(
                "Write the rule that the slide describes, a larger rate for a larger derivative: multiply by "
                "the root instead of dividing by it, `e * ops.sqrt(r) * g`."
            ),
            expected=_(
                "AdaGrad's line rises now, with slope 1 instead of -1. The steps grow as g²: the rule would "
                "throw the steep directions far off and leave the flat ones where they are."
            ),
            old="e / (self.epsilon + ops.sqrt(r)) * g",
            new="e * ops.sqrt(r) * g",
            holds=lambda before, after: (
                value_of(before, "slope on log scales", optimizer="AdaGrad")
                < -0.9
                < 0.9
                < value_of(after, "slope on log scales", optimizer="AdaGrad")
            ),
        ),
        exercises=(
            Exercise(
                task=_(
                    "How many learning rates do the parameters with the gradients 0.001 and 1,000 move in "
                    "100 steps of AdaGrad, and in 100 of SGD?"
                ),
                solution="""\
import keras
import numpy as np
from chapter6.optimizers import AdaGrad
from chapter6.section_6_3.effective_rate import step_lengths

gradients = np.array([0.001, 1000.0])
moved = {
    make.__name__: step_lengths(make, lambda x, step: gradients * x, 2, 100, 0.1).sum(axis=0)
    for make in (AdaGrad, keras.optimizers.SGD)
}
print(moved)
assert np.allclose(moved["AdaGrad"], 18.6, atol=0.1) and np.allclose(moved["SGD"], [0.1, 1e5])""",
                answer=_(
                    "With AdaGrad both 18.6, the sum of 1/√t. With SGD 0.1 and 100,000, in proportion to "
                    "their gradients."
                ),
            ),
            Exercise(
                task=_("Set δ to 1. Which gradients still get a rate of their own?"),
                solution="""\
import functools

import numpy as np
from chapter6.optimizers import AdaGrad
from chapter6.section_6_3.effective_rate import effective_rates

gradients = np.tile([1e-4, 1e-3, 1.0, 1e3], (100, 1))
make = functools.partial(AdaGrad, epsilon=1.0)
rates = effective_rates(make, lambda x, step: gradients[0] * x, gradients, 0.1)[-1]
print(rates)
assert min(rates[:2]) > 0.98 and rates[2] < 0.1 and rates[3] < 1e-3""",
                answer=_(
                    "Only those whose √r is not far below 1. For smaller gradients δ is nearly the whole "
                    "denominator, and AdaGrad is SGD."
                ),
            ),
        ),
    ),
    "convexity": Lesson(
        formula=(
            r"q = 0.1\,u^2 + 2\,y^2, \qquad L \in \{q,\ q + 10\,q^2\}, \qquad "
            r"(u, y) \in \{(x_1, x_2),\ (x_1, x_2 - \tfrac14 x_1^2)\}"
        ),
        question=_(
            "AdaGrad and RMSProp start from the same points, each at its best learning rate. What harms "
            "AdaGrad more: that the valley bends, or that its walls are steep?"
        ),
        answer=_(
            "Neither alone. It is far ahead on the bowl, level on the bowl with steep walls and a little "
            "behind in the bent valley; with both it does not arrive from four of five starts."
        ),
        core="chapter6.section_6_3.convexity:valley",
        change=Change(
            instruction=_(
                "Make the gradients larger everywhere instead of far from the minimum only: write `walls * "
                "q`."
            ),
            expected=_(
                "On the bowl with steep walls AdaGrad is as fast as on the bowl. A constant factor, here 11, "
                "is in g and in √r and cancels; what does harm is gradients that are large first and small "
                "later."
            ),
            old="walls * q**2",
            new="walls * q",
            holds=lambda before, after: (
                value_of(before, "AdaGrad first (% of starts)", loss_function="bowl with steep walls")
                < 50
                < 90
                < value_of(after, "AdaGrad first (% of starts)", loss_function="bowl with steep walls")
            ),
        ),
        exercises=(
            Exercise(
                task=_("Show with two points and their midpoint that the bent valley is not convex."),
                solution="""\
from chapter6.section_6_3.convexity import valley

loss = valley(bend=0.25, walls=0.0)
ends, middle = (loss(-4.0, 4.0), loss(4.0, 4.0)), loss(0.0, 4.0)
print(ends, middle)
assert middle > sum(ends) / 2""",
                answer=_(
                    "Two points on the valley's floor have the loss 1.6, their midpoint on its wall 32. A "
                    "convex loss would have at most 1.6 there."
                ),
            ),
            Exercise(
                task=_(
                    "The first gradient is 100, all later ones are 1. How many steps after the first do "
                    "AdaGrad and RMSProp need to move one learning rate further?"
                ),
                solution="""\
import numpy as np
import tensorflow as tf
from chapter6.optimizers import AdaGrad, RMSProp
from chapter6.section_6_3.effective_rate import step_lengths

slope, needed = tf.constant(np.append(100.0, np.ones(150))), {}
for make in (AdaGrad, RMSProp):
    lengths = step_lengths(make, lambda x, step: slope[step] * x, 1, 150, 0.1)[1:, 0]
    needed[make.__name__] = 1 + int((lengths.cumsum() >= 1).argmax())
print(needed)
assert needed["AdaGrad"] > 5 * needed["RMSProp"]""",
                answer=_(
                    "AdaGrad 101 steps of about a hundredth each; RMSProp 19, as its r forgets the large "
                    "gradient."
                ),
            ),
        ),
    ),
}
