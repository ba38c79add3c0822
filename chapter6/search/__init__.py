"""Hyperparameter search of section 6-2: keras-tuner's tuners, resumable and parallel.

Slide: 6-2.

`GridSearch`, `RandomSearch`, `BayesianOptimization` and `Hyperband` take what keras-tuner's take; their
`oracles` go into any ``keras_tuner.Tuner``. `spaces` has the distributions, `mlp` the slides' network as a
`HyperModel`, `trials` its training, compiled once; `results` what trials return, `chief` and `workers` the
processes of a parallel search, `records` what is left for TensorBoard and as CSV.
"""

from chapter6.search.mlp import MnistMLP
from chapter6.search.oracles import (
    BayesianOptimizationOracle,
    GridSearchOracle,
    HyperbandOracle,
    RandomSearchOracle,
)
from chapter6.search.results import rows
from chapter6.search.spaces import finite, hyperparameters, log_uniform, switch, ten_to_the, uniform
from chapter6.search.trials import DEFAULTS, MLPTrainer, Trained
from chapter6.search.tuners import BayesianOptimization, GridSearch, Hyperband, RandomSearch

__all__ = [
    "DEFAULTS",
    "BayesianOptimization",
    "BayesianOptimizationOracle",
    "GridSearch",
    "GridSearchOracle",
    "Hyperband",
    "HyperbandOracle",
    "MLPTrainer",
    "MnistMLP",
    "RandomSearch",
    "RandomSearchOracle",
    "Trained",
    "finite",
    "hyperparameters",
    "log_uniform",
    "rows",
    "switch",
    "ten_to_the",
    "uniform",
]
