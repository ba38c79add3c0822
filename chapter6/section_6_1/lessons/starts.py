"""The lessons about initial points, local optima and symmetry, claims 6-1.a to 6-1.c."""

from chapter6.language import _
from chapter6.lesson import Change, Exercise, Lesson, value_of

LESSONS = {
    "starting_points": Lesson(
        formula=(
            r"h^{(l)} = \tanh\!\big(h^{(l-1)} W^{(l)}\big), \qquad W^{(l)}_{ij} \sim N(0, \sigma^2), \qquad"
            r"|h| \ll 1 \;\Rightarrow\;"
            r"\operatorname{std} h^{(l)} \approx \sigma\sqrt{m}\, \operatorname{std} h^{(l-1)}"
        ),
        question=_(
            "Seven copies of one network differ only in their initial weights: standard deviation 0.01, "
            "standard deviation 1, all 0.05, equation 6-3, `xavier_init`, orthogonal, sparse with k = 15. "
            "Which of them reach 85% accuracy within 8 epochs, and which of those is the last?"
        ),
        answer=_(
            "The first three never do: small and constant weights stay at the accuracy of guessing, those "
            "of standard deviation 1 at about a third. Equation 6-3, `xavier_init` and orthogonal weights "
            "need one or two epochs, sparse ones four to six."
        ),
        core="chapter6.section_6_1.training:initializers_of",
        change=Change(
            instruction=_(
                "Sparse weights have standard deviation 1. Give them 1/√k: write "
                "`Sparse(15, stddev=15**-0.5, seed=SeedGenerator(seed))`."
            ),
            expected=_(
                "The curve of sparse weights rises almost as fast as the best. The zeros did no harm: k "
                "weights of variance 1 make pre-activations of variance k, which saturate tanh; of variance "
                "1/k they keep the size of the signal, as equation 6-3 does."
            ),
            old="Sparse(15, seed=",
            new="Sparse(15, stddev=15**-0.5, seed=",
            holds=lambda before, after: (
                value_of(after, "accuracy (%)", initialization="sparse (k = 15)")
                > value_of(before, "accuracy (%)", initialization="sparse (k = 15)") + 8
            ),
        ),
        exercises=(
            Exercise(
                task=_(
                    "With standard deviation 0.01 nothing is learned. How much of a signal is left after "
                    "five layers of 64 tanh units?"
                ),
                solution=(
                    "import numpy as np\n\n"
                    "rng = np.random.default_rng(0)\n"
                    "h = rng.normal(size=(1000, 64))\n"
                    "for _ in range(5):\n"
                    "    h = np.tanh(h @ rng.normal(0, 0.01, (64, 64)))\n"
                    "print(h.std(), (0.01 * 64**0.5) ** 5)\n"
                    "assert np.isclose(h.std(), (0.01 * 64**0.5) ** 5, rtol=0.2)"
                ),
                answer=_(
                    "Three millionths: every layer multiplies it by 0.01 · √64 = 0.08. Gradients shrink "
                    "likewise on their way back, so that hardly any weight moves."
                ),
            ),
            Exercise(
                task=_("And with standard deviation 1: which share of the fifth layer's units is saturated?"),
                solution=(
                    "import numpy as np\n\n"
                    "rng = np.random.default_rng(0)\n"
                    "h = rng.normal(size=(1000, 64))\n"
                    "for _ in range(5):\n"
                    "    h = np.tanh(h @ rng.normal(0, 1, (64, 64)))\n"
                    "saturated = (abs(h) > 0.99).mean()\n"
                    "print(saturated)\n"
                    "assert 0.6 < saturated < 0.8"
                ),
                answer=_(
                    "About seven in ten. There the derivative of tanh, 1 - tanh², is below 0.02, and almost "
                    "no gradient passes."
                ),
            ),
        ),
    ),
    "nearest_optimum": Lesson(
        formula=(
            r"x \leftarrow x - e\, f'(x), \qquad "
            r"f(x) = \frac{x^2}{10} + \sum_{j=1}^{6} a_j \sin(\omega_j x + \varphi_j)"
        ),
        question=_(
            "A starting point lies between two minima, a little nearer to the left one. Does gradient "
            "descent with small steps have to end in the left one?"
        ),
        answer=_(
            "No. The border between their basins is the maximum between them, which need not be midway. On "
            "the curves only about six in ten of the points that are almost equally far from two minima end "
            "in the nearer one; of those close to a minimum nearly all do."
        ),
        core="chapter6.section_6_1.basins:assign_to_optima",
        change=Change(
            instruction=_(
                "Count as nearest the nearest optimum downhill: in the last line write `(from_start + 100 * "
                '(np.einsum("pod,pd->po", optima - starts[:, None], downhill) < 0)).argmin(axis=1)` for '
                "`from_start.argmin(axis=1)`. It puts the optima uphill a hundred units farther away."
            ),
            expected=_(
                "On the curves all points end in it now: in one dimension the first minimum downhill is "
                "where small steps lead, whether or not another is nearer. On Himmelblau's function a few "
                "still do not, since in two dimensions the path bends."
            ),
            old="from_start.argmin(axis=1)",
            new=(
                '(from_start + 100 * (np.einsum("pod,pd->po", optima - starts[:, None], downhill) < 0))'
                ".argmin(axis=1)"
            ),
            holds=lambda before, after: (
                value_of(after, "in the nearest optimum (%)", loss_function="curves", relative_distance="all")
                > 99.5
                > 97
                > value_of(
                    before, "in the nearest optimum (%)", loss_function="curves", relative_distance="all"
                )
            ),
        ),
        exercises=(
            Exercise(
                task=_(
                    "Let f'(x) = (x + 1)(x - 1.5)(x - 2), so that f has its minima at -1 and 2. Where does "
                    "gradient descent from x = 1 end, and where is the border?"
                ),
                solution=(
                    "from chapter6.section_6_1.descent import descend\n\n"
                    "def loss(x):\n"
                    "    return x**4 / 4 - 2.5 * x**3 / 3 - x**2 / 4 + 3 * x\n\n"
                    "ends = descend(loss, [1.0, 1.4, 1.6], learning_rate=0.05, steps=1000)\n"
                    "print(ends)\n"
                    "assert abs(ends - [-1, -1, 2]).max() < 0.01"
                ),
                answer=_(
                    "In -1, though 2 is nearer: the border is the maximum at 1.5, and 1 lies to its left."
                ),
            ),
            Exercise(
                task=_("The same f with momentum 0.95: does a start at 3 still end in 2?"),
                solution=(
                    "x, velocity = 3.0, 0.0\n"
                    "for _ in range(3000):\n"
                    "    velocity = 0.95 * velocity - 0.01 * (x + 1) * (x - 1.5) * (x - 2)\n"
                    "    x += velocity\n"
                    "print(x)\n"
                    "assert abs(x + 1) < 0.01"
                ),
                answer=_(
                    "No, it rolls over the hill at 1.5 and ends in -1. That the nearest optimum attracts is "
                    "a property of small steps without memory."
                ),
            ),
        ),
    ),
    "symmetry": Lesson(
        formula=(
            r"w_i = w_j,\; b_i = b_j,\; v_i = v_j \;\Rightarrow\;"
            r"\frac{\partial J}{\partial w_i} = \frac{\partial J}{\partial w_j}"
            r"\;\Rightarrow\; w_i - e\, \frac{\partial J}{\partial w_i}"
            r"= w_j - e\, \frac{\partial J}{\partial w_j}"
        ),
        question=_(
            "All weights of a network with 32 hidden units start at 0.05. How many different hidden units "
            "has it after 400 steps of gradient descent? Would random biases do instead of random weights?"
        ),
        answer=_(
            "One, and the loss stays at that of guessing. Random biases separate most of the units, but "
            "late: after 400 steps the loss is still 20 to 160 times that of random weights."
        ),
        core="chapter6.section_6_1.training:initial_weights",
        change=Change(
            instruction=_(
                "Give Keras' initializer a generator instead of a number: "
                "`GlorotUniform(keras.random.SeedGenerator(settings.seed))`."
            ),
            expected=_(
                "The two branches are no longer copies: all their units are different. A whole number as "
                "seed makes an initializer return the same weights at each call; a generator moves on."
            ),
            old="GlorotUniform(settings.seed)",
            new="GlorotUniform(keras.random.SeedGenerator(settings.seed))",
            holds=lambda before, after: (
                value_of(after, "different", initialization="two branches, Keras' instance")
                >= 2 * value_of(before, "different", initialization="two branches, Keras' instance")
            ),
        ),
        exercises=(
            Exercise(
                task=_("All weights and biases start at zero, in a network of tanh units. What moves?"),
                solution=(
                    "import keras\n"
                    "import numpy as np\n"
                    "import tensorflow as tf\n\n"
                    "x = np.random.default_rng(0).normal(size=(64, 5))\n"
                    "hidden = keras.layers.Dense(4, 'tanh', kernel_initializer='zeros')\n"
                    "model = keras.Sequential([hidden, keras.layers.Dense(1, kernel_initializer='zeros')])\n"
                    "with tf.GradientTape() as tape:\n"
                    "    loss = tf.reduce_mean((model(x) - 1) ** 2)\n"
                    "gradients = tape.gradient(loss, model.trainable_variables)\n"
                    "sizes = [float(tf.norm(gradient)) for gradient in gradients]\n"
                    "print(sizes)\n"
                    "assert sizes[:3] == [0, 0, 0] and sizes[3] > 0"
                ),
                answer=_(
                    "The bias of the output only. The output weights get no gradient because h = 0, the "
                    "hidden ones because the output weights are 0: worse than equal weights."
                ),
            ),
            Exercise(
                task=_("All weights start at one. Does Adam separate the hidden units? Does dropout?"),
                solution=(
                    "import keras\n"
                    "import numpy as np\n"
                    "import tensorflow as tf\n\n"
                    "x = np.random.default_rng(0).normal(size=(64, 5))\n"
                    "differences = []\n"
                    "for layer in (keras.layers.Identity(), keras.layers.Dropout(0.5, seed=0)):\n"
                    "    hidden = keras.layers.Dense(4, 'tanh', kernel_initializer='ones')\n"
                    "    output = keras.layers.Dense(1, kernel_initializer='ones')\n"
                    "    model = keras.Sequential([hidden, layer, output])\n"
                    "    adam = keras.optimizers.Adam(0.01)\n"
                    "    for _ in range(20):\n"
                    "        with tf.GradientTape() as tape:\n"
                    "            loss = tf.reduce_mean((model(x, training=True) - x[:, :1]) ** 2)\n"
                    "        gradients = tape.gradient(loss, model.trainable_variables)\n"
                    "        adam.apply(gradients, model.trainable_variables)\n"
                    "    differences.append(np.ptp(hidden.kernel.numpy(), axis=1).max())\n"
                    "print(differences)\n"
                    "assert differences[0] < 1e-5 and differences[1] > 1e-2"
                ),
                answer=_(
                    "Adam does not: equal gradients give equal steps. Dropout does, since it leaves out each "
                    "unit at other examples, so that their gradients differ."
                ),
            ),
        ),
    ),
}
