"""Where the slides err, in slide order: what they have, and what holds or what this code does."""

from dataclasses import dataclass

from chapter6.language import Message, _


@dataclass(frozen=True)
class Erratum:
    """A fault of the slides; the texts may hold code between backticks.

    Args:
        slide: Where it stands.
        says: What the slides have.
        holds: What holds, and what this code does.
    """

    slide: Message
    says: Message
    holds: Message


ERRATA = (
    Erratum(
        _("6-1, orthogonal matrices"),
        _(
            "In other words, with them the depth of a deep-learning model has no influence on the number of "
            "training iterations."
        ),
        _(
            "It holds for linear networks. From depth 2 to 100 the steps that `orthogonal` counts grow from "
            "8 to 14 with linear units, from 9 to 25.5 with tanh units (medians over three seeds)."
        ),
    ),
    Erratum(
        _("6-2, equation 6-4"),
        _("The exponent is drawn from u(-1, -4)."),
        _("An interval is named from its lower end, u(-4, -1); `draws` takes the ends in either order."),
    ),
    Erratum(
        _("6-3, AdaGrad"),
        _(
            "The parameters with the largest partial derivatives get the larger learning rate, those with "
            "small ones a small one."
        ),
        _(
            "The reverse: theirs falls fastest (Goodfellow, Bengio and Courville, section 8.5.1), as "
            "`adagrad_rates` measures."
        ),
    ),
    Erratum(
        _("6-3, headings"),
        _("6.3.2 is followed by 6.3.4."),
        _("Adam follows RMSProp. Whether a 6.3.3 has been lost, the damaged text does not show."),
    ),
    Erratum(
        _("6-3, names"),
        _("The heading of 6.3.2 has AMSProp; figure 6-9 and the text below it have Adma."),
        _("They are RMSProp and Adam."),
    ),
    Erratum(
        _("6-3, last slide"),
        _('A slide on the bidirectional RNN, which begins with "as mentioned before", stands behind Adam.'),
        _("It belongs to the chapter on recurrent networks; here it is claim 6-3.g."),
    ),
    Erratum(
        _("6-4, adversarial examples"),
        _("Adversarial training is done with a generative adversarial network."),
        _(
            "Adversarial training is training on adversarial examples, as `adversarial_training` does; a GAN "
            "trains a generator against a discriminator."
        ),
    ),
    Erratum(
        _("6-4, GAN"),
        _("A GAN consists of two steps."),
        _("It consists of two models, a generator and a discriminator; an iteration has a step for each."),
    ),
    Erratum(
        _("6-4, program"),
        _("What the generator computes before its sigmoid is called `G_log_prob`."),
        _("It is a logit, like `D_logit`, not the logarithm of a probability, which is never above 0."),
    ),
    Erratum(
        _("6-4, program"),
        _("`xavier_init` is normal with variance 2/m."),
        _(
            "That is He et al. (2015). Glorot and Bengio's variance is 2/(m+n), and equation 6-3 is uniform. "
            "`XavierInit` is the slides', `Normalized` is equation 6-3."
        ),
    ),
    Erratum(
        _("6-4, program"),
        _("The comment on Z has N columns and 100 rows."),
        _("Z has N rows and 100 columns."),
    ),
    Erratum(
        _("6-4, program"),
        _("Two different biases are called D_1 in the comments."),
        _("They are D_b1 and D_b2."),
    ),
    Erratum(
        _("6-4, program"),
        _("It draws before an update and saves after it, and counts iterations from 0."),
        _(
            "Its first grid is the untrained generator, its `model-1000` has seen 1001 iterations. Here step "
            "N means N iterations done, and grid and checkpoint of a step are of one generator."
        ),
    ),
    Erratum(
        _("6-4, program"),
        _("It trains for 1,000,000 iterations, to the best generator."),
        _(
            "Trained for so long, it draws only the digit 1 at two of three seeds, at the third mostly 0 and "
            "8. Here 20,000 is the default, and `evaluate` tells how good the digits are."
        ),
    ),
)
