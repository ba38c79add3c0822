"""6-1, parameter initialization."""

EXPERIMENTS = (
    "starting_points",
    "nearest_optimum",
    "symmetry",
    "normalized",
    "orthogonal",
    "random_walk",
    "sparse",
    "wrong_signs",
    "generalization",
    "instability",
)
