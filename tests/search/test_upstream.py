"""What is used of keras-tuner that it does not export or names with an underscore: found here if it moves."""

import ast
import inspect
from pathlib import Path

import keras_tuner
import pytest
from keras_tuner.engine.base_tuner import BaseTuner
from keras_tuner.engine.trial import Trial

from chapter6 import search
from chapter6.search import upstream

FILES = sorted(Path(search.__file__).parent.glob("*.py"))
OURS = (search.GridSearch, search.RandomSearch, search.BayesianOptimization, search.Hyperband)


def imported(file):
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            yield node.module, [name.name for name in node.names]
        elif isinstance(node, ast.Import):
            yield from ((name.name, []) for name in node.names)


def test_one_module_has_all_that_keras_tuner_does_not_export():
    taken = {file.stem for file in FILES for module, _ in imported(file) if "keras_tuner.src" in module}
    assert taken == {"upstream"}
    for _module, names in imported(Path(upstream.__file__)):
        assert set(names) <= set(upstream.__all__)


def test_nothing_is_in_it_that_keras_tuner_exports():
    public, seen = set(), [keras_tuner]
    for module in seen:
        for name, value in vars(module).items():
            if inspect.ismodule(value) and value.__name__.startswith("keras_tuner") and value not in seen:
                seen += [value] if ".src" not in value.__name__ else []
            elif not name.startswith("_"):
                public.add(name)
    assert "RandomSearch" in public and not public & set(upstream.__all__)


@pytest.mark.parametrize(
    ("owner", "names"),
    [
        (
            keras_tuner.oracles.RandomSearchOracle(),
            "_display _retry_queue _run_times _tried_so_far _id_to_hash _seed_state _record_values "
            "_duplicate _random_values _compute_values_hash _check_objective_found "
            "_set_project_dir _get_oracle_fname",
        ),
        (
            keras_tuner.oracles.HyperbandOracle,
            "_project_dir _get_num_brackets _get_size _get_epochs _random_trial",
        ),
        (
            keras_tuner.oracles.BayesianOptimizationOracle,
            "_make_gpr _random_populate_space _vectorize_trials",
        ),
        (
            keras_tuner.Hyperband,
            "_populate_initial_space _run_and_update_trial _try_run_and_update_trial _build_and_fit_model "
            "_try_build _build_hypermodel _get_build_config_fname _get_tuner_fname _is_worker",
        ),
        (
            upstream.OracleServicer,
            "GetSpace UpdateSpace CreateTrial UpdateTrial EndTrial GetTrial GetBestTrials",
        ),
    ],
)
def test_the_names_with_an_underscore_are_there(owner, names):
    assert [name for name in names.split() if not hasattr(owner, name)] == []


def test_what_is_overridden_is_called_as_keras_tuner_calls_it():
    for method in (
        "_run_and_update_trial",
        "_try_run_and_update_trial",
        "_build_and_fit_model",
        "on_epoch_end",
    ):
        theirs, ours = (
            inspect.signature(getattr(of, method)) for of in (keras_tuner.Tuner, search.GridSearch)
        )
        assert list(theirs.parameters)[:2] == list(ours.parameters)[:2] == ["self", "trial"]
        assert [each.kind for each in theirs.parameters.values()] == [
            each.kind for each in ours.parameters.values()
        ]
    assert list(inspect.signature(BaseTuner.search).parameters) == ["self", "fit_args", "fit_kwargs"]
    assert Trial(None, "").metrics.exists("x") is False


@pytest.mark.parametrize("tuner", OURS, ids=lambda tuner: tuner.__name__)
def test_ours_are_keras_tuners_and_take_its_arguments(tuner, tmp_path):
    theirs = getattr(keras_tuner, tuner.__name__)
    assert issubclass(tuner, theirs) and tuner.upstream is theirs
    assert issubclass(tuner.oracle_class, getattr(keras_tuner.oracles, f"{tuner.__name__}Oracle"))
    values = {name: one.default for name, one in inspect.signature(theirs).parameters.items()}
    del values["kwargs"]
    values |= {"hypermodel": lambda hp: hp.Boolean("x"), "objective": "val_loss", "seed": 0}
    # by position, in their order
    made = tuner(*values.values(), directory=tmp_path, project_name="x", executions_per_trial=2)
    assert made.executions_per_trial == 2 and made.oracle.seed == 0 == made.seed
    assert made.oracle.objective == keras_tuner.Objective("val_loss", "min")
    assert [one.name for one in made.oracle.get_space().space] == ["x"]
    with pytest.raises(TypeError, match="unexpected|multiple"):
        tuner(*values.values(), hypermodel=None)
