"""The lessons about the MNIST program and the evaluation of its samples."""

from chapter6.language import _
from chapter6.lesson import Change, Exercise, Lesson, value_of

LESSONS = {
    "gan": Lesson(
        formula=(
            r"L_D = -\mathbb{E}_x[\log D(x)] - \mathbb{E}_z[\log(1 - D(G(z)))], \qquad "
            r"L_G = -\mathbb{E}_z[\log D(G(z))]"
        ),
        question=_(
            "After 20,000 iterations the samples can be read as digits. How often is a fresh discriminator "
            "right when it has to tell them from real digits?"
        ),
        answer=_(
            "In 99.9% of cases, and with other real digits in place of the samples in 54%. G has learnt to "
            "fool its own D, whose loss has risen to 0.7, half of the log 4 of guessing; another D sees more."
        ),
        context=("chapter6.gan.model:GAN.discriminator_step",),
        core="chapter6.gan.model:GAN.generator_step",
        change=Change(
            instruction=_(
                "In `generator_step` give the fakes the label 0.0, as D's update does, and train anew: "
                "`run(fresh=True)`."
            ),
            expected=_(
                "G's loss falls to almost 0 instead of rising to about 5: G helps D now, by fakes that are "
                "ever easier to recognize. This label alone makes the two networks adversaries, and a small "
                "loss of G does not mean good samples."
            ),
            old="1.0",
            new="0.0",
            settings={"fresh": True},
            holds=lambda before, after: (
                value_of(after, "last tenth", measure="G's loss (nats)")
                < 0.1
                < 1
                < value_of(before, "last tenth", measure="G's loss (nats)")
            ),
        ),
        exercises=(
            Exercise(
                task=_(
                    "On the straight line between two noise vectors, does the image jump from one digit to "
                    "the other? The generator trained for 100,000 iterations is there as `pretrained`."
                ),
                solution=(
                    "import numpy as np\n"
                    "from chapter6.gan.checkpoints import open_generator\n"
                    "from chapter6.gan.evaluation import interpolation\n"
                    "from chapter6.gan.model import generate, sample_noise\n\n"
                    "network, settings, iteration = open_generator('pretrained')\n"
                    "ends = sample_noise(2, settings['latent_dim'], seed=0)\n"
                    "images = generate(network, interpolation(ends[:1], ends[1:], 21)[0]).reshape(21, -1)\n"
                    "steps = np.linalg.norm(np.diff(images, axis=0), axis=1)\n"
                    "whole = np.linalg.norm(images[-1] - images[0])\n"
                    "print(steps.round(2), whole)\n"
                    "assert steps.max() < whole / 4"
                ),
                answer=_(
                    "No: none of the 20 steps is longer than a quarter of the whole distance. G is "
                    "continuous in the noise, so that there are images in between that are no digits."
                ),
            ),
            Exercise(
                task=_("Is `xavier_init` the initialization of Glorot and Bengio (equation 6-3)?"),
                solution=(
                    "from chapter6.gan.model import generator\n\n"
                    "kernel = generator().weights[0].numpy()\n"
                    "inputs, outputs = kernel.shape\n"
                    "print(kernel.var(), 2 / inputs, 2 / (inputs + outputs))\n"
                    "assert abs(kernel.var() * inputs / 2 - 1) < 0.05"
                ),
                answer=_(
                    "No: its variance is 2/m with m inputs, that of He et al. (2015); Glorot and Bengio's is "
                    "2/(m + n), not half as large here."
                ),
            ),
        ),
        slider="noise",
    ),
    "evaluate": Lesson(
        formula=(
            r"d^2 = \lVert \mu - \mu' \rVert^2 "
            r"+ \operatorname{tr}\bigl(\Sigma + \Sigma' - 2\, (\Sigma \Sigma')^{1/2}\bigr), \qquad "
            r"\text{score} = \exp \mathbb{E}_x\, \mathrm{KL}\bigl(p(y \mid x) \,\Vert\, p(y)\bigr)"
        ),
        question=_(
            "A generator has collapsed: it draws one perfect digit again and again. Which of precision, "
            "recall and classifier score fall?"
        ),
        answer=_(
            "Recall, to almost 0, and the classifier score, to 1; precision may even be 1. After 20,000 "
            "iterations the lecture's GAN has a precision of 0.91 and a recall of 0.61."
        ),
        core="chapter6.gan.evaluation:SampleEvaluator.score",
        change=Change(
            instruction=_(
                "Let every source collapse: at the start, put `np.repeat(images[:1], len(images), axis=0)` "
                "in place of `images`."
            ),
            expected=_(
                "For training digits, too, recall falls to 0, the classifier score to 1, nine digits are "
                "missing, and the Fréchet distance is in the hundreds. Precision is still 1 there: one good "
                "image is enough for it."
            ),
            old="self.features_and_probabilities(images)",
            new="self.features_and_probabilities(np.repeat(images[:1], len(images), axis=0))",
            holds=lambda before, after: (
                value_of(after, "mean", measure="recall", source="training digits")
                < 0.05
                < 0.5
                < value_of(before, "mean", measure="recall", source="training digits")
                and value_of(after, "mean", measure="classifier score", source="training digits") < 1.01
            ),
        ),
        exercises=(
            Exercise(
                task=_(
                    "A generator knows ten images, one perfect image of each digit. What are its classifier "
                    "score and, in the features below, its precision and recall?"
                ),
                solution=(
                    "import numpy as np\n"
                    "from chapter6.gan.evaluation import classifier_score\n"
                    "from chapter6.gan.precision_recall import precision_and_recall\n\n"
                    "digits, noise = np.eye(10)[np.arange(1000) % 10], np.random.default_rng(0)\n"
                    "real = digits + 0.1 * noise.normal(size=digits.shape)\n"
                    "score, spread = classifier_score(digits)\n"
                    "precision, recall = precision_and_recall(digits, real)\n"
                    "print(score, precision, recall)\n"
                    "assert abs(score - 10) < 1e-6 and precision == 1 and recall == 0"
                ),
                answer=_(
                    "10, 1 and 0. The classifier score, at its best, only asks for sure digits, all of them "
                    "equally often; that each of them always looks the same is seen by recall alone."
                ),
            ),
            Exercise(
                task=_("Is a Fréchet distance of almost 0 proof that two distributions are equal?"),
                solution=(
                    "import numpy as np\n"
                    "from chapter6.gan.evaluation import frechet_distance\n\n"
                    "rng = np.random.default_rng(0)\n"
                    "normal = rng.normal(size=(100_000, 1))\n"
                    "coins = rng.choice([-1.0, 1.0], size=(100_000, 1))\n"
                    "print(frechet_distance(normal, coins), frechet_distance(normal, 2 * normal))\n"
                    "assert frechet_distance(normal, coins) < 0.001 < frechet_distance(normal, 2 * normal)"
                ),
                answer=_(
                    "No: it compares means and covariances only. A coin with the sides -1 and 1 has those of "
                    "the standard normal distribution, whereas twice the deviation is at distance 1."
                ),
            ),
        ),
    ),
}
