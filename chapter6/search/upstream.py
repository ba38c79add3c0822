"""What this package takes from keras-tuner although keras-tuner exports it under no public name.

Slide: 6-2. ``tests/search/test_upstream.py`` says when keras-tuner moves any of it, and which of its methods
with an underscore are used or overridden here.
"""

from keras_tuner.src.distribute.oracle_chief import OracleServicer
from keras_tuner.src.distribute.utils import has_chief_oracle, is_chief_oracle
from keras_tuner.src.engine.tuner_utils import validate_trial_results
from keras_tuner.src.protos import get_service_grpc

__all__ = [
    "OracleServicer",
    "get_service_grpc",
    "has_chief_oracle",
    "is_chief_oracle",
    "validate_trial_results",
]
