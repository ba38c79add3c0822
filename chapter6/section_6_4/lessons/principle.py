"""The lessons about the principle of a GAN, the optimal discriminator and the losses of the generator."""

from chapter6.language import _
from chapter6.lesson import Change, Exercise, Lesson, value_of

LESSONS = {
    "principle": Lesson(
        formula=(
            r"\min_G \max_D\; \mathbb{E}_x[\log D(x)] + \mathbb{E}_z[\log(1 - D(G(z)))], \qquad "
            r"D(x) = P(x \text{ is real})"
        ),
        question=_(
            "D and G take turns. Does a later D always reject the fakes of an earlier G better, and does a "
            "later G always fool an earlier D better?"
        ),
        answer=_(
            "No: in the whole run the later D was better in 56% of comparisons, the later G in 78%. Each "
            "learns against its current opponent, and may forget what an earlier one has taught it."
        ),
        core="chapter6.gan.model:GAN.discriminator_step",
        change=Change(
            instruction=_("Show D no real digits: write `loss = loss_fake`."),
            expected=_(
                "D(x) of the last D, above 90% before, is practically 0%: with fakes alone the loss is least "
                "where D calls everything fake. Without real digits it learns nothing about them, and so "
                "cannot teach G anything."
            ),
            old="loss = loss_real + loss_fake",
            new="loss = loss_fake",
            holds=lambda before, after: (
                value_of(after, "mean (%)", measure="D(x), last D")
                < 5
                < 50
                < value_of(before, "mean (%)", measure="D(x), last D")
            ),
        ),
        exercises=(
            Exercise(
                task=_(
                    "Two players share V(x, y) = xy: x goes down its gradient, y goes up, from (1, 1). Do "
                    "they reach the equilibrium (0, 0) if they move at the same time? And in turns, as G and "
                    "D do?"
                ),
                solution=(
                    "import numpy as np\n\n\n"
                    "def play(in_turns, steps=1000, e=0.1):\n"
                    "    x = y = 1.0\n"
                    "    for step in range(steps):\n"
                    "        moved = x - e * y\n"
                    "        y += e * (moved if in_turns else x)\n"
                    "        x = moved\n"
                    "    return np.hypot(x, y)\n\n\n"
                    "print(play(in_turns=False), play(in_turns=True))\n"
                    "assert play(in_turns=False) > 100 and 1 < play(in_turns=True) < 2"
                ),
                answer=_(
                    "No. At the same time they spiral outwards, by a factor of √(1 + e²) a step; in turns "
                    "they circle around it for ever. Two players that improve against each other need not "
                    "converge."
                ),
            ),
        ),
    ),
    "optimal_discriminator": Lesson(
        formula=(
            r"D^*(x) = \frac{p_{\text{data}}(x)}{p_{\text{data}}(x) + p_g(x)}, \qquad "
            r"C(G) = \max_D V(D, G) = -\log 4 + 2\, \mathrm{JSD}(p_{\text{data}}, p_g)"
        ),
        question=_(
            "What does the best D answer where p_data is twice as large as p_g? And what is its V where both "
            "are equal everywhere?"
        ),
        answer=_(
            "2/3: only the ratio of the densities counts. Where they are equal, it answers 1/2 everywhere "
            "and V = -log 4, the least that C(G) can be. In the whole run the trained D was about 0.03 away "
            "from D*."
        ),
        core="chapter6.section_6_4.one_dimension:OneDimensionalGANs._update_discriminators",
        change=Change(
            instruction=_("Let the data count tenfold: write `loss = 10 * _mean_of_each` in the first term."),
            expected=_(
                "|D - D*| grows and V falls far below C(G): the best D is 10 p_data / (10 p_data + p_g) now, "
                "and calls everything real where there are data. D* needs as many fakes as data."
            ),
            old="loss = _mean_of_each",
            new="loss = 10 * _mean_of_each",
            holds=lambda before, after: (
                value_of(after, "median", measure="|D - D*|, G fixed")
                > 0.1 + value_of(before, "median", measure="|D - D*|, G fixed")
            ),
        ),
        exercises=(
            Exercise(
                task=_(
                    "At some x, p_data = 0.6 and p_g = 0.2. Which D is best there by the cross-entropy, by "
                    "the squared error and by the absolute error?"
                ),
                solution=(
                    "import numpy as np\n\n"
                    "p_data, p_g, d = 0.6, 0.2, np.linspace(0.001, 0.999, 999)\n"
                    "losses = {\n"
                    "    'cross-entropy': -p_data * np.log(d) - p_g * np.log(1 - d),\n"
                    "    'squared error': p_data * (1 - d) ** 2 + p_g * d**2,\n"
                    "    'absolute error': p_data * (1 - d) + p_g * d,\n"
                    "}\n"
                    "best = {name: round(d[loss.argmin()], 3) for name, loss in losses.items()}\n"
                    "print(best)\n"
                    "assert list(best.values()) == [0.75, 0.75, 0.999]"
                ),
                answer=_(
                    "D* = 0.75 by the first two, so that a GAN with squared errors (LSGAN) has the same best "
                    "D. By the absolute error it is 1, its upper bound: the larger density takes all."
                ),
            ),
            Exercise(
                task=_(
                    "The data are N(0, 1), the fakes N(m, 1). How does C(G) change with m, and what does "
                    "that mean for a G whose fakes are far from the data?"
                ),
                solution=(
                    "import numpy as np\n"
                    "from chapter6.gan.theory import generator_criterion\n\n"
                    "grid = np.arange(-20, 20, 0.01)\n\n\n"
                    "def normal(m):\n"
                    "    return np.exp(-((grid - m) ** 2) / 2) / np.sqrt(2 * np.pi)\n\n\n"
                    "c = {m: generator_criterion(normal(0), normal(m), 0.01) for m in (0, 1, 2, 6, 7)}\n"
                    "print(c)\n"
                    "assert abs(c[0] + np.log(4)) < 1e-6 and c[7] - c[6] < 0.02 * (c[2] - c[1])"
                ),
                answer=_(
                    "It rises from -log 4 and flattens out at 0, its largest value: against the best D such "
                    "a G hardly finds a slope to go down."
                ),
            ),
        ),
    ),
    "generator_losses": Lesson(
        formula=(
            r"\frac{\partial}{\partial s} \log(1 - D) = -D, \qquad "
            r"\frac{\partial}{\partial s} (-\log D) = D - 1, \qquad D = D(G(z)) = \frac{1}{1 + e^{-s}}"
        ),
        question=_(
            "D is 99% sure that an image is fake. How many times steeper than log(1 - D(G(z))) is "
            "-log D(G(z)), by the logit of D?"
        ),
        answer=_(
            "99 times: the slopes' ratio is (1 - D)/D. In the whole run the gradients by G's weights "
            "differed 69-fold in the first 200 iterations."
        ),
        context=("chapter6.gan.model:GAN.discriminator_step",),
        core="chapter6.section_6_4.measured_gan:MeasuredGAN.generator_step",
        change=Change(
            instruction=_("Make D less sure when G learns: divide its logits by 10."),
            expected=_(
                "The ratio of the gradients falls from dozens to less than 3, since D(G(z)) is no longer "
                "near 0: the saturating loss is flat because D is sure, not because the fakes are poor."
            ),
            old="self.discriminator(self.generator(noise))",
            new="self.discriminator(self.generator(noise)) / 10",
            holds=lambda before, after: (
                value_of(after, "most", measure="ratio of the gradients, same network")
                < 5
                < 20
                < value_of(before, "least", measure="ratio of the gradients, same network")
            ),
        ),
        exercises=(
            Exercise(
                task=_(
                    "Let TensorFlow differentiate both losses at a logit of -8. What is the slopes' ratio?"
                ),
                solution=(
                    "import numpy as np\n"
                    "import tensorflow as tf\n"
                    "from chapter6.gan.model import cross_entropy\n\n"
                    "logit = tf.Variable([[-8.0]])\n"
                    "with tf.GradientTape(persistent=True) as tape:\n"
                    "    losses = -cross_entropy(logit, 0.0), cross_entropy(logit, 1.0)\n"
                    "slopes = [float(tape.gradient(loss, logit)[0, 0]) for loss in losses]\n"
                    "print(slopes, slopes[1] / slopes[0])\n"
                    "assert abs(slopes[1] / slopes[0] / np.exp(8) - 1) < 1e-3"
                ),
                answer=_("e⁸, about 2,981: (1 - D)/D is exp(-s), with the logit s. It grows without bound."),
            ),
        ),
    ),
}
