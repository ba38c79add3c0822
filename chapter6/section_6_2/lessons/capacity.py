"""The lessons of the experiments about capacity: networks on noisily labelled digits, and their costs."""

from chapter6.language import _
from chapter6.lesson import Change, Exercise, Lesson, value_of


def _at_decay(table, column, value):
    """Return an error of one_hyperparameter's network on correct labels at a weight decay."""
    return value_of(table, column, varied="weight decay", **{"wrong labels (%)": 0.0}, value=value)


def _added_error(table):
    """Return by how much wrong labels raise more_data's error on correct ones, with 900 training digits."""
    row = {"training digits": 900, "test labels": "correct"}
    with_wrong, without = (
        value_of(table, "test error (%)", **row, **{"wrong labels (%)": share}) for share in (20.0, 0.0)
    )
    return with_wrong - without


LESSONS = {
    "capacity": Lesson(
        formula=(
            r"c^* = \arg\min_c E_\text{test}(c), \qquad"
            r"\text{underfitting: } E_\text{train}(c) > E_\text{train}(c^*), \qquad"
            r"\text{overfitting: } E_\text{test}(c) > E_\text{test}(c^*) \text{ and }"
            r"(E_\text{test} - E_\text{train})(c) > (E_\text{test} - E_\text{train})(c^*)"
        ),
        question=_("Can you tell the best capacity from the training error alone?"),
        answer=_(
            "No. The training error falls with every step of capacity, on both sides of the minimum. "
            "Underfitting shows in it, overfitting only in the gap to the error on digits that the network "
            "was not trained on."
        ),
        core="chapter6.section_6_2.curves:regimes_of",
        change=Change(
            instruction=_(
                "Make the labels random, and give the networks time to fit them: `run(noise=0.9, "
                "steps=1500)`. With 90% wrong labels all ten digits are equally likely."
            ),
            expected=_(
                "The test error of every network is that of guessing, 90%, but the training error still "
                "falls as the capacity grows: a large network learns random labels by heart. A small "
                "training error by itself says nothing about generalization."
            ),
            settings={"noise": 0.9, "steps": 1500},
            holds=lambda before, after: (
                min(after["test error (%)"]) > 85 > min(before["test error (%)"])
                and value_of(after, "training error (%)", hidden_units=64, weight_decay=0.0)
                < 0.7 * value_of(after, "training error (%)", hidden_units=1)
            ),
        ),
        exercises=(
            Exercise(
                task=_(
                    "Is it a U for polynomials too? Fit polynomials of degree 0 to 11 to twelve noisy points "
                    "of sin 3x on [-1, 1], and compare their training errors with their errors on the curve."
                ),
                solution=(
                    "import numpy as np\n\n"
                    "x, everywhere = np.linspace(-1, 1, 12), np.linspace(-1, 1, 400)\n"
                    "y = np.sin(3 * x) + 0.3 * np.random.default_rng(0).normal(size=12)\n"
                    "training, generalization = [], []\n"
                    "for degree in range(12):\n"
                    "    fit = np.polynomial.Polynomial.fit(x, y, degree)\n"
                    "    training.append(np.mean((fit(x) - y) ** 2))\n"
                    "    generalization.append(np.mean((fit(everywhere) - np.sin(3 * everywhere)) ** 2))\n"
                    "    print(degree, training[-1], generalization[-1])\n"
                    "assert 0 < np.argmin(generalization) < 11 and np.argmin(training) == 11\n"
                    "assert generalization[11] > 5 * min(generalization)"
                ),
                answer=_(
                    "Yes. The training error falls to 0 at degree 11, as that polynomial passes through all "
                    "twelve points. The other error is smallest at degree 3 and large at both ends."
                ),
            ),
        ),
    ),
    "one_hyperparameter": Lesson(
        formula=(
            r"J(W, b) = L(W, b) + \frac{\lambda}{2} \sum_l \lVert W_l \rVert^2, \qquad"
            r"\lambda \ge 0, \qquad \text{dropout} \in \{\text{off}, \text{on}\}"
        ),
        question=_(
            "Weight decay ends at 0. By how much is the test error at this bound higher than at the best "
            "value, if 30% of the labels are wrong, and if all are correct?"
        ),
        answer=_(
            "With wrong labels by more than five percentage points: a whole U. With correct labels by less "
            "than half a point: there is hardly anything to overfit, and almost all of the U's left side "
            "lies beyond the bound."
        ),
        core="chapter6.networks.parallel:ParallelDense.call",
        change=Change(
            instruction=_(
                "Go beyond the bound: put a minus sign before `np.asarray`, so that each λ counts as -λ. Run "
                "with `steps=1000`, as it shows late."
            ),
            expected=_(
                "The last panel, for correct labels, shows the missing side of the U: at 0.01, which is "
                "-0.01 now, the training error is about 0 and the test error higher than at 0. A negative λ "
                "rewards large weights, so that the network overfits. The loss then has no minimum any more: "
                "at -0.1 the weights run away, and even the training error is high."
            ),
            old="np.asarray(self.weight_decay",
            new="-np.asarray(self.weight_decay",
            settings={"steps": 1000},
            holds=lambda before, after: (
                _at_decay(before, "training error (%)", 0.01) > 3
                and _at_decay(after, "training error (%)", 0.01) < 3
                and _at_decay(after, "test error (%)", 0.01) > _at_decay(after, "test error (%)", 0.0) + 1
            ),
        ),
        exercises=(
            Exercise(
                task=_(
                    "Ridge regression minimizes |Xw - y|^2 + λ |w|^2. At which λ is the squared error on the "
                    "training data smallest, and what happens to w as λ falls below 0?"
                ),
                solution=(
                    "import numpy as np\n\n"
                    "rng = np.random.default_rng(0)\n"
                    "x, y = rng.normal(size=(20, 5)), rng.normal(size=20)\n"
                    "smallest = np.linalg.eigvalsh(x.T @ x)[0]\n"
                    "factors = np.array([-0.999, -0.9, -0.5, 0.0, 0.5, 1.0, 10.0])\n"
                    "penalties = [factor * smallest * np.eye(5) for factor in factors]\n"
                    "weights = [np.linalg.solve(x.T @ x + penalty, x.T @ y) for penalty in penalties]\n"
                    "errors = [np.sum((x @ w - y) ** 2) for w in weights]\n"
                    "norms = [np.linalg.norm(w) for w in weights]\n"
                    "print(errors, norms)\n"
                    "assert factors[np.argmin(errors)] == 0\n"
                    "assert norms == sorted(norms, reverse=True) and norms[0] > 100 * norms[3]"
                ),
                answer=_(
                    "At λ = 0, which is plain least squares. Below 0 the weights grow, and at minus the "
                    "smallest eigenvalue of XᵀX they are infinite: from there on there is no minimum."
                ),
            ),
        ),
    ),
    "more_data": Lesson(
        formula=(
            r"P(\tilde y = k \mid y) ="
            r"\begin{cases} 1 - p & k = y \\ p / (K - 1) & k \ne y \end{cases}, \qquad p = 0.2, \; K = 10"
        ),
        question=_(
            "A fifth of the training labels is wrong at random. How much more often is the large network "
            "wrong than with correct labels, after 500 digits and after 16,000?"
        ),
        answer=_(
            "With 500 digits twice as often, on a quarter of the test digits. With 16,000 there is hardly a "
            "difference, 7% against 6% to 7%: the right label is still the most frequent one, and more data "
            "average random errors out."
        ),
        core="chapter6.section_6_2.networks:noisy_labels",
        change=Change(
            instruction=_(
                "Make the errors systematic: as many labels are wrong, but always those of the smallest "
                "digits. Write `labels < noise * classes` for `wrong < noise`."
            ),
            expected=_(
                "With a fifth of the labels wrong the error on correct labels stays above 20%, however many "
                "digits there are: 0 and 1 are never labelled correctly, and no amount of data averages "
                "that out. Quality counts, not the share of wrong labels alone."
            ),
            old="wrong < noise",
            new="labels < noise * classes",
            holds=lambda before, after: _added_error(after) > 12 > _added_error(before),
        ),
        exercises=(
            Exercise(
                task=_(
                    "Each digit is labelled n times, each label is wrong with a probability of 40%, and all "
                    "nine wrong digits are equally likely. How often is the most frequent label wrong?"
                ),
                solution=(
                    "import numpy as np\n\n"
                    "rng = np.random.default_rng(0)\n"
                    "shares = {}\n"
                    "for n in (1, 3, 10, 30):\n"
                    "    counts = rng.multinomial(n, [0.6] + 9 * [0.4 / 9], size=20_000)\n"
                    "    shares[n] = np.mean(counts[:, 0] <= counts[:, 1:].max(axis=1))\n"
                    "print(shares)\n"
                    "assert abs(shares[1] - 0.4) < 0.02 and shares[10] < 0.05 and shares[30] < 0.001"
                ),
                answer=_(
                    "40% of the time with one label, a few percent with ten, almost never with thirty: "
                    "random errors average out as long as the right label is the most frequent one."
                ),
            ),
        ),
    ),
    "costs": Lesson(
        formula=(
            r"\text{memory} = 4 \bigl( 4 P + B A \bigr) \text{ bytes}, \qquad"
            r"P = \text{parameters}, \; B = \text{batch size}, \; A = 784 + 2 (\text{units} + 10)"
        ),
        question=_(
            "The batches become eight times larger. By how much does the time of an epoch fall, and what "
            "happens to the error after it?"
        ),
        answer=_(
            "Only by 13% to 20%, as the network still computes with all images. But an epoch has an eighth "
            "of the updates, and the validation error after it is almost three times as high."
        ),
        core="chapter6.section_6_2.costs:memory",
        change=Change(
            instruction=_(
                "Train without Adam's averages, by plain gradient descent: weights and gradients are left. "
                "Write `2 *` for the second `4 *`."
            ),
            expected=_(
                "The bar of the larger network becomes more than a third shorter, that of the larger batch "
                "hardly at all: Adam's two averages are half of what the parameters need, but with large "
                "batches most of the memory is the activations'."
            ),
            old="4 * parameters",
            new="2 * parameters",
            holds=lambda before, after: (
                value_of(after, "memory (MB)", changed="hidden units x 8")
                < 0.7 * value_of(before, "memory (MB)", changed="hidden units x 8")
                and value_of(after, "memory (MB)", changed="batch size x 8")
                > 0.9 * value_of(before, "memory (MB)", changed="batch size x 8")
            ),
        ),
        exercises=(
            Exercise(
                task=_(
                    "From which batch size on do the activations of a network with 100 hidden units need "
                    "more memory than its weights, gradients and averages together?"
                ),
                solution=(
                    "import numpy as np\n"
                    "from chapter6.section_6_2.costs import memory\n\n"
                    "shapes = [(784, 100), 100, (100, 10), 10]\n"
                    "weights = [np.zeros(shape) for shape in shapes]\n"
                    "fixed = memory(weights, 0)\n"
                    "batch = next(n for n in range(10_000) if memory(weights, n) > 2 * fixed)\n"
                    "print(batch)\n"
                    "assert batch == 317"
                ),
                answer=_("From 317: an image needs 1,004 numbers, the parameters four times 79,510."),
            ),
        ),
    ),
    "complexity": Lesson(
        formula=(
            r"E_\text{test} = (1 - e)\, p + e \Bigl(1 - \frac{p}{K - 1}\Bigr), \qquad"
            r"e = \text{error on correct labels}, \; p = \text{noise}, \; K = \text{digits to tell apart}"
        ),
        question=_(
            "A network with 32 hidden units is about the best to tell ten digits apart. What does it do "
            "when it has to tell only 0 from 1, with as many digits and as many wrong labels?"
        ),
        answer=_(
            "It overfits. Two to four units are best for two digits; with 32 the network fits wrong labels "
            "too, and its test error is higher."
        ),
        core="chapter6.section_6_2.networks:errors_of",
        change=Change(
            instruction=_("Test on correct labels: return `clean` in place of `with_noise(...)`."),
            expected=_(
                "The errors that wrong test labels cause, and that no network can avoid, are gone; the "
                "minima stay where they are. `run(whole=True)` then shows what overfitting costs the easy "
                "task: the network with 128 units is wrong many times as often as the best one."
            ),
            old="with_noise(clean, network.noise, network.classes)",
            new="clean",
            holds=lambda before, after: (
                value_of(after, "test error (%)", digits_to_tell_apart=2, hidden_units=16)
                < 0.5 * value_of(before, "test error (%)", digits_to_tell_apart=2, hidden_units=16)
            ),
        ),
        exercises=(
            Exercise(
                task=_(
                    "From which share of wrong labels on does a network that is never wrong do no better "
                    "than guessing, with two digits and with ten?"
                ),
                solution=(
                    "import numpy as np\n"
                    "from chapter6.section_6_2.networks import with_noise\n\n"
                    "shares = np.arange(0, 1, 0.01)\n"
                    "limits = {}\n"
                    "for classes in (2, 10):\n"
                    "    guessing = 1 - 1 / classes\n"
                    "    errors = with_noise(0.0, shares, classes)\n"
                    "    limits[classes] = shares[np.argmax(errors > guessing - 1e-9)]\n"
                    "print(limits)\n"
                    "assert np.isclose(limits[2], 0.5) and np.isclose(limits[10], 0.9)"
                ),
                answer=_(
                    "From 50% and from 90%, that is (K - 1)/K: with ten digits the right label is still the "
                    "most frequent one where most labels are wrong."
                ),
            ),
        ),
    ),
}
