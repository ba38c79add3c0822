"""Four things to move in a notebook, a picture for each value of a slider: ``slider("learning_rate")``."""

import io
from dataclasses import dataclass

import numpy as np
from IPython.display import Image, display

from chapter6.adversarial import fast_gradient_sign
from chapter6.classifier import perceptron, train
from chapter6.errors import InputError
from chapter6.figures import figure, localized, use_chinese_font
from chapter6.gan.checkpoints import open_generator
from chapter6.gan.evaluation import interpolation
from chapter6.gan.model import generate, sample_noise
from chapter6.initializers import Orthogonal
from chapter6.language import N_, _, translate
from chapter6.mnist import load_mnist
from chapter6.section_6_3.objectives import BOWL


@dataclass(frozen=True)
class Slider:
    """A slider's label, its values, the one it begins with, and a function from a value to a figure."""

    label: str
    values: tuple
    first: float
    draw: object


def learning_rate(steps=30):
    """Return the `Slider` of gradient descent's learning rate on the bowl 0.1 x1² + 2 x2²."""
    left, right, low, high = BOWL.view
    x1, x2 = np.meshgrid(np.linspace(left, right, 100), np.linspace(low, high, 100))
    curvature = np.array([0.2, 4.0])

    @localized
    def draw(rate):
        path = [np.array(BOWL.start)]
        for _step in range(steps):
            # θ ← θ - e g
            path.append(path[-1] - rate * curvature * path[-1])
        path = np.clip(path, -1e3, 1e3)
        drawn = figure(6, 4)
        axes = drawn.subplots()
        axes.contour(x1, x2, BOWL.loss(x1, x2), 15, colors="0.8")
        axes.plot(*path.T, "o-", color="C0", markersize=4)
        axes.set(xlim=(left, right), ylim=(low, high), xlabel="$x_1$", ylabel="$x_2$")
        title = _("learning rate {rate:.2g}, loss after {steps} steps {loss:.2g}")
        axes.set_title(str(title.format(rate=rate, steps=steps, loss=BOWL.loss(*path[-1]))))
        return drawn

    return Slider(N_("learning rate"), _values(0.02, 0.56, 0.02), 0.1, draw)


def gain(layers=50, width=200):
    """Return the `Slider` of the gain of orthogonal weights in a deep network of tanh units."""
    kernels = [np.asarray(Orthogonal(1.0, seed=layer)((width, width))) for layer in range(layers)]
    inputs = np.random.default_rng(0).normal(size=(100, width))

    @localized
    def draw(value):
        spreads, h = [inputs.std()], inputs
        for kernel in kernels:
            # h ← tanh(gain h W)
            h = np.tanh(value * h @ kernel)
            spreads.append(h.std())
        drawn = figure(6, 4)
        axes = drawn.subplots()
        axes.semilogy(spreads, "o-", markersize=4)
        axes.set(ylim=(1e-4, 2), xlabel=translate("layer"), ylabel=translate("spread of the activations"))
        axes.set_title(str(_("gain {gain:.2f}").format(gain=value)))
        return drawn

    return Slider(N_("gain"), _values(0.8, 1.6, 0.05), 1.0, draw)


def epsilon():
    """Return the `Slider` of the size of a fast-gradient-sign attack on one digit."""
    mnist = load_mnist()
    model = perceptron()
    train(model, mnist.train, epochs=1)
    image, label = mnist.test.images[:1] / np.float32(255), mnist.test.labels[:1]
    image = image.reshape(1, *model.input_shape[1:])

    @localized
    def draw(size):
        attacked = np.asarray(fast_gradient_sign(model, image, label, size)) if size else image
        logits = np.asarray(model(attacked), np.float64)[0]
        probabilities = np.exp(logits - logits.max())
        drawn = figure(7, 3)
        left, right = drawn.subplots(1, 2)
        left.imshow(attacked.reshape(28, 28), cmap="Greys_r", vmin=0, vmax=1)
        left.axis("off")
        left.set_title(str(_("ε = {epsilon:.2f}").format(epsilon=size)))
        right.bar(range(10), probabilities / probabilities.sum(), color="0.6")
        right.patches[label[0]].set_color("C0")
        right.set(ylim=(0, 1), xticks=range(10), xlabel=translate("digit"), ylabel=translate("probability"))
        return drawn

    return Slider("ε", _values(0.0, 0.3, 0.01), 0.1, draw)


def noise(seed=0):
    """Return the `Slider` of a walk through the noise from one generated digit to another."""
    network, settings, _iteration = open_generator("pretrained")
    ends = np.asarray(sample_noise(2, settings["latent_dim"], seed))
    walk = np.asarray(generate(network, interpolation(ends[:1], ends[1:], 21).reshape(21, -1)))

    @localized
    def draw(place):
        drawn = figure(3, 3)
        axes = drawn.subplots()
        axes.imshow(walk[round(20 * place)], cmap="Greys_r", vmin=0, vmax=1)
        axes.axis("off")
        return drawn

    return Slider(N_("from one noise to another"), _values(0.0, 1.0, 0.05), 0.5, draw)


def _values(first, last, step):
    return tuple((first + step * np.arange(round((last - first) / step) + 1)).round(2).tolist())


SLIDERS = {"learning_rate": learning_rate, "gain": gain, "epsilon": epsilon, "noise": noise}


def slider(name):
    """Show a slider and its picture below a notebook's cell; without ipywidgets the picture alone.

    Args:
        name: One of `SLIDERS`.
    """
    if name not in SLIDERS:
        message = _("a slider must be one of {names}, received {name}")
        raise InputError(message, names=", ".join(SLIDERS), name=name)
    made = SLIDERS[name]()

    def show(value):
        drawn, file = made.draw(value), io.BytesIO()
        use_chinese_font(drawn)
        drawn.savefig(file, format="png")
        display(Image(file.getvalue()))

    try:
        import ipywidgets
    except ModuleNotFoundError:
        print(_("For a slider here: python -m pip install ipywidgets, then restart the kernel."))
        show(made.first)
        return
    options = {"value": made.first, "options": made.values, "description": translate(made.label)}
    ipywidgets.interact(show, value=ipywidgets.SelectionSlider(**options, continuous_update=False))
