"""The lessons on figure 6-9: Adam, what is said of it, and all six optimizers side by side."""

from chapter6.language import _
from chapter6.lesson import Change, Exercise, Lesson, value_of

FIRST_STEP = "first step along x1 (learning rates)"

LESSONS = {
    "adam": Lesson(
        formula=(
            r"s \leftarrow \rho_1 s + (1-\rho_1) g, \quad "
            r"r \leftarrow \rho_2 r + (1-\rho_2)\, g \odot g, \quad "
            r"\hat s = \frac{s}{1-\rho_1^t}, \quad \hat r = \frac{r}{1-\rho_2^t}, \quad "
            r"\theta \leftarrow \theta - e\,\frac{\hat s}{\sqrt{\hat r} + \delta}"
        ),
        question=_("How long is Adam's first step, and how long would it be without the two corrections?"),
        answer=_(
            "One learning rate, whatever the gradient. Without the corrections it would be "
            "(1 - ρ1)/√(1 - ρ2) = 0.1/√0.001, more than three times as long."
        ),
        core="chapter6.optimizers.adam:Adam.update_step",
        change=Change(
            instruction=_("Take the first moment away: write `rate * g` instead of `rate * s`."),
            expected=_(
                "The first step is ten learning rates long. `rate` contains the correction 1/(1 - ρ1) = 10 "
                "of an s that began at zero; g did not, and needs none."
            ),
            old="rate * s /",
            new="rate * g /",
            holds=lambda before, after: (
                abs(value_of(before, FIRST_STEP, loss_function="bowl") - 1)
                < 1e-3
                > abs(value_of(after, FIRST_STEP, loss_function="bowl") / 10 - 1)
            ),
        ),
        exercises=(
            Exercise(
                task=_(
                    "The gradient is 1 once, then 0 for ever. Does Adam stand still after the first step?"
                ),
                solution="""\
import keras
import numpy as np
from chapter6.optimizers import Adam

theta, places = keras.Variable([0.0]), [0.0]
optimizer = Adam(learning_rate=1.0)
for gradient in [1.0] + 99 * [0.0]:
    optimizer.apply([keras.ops.array([gradient])], [theta])
    places.append(float(theta[0]))
steps = -np.diff(places)
print(steps[:4].round(3), places[-1])
assert (steps > 0).all() and (np.diff(steps) < 0).all() and -6.1 < places[-1] < -5.9""",
                answer=_(
                    "No: s still holds the old gradient, so θ moves on by less and less, in all by six "
                    "learning rates."
                ),
            ),
            Exercise(
                task=_(
                    "Leave out both corrections. Under a constant gradient, how long do Adam's steps become, "
                    "and when?"
                ),
                solution="""\
import numpy as np

t = np.arange(1, 5001)
# s / √r at gradient 1
steps = (1 - 0.9**t) / np.sqrt(1 - 0.999**t)
print(steps[0], steps.max(), t[steps.argmax()], steps[-1])
assert steps.max() > 6 and t[steps.argmax()] < 20 and abs(steps[-1] - 1) < 0.01""",
                answer=_(
                    "From 3.2 learning rates in the first step they grow to 6.6 in the twelfth, and need "
                    "thousands of steps to come down to 1: s catches up in 10 steps, r in 1,000."
                ),
            ),
        ),
    ),
    "adam_strengths": Lesson(
        formula=(
            r"L_1 = \tfrac12\,\mathbb{E}\,(w \cdot x - y)^2, \ P(x_i = 1) = p_i, \ "
            r"\tfrac{1}{200} \le p_i \le \tfrac12; \qquad "
            r"L_2 = c_t \Bigl(\tfrac12 \sum_i a_i (\theta_i - m_{i,t})^2"
            r" + n_t \cdot \theta\Bigr), \ c_t \in \{0.1,\ 10\}"
        ),
        question=_(
            "Adam forgets old gradients like RMSProp, but with ρ2 = 0.999 instead of 0.9. If the gradients' "
            "scale changes a hundredfold every 200 steps, will it be as good as RMSProp? And as good as "
            "AdaGrad on rare features?"
        ),
        answer=_(
            "Neither: its excess loss is 3.3 times RMSProp's, as it remembers about 1,000 steps, and 1.6 "
            "times AdaGrad's, whose falling rate averages out the noise. On rare features it does beat "
            "RMSProp."
        ),
        core="chapter6.section_6_3.stochastic_problems:rare_features",
        change=Change(
            instruction=_(
                "Make all features equally rare, `np.full(features, 0.05)`, and run "
                "`run(steps=400)` with and without this change."
            ),
            expected=_(
                "SGD's excess loss, three times AdaGrad's before, is now about the same. Rare features alone "
                "do SGD no harm: one learning rate suits them all. What it cannot do is serve rare and "
                "frequent ones at once."
            ),
            old="np.geomspace(0.5, 0.005, features)",
            new="np.full(features, 0.05)",
            settings={"steps": 400},
            holds=lambda before, after: _sgd_to_adagrad(after) < 1.4 < 2 < _sgd_to_adagrad(before),
        ),
        exercises=(
            Exercise(
                task=_(
                    "The gradient of a weight is 0 for 1,000 steps, then 1 once, when its feature appears, "
                    "then 0 again. How many learning rates does this one gradient move the weight, with "
                    "AdaGrad and with Adam?"
                ),
                solution="""\
import numpy as np
import tensorflow as tf
from chapter6.optimizers import AdaGrad, Adam
from chapter6.section_6_3.effective_rate import step_lengths

gradients = tf.constant(np.eye(1, 1201, 1000)[0])
moved = {
    make.__name__: step_lengths(make, lambda x, step: gradients[step] * x, 1, 1200, 0.1).sum()
    for make in (AdaGrad, Adam)
}
print(moved)
assert abs(moved["AdaGrad"] - 1) < 0.01 and moved["Adam"] > 20""",
                answer=_(
                    "AdaGrad 1, Adam 25: r is a mean over about 1,000 steps, nearly all of gradient 0, so "
                    "that √r̂ is only a twenty-fifth of the gradient."
                ),
            ),
            Exercise(
                task=_(
                    "The gradient falls from 10 to 0.1. How many steps does it take until the effective rate "
                    "is at half of its final value, with ρ = 0.9 and with ρ2 = 0.999?"
                ),
                solution="""\
import math

# r falls as g² + (G² - g²) ρ^n; the rate is at half where r is 4 g².
needed = {rho: math.log((10**2 - 0.1**2) / (3 * 0.1**2)) / -math.log(rho) for rho in (0.9, 0.999)}
print(needed)
assert needed[0.9] < 200 < 8000 < needed[0.999]""",
                answer=_(
                    "77 steps and 8,108. The scale changes every 200 steps: RMSProp follows, Adam does not "
                    "even begin to."
                ),
            ),
        ),
    ),
    "race": Lesson(
        formula=(
            r"f_R(x) = f(R^\top x), \qquad \nabla f_R(x) = R\,\nabla f(R^\top x), \qquad "
            r"R = \frac{1}{\sqrt 2}\begin{pmatrix} 1 & -1 \\ 1 & 1 \end{pmatrix}"
        ),
        question=_(
            "AdaGrad reaches a thousandth of the bowl's loss in 4 steps, the fewest of six optimizers. Turn "
            "the bowl by 45 degrees, and the starting points with it. Which optimizers need as many steps as "
            "before, and does AdaGrad still win?"
        ),
        answer=_(
            "SGD and momentum: their steps turn with the gradient. The other four scale each coordinate by "
            "itself, which no longer separates the steep direction from the flat one; SGD wins with about 26 "
            "steps."
        ),
        core="chapter6.optimizers.adagrad:AdaGrad.update_step",
        change=Change(
            instruction=_(
                "Give both parameters one rate, from the length of the whole gradient: add "
                "`ops.square(g) + ops.flip(ops.square(g), axis=-1)` to r."
            ),
            expected=_(
                "AdaGrad no longer wins on the bowl: with exact gradients SGD does, in as many steps as "
                "on the rotated bowl. A rate that all parameters share turns with the loss; AdaGrad's "
                "advantage was that the bowl's axes are those of the coordinates."
            ),
            old="ops.square(g)",
            new="ops.square(g) + ops.flip(ops.square(g), axis=-1)",
            holds=lambda before, after: (
                value_of(before, "fastest", loss_function="bowl", gradients="exact") == "AdaGrad"
                and value_of(after, "its median steps", loss_function="bowl", gradients="exact")
                > 3 * value_of(before, "its median steps", loss_function="bowl", gradients="exact")
            ),
        ),
        exercises=(
            Exercise(
                task=_(
                    "At the start the bowl's gradient is (1, 8), up to the sign. In which direction, seen "
                    "from the bowl, does AdaGrad's first step go, on the bowl and on the rotated bowl?"
                ),
                solution="""\
import numpy as np
from chapter6.section_6_3.objectives import rotate

gradient = np.array([1.0, 8.0])
straight = np.sign(gradient)
turned = np.array(rotate(*np.sign(rotate(*gradient)), sign=-1))
print(straight, turned)
assert np.allclose(straight, [1, 1]) and np.allclose(turned, [0, np.sqrt(2)])""",
                answer=_(
                    "On the bowl equally far in both directions; on the rotated bowl along the steep "
                    "direction alone. A sign for each coordinate does not turn with the loss."
                ),
            ),
        ),
    ),
    "mnist_curves": Lesson(
        formula=(
            r"L(\theta) = -\frac{1}{128} \sum_{n=1}^{128} \log p_\theta(y_n \mid x_n), \qquad "
            r"e^* = \arg\min_{10^{-4} \le e \le 1} L_{\text{validation}}(\theta_{600}(e))"
        ),
        question=_(
            "Six optimizers train one small network for 600 steps, each at its best learning rate. How many "
            "percentage points of test accuracy lie between the best and plain SGD, and where is Adam?"
        ),
        answer=_(
            "About 1.3, from 94.5% to 95.8%. Adam is 0.2 to 0.4 percentage points below the best, "
            "which is RMSProp with Nesterov momentum."
        ),
        core="chapter6.section_6_3.optimizer_specs:optimizer_specs",
        change=Change(
            instruction=_(
                "Search more thoroughly: the quick run tries three learning rates, 0.0001, 0.01 and 1. Try "
                "five, `run(rates=5)`."
            ),
            expected=_(
                "SGD's accuracy is more than twice as high, and momentum gains too, as both now run at 0.1; "
                "Adam hardly changes. A comparison of optimizers is also one of how well each was tuned."
            ),
            settings={"rates": 5},
            holds=lambda before, after: (
                value_of(after, "test accuracy (%)", optimizer="SGD")
                > 2 * value_of(before, "test accuracy (%)", optimizer="SGD")
            ),
        ),
        exercises=(
            Exercise(
                task=_(
                    "How many numbers does each of the six optimizers keep for every weight, besides the "
                    "weight itself?"
                ),
                solution="""\
import keras
import numpy as np
from chapter6.section_6_3.optimizer_specs import optimizer_specs

weights, kept = keras.Variable(np.zeros((784, 64))), {}
for spec in optimizer_specs():
    optimizer = spec.make(0.01)
    optimizer.build([weights])
    kept[spec.name] = sum(each.shape == weights.shape for each in optimizer.variables)
print(kept)
assert list(kept.values()) == [0, 1, 1, 1, 2, 2]""",
                answer=_(
                    "SGD none; momentum, AdaGrad and RMSProp one; RMSProp with Nesterov momentum and Adam "
                    "two. Adam's state takes twice the memory of the weights."
                ),
            ),
        ),
    ),
}


def _sgd_to_adagrad(table):
    """Return how many times AdaGrad's excess loss on rare features SGD's is."""
    sgd, adagrad = (
        value_of(table, "excess loss", problem="rare features", optimizer=name) for name in ("SGD", "AdaGrad")
    )
    return sgd / adagrad
