"""RMSProp with Nesterov momentum, the algorithm box of figure 6-8."""

import contextlib
import math

import keras
from keras import ops

from chapter6.optimizers.base import BoxOptimizer, dense_gradient


@keras.saving.register_keras_serializable(package="chapter6")
class RMSPropNesterov(BoxOptimizer):
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
    variable's shape and dtype, float32 where that is float16 or bfloat16. The slide's v ← α v - e/√r ⊙ g has
    no δ, and 0/0 where a gradient is 0 from the start. Here δ stands where figure 6-7 has it, with its value,
    so that α = 0 is figure 6-7; δ = 0 is the slide.

    An optimizer is handed a finished gradient, which the model takes at its variables: they hold the interim
    point θ~ = θ + α v while training (batches, validation and callbacks see it), and whatever is put into
    them is trained on from there, as θ~. `finalize_variable_values`, which ends `fit` (call it yourself after
    an interruption), subtracts α v and sets v to 0: `evaluate`, `predict` and `save` then see θ, and another
    `fit` begins the box again at θ with v = 0 (r, t and the schedule go on). To see θ in between, evaluate or
    save ``with optimizer.finalized(variables):``; training then goes on as if nothing had happened.

    θ~, r and v are all that is kept: a checkpoint or `.keras` file trains on to the bit, and a variable
    without a gradient stays as it is. θ~ takes each step in one sum, θ~ ← θ~ + α v - e/√(δ + r) ⊙ g with the
    new v, so that θ is that of the box to rounding: after 1,000 steps on given gradients, to 1.2e-5 of the
    largest θ~ in float32 (an array for θ would be no closer) and to 2.2e-14 in float64.

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
            `ema_overwrite_frequency` (puts the average in place of θ~; v goes on), `loss_scale_factor`,
            `gradient_accumulation_steps`, `name`. A variable's constraint holds for θ and for θ~: v keeps
            what leads from the one to the other.

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
        self._r, self._v = self.add_slots(var_list, ["r", "v"])

    def update_step(self, gradient, variable, learning_rate):
        index = self._get_variable_index(variable)
        r, v = self._r[index], self._v[index]
        g = dense_gradient(gradient, r)
        e = ops.cast(learning_rate, r.dtype)
        # r ← ρ r + (1 - ρ) g ⊙ g
        new_r = self.rho * r + (1 - self.rho) * ops.square(g)
        step = e / ops.sqrt(self.epsilon + new_r) * g
        # v ← α v - e / √(δ + r) ⊙ g
        new_v = self.momentum * v - step
        # θ ← θ + v and θ~ ← θ + α v in one: θ~ ← θ~ + α v - e / √(δ + r) ⊙ g
        change = self.momentum * new_v - step
        if self.weight_decay is not None and self._use_weight_decay(variable):
            # θ ← θ - λ e θ
            change -= self.weight_decay * e * self._theta(variable, v)
        constraint = self._trainable_variables[index].constraint
        if constraint is None or not self.momentum:
            self.assign_add(variable, change)
        else:
            interim, new_v = self._constrained(ops.cast(variable, v.dtype) + change, new_v, constraint)
            self.assign(variable, interim)
        self.assign(r, new_r)
        self.assign(v, new_v)

    def finalize_variable_values(self, var_list):
        """Put θ into the variables, and set v to 0; Keras calls it at the end of `fit`.

        With `use_ema` the variables get their averages instead.

        Args:
            var_list: the model's trainable variables. Those of the optimizer that it leaves out keep their θ~
                and v; those that the optimizer does not know stay as they are.
        """
        if not self.built:
            return
        for variable, v in self._with_velocities(var_list):
            theta = self._theta(variable, v)
            if variable.constraint is not None:
                # a variable at rest satisfies it, and Keras' MaxNorm shrinks a little at each call
                moved = ops.any(ops.not_equal(self.momentum * v, 0))
                theta = ops.where(moved, variable.constraint(theta), theta)
            self.assign(variable, theta)
            self.assign(v, ops.zeros(v.shape, v.dtype))
        super().finalize_variable_values(var_list)

    @contextlib.contextmanager
    def finalized(self, var_list):
        """Finalize the variables for a while: to evaluate or save θ in the middle of training.

        At the end the variables get back their θ~ and v, bit for bit, whatever was put into them meanwhile.

        Args:
            var_list: the model's trainable variables, as for `finalize_variable_values`.

        Example:

        >>> import keras
        >>> from chapter6.optimizers import RMSPropNesterov
        >>> theta = keras.Variable([1.0])
        >>> optimizer = RMSPropNesterov(learning_rate=0.5, rho=0.75, momentum=0.5, epsilon=0.0)
        >>> optimizer.apply([keras.ops.array([8.0])], [theta])
        >>> with optimizer.finalized([theta]):
        ...     print(float(theta[0]))
        0.0
        >>> float(theta[0])
        -0.5
        """
        kept = [slot for pair in self._with_velocities(var_list) for slot in pair] if self.built else []
        values = [ops.copy(variable) for variable in kept]
        try:
            self.finalize_variable_values(var_list)
            yield
        finally:
            for variable, value in zip(kept, values, strict=True):
                self.assign(variable, value)

    def get_config(self):
        return {**super().get_config(), "rho": self.rho, "momentum": self.momentum, "epsilon": self.epsilon}

    def _theta(self, variable, v):
        """θ = θ~ - α v."""
        return ops.cast(variable, v.dtype) - self.momentum * v

    def _constrained(self, interim, v, constraint):
        """θ~ and v, so that θ~ and θ = θ~ - α v both satisfy the constraint."""
        theta = constraint(interim - self.momentum * v)
        interim = theta + self.momentum * v
        inside = constraint(interim)
        return inside, ops.where(ops.equal(inside, interim), v, (inside - theta) / self.momentum)

    def _with_velocities(self, var_list):
        """(variable, v) of each variable that has a velocity here."""
        indices = [self._trainable_variables_indices.get(self._var_key(variable)) for variable in var_list]
        pairs = [(self._trainable_variables[index], self._v[index]) for index in indices if index is not None]
        return [(variable, v) for variable, v in pairs if v is not None]

    def _apply_weight_decay(self, variables):
        """Nothing: the base class would shrink θ~; update_step shrinks θ."""
