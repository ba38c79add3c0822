"""Train GANs by several recipes, several seeds of each, and evaluate their samples on the way.

Slide: 6-4, the MNIST program, and 6-4.c; the slides train one GAN and look at its samples.

What a recipe gives hangs on the seed, and which of the improved recipe's four changes counts can only be seen
when they are made one at a time. The table is saved after each evaluation; what it holds already is not
trained again, so that a run that was stopped goes on. The table that comes along is recipes.csv beside this
file.
"""

from dataclasses import dataclass
from pathlib import Path

from chapter6.experiment import data_setting, setting
from chapter6.language import N_, _
from chapter6.mnist import load_mnist

TABLE = Path(__file__).with_name("recipes.csv")
DESCRIPTIONS = {
    "lecture": N_("the slides' program"),
    "improved": N_("all four changes"),
    "only_r1": N_("only the R1 penalty"),
    "only_momentum": N_("only ρ1 = 0.5"),
    "only_rate": N_("only a learning rate of 0.002"),
    "only_average": N_("only averaged weights"),
    "no_r1": N_("all but the R1 penalty"),
    "no_momentum": N_("all but ρ1 = 0.5"),
    "no_rate": N_("all but the learning rate of 0.002"),
    "no_average": N_("all but averaged weights"),
    "weak_r1": N_("all four, R1 with γ = 0.1"),
    "strong_r1": N_("all four, R1 with γ = 10"),
    "saturating": N_("G minimizes log(1 - D(G(z)))"),
    "sgd": N_("G trained by SGD"),
    "sgd_saturating": N_("G trained by SGD, minimizes log(1 - D(G(z)))"),
}


@dataclass(frozen=True)
class Settings:
    """The recipes, and how long and how often they are followed."""

    recipes: tuple[str, ...] = setting(
        ("lecture", "improved"),
        _("some of {names}; see chapter6/gan/recipes.py").format(names=", ".join(DESCRIPTIONS)),
        choices=tuple(DESCRIPTIONS),
    )
    iterations: tuple[int, ...] = setting(
        (1000, 5000, 20_000, 100_000),
        _("after how many iterations to evaluate; the last ends the training"),
        minimum=1,
        quick=(20, 50),
    )
    repetitions: int = setting(5, _("GANs of each recipe, for the spread"), minimum=1, quick=2)
    noise: tuple[float, ...] = setting(
        (1.0,),
        _("after the last iteration, half the edges of the cubes to draw the noise from; the slides' 1"),
        above=0,
        maximum=1,
    )
    samples: int = setting(10_000, _("samples of an evaluation"), minimum=100, maximum=100_000, quick=1000)
    seed: int = setting(
        0, _("seed of the first GAN; each further one takes the next"), minimum=0, maximum=2**30
    )
    epochs: int = setting(
        4, _("epochs of the classifier's training; 4 reach an accuracy of 99%"), minimum=1, quick=1
    )
    data: Path | None = data_setting()


def run(settings, folders):
    """Train what the table lacks, evaluate it, draw the table and print its means.

    Raises:
        InputError: The table in the folder is not one of this command, or the data cannot be used.
    """
    from chapter6.section_6_4.recipes_drawing import draw
    from chapter6.section_6_4.recipes_table import RecipesTable, print_means
    from chapter6.section_6_4.recipes_training import fill

    mnist = load_mnist(settings.data)
    table = RecipesTable(folders.snapshots / "recipes.csv", settings.samples, mnist.fingerprint)
    fill(table, settings, mnist, folders)
    rows = table.select(settings)
    picture = draw(rows, DESCRIPTIONS, folders)
    print_means(rows)
    print(_("The table is {path}, its picture {picture}.").format(path=table.path, picture=picture))
