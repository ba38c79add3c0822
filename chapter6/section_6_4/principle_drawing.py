"""The figures of the experiment ``principle``: figure 6-11, and each D on the fakes of each G."""

import numpy as np
from matplotlib.patches import Rectangle

from chapter6.artifacts import save_csv
from chapter6.figures import figure, localized, save_figure
from chapter6.language import _

WIDTH, HEIGHT = 15.4, 6.0


@localized
def draw_principle(folders, gan, noise, digit, iterations):
    """Draw figure 6-11 from the networks' own layers.

    Args:
        folders: `chapter6.artifacts.Folders`.
        gan: `chapter6.gan.model.GAN`.
        noise: float array [latent_dim], of which the fake digit is made.
        digit: float array [784], a real one.
        iterations: int, that the GAN was trained for.
    """
    fake = np.array(gan.generator(noise[None]))[0]
    logits = np.array(gan.discriminator(np.stack([digit, fake])), np.float64)[:, 0]
    # D(x) = 1 / (1 + exp(-logit))
    of_real, of_fake = np.exp(-np.logaddexp(0, -logits))

    drawing = figure(WIDTH, HEIGHT + 0.6)
    axes = drawing.subplots()
    title = _("Figure 6-11: the principle of a GAN, the lecture's networks after {iterations:,} iterations")
    axes.set_title(title.format(iterations=iterations), fontsize=16)
    _picture(axes, noise[:, None], (0.75, 0.9, 0.3, 2.0), -1)
    _text(axes, 0.9, 3.4, _("noise z\n{count} numbers,\nuniform (-1, 1)").format(count=noise.size))
    _network(axes, (1.7, 0.6, 3.7, 2.6), _("generator G"), gan.generator)
    _picture(axes, fake.reshape(28, 28), (6.0, 1.0, 1.8, 1.8), 0)
    _text(axes, 6.9, 0.7, _("fake: G(z)"))
    _picture(axes, digit.reshape(28, 28), (6.0, 3.5, 1.8, 1.8), 0)
    _text(axes, 6.9, 5.55, _("real: x"))
    _network(axes, (8.5, 1.85, 3.7, 2.6), _("discriminator D"), gan.discriminator)
    says = _("probability of\nbeing real\n\nD(x) = {real:.3f}\nD(G(z)) = {fake:.3f}")
    _text(axes, 14.0, 3.15, says.format(real=of_real, fake=of_fake))
    for start, end in (
        ((1.1, 1.9), (1.65, 1.9)),
        ((5.45, 1.9), (5.95, 1.9)),
        ((7.85, 1.9), (8.45, 2.6)),
        ((7.85, 4.4), (8.45, 3.7)),
        ((12.25, 3.15), (12.85, 3.15)),
    ):
        axes.annotate("", end, start, arrowprops={"arrowstyle": "-|>", "color": "black", "linewidth": 2})
    # What comes back: the gradients that both learn from.
    back = {"arrowstyle": "-|>", "color": "0.4", "linestyle": "--", "linewidth": 1.5}
    axes.annotate("", (10.35, 4.5), (14.0, 4.15), arrowprops=back | {"connectionstyle": "arc3,rad=0.35"})
    _text(axes, 13.0, 5.3, _("D learns:\nreal is 1, fake is 0"))
    axes.annotate("", (3.55, 0.55), (14.0, 2.1), arrowprops=back | {"connectionstyle": "arc3,rad=-0.22"})
    _text(axes, 11.5, 0.25, _("G learns to raise D(G(z))"))
    axes.set(xlim=(0, WIDTH), ylim=(0, HEIGHT), aspect="equal")
    axes.axis("off")
    return save_figure(drawing, folders.snapshots / "figure_6_11.png")


def _text(axes, x, y, words, size=14, linespacing=1.3, **options):
    axes.text(x, y, words, ha="center", va="center", fontsize=size, linespacing=linespacing, **options)


def _picture(axes, image, place, low):
    """Draw an image, black `low` and white 1, into the rectangle (left, bottom, width, height)."""
    left, bottom, width, height = place
    extent = (left, left + width, bottom, bottom + height)
    axes.imshow(image, cmap="Greys_r", vmin=low, vmax=1, extent=extent, interpolation="nearest")


def _network(axes, place, title, network):
    """Draw a network as a box (left, bottom, width, height) with the sizes of its layers."""
    left, bottom, width, height = place
    axes.add_patch(Rectangle((left, bottom), width, height, facecolor="0.95", edgecolor="black"))
    lines = [_("in: {units}").format(units=network.input_shape[-1])]
    for layer in network.layers:
        rows, columns = layer.kernel.shape
        lines.append(
            f"{layer.name}: W {rows} x {columns}, b {layer.bias.shape[0]}, {layer.activation.__name__}"
        )
    lines.append(_("out: {units}").format(units=network.output_shape[-1]))
    lines.append(_("{count:,} parameters").format(count=network.count_params()))
    middle = left + width / 2
    _text(axes, middle, bottom + height - 0.3, title, size=16, weight="bold")
    _text(axes, middle, bottom + (height - 0.5) / 2, "\n".join(map(str, lines)), linespacing=1.7)


@localized
def draw_meetings(folders, moments, on_real, on_fake):
    """Draw the mean of each moment's D on real digits and on the fakes of each moment's G.

    Args:
        folders: `chapter6.artifacts.Folders`.
        moments: Iterations, ascending.
        on_real: float array [moments], the mean of D(x).
        on_fake: float array [moments, moments], the mean of D(G(z)); a row is a D, a column a G.
    """
    drawing = figure(9, 6)
    axes = drawing.subplots()
    table = np.concatenate([np.reshape(on_real, (-1, 1)), on_fake], axis=1)
    image = axes.imshow(table, cmap="Greys_r", vmin=0, vmax=1, aspect="auto")
    for (row, column), probability in np.ndenumerate(table):
        shade = "black" if probability > 0.5 else "white"
        _text(axes, column, row, f"{probability:.3f}", color=shade)
    axes.axvline(0.5, color="white", linewidth=6)
    axes.set_title(_("6-4.b: mean probability of being real, unseen digits and fakes"), fontsize=14)
    axes.set_xlabel(_("real digits, and fakes of G after so many iterations"), fontsize=12)
    axes.set_ylabel(_("D after so many iterations"), fontsize=12)
    names = [f"{moment:,}" for moment in moments]
    axes.set_xticks(range(len(moments) + 1), [str(_("real")), *names], fontsize=12)
    axes.set_yticks(range(len(moments)), names, fontsize=12)
    drawing.colorbar(image, label=str(_("mean of D")))
    columns = {"D after": moments, "real": on_real}
    columns |= {f"fakes of G after {moment}": on_fake[:, column] for column, moment in enumerate(moments)}
    save_csv(folders.snapshots / "meetings.csv", columns)
    return save_figure(drawing, folders.snapshots / "meetings.png")
