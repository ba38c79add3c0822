r"""The adaptive optimizers of section 6-3, one algorithm box a file, and the boxes as text.

Slide: 6-3, figures 6-6 to 6-9.

`AdaGrad` (6-6), `RMSProp` (6-7), `RMSPropNesterov` (6-8) and `Adam` (6-9) are `keras.optimizers.Optimizer`s
and stand wherever Keras' own do, on each of its backends. Their arguments have Keras' names and order; each
docstring says which symbol of the slide an argument is. A `.keras` file with one of them loads without
`custom_objects` once this package is imported.

Called directly in float64, AdaGrad and RMSProp take the path of their box in NumPy to the bit, the other two
to 1e-9 of a step. A `tf.function` and XLA round in other places: 1e-12 of a step in float64, 1e-3 in float32.
Keras keeps the learning rate in float32, whatever the variables are.

Variables of half precision (float16, bfloat16) are updated in float32, and what an optimizer keeps for them
is float32; Keras' own optimizers keep and compute in the variable's precision, where small squares become 0.

A row that a sparse gradient (tf.IndexedSlices, as of an `Embedding`; JAX's BCOO) leaves out has the gradient
0; one that it names twice has the sum of both parts, where Keras' own optimizers square each part of
tf.IndexedSlices by itself.

Each docstring shows its box under ``Algorithm::``, and `algorithm_box` reads it from there, so that a figure
shows the docstring's own text:

>>> from chapter6.optimizers import AdaGrad, algorithm_box
>>> for label, formula in algorithm_box(AdaGrad):
...     print(f"{label:8}{formula}")
Require $e,\; δ = 10^{-7}$
Start   $r \leftarrow 0$
Repeat  $g \leftarrow ∇_θ L(θ)$
        $r \leftarrow r + g \odot g$
        $θ \leftarrow θ - \frac{e}{δ + \sqrt{r}} \odot g$
"""

import inspect

from chapter6.docstrings import docstring
from chapter6.optimizers.adagrad import AdaGrad
from chapter6.optimizers.adam import Adam
from chapter6.optimizers.rmsprop import RMSProp
from chapter6.optimizers.rmsprop_nesterov import RMSPropNesterov

__all__ = ["AdaGrad", "Adam", "RMSProp", "RMSPropNesterov", "algorithm_box"]


def algorithm_box(optimizer):
    r"""The algorithm box of an optimizer, read from its docstring, ready for matplotlib's mathtext.

    Slide: 6-3, figures 6-6 to 6-9.

    The box is the indented block under ``Algorithm::``, a line each: in the first eight columns a word for
    the reader (Require, Start, Repeat, or nothing), then a formula. The formulas are mathtext but for the
    signs ← and ⊙, around which mathtext would leave no space; they become ``\leftarrow`` and ``\odot``.

    Args:
        optimizer: one of the four classes, or an instance of one.

    Returns:
        A list of pairs (label, formula), a line of the box each; the formula stands between dollar signs.

    Example:

    >>> from chapter6.optimizers import RMSProp, algorithm_box
    >>> algorithm_box(RMSProp)[1]
    ('Start', '$r \\leftarrow 0$')
    """
    cls = optimizer if inspect.isclass(optimizer) else type(optimizer)
    block = inspect.cleandoc(docstring(cls)).split("Algorithm::\n\n")[1].split("\n\n")[0]
    box = []
    for line in inspect.cleandoc(block).splitlines():
        label, formula = line[:8].strip(), line[8:].strip()
        box.append((label, "$" + formula.replace("←", r"\leftarrow").replace("⊙", r"\odot") + "$"))
    return box
