"""6-3, adaptive gradient algorithms: figures 6-5 to 6-9, what the slides claim of them, and the RNN slide."""

EXPERIMENTS = (
    "learning_rate",
    "adagrad",
    "adagrad_rates",
    "convexity",
    "rmsprop",
    "rmsprop_nesterov",
    "adam",
    "adam_strengths",
    "race",
    "mnist_curves",
    "bidirectional",
    "lateral",
)
