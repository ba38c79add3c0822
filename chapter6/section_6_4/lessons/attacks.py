"""The lessons about adversarial examples and adversarial training."""

from chapter6.language import _
from chapter6.lesson import Change, Exercise, Lesson, value_of


def _gain(table):
    """Return by how many points of error adversarial training is ahead under any attack."""
    plain, adversarial = (
        value_of(table, "mean error (%)", attack="any of these attacks", training=training)
        for training in ("plain", "adversarial")
    )
    return plain - adversarial


LESSONS = {
    "adversarial": Lesson(
        formula=(
            r"x_{t+1} = \Pi\bigl(x_t + \alpha\, \operatorname{sign} \nabla_x J(\theta, x_t, y)\bigr), \qquad "
            r"\lVert x_t - x \rVert_\infty \le \varepsilon"
        ),
        question=_(
            "Black is 0 and white is 1. By how much must the pixels change until a network of 99% "
            "accuracy misclassifies half of the digits? And how often does it err after random noise of the "
            "same size?"
        ),
        answer=_(
            "By 0.12, and by 0.22 for 99% of the digits. Random noise of each digit's own "
            "smallest size leaves the error below 1%: the direction matters, not the size alone."
        ),
        core="chapter6.adversarial_steps:descend",
        change=Change(
            instruction=_("Let a step in L∞ follow the gradient: `gradient` instead of `tf.sign(gradient)`."),
            expected=_(
                "The smallest sizes in L∞ grow: only the few pixels with large derivatives reach the bound "
                "ε, while the sign moves every pixel as far as it may go. The sizes in L2 stay as they are."
            ),
            old="tf.sign(gradient)",
            new="gradient",
            holds=lambda before, after: (
                value_of(after, "L∞", measure="smallest size ε, 90% of digits")
                > 1.2 * value_of(before, "L∞", measure="smallest size ε, 90% of digits")
                and value_of(after, "L2", measure="smallest size ε, median")
                == value_of(before, "L2", measure="smallest size ε, median")
            ),
        ),
        exercises=(
            Exercise(
                task=_(
                    "The logit of a linear model is w·x, with 784 standard normal weights. By how much does "
                    "the worst perturbation of L∞ size 0.1 change it, and by how much does noise of ±0.1?"
                ),
                solution=(
                    "import numpy as np\n\n"
                    "rng = np.random.default_rng(0)\n"
                    "w = rng.normal(size=784)\n"
                    "worst = w @ (0.1 * np.sign(w))\n"
                    "noise = np.std(rng.choice([-0.1, 0.1], (5000, 784)) @ w)\n"
                    "print(worst, noise, np.sqrt(2 * 784 / np.pi))\n"
                    "assert abs(worst / noise / np.sqrt(2 * 784 / np.pi) - 1) < 0.1"
                ),
                answer=_(
                    "By ε‖w‖₁, about 63, and by about ε‖w‖₂, 2.8. The ratio is √(2n/π) for n pixels: the "
                    "more pixels, the further an attack is ahead of noise."
                ),
            ),
            Exercise(
                task=_("Can an attack of size 0.2 make a network take any digit for an 8?"),
                solution=(
                    "import numpy as np\n"
                    "from chapter6.adversarial import projected_gradient_descent\n"
                    "from chapter6.classifier import perceptron, train\n"
                    "from chapter6.mnist import Split, load_mnist\n\n"
                    "mnist, model = load_mnist(), perceptron()\n"
                    "train(model, Split(mnist.train.images[:12800], mnist.train.labels[:12800]), epochs=1)\n"
                    "images, eights = mnist.test.images[:50] / np.float32(255), np.full(50, 8)\n"
                    "options = {'targeted': True, 'steps': 10}\n"
                    "attacked = projected_gradient_descent(model, images, eights, 0.2, **options)\n"
                    "share = np.mean(np.asarray(model(attacked)).argmax(axis=1) == 8)\n"
                    "print(share)\n"
                    "assert share > 0.9"
                ),
                answer=_(
                    "Nearly any: a targeted attack goes down the gradient of the loss of the class 8 "
                    "instead of up that of the right class."
                ),
            ),
        ),
        slider="epsilon",
    ),
    "photographs": Lesson(
        formula=(
            r"L^* = 116\, Y^{1/3} - 16, \qquad "
            r"\max_i \bigl| L^*(x'_i) - L^*(x_i) \bigr| \le 2.3"
        ),
        question=_(
            "Half of the digits are misclassified after changes of 0.12. Are larger or smaller ones needed "
            "for patches of brick, grass and gravel? And for what share of them are the changes too small to "
            "be seen, where it is below 1% of the digits?"
        ),
        answer=_(
            "Smaller ones: 0.017 for half of the patches. For 65% of them no pixel's lightness changes by "
            "more than 2.3 units, which is just noticeable."
        ),
        context=("chapter6.section_6_4.visibility:lightness",),
        core="chapter6.section_6_4.visibility:lightness_change",
        change=Change(
            instruction=_(
                "Let the mean pixel decide instead of the one that changes most: `mean` for `max`."
            ),
            expected=_(
                "More patches are misclassified unnoticed: not every pixel changes by the full ε, and some "
                "change more in lightness than others. The verdict hangs on how seeing is defined."
            ),
            old=".max(axis=1)",
            new=".mean(axis=1)",
            holds=lambda before, after: (
                value_of(after, "all", measure="fooled, and no pixel's change to be seen (%)")
                > value_of(before, "all", measure="fooled, and no pixel's change to be seen (%)")
                and value_of(after, "all", measure="smallest size ε, median")
                == value_of(before, "all", measure="smallest size ε, median")
            ),
        ),
        exercises=(
            Exercise(
                task=_(
                    "By how much must a black, a mid-grey (0.5) and a white pixel change until it can be "
                    "seen?"
                ),
                solution=(
                    "import numpy as np\n"
                    "from chapter6.section_6_4.visibility import JUST_NOTICEABLE, lightness\n\n"
                    "sizes, smallest = np.linspace(0, 0.1, 10_001), {}\n"
                    "for pixel, direction in ((0.0, 1), (0.5, 1), (1.0, -1)):\n"
                    "    change = np.abs(lightness(pixel + direction * sizes) - lightness(pixel))\n"
                    "    smallest[pixel] = sizes[np.argmax(change >= JUST_NOTICEABLE)]\n"
                    "print(smallest)\n"
                    "assert smallest[0.5] < smallest[1.0] < smallest[0.0]"
                ),
                answer=_(
                    "By 0.033, 0.023 and 0.026: black hides the most. Changes of digits are seen since they "
                    "must be larger."
                ),
            ),
        ),
    ),
    "adversarial_training": Lesson(
        formula=(
            r"\min_\theta\; \mathbb{E}_{(x, y)} \max_{\lVert \delta \rVert_\infty \le \varepsilon} "
            r"J(\theta, x + \delta, y)"
        ),
        question=_(
            "A network is trained on adversarial examples of size 0.2, made by two steps of PGD. Is it "
            "robust to an attack of 50 steps? To one of size 0.3? What does it lose on unperturbed digits?"
        ),
        answer=_(
            "To 50 steps largely: it errs on 23% of the digits, the plain network on 98%. At size 0.3 it "
            "errs on 90%. Its error on unperturbed digits is 2.8% instead of 2.5%."
        ),
        context=("chapter6.adversarial_steps:descend",),
        core="chapter6.section_6_4.attacks:training_attack",
        change=Change(
            instruction=_(
                "Train on random noise instead of the attack: return `tf.clip_by_value(start, 0.0, 1.0)`."
            ),
            expected=_(
                "Most of the lead of adversarial training is gone: random noise hardly ever has the "
                "direction of an attack, so that training on it teaches little about the worst case."
            ),
            old="descend(model, images, labels, start, *sizes, norm=math.inf)",
            new="tf.clip_by_value(start, 0.0, 1.0)",
            holds=lambda before, after: _gain(after) < _gain(before) / 2,
        ),
        exercises=(
            Exercise(
                task=_(
                    "Labels are y = ±1. One feature is y in 9 of 10 cases and else -y; a hundred others are "
                    "0.3 y and standard normal noise. How accurate are the signs of the one and of the sum "
                    "of the hundred, unperturbed and after an attack of size 0.6?"
                ),
                solution=(
                    "import numpy as np\n\n"
                    "rng = np.random.default_rng(0)\n"
                    "y = rng.choice([-1.0, 1.0], 10_000)\n"
                    "strong = y * np.where(rng.uniform(size=y.size) < 0.9, 1, -1)\n"
                    "weak = 0.3 * y[:, None] + rng.normal(size=(y.size, 100))\n"
                    "accuracy = {}\n"
                    "for epsilon in (0, 0.6):\n"
                    "    # The worst for both: every feature is moved against y.\n"
                    "    sums = (weak - epsilon * y[:, None]).sum(axis=1)\n"
                    "    scores = strong - epsilon * y, sums\n"
                    "    accuracy[epsilon] = [np.mean(np.sign(score) == y) for score in scores]\n"
                    "print(accuracy)\n"
                    "assert accuracy[0][1] > 0.99 > accuracy[0][0] and accuracy[0.6][1] < 0.01\n"
                    "assert accuracy[0.6][0] == accuracy[0][0]"
                ),
                answer=_(
                    "Unperturbed 90% and 99.9%, attacked 90% and 0.1%. A robust classifier must do "
                    "without many weak features that help on unperturbed data: one reason why robustness has "
                    "its price (Tsipras et al. 2019)."
                ),
            ),
        ),
    ),
}
