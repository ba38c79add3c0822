"""RMSProp, the algorithm box of figure 6-7."""

import math

import keras
from keras import ops

from chapter6.optimizers.base import BoxOptimizer, dense_gradient


@keras.saving.register_keras_serializable(package="chapter6")
class RMSProp(BoxOptimizer):
    r"""RMSProp: AdaGrad with a mean of the recent squared gradients in place of the sum of all of them.

    Slide: 6-3, figure 6-7 (claim 6-3.d); the slide's heading 6.3.2 spells it "AMSProp".

    Algorithm::

        Require e,\; ρ,\; δ = 10^{-6}
        Start   r ← 0
        Repeat  g ← ∇_θ L(θ)
                r ← ρ r + (1 - ρ)\, g ⊙ g
                θ ← θ - \frac{e}{\sqrt{δ + r}} ⊙ g

    `learning_rate` is e, `rho` is ρ, `epsilon` is δ. θ is the variable; r is one array of its shape and
    dtype, float32 where that is float16 or bfloat16.

    Args:
        learning_rate: e, the global learning rate, at least 0: a float, a `LearningRateSchedule`, or a
            callable without arguments. The box asks for one and names none; 0.001 is Keras' default.
        rho: ρ, in [0, 1): the weight of the past, which fades over about 1/(1 - ρ) steps. The box names none;
            0.9 is the value of Hinton's lecture that introduced the method, and Keras' default.
        epsilon: δ, at least 0, added to r under the root. 1e-6 as in the box. With 0, a parameter whose
            gradients were all 0 becomes 0/0.
        **kwargs: what every Keras optimizer takes: `weight_decay`, `clipnorm`, `clipvalue`,
            `global_clipnorm`, `use_ema`, `ema_momentum`, `ema_overwrite_frequency`, `loss_scale_factor`,
            `gradient_accumulation_steps`, `name`.

    Raises:
        ValueError: if e or δ is negative or not finite, or ρ is outside [0, 1).

    Example: under a constant gradient r forgets its start at 0, and the steps shrink to e.

    >>> import keras
    >>> from chapter6.optimizers import RMSProp
    >>> theta, gradient = keras.Variable([0.0]), keras.ops.array([5.0])
    >>> optimizer = RMSProp(learning_rate=0.1)
    >>> places = [0.0]
    >>> for _ in range(60):
    ...     optimizer.apply([gradient], [theta])
    ...     places.append(float(theta[0]))
    >>> round(places[0] - places[1], 3), round(places[-2] - places[-1], 3)
    (0.316, 0.1)

    References:
        Hinton, *Neural Networks for Machine Learning*, lecture 6e (2012). Goodfellow, Bengio and Courville,
        *Deep Learning* (2016), algorithm 8.5.

    Differences: Keras has the same formula with δ = 1e-7; torch has δ = 1e-8 outside the root and ρ = 0.99.
    The first step divided by e (float64, everything else at its default):

    ========================  =========  =========  =========  =========
    gradient                  1e-6       1e-4       1e-2       1
    ========================  =========  =========  =========  =========
    RMSProp                   0.0010     0.09995    3.015      3.162
    keras.optimizers.RMSprop  0.003162   0.3147     3.147      3.162
    torch.optim.RMSprop       9.091      9.990      10.00      10.00
    ========================  =========  =========  =========  =========

    A row that a sparse gradient leaves out has the gradient 0 there: its θ stays, its r decays.
    """

    def __init__(self, learning_rate=0.001, rho=0.9, epsilon=1e-6, **kwargs):
        if isinstance(learning_rate, float) and not 0 <= learning_rate < math.inf:
            raise ValueError(
                f"RMSProp: e must be finite and at least 0, received learning_rate={learning_rate}"
            )
        if not 0 <= rho < 1:
            raise ValueError(f"RMSProp: ρ must be in [0, 1), received rho={rho}")
        if not 0 <= epsilon < math.inf:
            raise ValueError(f"RMSProp: δ must be finite and at least 0, received epsilon={epsilon}")
        super().__init__(learning_rate=learning_rate, **kwargs)
        self.rho = rho
        self.epsilon = epsilon

    def build(self, var_list):
        if self.built:
            return
        super().build(var_list)
        self._r = self.add_slots(var_list, "r")

    def update_step(self, gradient, variable, learning_rate):
        r = self._r[self._get_variable_index(variable)]
        g = dense_gradient(gradient, r)
        e = ops.cast(learning_rate, r.dtype)
        # r ← ρ r + (1 - ρ) g ⊙ g
        new_r = self.rho * r + (1 - self.rho) * ops.square(g)
        self.assign(r, new_r)
        # θ ← θ - e / √(δ + r) ⊙ g
        self.assign_sub(variable, e / ops.sqrt(self.epsilon + new_r) * g)

    def get_config(self):
        return {**super().get_config(), "rho": self.rho, "epsilon": self.epsilon}
