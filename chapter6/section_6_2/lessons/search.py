"""The lessons of the experiments that search hyperparameters."""

from chapter6.language import _
from chapter6.lesson import Change, Exercise, Lesson, value_of

LESSONS = {
    "grid": Lesson(
        formula=(
            r"\Lambda = \{10^{-1}, 10^{-2}, 10^{-3}, 10^{-4}\} \times \{50, 100, 200, 500\}, \qquad"
            r"\lambda^* = \arg\min_{\lambda \in \Lambda} E_\text{validation}(\lambda)"
        ),
        question=_(
            "Which matters more in the slides' grid: to find the best of the four learning rates, or the "
            "best of the four numbers of hidden units?"
        ),
        answer=_(
            "The learning rate. With 500 units the validation error is from 2% to 13%, depending on the "
            "learning rate; with a learning rate of 0.001 it is from 2% to 5%, depending on the units."
        ),
        core="chapter6.section_6_2.grid:value_beyond",
        change=Change(
            instruction=_("Let the quick run's grid grow beyond its winner: `run(extend=True)`."),
            expected=_(
                "Each axis gets one more value, outside of the dashed line: with two values the winner is "
                "always at an end. Five more points are trained, and they show whether the error still "
                "falls beyond the end; before, one could not know."
            ),
            settings={"extend": True},
            holds=lambda before, after: (
                set(before["grid"]) == {"the slides'"} and len(after) == len(before) + 5
            ),
        ),
        exercises=(
            Exercise(
                task=_(
                    "Sixteen networks are all wrong on 3% of all images. What is the smallest of their "
                    "validation errors on 5,000 images, on average, and what is that winner's test error?"
                ),
                solution=(
                    "import numpy as np\n\n"
                    "rng = np.random.default_rng(0)\n"
                    "validation = rng.binomial(5000, 0.03, size=(1000, 16)) / 5000\n"
                    "test = rng.binomial(10_000, 0.03, size=(1000, 16)) / 10_000\n"
                    "winners = validation.argmin(axis=1)\n"
                    "smallest = validation.min(axis=1).mean()\n"
                    "tested = test[np.arange(1000), winners].mean()\n"
                    "print(smallest, tested)\n"
                    "assert smallest < 0.027 and abs(tested - 0.03) < 0.0005"
                ),
                answer=_(
                    "2.6% against 3%. The winner is chosen by its validation error, which is therefore too "
                    "good to be true; the test set had no part in the choice."
                ),
            ),
        ),
    ),
    "draws": Lesson(
        formula=(
            r"e \sim u(-1, -4), \qquad x = 10^e, \qquad"
            r"p(x) = \frac{1}{3\, x \ln 10} \text{ for } 10^{-4} \le x \le 10^{-1}"
        ),
        question=_(
            "Ten learning rates are drawn uniformly from 0.0001 to 0.1. How many of them lie below 0.01? How "
            "many if the exponent is drawn uniformly?"
        ),
        answer=_(
            "One: 0.01 is a tenth of the way from 0 to 0.1. With a uniform exponent two in three, as two of "
            "the three decades lie below 0.01."
        ),
        core="chapter6.section_6_2.draws:joint_draws",
        change=Change(
            instruction=_(
                "Draw the learning rate itself uniformly: write `search.uniform(10.0**last, 10.0**first)` "
                "for `search.ten_to_the(first, last)`."
            ),
            expected=_(
                "Nine in ten draws fall into the highest decade, and hardly one in a hundred into the "
                "lowest: a search would hardly try small learning rates."
            ),
            old="search.ten_to_the(first, last)",
            new="search.uniform(10.0**last, 10.0**first)",
            holds=lambda before, after: (
                value_of(after, "measured", quantity="highest third of the exponents (%)")
                > 80
                > 50
                > value_of(before, "measured", quantity="highest third of the exponents (%)")
            ),
        ),
        exercises=(
            Exercise(
                task=_(
                    "How does keras-tuner write equations 6-4 and 6-5? Draw a thousand learning rates with "
                    "it, and compare their median with their mean."
                ),
                solution=(
                    "import keras_tuner\n"
                    "import numpy as np\n\n"
                    "space = keras_tuner.HyperParameters()\n"
                    'space.Float("learning_rate", 1e-4, 1e-1, sampling="log")\n'
                    "rates = [space.space[0].random_sample(seed) for seed in range(1000)]\n"
                    "print(np.median(rates), np.mean(rates))\n"
                    "assert abs(np.log10(np.median(rates)) + 2.5) < 0.1\n"
                    "assert np.mean(rates) > 3 * np.median(rates)"
                ),
                answer=_(
                    'With `sampling="log"`. The median is about 10^-2.5, or 0.003, the middle of the '
                    "exponents; the few large rates make the mean more than four times as large."
                ),
            ),
        ),
    ),
    "random": Lesson(
        formula=(
            r"\log_{10} \text{learning rate} \sim u(-1, -4), \qquad"
            r"\log \text{units} \sim u(\log 50, \log 500), \qquad"
            r"\text{dropout} \sim \text{Bernoulli}(1/2), \qquad"
            r"\log_{10} \lambda \sim u(-7, -3)"
        ),
        question=_("Which of these four hyperparameters do the validation errors follow most closely?"),
        answer=_(
            "The learning rate, by far. In each of four whole runs a parabola in its logarithm explains more "
            "than three quarters of the variance of the logarithm of the error, and the same for another "
            "hyperparameter less than half."
        ),
        core="chapter6.section_6_2.random:marginals",
        change=Change(
            instruction=_(
                "Fix the learning rate: write `search.finite(0.01)` for its distribution. Run with "
                "`fresh=True`, as the folder holds the search of other distributions."
            ),
            expected=_(
                "The errors lie much closer together. What remains of their spread comes from the other "
                "three hyperparameters, so most of it came from the learning rate."
            ),
            old="search.ten_to_the(*settings.exponents)",
            new="search.finite(0.01)",
            settings={"fresh": True},
            holds=lambda before, after: (
                after["validation error (%)"].max() < 0.7 * before["validation error (%)"].max()
            ),
        ),
        exercises=(
            Exercise(
                task=_(
                    "How many draws does it take until one of them is among the best 5% of the whole space "
                    "with a probability of 95%? Does it depend on the number of hyperparameters?"
                ),
                solution=(
                    "draws = next(n for n in range(1, 1000) if 1 - 0.95**n >= 0.95)\n"
                    "print(draws)\n"
                    "assert draws == 59"
                ),
                answer=_(
                    "59 draws, whatever the number of hyperparameters: n draws all miss with a probability "
                    "of 0.95 to the power of n. But the best 5% may be less good in a larger space."
                ),
            ),
        ),
    ),
    "compare": Lesson(
        formula=(
            r"\text{grid: } 4^d \text{ trials, 4 learning rates}, \qquad"
            r"\text{random search: } P(\text{a good value in } n \text{ trials}) = 1 - (1 - q)^n, \;"
            r"q = \text{share of good values}"
        ),
        question=_(
            "A third hyperparameter is added that has no effect, and each kind of search gets 64 trials in "
            "place of 16. Which of them finds a good value more often than before?"
        ),
        answer=_(
            "Random search alone: 64 draws try more learning rates than 16. A grid tries each of its 16 "
            "pairs four times; what it missed before, it still misses."
        ),
        core="chapter6.section_6_2.compare:grid_orders",
        change=Change(
            instruction=_(
                "Leave out the grid's combinations of the irrelevant hyperparameters: write `1` for "
                "`VALUES ** (hyperparameters - 2)`."
            ),
            expected=_(
                "With three hyperparameters the grids have 16 trials in place of 64, and find a good value "
                "as often and the same best error: three in four trials were repetitions. Random search "
                "draws a new learning rate in each trial, and need not know what is irrelevant."
            ),
            old="VALUES ** (hyperparameters - 2)",
            new="1",
            holds=lambda before, after: (
                value_of(after, "trials", hyperparameters=3, search="other grids") == 16
                and value_of(before, "trials", hyperparameters=3, search="other grids") == 64
                and all(
                    value_of(after, column, hyperparameters=3, search="other grids")
                    == value_of(before, column, hyperparameters=3, search="other grids")
                    for column in ("good value found (%)", "best error (%)")
                )
            ),
        ),
        exercises=(
            Exercise(
                task=_(
                    "What share of the table's cells are good at each training seed, with hidden units as "
                    "the second hyperparameter? Predict from it how often 64 random trials find one, and "
                    "compare with the run's table."
                ),
                solution=(
                    "from chapter6.lesson import value_of\n"
                    "from chapter6.section_6_2.sweep import TABLE, read_sweep\n\n"
                    'errors = read_sweep(TABLE)["hidden_units"]\n'
                    "good = (errors <= 1.1 * errors.min(axis=(1, 2), keepdims=True)).mean(axis=(1, 2))\n"
                    "predicted = (1 - (1 - good) ** 64).mean()\n"
                    'row = {"second hyperparameter": "hidden units", "search": "random search"}\n'
                    'found = value_of(finding.table, "good value found (%)", hyperparameters=3, **row)\n'
                    "print(good, predicted, found)\n"
                    "assert abs(100 * predicted - found) < 10"
                ),
                answer=_(
                    "0.5% to 5%, so that 64 trials find one in about seven of ten searches. Irrelevant "
                    "hyperparameters do not change the share of good values, and so not the number of draws "
                    "that it takes."
                ),
            ),
        ),
    ),
}
