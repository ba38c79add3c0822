"""The lessons about rules for initial weights, claims 6-1.d to 6-1.g."""

from chapter6.language import _
from chapter6.lesson import Change, Exercise, Lesson, value_of

LESSONS = {
    "normalized": Lesson(
        formula=(
            r"W_{ij} \sim U\!\left(-\sqrt{\tfrac{6}{m+n}},\; \sqrt{\tfrac{6}{m+n}}\right)"
            r"\;\Rightarrow\; \operatorname{Var} W_{ij} = \frac{2}{m+n}; \qquad"
            r"\frac{\operatorname{std}(h W)}{\operatorname{std}(h)}"
            r"\approx \sqrt{m \operatorname{Var} W_{ij}}, \quad "
            r"\frac{\operatorname{std}(g W^\top)}{\operatorname{std}(g)}"
            r"\approx \sqrt{n \operatorname{Var} W_{ij}}"
        ),
        question=_(
            "The layers of a linear network have 1024 and 64 units by turns. Does equation 6-3 keep the size "
            "of a signal? Does the variance 1/m?"
        ),
        answer=_(
            "Equation 6-3 loses 31% per layer, forward and back: what a layer from 1024 to 64 units "
            "gains, the next loses more than once over. The variance 1/m keeps both: forward in every layer, "
            "back over each pair of layers."
        ),
        core="chapter6.initializers.normalized:Normalized.__call__",
        change=Change(
            instruction=_("Double the variance: write `12 / (m + n)` in the limit."),
            expected=_(
                "Where all widths are equal, networks of relu now keep the size, as relu halves the power in "
                "every layer: this is the rule of He et al. (2015). Linear signals grow by √2 per layer."
            ),
            old="limit = math.sqrt(6 / (m + n))",
            new="limit = math.sqrt(12 / (m + n))",
            holds=lambda before, after: (
                abs(_forward(after, activation="relu") - 1) < 0.12
                and _forward(before, activation="relu") < 0.8
                and _forward(after, activation="linear") > 1.3 * _forward(before, activation="linear")
            ),
        ),
        exercises=(
            Exercise(
                task=_(
                    "Calculate the factor per layer for linear layers of 1024 and 64 units by turns, and "
                    "compare it with the table (in a quick run they have 256 and 16)."
                ),
                solution=(
                    "import numpy as np\n\n"
                    "def forward(m, n):\n"
                    "    return np.sqrt(m * 2 / (m + n))\n\n"
                    "factor = np.sqrt(forward(1024, 64) * forward(64, 1024))\n"
                    "table = finding.table\n"
                    "row = (table['widths'] == 'by turns') & (table['activation'] == 'linear')\n"
                    "measured = table[row]['factor forward'].iloc[0]\n"
                    "print(factor, measured)\n"
                    "assert abs(factor - measured) < 0.05"
                ),
                answer=_(
                    "√(1.37 · 0.34) = 0.69 per layer. It depends on the ratio of the widths alone, and is 1 "
                    "only where they are equal."
                ),
            ),
            Exercise(
                task=_("How large may the weights of a 3 × 3 convolution from 16 to 32 channels be?"),
                solution=(
                    "import numpy as np\n"
                    "from chapter6.initializers import Normalized\n\n"
                    "largest = abs(np.asarray(Normalized(seed=0)((3, 3, 16, 32)))).max()\n"
                    "limit = (6 / (9 * 16 + 9 * 32)) ** 0.5\n"
                    "print(largest, limit)\n"
                    "assert 0.98 * limit < largest <= limit"
                ),
                answer=_(
                    "At most 0.118: a unit has 9 · 16 inputs, and an input goes to 9 · 32 outputs, as each "
                    "channel is seen at nine positions."
                ),
            ),
        ),
    ),
    "orthogonal": Lesson(
        formula=(
            r"A_{ij} \sim N(0, 1), \quad QR = A, \quad "
            r"W = \gamma\, Q \operatorname{sign}(\operatorname{diag} R)"
            r"\;\Rightarrow\; W^\top W = \gamma^2 I, \quad \|h W_1 W_2 \cdots W_L\| = \gamma^L \|h\|"
        ),
        question=_(
            "In square layers orthogonal weights and those of equation 6-3 have the same variance. A linear "
            "network of depth 2 is trained in about ten steps from both. How many does one of depth 100 "
            "need?"
        ),
        answer=_(
            "From orthogonal weights hardly more, 12 to 15. From equation 6-3 about 100 at depth 10 already, "
            "and at depth 20 more than the 150 allowed."
        ),
        core="chapter6.initializers.orthogonal:Orthogonal.__call__",
        change=Change(
            instruction=_(
                "Take random weights of the same variance that are not orthogonal: write "
                "`w = self._factor * a / max(m, n) ** 0.5`."
            ),
            expected=_(
                "The steps grow with the depth as they do from equation 6-3. It is not the size of the "
                "weights that made depth harmless, but that no direction is stretched or lost."
            ),
            old="q * ops.sign(ops.diagonal(r))",
            new="a / max(m, n) ** 0.5",
            holds=lambda before, after: (
                value_of(after, "median steps", weights="orthogonal", depth=10)
                > 3 * value_of(before, "median steps", weights="orthogonal", depth=10)
            ),
        ),
        exercises=(
            Exercise(
                task=_(
                    "Compare the largest and the smallest singular value of a product of 20 matrices, "
                    "orthogonal ones and those of equation 6-3."
                ),
                solution=(
                    "import keras\n"
                    "import numpy as np\n"
                    "from chapter6.initializers import Normalized, Orthogonal\n\n"
                    "ratios = []\n"
                    "for rule in (Orthogonal, Normalized):\n"
                    "    initializer = rule(seed=keras.random.SeedGenerator(0))\n"
                    "    matrices = [np.asarray(initializer((32, 32)), float) for _ in range(20)]\n"
                    "    values = np.linalg.svd(np.linalg.multi_dot(matrices), compute_uv=False)\n"
                    "    ratios.append(values[0] / values[-1])\n"
                    "print(ratios)\n"
                    "assert ratios[0] < 1.001 and ratios[1] > 1e6"
                ),
                answer=_(
                    "Orthogonal: 1, every direction keeps its length. Equation 6-3: many powers of ten; "
                    "gradient descent has one learning rate for all of these directions."
                ),
            ),
            Exercise(
                task=_(
                    "A layer from 64 to 16 units can have orthogonal columns only. What does it do to the "
                    "length of an activation that runs forward, and of a gradient that runs back?"
                ),
                solution=(
                    "import numpy as np\n"
                    "from chapter6.initializers import Orthogonal\n\n"
                    "w = np.asarray(Orthogonal(seed=0)((64, 16)))\n"
                    "rng = np.random.default_rng(0)\n"
                    "h, g = rng.normal(size=(500, 64)), rng.normal(size=(500, 16))\n"
                    "forward = ((h @ w) ** 2).sum() / (h**2).sum()\n"
                    "back = ((g @ w.T) ** 2).sum() / (g**2).sum()\n"
                    "print(forward, back)\n"
                    "assert abs(forward - 16 / 64) < 0.02 and abs(back - 1) < 1e-4"
                ),
                answer=_(
                    "Of the activation's square a quarter remains, n/m, as 48 of 64 directions are lost; the "
                    "gradient keeps its length exactly."
                ),
            ),
        ),
    ),
    "random_walk": Lesson(
        formula=(
            r"h \leftarrow \varphi(\gamma\, h W^{(l)}), \qquad "
            r"\log \|h^{(L)}\| = \log \|h^{(0)}\| + \sum_{l=1}^{L} \xi_l, \qquad "
            r"\operatorname{Var} \xi_l \approx \frac{1}{2n} \;\; (\varphi(z) = z)"
        ),
        question=_(
            "Each layer multiplies the norm by a random factor without drift. How does the variance of the "
            "log norm grow with the depth? And how if all layers have the same matrix?"
        ),
        answer=_(
            "About in proportion to the depth: independent steps partly cancel. With one matrix every layer "
            "repeats the same step, and the variance grows about with the square of the depth."
        ),
        core="chapter6.section_6_1.propagation:walk",
        change=Change(
            instruction=_(
                "Make the network a residual one, which adds a tenth of each layer's output to its input: "
                "write `h += 0.1 * activate(gains * (h @ kernel))`."
            ),
            expected=_(
                "All gradients are kept, whatever the gain and the activation: a layer changes h by about a "
                "tenth only, and the gradient passes by the shortcut. This is how residual networks of "
                "hundreds of layers can be trained."
            ),
            old="h = activate(",
            new="h += 0.1 * activate(",
            holds=lambda before, after: before["kept (%)"].min() < 20 and after["kept (%)"].min() > 95,
        ),
        exercises=(
            Exercise(
                task=_(
                    "If z ~ N(0, 1) are the pre-activations, a layer's step has the variance "
                    "Var(φ(z)²) / (4 n E[φ(z)²]²). What is it for linear units and for relu? Compare it with "
                    "the table (in a quick run n = 32)."
                ),
                solution=(
                    "import numpy as np\n\n"
                    "z = np.random.default_rng(0).normal(size=1_000_000)\n"
                    "table = finding.table[finding.table['weights'] == 'equation 6-3']\n"
                    "for unit, h in {'linear': z, 'relu': np.maximum(z, 0)}.items():\n"
                    "    predicted = (h**2).var() / (4 * 32 * (h**2).mean() ** 2)\n"
                    "    row = (table['unit'] == unit) & (table['gain'] == 1)\n"
                    "    measured = table[row]['variance'].iloc[0]\n"
                    "    print(unit, predicted, measured)\n"
                    "    assert 0.6 < measured / predicted < 1.6"
                ),
                answer=_(
                    "1/(2n) and 5/(4n): relu's walk has steps of 2.5 times the variance, as a random half of "
                    "the units is off. Both shrink with the width: wide networks drift apart more slowly."
                ),
            ),
            Exercise(
                task=_(
                    "Move the slider to gain 1, where orthogonal weights stop growing or shrinking. Why does "
                    "the spread still fall through layers of tanh, and how fast?"
                ),
                solution=(
                    "import keras\n"
                    "import numpy as np\n"
                    "from chapter6.initializers import Orthogonal\n\n"
                    "initializer = Orthogonal(1.0, seed=keras.random.SeedGenerator(0))\n"
                    "h = np.random.default_rng(0).normal(size=(100, 64))\n"
                    "for _ in range(100):\n"
                    "    h = np.tanh(h @ np.asarray(initializer((64, 64))))\n"
                    "print(h.std(), (2 * 100) ** -0.5)\n"
                    "assert np.isclose(h.std(), (2 * 100) ** -0.5, rtol=0.1)"
                ),
                answer=_(
                    "tanh h ≈ h - h³/3 takes a little off, the less the smaller h is: as 1/√(2L) after L "
                    "layers. At gain 0.9 it falls like 0.9 to the power of L, which is far faster."
                ),
            ),
        ),
        slider="gain",
    ),
    "sparse": Lesson(
        formula=(
            r"S_j \subset \{1, \dots, m\}, \quad |S_j| = k = 15, \qquad "
            r"W_{ij} \sim N(0, 1) \;\; (i \in S_j), \quad W_{ij} = 0 \;\; (i \notin S_j)"
        ),
        question=_(
            "A layer has 10,000 inputs and sparse weights, k = 15. How many inputs do two of its units have "
            "in common on average, and what follows for the angle between their weights?"
        ),
        answer=_(
            "k²/m = 0.02: nearly all pairs have none in common and are exactly orthogonal. The mean absolute "
            "cosine is 0.001, with dense weights 0.008."
        ),
        core="chapter6.initializers.sparse:Sparse.__call__",
        change=Change(
            instruction=_("Let no weight be zero: write `k = m`."),
            expected=_(
                "The size of the weights stays 1 at any m, as their variance is still 1. But the units are "
                "now as alike as those of N(0, 1/m): their norms and angles differ only as much. It is the "
                "zeros that make units diverse."
            ),
            old="k = min(self.nonzeros, m)",
            new="k = m",
            holds=lambda before, after: (
                value_of(after, "at largest m", measure="cosine", weights="sparse")
                > 1.8 * value_of(before, "at largest m", measure="cosine", weights="sparse")
                and value_of(after, "at largest m", measure="spread", weights="sparse")
                < 0.3 * value_of(before, "at largest m", measure="spread", weights="sparse")
            ),
        ),
        exercises=(
            Exercise(
                task=_("Which share of pairs of units has no input in common at m = 10,000?"),
                solution=(
                    "import math\n"
                    "import numpy as np\n"
                    "from chapter6.initializers import Sparse\n\n"
                    "used = np.asarray(Sparse(15, seed=0)((10_000, 200))) != 0\n"
                    "common = (used.T.astype(float) @ used)[np.triu_indices(200, k=1)]\n"
                    "predicted = math.comb(10_000 - 15, 15) / math.comb(10_000, 15)\n"
                    "print((common == 0).mean(), predicted)\n"
                    "assert abs((common == 0).mean() - predicted) < 0.01"
                ),
                answer=_("98%: the second unit must draw all its inputs from the other m - k."),
            ),
            Exercise(
                task=_(
                    "Inputs of variance 1 enter a layer with sparse weights. How large are its "
                    "pre-activations, and which share of tanh units do they saturate?"
                ),
                solution=(
                    "import numpy as np\n"
                    "from chapter6.initializers import Sparse\n\n"
                    "x = np.random.default_rng(0).normal(size=(500, 2000))\n"
                    "z = x @ np.asarray(Sparse(15, seed=0)((2000, 200)))\n"
                    "saturated = (abs(np.tanh(z)) > 0.99).mean()\n"
                    "print(z.std(), saturated)\n"
                    "assert abs(z.std() - 15**0.5) < 0.3 and 0.4 < saturated < 0.6"
                ),
                answer=_(
                    "√15 = 3.9 for every m, and half of the units are beyond ±0.99. This is the price that "
                    "the next claim is about."
                ),
            ),
        ),
    ),
}


def _forward(table, activation):
    return value_of(
        table, "factor forward", initialization="equation 6-3", widths="equal", activation=activation
    )
