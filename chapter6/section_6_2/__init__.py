"""6-2, hyperparameter search."""

EXPERIMENTS = (
    "capacity",
    "one_hyperparameter",
    "more_data",
    "grid",
    "draws",
    "random",
    "compare",
    "costs",
    "complexity",
)
COMMANDS = ("manual",)
