"""Hyperparameter search of section 6-2, a thin layer on keras-tuner.

Slide: 6-2.

`spaces` has the distributions, `perceptron` the network, `trials` its training, `tuners` the searches,
`results` what trials return, `chief` the processes of a parallel search, `records` what is left for
TensorBoard and as CSV.
"""

from chapter6.search.mlp import MnistMLP
from chapter6.search.results import rows
from chapter6.search.spaces import finite, hyperparameters, log_uniform, switch, ten_to_the, uniform
from chapter6.search.trials import DEFAULTS, MLPTrainer, Trained
from chapter6.search.tuners import BayesianOptimization, GridSearch, Hyperband, RandomSearch

__all__ = [
    "DEFAULTS",
    "BayesianOptimization",
    "GridSearch",
    "Hyperband",
    "MnistMLP",
    "RandomSearch",
    "Trained",
    "MLPTrainer",
    "finite",
    "hyperparameters",
    "log_uniform",
    "rows",
    "switch",
    "ten_to_the",
    "uniform",
]
