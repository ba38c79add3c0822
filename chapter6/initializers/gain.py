"""The gain factors of orthogonal initialization, section 6-1."""

import math

_GAINS = {
    "linear": 1.0,
    "sigmoid": 1.0,
    "tanh": 5 / 3,
    "relu": math.sqrt(2),
    "selu": 3 / 4,
}
_ACTIVATIONS = (*_GAINS, "leaky_relu")


def gain_for(activation, negative_slope=None):
    """Return the factor that goes with an activation: weights times it keep the size of the signal.

    Slide: 6-1, the gain factor of orthogonal initialization (claims 6-1.e and 6-1.f).

    The rule, where a layer is phi(W x) and z ~ N(0, 1) is one of its pre-activations::

        gain^2 * E[phi(z)^2] = 1

    A pre-activation of variance 1 then leads to one of variance 1 in the next layer. The values are those of
    PyTorch's `calculate_gain`, which keep the rule in part; phi is `activation`:

    ==========  ==================  ======================================================================
    linear      1                   by the rule: E[z^2] = 1
    relu        sqrt(2)             by the rule: half of z is cut off, E = 1/2 (He et al. 2015)
    leaky_relu  sqrt(2 / (1+a^2))   by the rule: E = (1 + a^2) / 2, a the slope below 0 (He et al. 2015)
    tanh        5/3                 by convention; the rule gives 1.593. Above 1 because tanh shrinks z;
                                    at 5/3 the pre-activations settle at variance 1.18, and gradients grow by
                                    8 % per layer; they keep their size at 3/4 of it (`random_walk`)
    sigmoid     1                   by convention: no gain keeps sigmoid's signal, for its mean of 1/2
                                    makes most of E[phi(z)^2]. The rule gives 1.846
    selu        3/4                 by experiment; the rule gives 1, which selu was made for (Klambauer et
                                    al. 2017). At 3/4 the signal settles at variance 0.023, where the
                                    gradients keep their size
    ==========  ==================  ======================================================================

    Args:
        activation: One of ``linear``, ``sigmoid``, ``tanh``, ``relu``, ``leaky_relu``, ``selu``.
        negative_slope: a, for ``leaky_relu`` only; None is 0.2, the slope of
            ``keras.activations.leaky_relu``.

    Returns:
        The gain, a float.

    Raises:
        ValueError: The activation is another, or a slope is given that is not finite or not for
            ``leaky_relu``.

    Example:

    >>> round(gain_for("tanh"), 3), round(gain_for("leaky_relu", negative_slope=1.0), 3)
    (1.667, 1.0)

    References:
        Saxe, McClelland and Ganguli (2013), Exact solutions to the nonlinear dynamics of learning in deep
        linear neural networks. He et al. (2015). Klambauer et al. (2017), Self-normalizing neural networks.
        PyTorch, `torch.nn.init.calculate_gain`.

    Differs from Keras:
        Keras has no such table. PyTorch's default slope is 0.01.
    """
    if activation not in _ACTIVATIONS:
        raise ValueError(f"activation must be one of {', '.join(_ACTIVATIONS)}, received {activation!r}")
    if activation != "leaky_relu":
        if negative_slope is not None:
            raise ValueError(
                f"negative_slope goes with leaky_relu only, received {negative_slope!r} for {activation}"
            )
        return _GAINS[activation]
    slope = 0.2 if negative_slope is None else negative_slope
    if not math.isfinite(slope):
        raise ValueError(f"negative_slope must be finite, received {slope!r}")
    # gain^2 * (1 + a^2) / 2 = 1
    return math.sqrt(2 / (1 + slope**2))
