"""Where the slides err, in slide order: what they have, and what holds or what this code does."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Erratum:
    """A fault of the slides; the texts may hold code between backticks.

    Args:
        slide: Where it stands.
        says: What the slides have.
        holds: What holds, and what this code does.
    """

    slide: str
    says: str
    holds: str


ERRATA = (
    Erratum(
        "6-2, equation 6-4",
        "The exponent is drawn from u(-1, -4).",
        "An interval is named from its lower end, u(-4, -1); `draws` takes the ends in either order.",
    ),
    Erratum(
        "6-3, AdaGrad",
        "The parameters with the largest partial derivatives get the larger learning rate, those with small "
        "ones a small one.",
        "The reverse: theirs falls fastest (Goodfellow, Bengio and Courville, section 8.5.1), as "
        "`adagrad_rates` measures.",
    ),
    Erratum(
        "6-3, headings",
        "6.3.2 is followed by 6.3.4.",
        "There is no 6.3.3, and nothing is missing: Adam follows RMSProp.",
    ),
    Erratum(
        "6-3, names",
        "The heading of 6.3.2 has AMSProp; figure 6-9 and the text below it have Adma.",
        "They are RMSProp and Adam.",
    ),
    Erratum(
        "6-3, last slide",
        'A slide on the bidirectional RNN, which begins with "as mentioned before", stands behind Adam.',
        "It belongs to the chapter on recurrent networks; here it is claim 6-3.g.",
    ),
    Erratum(
        "6-4, adversarial examples",
        "Adversarial training is done with a generative adversarial network.",
        "Adversarial training is training on adversarial examples, as `adversarial_training` does; a GAN "
        "trains a generator against a discriminator.",
    ),
    Erratum(
        "6-4, program",
        "`xavier_init` is normal with variance 2/m.",
        "That is He et al. (2015). Glorot and Bengio's variance is 2/(m+n), and equation 6-3 is uniform. "
        "`XavierInit` is the slides', `Normalized` is equation 6-3.",
    ),
    Erratum(
        "6-4, program",
        "The comment on Z has N columns and 100 rows.",
        "Z has N rows and 100 columns.",
    ),
    Erratum(
        "6-4, program",
        "Two different biases are called D_1 in the comments.",
        "They are D_b1 and D_b2.",
    ),
    Erratum(
        "6-4, program",
        "It draws before an update and saves after it, and counts iterations from 0.",
        "Its first grid is the untrained generator, its `model-1000` has seen 1001 iterations. Here step N "
        "means N iterations done, and grid and checkpoint of a step are of one generator.",
    ),
    Erratum(
        "6-4, program",
        "It trains for 1,000,000 iterations, to the best generator.",
        "Trained for so long, it draws only the digit 1. Here 20,000 is the default, and `evaluate` tells "
        "how good the digits are.",
    ),
)
