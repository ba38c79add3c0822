"""RMSProp with Nesterov momentum, the algorithm box of figure 6-8."""

import contextlib
import math

import keras
from keras import ops

from chapter6.optimizers.base import AdaptiveOptimizer


@keras.saving.register_keras_serializable(package="chapter6")
class RMSPropNesterov(AdaptiveOptimizer):
    r"""RMSProp with Nesterov momentum: the gradient is taken at the point to which the velocity is leading.

    Slide: 6-3, figure 6-8 (claim 6-3.e).

    Algorithm::

        Require e,\; ρ,\; α,\; δ = 10^{-6}
        Start   r ← 0,\; v ← 0
        Repeat  \tilde{θ} ← θ + α v
                g ← ∇_{\tilde{θ}} L(\tilde{θ})
                r ← ρ r + (1 - ρ)\, g ⊙ g
                v ← α v - \frac{e}{\sqrt{δ + r}} ⊙ g
                θ ← θ + v

    `learning_rate` is e, `rho` is ρ, `momentum` is α, `epsilon` is δ; r and v are one array each of the
    variable's shape, float32 at least. The slide's v ← α v - e/√r ⊙ g has no δ, and 0/0 where a gradient is 0
    from the start. Here δ stands where figure 6-7 has it, with its value, so that α = 0 is figure 6-7; δ = 0
    is the slide.

    An optimizer is handed a finished gradient, which the model takes at its variables. So in training the
    variables hold the interim point θ~, and an update moves them by (1 + α) v - α v', where v' is the
    velocity before it; weights that are set, loaded or left out are what the next update begins from.
    `finalize_variable_values`, which `fit` calls at its end, puts θ = θ~ - α v into the variables, for
    `evaluate`, `predict` and `save`, and begins the box again at θ with v = 0. To look at θ in the middle of
    a training loop of your own, evaluate ``with optimizer.finalized():``, which trains on to the bit.

    θ is the box's but for the rounding of θ~ in each update: after n updates within n ε max |θ~|, where ε is
    1.2e-7 in float32 and 2.2e-16 in float64.

    Args:
        learning_rate: e, the global learning rate, at least 0: a float, a `LearningRateSchedule`, or a
            callable without arguments. The box asks for one and names none; 0.001 is Keras' default for
            RMSprop.
        rho: ρ, in [0, 1). The box names none; 0.9 as for `RMSProp`.
        momentum: α, in [0, 1). The box names none; 0.9 is the middle of the values that Goodfellow et al.
            call common (0.5, 0.9, 0.99).
        epsilon: δ, at least 0, added to r under the root: 1e-6 as in figure 6-7.
        **kwargs: what every Keras optimizer takes: `weight_decay` (shrinks θ), `clipnorm`, `clipvalue`,
            `global_clipnorm`, `use_ema` (averages what the variables hold, θ~), `ema_momentum`,
            `ema_overwrite_frequency`, `loss_scale_factor`, `gradient_accumulation_steps`, `name`. A
            variable's constraint holds for θ and for θ~.

    Raises:
        ValueError: if e or δ is negative or not finite, or ρ or α is outside [0, 1).

    Example: after the first update θ has moved by v, and the variable by α v more.

    >>> import keras
    >>> from chapter6.optimizers import RMSPropNesterov
    >>> theta = keras.Variable([1.0])
    >>> optimizer = RMSPropNesterov(learning_rate=0.5, rho=0.75, momentum=0.5, epsilon=0.0)
    >>> optimizer.apply([keras.ops.array([8.0])], [theta])
    >>> float(theta[0])
    -0.5
    >>> optimizer.finalize_variable_values([theta])
    >>> float(theta[0])
    0.0

    References:
        Sutskever, Martens, Dahl and Hinton, "On the importance of initialization and momentum in deep
        learning", ICML (2013). Goodfellow, Bengio and Courville, *Deep Learning* (2016), algorithm 8.6.

    Differences: neither Keras nor torch has this box. Keras' RMSprop(momentum=0.9) is its recursion with the
    gradient at θ; torch's keeps e out of v, which differs as soon as e changes; Nadam and NAdam are Adam's
    relatives. The first step of θ divided by e (float64, momentum 0.9, everything else at its default):

    ========================  =========  =========  =========  =========
    gradient                  1e-6       1e-4       1e-2       1
    ========================  =========  =========  =========  =========
    RMSPropNesterov           0.0010     0.09995    3.015      3.162
    keras.optimizers.RMSprop  0.003162   0.3147     3.147      3.162
    torch.optim.RMSprop       9.091      9.990      10.00      10.00
    ========================  =========  =========  =========  =========

    A row that a sparse gradient leaves out has the gradient 0 there: its r decays, and v coasts on.
    """

    arrays = ("r", "v")

    def __init__(self, learning_rate=0.001, rho=0.9, momentum=0.9, epsilon=1e-6, **kwargs):
        if isinstance(learning_rate, float) and not 0 <= learning_rate < math.inf:
            raise ValueError(
                f"RMSPropNesterov: e must be finite and at least 0, received learning_rate={learning_rate}"
            )
        if not 0 <= rho < 1:
            raise ValueError(f"RMSPropNesterov: ρ must be in [0, 1), received rho={rho}")
        if not 0 <= momentum < 1:
            raise ValueError(f"RMSPropNesterov: α must be in [0, 1), received momentum={momentum}")
        if not 0 <= epsilon < math.inf:
            raise ValueError(f"RMSPropNesterov: δ must be finite and at least 0, received epsilon={epsilon}")
        super().__init__(learning_rate=learning_rate, **kwargs)
        self.rho = rho
        self.momentum = momentum
        self.epsilon = epsilon

    def build(self, var_list):
        if self.built:
            return
        super().build(var_list)
        self._r, self._v = self.add_optimizer_variables(var_list, self.arrays)

    def update_step(self, gradient, variable, learning_rate):
        g = self.dense(gradient, variable)
        e = self.rate(learning_rate, variable)
        index = self._get_variable_index(variable)
        # r ← ρ r + (1 - ρ) g ⊙ g
        r = self.rho * self._r[index] + (1 - self.rho) * ops.square(g)
        # v ← α v - e / √(δ + r) ⊙ g
        before = self._v[index]
        v = self.momentum * before - e / ops.sqrt(self.epsilon + r) * g
        # θ~ ← θ~ - α v' + (1 + α) v
        # θ ← θ + v, θ~ ← θ + α v: the change of θ~
        move = (1 + self.momentum) * v - self.momentum * before
        interim = ops.cast(variable, g.dtype)
        if self.weight_decay is not None and self._use_weight_decay(variable):
            move = move - (interim - self.momentum * before) * self.weight_decay * e
        constraint = self._trainable_variables[index].constraint
        if constraint is not None:
            theta = constraint(interim + move - self.momentum * v)
            move = constraint(theta + self.momentum * v) - interim
            # The velocity that leads from θ to θ~ is what the constraint leaves of it.
            v = (interim + move - theta) / self.momentum if self.momentum else v
        self.assign(self._r[index], r)
        self.assign(self._v[index], v)
        self.assign_add(variable, move)

    def finalize_variable_values(self, var_list):
        """Put θ into the variables that the optimizer was built with, and set v to 0.

        Keras calls it at the end of `fit`. With `use_ema` the variables get their averages instead.

        Args:
            var_list: the model's variables, as Keras hands them over.
        """
        for variable, v in self._variables_and_velocities():
            self.assign(variable, self._theta(variable, v))
            self.assign(v, ops.zeros(v.shape, v.dtype))
        if self.built:
            super().finalize_variable_values(var_list)

    @contextlib.contextmanager
    def finalized(self):
        """Hold θ in the variables for the duration of a block, in which they are not to be changed."""
        pairs = self._variables_and_velocities()
        interim = [ops.copy(ops.convert_to_tensor(variable)) for variable, _ in pairs]
        for variable, v in pairs:
            self.assign(variable, self._theta(variable, v))
        try:
            yield
        finally:
            for (variable, _), values in zip(pairs, interim, strict=True):
                self.assign(variable, values)

    def get_config(self):
        return {**super().get_config(), "rho": self.rho, "momentum": self.momentum, "epsilon": self.epsilon}

    def _theta(self, variable, v):
        # θ = θ~ - α v
        theta = ops.cast(variable, v.dtype) - self.momentum * ops.convert_to_tensor(v)
        return ops.cast(theta, variable.dtype)

    def _variables_and_velocities(self):
        """Return the pairs of a variable and its velocity; none before `build`."""
        if not self.built:
            return []
        pairs = zip(self._trainable_variables, self._v, strict=True)
        return [pair for pair in pairs if pair[1] is not None]

    def _apply_weight_decay(self, variables):
        """Nothing: the base class would shrink θ~; update_step shrinks θ."""
