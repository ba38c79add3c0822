"""The lessons about what comes of large initial weights, claims 6-1.h to 6-1.j."""

from chapter6.language import _
from chapter6.lesson import Change, Exercise, Lesson, value_of

LESSONS = {
    "wrong_signs": Lesson(
        formula=(
            r"J(w) = \frac{1}{2N} \sum_{i=1}^{N} \big(\varphi(w^\top x_i) - \varphi(w^{*\top} x_i)\big)^2,"
            r"\qquad w \leftarrow w - e\, \frac{\partial J}{\partial w}, \qquad "
            r"\tanh' z = 1 - \tanh^2 z"
        ),
        question=_(
            "A unit of 15 weights starts with random signs. The initial weights become 400 times larger, 4 "
            "instead of 0.01. How many more steps does it take until all signs are right, for a linear unit "
            "and for tanh?"
        ),
        answer=_(
            "The linear unit takes 1 step from 0.01 and about 37 from 4: they grow with the logarithm of the "
            "size. The tanh unit takes one or two from 0.01, about 2,000 from 2, and from 4 more than the "
            "3,000 allowed."
        ),
        core="chapter6.section_6_1.descent:gradient_step",
        change=Change(
            instruction=_(
                "Step by the gradient's sign alone: write `learning_rate * tf.sign(tape.gradient(value, x))`."
            ),
            expected=_(
                "Both units correct weights of size 1 in 10 steps of 0.1, the shortest way. The signs of a "
                "saturated unit's gradient are right, only its size is tiny; RMSProp and Adam (section 6-3) "
                "divide by that size."
            ),
            old="tape.gradient(value, x)",
            new="tf.sign(tape.gradient(value, x))",
            holds=lambda before, after: (
                value_of(after, "median steps", initial_size=1.0, unit="tanh")
                < 0.2 * value_of(before, "median steps", initial_size=1.0, unit="tanh")
            ),
        ),
        exercises=(
            Exercise(
                task=_(
                    "With uncorrelated inputs of variance 1 a step takes the share e = 0.1 off a linear "
                    "weight's error. Starting from -s, when does it pass zero on its way to 0.3?"
                ),
                solution=(
                    "import numpy as np\n"
                    "from chapter6.section_6_1.descent import steps_to_right_signs\n"
                    "from chapter6.section_6_1.wrong_signs import Settings\n\n"
                    "sizes = np.array([0.3, 1.0, 2.0, 4.0])\n"
                    "predicted = np.log(1 + sizes / 0.3) / -np.log(0.9)\n"
                    "settings = Settings(sizes=tuple(sizes), examples=4000, units=4, max_steps=100)\n"
                    "measured = np.median(steps_to_right_signs(settings)[0], axis=1)\n"
                    "print(predicted, measured)\n"
                    "assert abs(measured - predicted).max() < 5"
                ),
                answer=_(
                    "When (s + 0.3)(1 - e)^t = 0.3, after ln(1 + s/0.3) / -ln 0.9 steps: 7, 14, 19 and 25. "
                    "The experiment's 256 examples are a little correlated, which takes more."
                ),
            ),
            Exercise(
                task=_(
                    "With cross-entropy in place of the squared error the factor 1 - y² drops out of a tanh "
                    "unit's gradient, which is then the mean of (y - t) x. Does it correct signs from size 4?"
                ),
                solution=(
                    "import numpy as np\n\n"
                    "rng = np.random.default_rng(0)\n"
                    "x = rng.normal(size=(256, 15))\n"
                    "right, start = rng.choice([-1.0, 1.0], (2, 15))\n"
                    "t, w, steps = np.tanh(x @ (0.3 * right)), 4.0 * start, 0\n"
                    "while (w * right <= 0).any() and steps < 3000:\n"
                    "    w -= 0.1 * (np.tanh(x @ w) - t) @ x / 256\n"
                    "    steps += 1\n"
                    "print(steps)\n"
                    "assert steps < 400"
                ),
                answer=_(
                    "Yes, in about 200 steps. This is one reason why classifiers minimize cross-entropy: a "
                    "unit that is wrong and saturated still learns."
                ),
            ),
        ),
    ),
    "generalization": Lesson(
        formula=(
            r"\varphi = \operatorname{relu}, \quad b = 0, \quad "
            r"W^{(l)} = s\, W_0^{(l)} \;\; (l = 1, \dots, L)"
            r"\;\Rightarrow\; f(x) = s^L f_0(x)"
        ),
        question=_(
            "Initial weights 1.5 times larger bring the training loss to 0.1 in about half the steps. At "
            "that same training loss, which network has fewer errors on the test digits?"
        ),
        answer=_(
            "The slower one, by far: it misclassifies 24 to 26% of the test digits, the network from larger "
            "weights 38 to 44%."
        ),
        core="chapter6.section_6_1.scaled_weights:scaled_initializers",
        change=Change(
            instruction=_(
                "Scale the last layer only: write "
                "`(scale if shape[-1] == 10 else 1) * draw(shape, dtype)` in the inner function."
            ),
            expected=_(
                "The difference almost vanishes. A factor of 1.5 in one layer makes the logits 1.5 times "
                "larger; in each of six layers it makes them 11 times larger, and that is what hurts."
            ),
            old="scale * draw(shape, dtype)",
            new="(scale if shape[-1] == 10 else 1) * draw(shape, dtype)",
            holds=lambda before, after: _excess_error(after) < 0.5 * _excess_error(before),
        ),
        exercises=(
            Exercise(
                task=_(
                    "Multiply all weights of a relu network of six layers by 1.5. By how much do its logits "
                    "change, and does that hold for tanh?"
                ),
                solution=(
                    "import numpy as np\n\n"
                    "def logits(scale, activation):\n"
                    "    rng = np.random.default_rng(0)\n"
                    "    h = rng.normal(size=64)\n"
                    "    for _ in range(5):\n"
                    "        h = activation(h @ (scale * rng.normal(0, (2 / 64) ** 0.5, (64, 64))))\n"
                    "    return np.linalg.norm(h @ (scale * rng.normal(0, (2 / 64) ** 0.5, (64, 10))))\n\n"
                    "relu = [logits(scale, lambda z: np.maximum(z, 0)) for scale in (1, 1.5)]\n"
                    "tanh = [logits(scale, np.tanh) for scale in (1, 1.5)]\n"
                    "print(relu[1] / relu[0], tanh[1] / tanh[0])\n"
                    "assert np.isclose(relu[1] / relu[0], 1.5**6) and tanh[1] / tanh[0] < 4"
                ),
                answer=_(
                    "By 1.5 to the power of 6, 11.4: relu(s z) = s relu(z). The units of tanh saturate, so "
                    "that their logits grow far less."
                ),
            ),
            Exercise(
                task=_(
                    "Train two networks of factors 1 and 1.5 to the same loss. By which share of their size "
                    "have the weights moved?"
                ),
                solution=(
                    "import keras\n"
                    "import numpy as np\n"
                    "from chapter6.mnist import load_mnist\n"
                    "from chapter6.networks.training import Trainer\n"
                    "from chapter6.section_6_1.training import as_vectors\n\n"
                    "images, labels = as_vectors(load_mnist().train, 100)\n"
                    "ten_steps = np.tile(np.arange(100, dtype=np.int32), (10, 1))\n"
                    "moved = []\n"
                    "for scale in (1.0, 1.5):\n"
                    "    rule = keras.initializers.VarianceScaling(2 * scale**2, 'fan_in', seed=0)\n"
                    "    units = {64: 'relu', 32: 'relu', 10: None}.items()\n"
                    "    layers = [keras.layers.Dense(n, phi, kernel_initializer=rule) for n, phi in units]\n"
                    "    model = keras.Sequential([keras.Input((784,)), *layers])\n"
                    "    start = layers[1].kernel.numpy()\n"
                    "    train = Trainer(model, keras.optimizers.SGD(0.03))\n"
                    "    while train(images, labels, ten_steps)[-1] > 0.3:\n"
                    "        pass\n"
                    "    change = layers[1].kernel.numpy() - start\n"
                    "    moved.append(np.linalg.norm(change) / np.linalg.norm(start))\n"
                    "print(moved)\n"
                    "assert moved[1] < 0.8 * moved[0]"
                ),
                answer=_(
                    "From factor 1.5 clearly less far: the hidden units stay nearer to random ones, and have "
                    "learned less that new digits could use."
                ),
            ),
        ),
    ),
    "instability": Lesson(
        formula=(
            r"\theta - \theta^* \leftarrow (1 - e \lambda)(\theta - \theta^*), \quad"
            r"|1 - e \lambda| < 1 \Leftrightarrow e \lambda < 2, \qquad "
            r"W^{(l)} = s\, W_0^{(l)} \;\Rightarrow\; f(x) = s^L f_0(x)"
        ),
        question=_(
            "A relu network of six layers starts from weights 3 times the standard ones. The loss of "
            "guessing is ln 10 = 2.3. Where does the training loss begin? And from half the standard weights?"
        ),
        answer=_(
            "At several hundred, as the logits are 3 to the power of 6, 729 times larger; then it explodes. "
            "From half the standard weights they are 64 times smaller: the loss begins at 2.3, and hardly "
            "falls."
        ),
        core="chapter6.section_6_1.scaled_weights:train_scaled",
        change=Change(
            instruction=_(
                "Clip every component of the gradient at ±0.1: write "
                "`keras.optimizers.SGD(settings.learning_rate, clipvalue=0.1)`."
            ),
            expected=_(
                "No loss explodes any more: that of the largest weights leaps at first, and then falls to "
                "almost nothing. The start was bad only for steps as long as its gradients; with steps of "
                "bounded length it trains. How well it generalizes is another matter (6-1.i)."
            ),
            old="SGD(settings.learning_rate)",
            new="SGD(settings.learning_rate, clipvalue=0.1)",
            holds=lambda before, after: (
                value_of(before, "last loss", scale=3.0) > 1e3 and value_of(after, "last loss", scale=3.0) < 1
            ),
        ),
        exercises=(
            Exercise(
                task=_(
                    "A chain of six weights, all equal to w, learns the product 1: J = (w⁶ - 1)²/2. Find the "
                    "smallest start at which it explodes, at learning rate 0.02 and at a tenth of it."
                ),
                solution=(
                    "import numpy as np\n\n"
                    "def explodes(w, rate):\n"
                    "    for _ in range(150):\n"
                    "        # of each weight: ∂J/∂w = (w⁶ - 1) w⁵\n"
                    "        w -= rate * (w**6 - 1) * w**5\n"
                    "        if abs(w) > 1000:\n"
                    "            return True\n"
                    "    return False\n\n"
                    "starts = np.arange(1, 4, 0.01)\n"
                    "borders = [min(w for w in starts if explodes(w, rate)) for rate in (0.02, 0.002)]\n"
                    "print(borders, borders[1] / borders[0], 10**0.1)\n"
                    "assert abs(borders[1] / borders[0] - 10**0.1) < 0.02"
                ),
                answer=_(
                    "1.6 and 2.0. The curvature grows as w to the power of 10, so that a learning rate ten "
                    "times smaller moves the border by the tenth root of ten, 1.26, only."
                ),
            ),
        ),
    ),
}


def _excess_error(table):
    """Return by how much the test error of the largest weights exceeds that of the smallest."""
    errors = table["test error (%)"]
    return errors.iloc[-1] - errors.iloc[0]
