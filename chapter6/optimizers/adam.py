"""Adam, the algorithm box of figure 6-9."""

import math

import keras
from keras import ops

from chapter6.optimizers.base import BoxOptimizer, dense_gradient


@keras.saving.register_keras_serializable(package="chapter6")
class Adam(BoxOptimizer):
    r"""Adam: momentum and a rate of its own for each parameter, both corrected for their start at 0.

    Slide: 6-3, figure 6-9 (claim 6-3.f); a heading of the slides spells it "Adma". The name comes from
    "adaptive moments": s and r estimate the first and the second moment of the gradient.

    Algorithm::

        Require e = 0.001,\; ρ_1 = 0.9,\; ρ_2 = 0.999,\; δ = 10^{-8}
        Start   s ← 0,\; r ← 0,\; t ← 0
        Repeat  g ← ∇_θ L(θ)
                t ← t + 1
                s ← ρ_1 s + (1 - ρ_1)\, g
                r ← ρ_2 r + (1 - ρ_2)\, g ⊙ g
                \hat{s} ← \frac{s}{1 - ρ_1^t},\;\; \hat{r} ← \frac{r}{1 - ρ_2^t}
                θ ← θ - e \frac{\hat{s}}{\sqrt{\hat{r}} + δ}

    `learning_rate` is e, `beta_1` is ρ1, `beta_2` is ρ2, `epsilon` is δ. θ is the variable; s and r are one
    array each of its shape and dtype, float32 where that is float16 or bfloat16; t is `iterations` + 1.

    Args:
        learning_rate: e, the global learning rate, at least 0: a float, a `LearningRateSchedule`, or a
            callable without arguments. 0.001 as in the box.
        beta_1: ρ1, in [0, 1): the weight of the past gradients. 0.9 as in the box.
        beta_2: ρ2, in [0, 1): the weight of the past squared gradients. 0.999 as in the box.
        epsilon: δ, at least 0, added to the root of the corrected r. 1e-8 as in the box. With 0, a parameter
            whose gradients were all 0 becomes 0/0.
        **kwargs: what every Keras optimizer takes: `weight_decay`, `clipnorm`, `clipvalue`,
            `global_clipnorm`, `use_ema`, `ema_momentum`, `ema_overwrite_frequency`, `loss_scale_factor`,
            `gradient_accumulation_steps`, `name`.

    Raises:
        ValueError: if e or δ is negative or not finite, or ρ1 or ρ2 is outside [0, 1).

    Example: thanks to the corrections the first step is e, whatever the size of the gradient.

    >>> import keras
    >>> from chapter6.optimizers import Adam
    >>> theta = keras.Variable([0.0, 0.0])
    >>> Adam(learning_rate=0.25).apply([keras.ops.array([0.5, 40.0])], [theta])
    >>> theta.numpy().round(6).tolist()
    [-0.25, -0.25]

    References:
        Kingma and Ba, "Adam: a method for stochastic optimization", ICLR (2015). Goodfellow, Bengio and
        Courville, *Deep Learning* (2016), algorithm 8.7.

    Differences: Keras adds its δ = 1e-7 to the root of the r that is not yet corrected, which makes it 32
    times as large in the first step and damps small gradients, and it rounds ρ1 and ρ2 to float32 in the
    corrections, even for float64 variables. torch computes the box. The first step divided by e (float64,
    everything else at its default):

    ========================  =========  =========  =========  =========
    gradient                  1e-6       1e-4       1e-2       1
    ========================  =========  =========  =========  =========
    Adam                      0.9901     0.9999     1.000      1.000
    keras.optimizers.Adam     0.2403     0.9693     0.9997     1.000
    torch.optim.Adam          0.9901     0.9999     1.000      1.000
    ========================  =========  =========  =========  =========

    A row that a sparse gradient leaves out has the gradient 0 there: its s and r decay, and s still moves its
    θ.
    """

    def __init__(self, learning_rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-8, **kwargs):
        if isinstance(learning_rate, float) and not 0 <= learning_rate < math.inf:
            raise ValueError(f"Adam: e must be finite and at least 0, received learning_rate={learning_rate}")
        if not 0 <= beta_1 < 1:
            raise ValueError(f"Adam: ρ1 must be in [0, 1), received beta_1={beta_1}")
        if not 0 <= beta_2 < 1:
            raise ValueError(f"Adam: ρ2 must be in [0, 1), received beta_2={beta_2}")
        if not 0 <= epsilon < math.inf:
            raise ValueError(f"Adam: δ must be finite and at least 0, received epsilon={epsilon}")
        super().__init__(learning_rate=learning_rate, **kwargs)
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon

    def build(self, var_list):
        if self.built:
            return
        super().build(var_list)
        self._s, self._r = self.add_slots(var_list, ["s", "r"])

    def _backend_update_step(self, grads, trainable_variables, learning_rate):
        # what hangs on t alone, once for all variables; half precision has no room for 1 - ρ2^t
        dtype = keras.backend.result_type("float32", *{variable.dtype for variable in trainable_variables})
        # t ← t + 1
        t = ops.cast(self.iterations + 1, dtype)
        # e s^ / (√r^ + δ) = e c / (1 - ρ1^t) s / (√r + δ c), c = √(1 - ρ2^t): fewer passes over the arrays
        c = ops.sqrt(_one_minus_power(self.beta_2, t))
        rate = ops.cast(learning_rate, dtype) * c / _one_minus_power(self.beta_1, t)
        super()._backend_update_step(grads, trainable_variables, (rate, self.epsilon * c))

    def update_step(self, gradient, variable, learning_rate):
        index = self._get_variable_index(variable)
        s, r = self._s[index], self._r[index]
        g = dense_gradient(gradient, r)
        rate, delta_c = (ops.cast(scalar, r.dtype) for scalar in learning_rate)
        # s ← ρ1 s + (1 - ρ1) g
        self.assign(s, self.beta_1 * s)
        self.assign_add(s, (1 - self.beta_1) * g)
        # r ← ρ2 r + (1 - ρ2) g ⊙ g
        self.assign(r, self.beta_2 * r)
        self.assign_add(r, (1 - self.beta_2) * ops.square(g))
        # θ ← θ - e s^ / (√r^ + δ)
        self.assign_sub(variable, rate * s / (ops.sqrt(r) + delta_c))

    def get_config(self):
        return {**super().get_config(), "beta_1": self.beta_1, "beta_2": self.beta_2, "epsilon": self.epsilon}


def _one_minus_power(rho, t):
    """1 - ρ^t from ρ in float64: in float32, 1 - 0.999 would be wrong by 5e-5 of itself."""
    return -ops.expm1(t * math.log(rho)) if rho else ops.ones_like(t)
