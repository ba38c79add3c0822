"""The picture of the command ``recipes``: precision against recall, and the Fréchet distance."""

import matplotlib
import numpy as np
from matplotlib.patches import Rectangle

from chapter6.figures import figure, localized, save_figure
from chapter6.language import _, translate

# What both precision and recall of good samples are at least
GOOD = 0.9
# What a number takes of the width and of the height of the axes
ROOM = (0.08, 0.055)


@localized
def draw(rows, descriptions, folders):
    """Draw what each recipe's samples are like after the last iteration; return the PNG's path.

    Args:
        rows: What `chapter6.section_6_4.recipes_table.RecipesTable.select` returned.
        descriptions: Mapping from recipes to what they are.
        folders: `chapter6.artifacts.Folders`.
    """
    last = int(rows.iteration.max())
    shown = rows[rows.iteration.isin([last, 0])]
    recipes = list(dict.fromkeys(shown.recipe))
    colors = matplotlib.colormaps["tab20"].colors
    drawing = figure(10, 5)
    title = _("6-4: samples by recipe after {iterations:,} iterations, a dot for each seed")
    drawing.suptitle(title.format(iterations=last))
    plane, distances = drawing.subplots(1, 2)
    plane.add_patch(Rectangle((GOOD, GOOD), 1, 1, color="0.92", zorder=0))
    means = []
    for place, recipe in enumerate(recipes):
        color = colors[place % len(colors)]
        of_recipe = shown[shown.recipe == recipe]
        means.append(_draw_frontier(plane, of_recipe, color))
        whole = of_recipe[of_recipe.noise == 1].frechet_distance
        distances.semilogx(whole, np.full(len(whole), place), "o", color=color, alpha=0.8, markersize=8)
    least = shown[["precision", "recall"]].min()
    plane.set(xlim=(least.precision - 0.05, 1.02), ylim=(least.recall - 0.05, 1.02))
    _number(plane, means)
    plane.set_xlabel(_("precision: share of the samples that are like test digits"))
    plane.set_ylabel(_("recall: share of the test digits that are covered"))
    plane.grid(alpha=0.3)
    names = [translate(descriptions.get(recipe, recipe)) for recipe in recipes]
    labels = [f"{name}  {number}" for number, name in enumerate(names, start=1)]
    distances.set_yticks(range(len(recipes)), labels)
    distances.set_ylim(len(recipes) - 0.5, -0.5)
    distances.set_xlabel(_("Fréchet distance to the test digits"))
    distances.grid(alpha=0.3, which="both", axis="x")
    return save_figure(drawing, folders.snapshots / "recipes.png")


def _draw_frontier(axes, rows, color):
    """Draw a recipe's seeds as dots, and a line through their means where the noise is varied.

    Returns:
        Mean precision and recall without a change of the noise.
    """
    axes.plot(rows.precision, rows.recall, "o", color=color, alpha=0.7, markersize=5)
    path = rows.groupby("noise")[["precision", "recall"]].mean()
    axes.plot(path.precision, path.recall, "-", color=color, linewidth=1.5)
    return tuple(path.loc[1.0])


def _number(axes, places):
    """Write the numbers from 1 on beside places (x, y), one below another where they would overlap."""
    width, height = ROOM[0] * np.ptp(axes.get_xlim()), ROOM[1] * np.ptp(axes.get_ylim())
    taken = []
    for number, (x, y) in sorted(enumerate(places, start=1), key=lambda each: -each[1][1]):
        right, top = x + width, y
        while any(abs(right - left) < width and abs(top - other) < height for left, other in taken):
            top -= height / 4
        taken.append((right, top))
        line = {"arrowstyle": "-", "color": "0.6", "linewidth": 0.6}
        box = {"boxstyle": "square,pad=0.05", "facecolor": "white", "edgecolor": "none", "alpha": 0.8}
        axes.annotate(str(number), (x, y), (right, top), va="center", arrowprops=line, bbox=box)
