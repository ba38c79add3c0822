"""The lessons on figures 6-7 and 6-8: RMSProp, without and with Nesterov momentum."""

from chapter6.language import _
from chapter6.lesson import Change, Exercise, Lesson, value_of

GROWTH = "growth of the effective rate (factor)"
SWINGING = "path length of the swinging at this rate"

LESSONS = {
    "rmsprop": Lesson(
        formula=(
            r"r \leftarrow \rho r + (1 - \rho)\, g \odot g, \qquad "
            r"\theta \leftarrow \theta - \frac{e}{\sqrt{\delta + r}} \odot g, \qquad \delta = 10^{-6}"
        ),
        question=_(
            "After many steps at gradient 100 the gradient falls to 1. By which factor do the effective "
            "rates of AdaGrad and of RMSProp grow in the end?"
        ),
        answer=_("RMSProp's a hundredfold, as r forgets the large gradients; AdaGrad's never grows again."),
        core="chapter6.optimizers.rmsprop:RMSProp.update_step",
        change=Change(
            instruction=_("Forget nothing: write `r + ops.square(g)` for the new r, as AdaGrad does."),
            expected=_(
                "All curves fall and stay down; RMSProp has become AdaGrad, and ρ makes no difference any "
                "more."
            ),
            old="self.rho * r + (1 - self.rho) * ops.square(g)",
            new="r + ops.square(g)",
            holds=lambda before, after: (
                value_of(after, "value", optimizer="RMSProp", quantity=GROWTH)
                < 1.01
                < 50
                < value_of(before, "value", optimizer="RMSProp", quantity=GROWTH)
            ),
        ),
        exercises=(
            Exercise(
                task=_(
                    "With ρ = 0.9 half of the past is forgotten after 6.6 steps. Why does the table say that "
                    "the effective rate needs 77 steps to half of its final value?"
                ),
                solution="""\
import math

from chapter6.lesson import value_of

# r falls from 100² to 1² as 1 + (100² - 1) ρ^n; the rate is at half where r is 4.
steps = math.log((100**2 - 1) / 3) / -math.log(0.9)
quantity = "steps to half of the rate at the end"
measured = value_of(finding.table, "value", optimizer="RMSProp", quantity=quantity)
print(steps, measured)
assert abs(steps - measured) < 1""",
                answer=_(
                    "The squares have to fall from 10,000 to 4, which is more than eleven halvings, of 6.6 "
                    "steps each."
                ),
            ),
            Exercise(
                task=_("How long is RMSProp's first step, at ρ = 0.9 and at ρ = 0.99?"),
                solution="""\
import keras
from chapter6.optimizers import RMSProp

for rho in (0.9, 0.99):
    theta = keras.Variable([0.0])
    RMSProp(learning_rate=1.0, rho=rho).apply([keras.ops.array([5.0])], [theta])
    print(rho, -float(theta[0]))
    assert abs(float(theta[0]) + (1 - rho) ** -0.5) < 1e-3""",
                answer=_(
                    "3.2 and 10 learning rates: r begins at 0, so that after the first step it is only "
                    "(1 - ρ) g². Adam corrects for that."
                ),
            ),
        ),
    ),
    "rmsprop_nesterov": Lesson(
        formula=(
            r"\tilde\theta = \theta + \alpha v, \quad "
            r"r \leftarrow \rho r + (1 - \rho)\, \tilde g \odot \tilde g, \quad "
            r"v \leftarrow \alpha v - \frac{e}{\sqrt{r}} \odot \tilde g, \quad \theta \leftarrow \theta + v"
        ),
        question=_(
            "RMSProp at its best learning rate brings the bowl's loss down to a thousandth in 127 steps. "
            "With Nesterov momentum, at its own best rate: more steps or fewer, and more swinging or less?"
        ),
        answer=_(
            "28 steps, and less than half of the swinging. The gradient is taken at the point to which the "
            "momentum will carry θ; behind the minimum it points back there one step earlier than at θ."
        ),
        core="chapter6.optimizers.rmsprop_nesterov:RMSPropNesterov.update_step",
        change=Change(
            instruction=_("Take the momentum away: write `0 * v - step` for the new velocity."),
            expected=_(
                "At the rate with the fewest steps on the bowl it now swings as much as RMSProp, and needs "
                "more steps than before: without a sum of past steps nothing cancels. What is left is the "
                "look ahead by α times the last step."
            ),
            old="self.momentum * v - step",
            new="0 * v - step",
            holds=lambda before, after: (
                value_of(before, "RMSProp+Nesterov", quantity=SWINGING)
                < 0.5 * value_of(before, "RMSProp", quantity=SWINGING)
                < value_of(before, "RMSProp", quantity=SWINGING)
                < 1.2 * value_of(after, "RMSProp+Nesterov", quantity=SWINGING)
            ),
        ),
        exercises=(
            Exercise(
                task=_(
                    "Along the bowl's steep direction, f = 2 y², compare classical momentum, whose gradient "
                    "is taken at y, with Nesterov's. How long are the two paths from y = 2?"
                ),
                solution="""\
def path_length(nesterov, e=0.1, alpha=0.9):
    y, v, length = 2.0, 0.0, 0.0
    for _ in range(300):
        gradient = 4 * (y + alpha * v * nesterov)
        v = alpha * v - e * gradient
        y, length = y + v, length + abs(v)
    return length


print(path_length(nesterov=False), path_length(nesterov=True))
assert path_length(nesterov=False) > 4 * path_length(nesterov=True)""",
                answer=_(
                    "16.6 against 3.4. The error shrinks by the factor √α = 0.95 in a step, with "
                    "Nesterov's gradient by √(α (1 - 4e)) = 0.73."
                ),
            ),
            Exercise(
                task=_(
                    "Under a constant gradient, how long do the steps of RMSProp with Nesterov momentum "
                    "become?"
                ),
                solution="""\
import keras
from chapter6.optimizers import RMSPropNesterov

theta, optimizer, places = keras.Variable([0.0]), RMSPropNesterov(learning_rate=1.0), []
for _ in range(200):
    optimizer.apply([keras.ops.array([3.0])], [theta])
    places.append(float(theta[0]))
print(places[-2] - places[-1])
assert abs(places[-2] - places[-1] - 10) < 0.01""",
                answer=_(
                    "e/(1 - α), ten learning rates: v adds up e + α e + α² e + ... This is why the "
                    "experiment compares at equal e/(1 - α)."
                ),
            ),
        ),
    ),
}
