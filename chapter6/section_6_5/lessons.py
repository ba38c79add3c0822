"""What the notebook of section 6-5 teaches about each experiment."""

from chapter6.language import _
from chapter6.lesson import Change, Exercise, Lesson, value_of


def _accuracy(table, features):
    return value_of(table, "accuracy (%)", labels=10, features=features)


LESSONS = {
    "transfer_curves": Lesson(
        formula=(
            r"f(x) = g(\varphi(x; w); v), \qquad w \leftarrow w^*, \qquad "
            r"\text{frozen: } \min_v L(w^*, v), \qquad \text{fine-tuned: } \min_{w, v} L(w, v)"
        ),
        question=_(
            "Convolutional layers that were trained on the digits 0 to 4 start a network for the digits 5 to "
            "9. With ten labels, should they be frozen or fine-tuned? And with 5,000?"
        ),
        answer=_(
            "With ten labels frozen is better: it gains 12 and 8 points over training from scratch in two "
            "whole runs, fine-tuning 9 and 5. With 5,000 labels neither gains more than a point. Random "
            "layers that are frozen lose: what helps is what was learnt, not that fewer weights are trained."
        ),
        core="chapter6.transfer:transfer_features",
        change=Change(
            instruction=_("Never freeze: write `features.trainable = True`."),
            expected=_(
                "Of the four curves two remain: frozen equals fine-tuned, and frozen, untrained equals from "
                "scratch, exactly. The networks of either pair start alike, and differ only in whether their "
                "features are trained."
            ),
            old="not frozen",
            new="True",
            holds=lambda before, after: (
                _accuracy(after, "frozen") == _accuracy(after, "fine-tuned")
                and _accuracy(after, "frozen, untrained") == _accuracy(after, "from scratch")
                and _accuracy(before, "frozen") != _accuracy(before, "fine-tuned")
            ),
        ),
        exercises=(
            Exercise(
                task=_(
                    "A network was compiled and has trained on a batch. Then its features get `trainable = "
                    "False`, and it trains on another. Do the features stay as they are?"
                ),
                solution=(
                    "import keras\n"
                    "import numpy as np\n"
                    "from chapter6.transfer import changed_weights, join\n\n"
                    "features = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, 'tanh')])\n"
                    "network = join(features, keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)]))\n"
                    "inputs, targets = np.ones((8, 4)), np.ones((8, 2))\n"
                    "network.compile('sgd', 'mse')\n"
                    "network.train_on_batch(inputs, targets)\n"
                    "features.trainable = False\n"
                    "start = features.get_weights()\n"
                    "network.train_on_batch(inputs, targets)\n"
                    "changed, start = changed_weights(features, start), features.get_weights()\n"
                    "network.compile('sgd', 'mse')\n"
                    "network.train_on_batch(inputs, targets)\n"
                    "print(changed, changed_weights(features, start))\n"
                    "assert len(changed) == 2 and not changed_weights(features, start)"
                ),
                answer=_(
                    "No, and Keras does not warn: it reads `trainable` when a compiled model first trains. "
                    "They are frozen once the network has been compiled again."
                ),
            ),
            Exercise(
                task=_("How many of the network's weights are trained in each of the four ways?"),
                solution=(
                    "import math\n"
                    "from chapter6.section_6_5.networks import networks_of, small_network\n\n"
                    "trained = {\n"
                    "    way: sum(math.prod(weight.shape) for weight in network.trainable_weights)\n"
                    "    for way, network in networks_of(small_network(0), 1).items()\n"
                    "}\n"
                    "print(trained)\n"
                    "assert trained['frozen'] == trained['frozen, untrained'] == 33_157\n"
                    "assert trained['fine-tuned'] == trained['from scratch'] == 46_405"
                ),
                answer=_(
                    "All 46,405, or 33,157 where the features are frozen: seven in ten are in the "
                    "classification layers."
                ),
            ),
        ),
    ),
}
