"""The theory of the GAN in float64, for densities on a grid: D*, V(D, G), C(G) and their divergences.

Slide: 6-4, claim 6-4.c; the slides' proof is lost.

A density is an array of its values on cells of equal ``width``; an integral is the sum over the cells times
the width. For a smooth density that fades out within the grid this sum is exact but for rounding, as it is
for a density that is constant on each cell.
"""

import numpy as np


def kl_divergence(p, q, width):
    """Return the Kullback-Leibler divergence of two densities, in nats.

    Slide: 6-4, claim 6-4.c.

    KL(p || q) = ∫ p log(p / q) dx, where p = 0 adds nothing and q = 0 < p makes it infinite.

    Args:
        p: float array [cells], a density.
        q: float array [cells], another.
        width: float, of a cell.

    Returns:
        float, at least 0 if both densities have the integral 1.

    Raises:
        ValueError: The arrays are not on one grid, or hold a negative number.

    Example:

    >>> kl_divergence([1.0, 0.0], [0.5, 0.5], width=1.0)
    0.6931471805599453
    """
    p, q = _densities(p, q)
    there = p > 0
    with np.errstate(divide="ignore"):
        return float(width * np.sum(p[there] * (np.log(p[there]) - np.log(q[there]))))


def js_divergence(p, q, width):
    """Return the Jensen-Shannon divergence of two densities, in nats.

    Slide: 6-4, claim 6-4.c.

    JSD(p, q) = KL(p || m) / 2 + KL(q || m) / 2 with m = (p + q) / 2.

    Args:
        p: float array [cells], a density.
        q: float array [cells], another.
        width: float, of a cell.

    Returns:
        float, 0 where p = q, log 2 where the densities nowhere overlap.

    Raises:
        ValueError: As for `kl_divergence`.

    Example:

    >>> js_divergence([1.0, 0.0], [0.0, 1.0], width=1.0)
    0.6931471805599453
    """
    p, q = _densities(p, q)
    # KL(2p || p + q) = 2 KL(p || m): half of the smallest number there is would be rounded to 0.
    return (kl_divergence(2 * p, p + q, width) + kl_divergence(2 * q, p + q, width)) / 4


def optimal_discriminator(p_data, p_g):
    """Return the best discriminator for a generator that stands still.

    Slide: 6-4, claim 6-4.c.

    D*(x) = p_data(x) / (p_data(x) + p_g(x)): at each x it maximizes p_data log D + p_g log(1 - D).

    Args:
        p_data: float array [cells], the density of the data.
        p_g: float array [cells], that of the generator's samples.

    Returns:
        float array [cells] in [0, 1]; 1/2 where both densities are 0 and D makes no difference.

    Raises:
        ValueError: As for `kl_divergence`.

    Example:

    >>> optimal_discriminator([0.5, 0.5, 0.0], [0.5, 0.0, 0.5])
    array([0.5, 1. , 0. ])

    References:
        Goodfellow et al. (2014), Generative adversarial nets, proposition 1.
    """
    p_data, p_g = _densities(p_data, p_g)
    total = p_data + p_g
    return np.divide(p_data, total, out=np.full_like(total, 0.5), where=total > 0)


def value(discriminator, p_data, p_g, width):
    """Return the value of the game of discriminator and generator.

    Slide: 6-4, claim 6-4.c.

    V(D, G) = E_{x ~ p_data}[log D(x)] + E_{x ~ p_g}[log(1 - D(x))]

    Args:
        discriminator: float array [cells] in [0, 1], D(x).
        p_data: float array [cells], the density of the data.
        p_g: float array [cells], that of the generator's samples.
        width: float, of a cell.

    Returns:
        float, in nats; minus infinity if D is sure and wrong.

    Raises:
        ValueError: As for `kl_divergence`, or D is not in [0, 1].

    Example:

    >>> value([0.5, 0.5], [1.0, 0.0], [0.0, 1.0], width=1.0)
    -1.3862943611198906

    Where it differs: the program's D_loss is -V, estimated from a batch.
    """
    p_data, p_g = _densities(p_data, p_g)
    discriminator, _ = _densities(discriminator, p_data)
    if np.any(discriminator > 1):
        raise ValueError(f"D must be in [0, 1], received {discriminator.max()}")
    real, fake = p_data > 0, p_g > 0
    with np.errstate(divide="ignore"):
        log_real = np.log(discriminator[real])
        log_fake = np.log1p(-discriminator[fake])
    return float(width * (np.sum(p_data[real] * log_real) + np.sum(p_g[fake] * log_fake)))


def generator_criterion(p_data, p_g, width):
    """Return the value of the game against the best discriminator, which the generator minimizes.

    Slide: 6-4, claim 6-4.c.

    C(G) = max_D V(D, G) = V(D*, G) = -log 4 + 2 JSD(p_data, p_g)

    Args:
        p_data: float array [cells], the density of the data.
        p_g: float array [cells], that of the generator's samples.
        width: float, of a cell.

    Returns:
        float, in nats, between -log 4 (exactly where p_g = p_data) and 0 (where they nowhere overlap).

    Raises:
        ValueError: As for `kl_divergence`.

    Example:

    >>> generator_criterion([1.0, 0.0], [1.0, 0.0], width=1.0)
    -1.3862943611198906

    References:
        Goodfellow et al. (2014), Generative adversarial nets, theorem 1.
    """
    p_data, p_g = _densities(p_data, p_g)
    # Not V of D* itself, which is rounded to 1 far from the samples: its log(1 - D*) would be lost.
    # E_{p_data}[log p_data / (p_data + p_g)] + E_{p_g}[log p_g / (p_data + p_g)]
    return kl_divergence(p_data, p_data + p_g, width) + kl_divergence(p_g, p_data + p_g, width)


def _densities(*densities):
    arrays = [np.asarray(density, np.float64) for density in densities]
    if len({array.shape for array in arrays}) > 1:
        received = " and ".join(str(list(array.shape)) for array in arrays)
        raise ValueError(f"densities must be on one grid, received shapes {received}")
    for array in arrays:
        if not np.all(array >= 0):
            raise ValueError(f"a density must nowhere be negative, received {array.min()}")
    return arrays
