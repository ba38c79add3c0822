"""AdaGrad, the algorithm box of figure 6-6."""

import math

import keras
from keras import ops

from chapter6.optimizers.base import BoxOptimizer, dense_gradient


@keras.saving.register_keras_serializable(package="chapter6")
class AdaGrad(BoxOptimizer):
    r"""AdaGrad: the rate of each parameter falls with the root of the sum of its squared gradients.

    Slide: 6-3, figure 6-6 (claims 6-3.b and 6-3.c).

    Algorithm::

        Require e,\; δ = 10^{-7}
        Start   r ← 0
        Repeat  g ← ∇_θ L(θ)
                r ← r + g ⊙ g
                θ ← θ - \frac{e}{δ + \sqrt{r}} ⊙ g

    `learning_rate` is e, `epsilon` is δ. θ is the variable; r is one array of its shape and dtype,
    float32 where that is float16 or bfloat16.

    Args:
        learning_rate: e, the global learning rate, at least 0: a float, a `LearningRateSchedule`, or a
            callable without arguments. The box asks for one and names none; 0.001 is Keras' default.
        epsilon: δ, at least 0, added to the root. 1e-7 as in the box. With 0, a parameter whose gradients
            were all 0 becomes 0/0.
        **kwargs: what every Keras optimizer takes: `weight_decay`, `clipnorm`, `clipvalue`,
            `global_clipnorm`, `use_ema`, `ema_momentum`, `ema_overwrite_frequency`, `loss_scale_factor`,
            `gradient_accumulation_steps`, `name`.

    Raises:
        ValueError: if e or δ is negative or not finite.

    Example: a steep and a gentle direction move equally far in the first step.

    >>> import keras
    >>> from chapter6.optimizers import AdaGrad
    >>> theta = keras.Variable([1.0, 1.0])
    >>> AdaGrad(learning_rate=0.25).apply([keras.ops.array([0.5, 40.0])], [theta])
    >>> theta.numpy().round(6).tolist()
    [0.75, 0.75]

    References:
        Duchi, Hazan and Singer, "Adaptive subgradient methods for online learning and stochastic
        optimization", JMLR 12 (2011). Goodfellow, Bengio and Courville, *Deep Learning* (2016), algorithm
        8.4.

    Differences: the slide says that large partial derivatives get a larger rate. The formula says the
    reverse: theirs falls fastest. Keras starts r at 0.1 and has its δ inside the root, so that small
    gradients hardly move; torch has 1e-10. The first step divided by e (float64, everything else at its
    default):

    ========================  =========  =========  =========  =========
    gradient                  1e-6       1e-4       1e-2       1
    ========================  =========  =========  =========  =========
    AdaGrad                   0.9091     0.9990     1.000      1.000
    keras.optimizers.Adagrad  3.162e-06  3.162e-04  0.03161    0.9535
    torch.optim.Adagrad       0.9999     1.000      1.000      1.000
    ========================  =========  =========  =========  =========

    A row that a sparse gradient leaves out has the gradient 0 there: neither its r nor its θ moves.
    """

    def __init__(self, learning_rate=0.001, epsilon=1e-7, **kwargs):
        if isinstance(learning_rate, float) and not 0 <= learning_rate < math.inf:
            raise ValueError(
                f"AdaGrad: e must be finite and at least 0, received learning_rate={learning_rate}"
            )
        if not 0 <= epsilon < math.inf:
            raise ValueError(f"AdaGrad: δ must be finite and at least 0, received epsilon={epsilon}")
        super().__init__(learning_rate=learning_rate, **kwargs)
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
        # r ← r + g ⊙ g
        self.assign_add(r, ops.square(g))
        # θ ← θ - e / (δ + √r) ⊙ g
        self.assign_sub(variable, e / (self.epsilon + ops.sqrt(r)) * g)

    def get_config(self):
        return {**super().get_config(), "epsilon": self.epsilon}
