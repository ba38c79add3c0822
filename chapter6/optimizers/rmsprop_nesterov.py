"""RMSProp with Nesterov momentum, the algorithm box of figure 6-8."""

import math

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="chapter6")
class RMSPropNesterov(keras.optimizers.Optimizer):
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

    `learning_rate` is e, `rho` is ρ, `momentum` is α, `epsilon` is δ; r, v and θ are one array each of the
    variable's shape and dtype. The slide's v ← α v - e/√r ⊙ g has no δ, and 0/0 where a gradient is 0 from
    the start. Here δ stands where figure 6-7 has it, with its value, so that α = 0 is figure 6-7; δ = 0 is
    the slide.

    An optimizer is handed a finished gradient, which the model takes at its variables. So the variables hold
    the interim point θ~ while training, and the optimizer keeps θ:

    - Within `fit`: batches, validation and whatever a callback saves see θ~. `fit` ends with
      `finalize_variable_values`, which puts θ into the variables: `evaluate`, `predict` and `save` then see
      θ.
    - In a loop of your own: call `finalize_variable_values(variables)` before you evaluate or save θ, and
      `resume_variable_values()` to train on as if nothing had happened, to the bit.
    - Training on without `resume_variable_values`, as a second `fit` does, begins the box again at the θ in
      the variables with v = 0 (r, t and the schedule go on): the gradient was taken at θ, and is right for v
      = 0 alone.
    - A checkpoint or `.keras` file holds the variables, r, v, θ and which of the two the variables are. Saved
      at any time, it trains on to the bit.
    - To change the variables by hand between two updates (other weights, clipping), finalize first: an update
      takes θ from the variables after that, and from its own array otherwise.

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
            `ema_overwrite_frequency` (begins again with v = 0 at the average), `loss_scale_factor`,
            `gradient_accumulation_steps`, `name`. A variable's constraint holds for θ and for θ~.

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
    gradient at θ, and one array less to keep and to write, which makes its updates quicker; torch's keeps e
    out of v, which differs as soon as e changes; Nadam and NAdam are Adam's relatives. The first step of θ
    divided by e (float64, momentum 0.9, everything else at its default):

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
        self._r, self._v, self._theta = self.add_optimizer_variables(var_list, ["r", "v", "theta"])
        self._finalized_at = self.add_variable(
            shape=(), dtype="int", aggregation="only_first_replica", name="finalized_at"
        )

    def _backend_update_step(self, grads, trainable_variables, learning_rate):
        # what all variables share, once: e, whether the variables hold θ, and α, or 0 where v begins again
        dtype = keras.backend.result_type("float32", *{variable.dtype for variable in trainable_variables})
        at_rest = self._at_rest()
        alpha = self.momentum * ops.cast(ops.logical_not(at_rest), dtype)
        shared = (ops.cast(learning_rate, dtype), at_rest, alpha)
        super()._backend_update_step(grads, trainable_variables, shared)

    def update_step(self, gradient, variable, learning_rate):
        # tf.IndexedSlices can name a row twice: its parts are added before anything is squared
        if hasattr(gradient, "dense_shape"):
            gradient = ops.add(gradient, ops.zeros(variable.shape, variable.dtype))
        g = ops.cast(gradient, variable.dtype)
        e, at_rest, alpha = learning_rate
        e, alpha = ops.cast(e, variable.dtype), ops.cast(alpha, variable.dtype)
        index = self._get_variable_index(variable)
        theta = _current_theta(at_rest, variable, self._theta[index])
        if self.weight_decay is not None and self._use_weight_decay(variable):
            theta = theta - theta * self.weight_decay * e
        # r ← ρ r + (1 - ρ) g ⊙ g
        r = self.rho * self._r[index] + (1 - self.rho) * ops.square(g)
        # v ← α v - e / √(δ + r) ⊙ g
        v = alpha * self._v[index] - e / ops.sqrt(self.epsilon + r) * g
        # θ ← θ + v
        theta = theta + v
        constraint = self._trainable_variables[index].constraint
        if constraint is not None:
            theta = constraint(theta)
        self.assign(self._r[index], r)
        self.assign(self._v[index], v)
        self.assign(self._theta[index], theta)
        # where the next gradient is taken: θ~ ← θ + α v
        self.assign(variable, theta + self.momentum * v)

    def finalize_variable_values(self, var_list):
        """Put θ into the variables that the optimizer was built with; Keras calls it at the end of `fit`.

        With `use_ema` the variables get their averages instead.

        Args:
            var_list: the model's variables, as Keras hands them over.
        """
        if not self.built:
            return
        at_rest = self._at_rest()
        for variable, _, theta in self._moved_variables():
            self.assign(variable, _current_theta(at_rest, variable, theta))
        # a copy: JAX donates each variable's buffer once
        self.assign(self._finalized_at, ops.copy(self.iterations))
        super().finalize_variable_values(var_list)

    def resume_variable_values(self):
        """Put θ~ back into the variables: the inverse of `finalize_variable_values`, bit for bit.

        The variables' values at the time of the call are the θ that training goes on from, with the velocity
        that they had. Without a `finalize_variable_values` before it the call changes nothing.
        """
        at_rest = self._at_rest()
        for variable, _, theta in self._moved_variables():
            self.assign(theta, _current_theta(at_rest, variable, theta))
        self.assign(self._finalized_at, -1)
        at_rest = self._at_rest()
        for variable, v, theta in self._moved_variables():
            self.assign(variable, ops.where(at_rest, ops.convert_to_tensor(theta), theta + self.momentum * v))

    def get_config(self):
        return {**super().get_config(), "rho": self.rho, "momentum": self.momentum, "epsilon": self.epsilon}

    def _at_rest(self):
        """Whether the variables hold θ: just built, finalized, or overwritten by their averages."""
        at_rest = ops.equal(self.iterations, self._finalized_at)
        if self.use_ema and self.ema_overwrite_frequency:
            overwritten = ops.equal(self.iterations % self.ema_overwrite_frequency, 0)
            at_rest = ops.logical_or(at_rest, overwritten)
        return at_rest

    def _moved_variables(self):
        """(variable, v, θ) of every variable with arrays of its own."""
        triples = zip(self._trainable_variables, self._v, self._theta, strict=True)
        return [triple for triple in triples if triple[2] is not None]

    def _apply_weight_decay(self, variables):
        """Nothing: the base class would shrink θ~; update_step shrinks θ."""


def _current_theta(at_rest, variable, theta):
    """θ: the variable's values at rest, those of the optimizer's array otherwise."""
    return ops.where(at_rest, ops.convert_to_tensor(variable), ops.convert_to_tensor(theta))
