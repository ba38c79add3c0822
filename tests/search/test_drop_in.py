"""The tuners in the place of keras-tuner's: Keras models, a HyperModel, plain Tuners with our oracles."""

import contextlib
import gc
import io
import math
import re
from pathlib import Path

import keras
import keras_tuner
import numpy as np
import pytest

from chapter6 import search, section_6_2
from chapter6.artifacts import locked_folder
from chapter6.errors import InputError
from tests.search.sleeper import table_of

X = np.linspace(-1, 1, 16, dtype=np.float32).reshape(8, 2)
Y = X.sum(axis=1, keepdims=True)
DATA = {"x": X, "y": Y, "validation_data": (X, Y), "shuffle": False, "verbose": 0}
TUNERS = {
    search.GridSearch: {"max_trials": 4},
    search.RandomSearch: {"max_trials": 4},
    search.BayesianOptimization: {"max_trials": 5, "num_initial_points": 3},
    search.Hyperband: {"max_epochs": 3, "factor": 2},
}
pytestmark = pytest.mark.filterwarnings(
    "ignore::sklearn.exceptions.ConvergenceWarning",
    # keras-tuner's, of its own calls
    "ignore:currentThread:DeprecationWarning",
    "ignore:getName:DeprecationWarning",
)


def build(hp):
    """A network that starts from the same weights each time, without compiling anything."""
    units = hp.Int("units", 1, 3)
    layers = [keras.layers.Dense(units, kernel_initializer="ones"), keras.layers.Dense(1)]
    layers[1].kernel_initializer = keras.initializers.Constant(0.1)
    model = keras.Sequential([keras.Input((2,)), *layers])
    model.compile(keras.optimizers.SGD(hp.Choice("rate", [0.1, 0.01])), "mse", run_eagerly=True)
    return model


class Network(keras_tuner.HyperModel):
    """The same with a further hyperparameter in `fit`, which returns a history or what a function returns."""

    def __init__(self, result):
        super().__init__()
        self.result = result

    def build(self, hp):
        return build(hp)

    def fit(self, hp, model, *args, **kwargs):
        passes = hp.Int("passes", 1, 2)
        return self.result(passes) if self.result else model.fit(*args, **kwargs | {"epochs": passes})


class Scripted(keras_tuner.HyperModel):
    """The same with losses that are made up, and the epoch for a bias."""

    def build(self, hp):
        return build(hp)

    def fit(self, hp, model, *args, epochs=1, initial_epoch=0, callbacks=(), **kwargs):
        callbacks = keras.callbacks.CallbackList(callbacks, add_history=True, model=model)
        callbacks.on_train_begin()
        for epoch in range(initial_epoch, epochs):
            callbacks.on_epoch_begin(epoch)
            model.layers[-1].bias.assign([epoch])
            callbacks.on_epoch_end(epoch, {"val_loss": hp["units"] * hp["rate"] + 1 / (1 + epoch)})
            if model.stop_training:
                break
        callbacks.on_train_end()
        return model.history


class Killed(BaseException):
    """Stands for SIGKILL."""


class Dying(keras.callbacks.Callback):
    """Counts epochs, and is killed in one of them. The count is the class's: each execution has a copy."""

    epochs, last = 0, None

    def on_epoch_begin(self, epoch, logs=None):
        Dying.epochs += 1
        if Dying.epochs == Dying.last:
            raise Killed


def run(tuner, folder, last=None, **options):
    """Search with early stopping and two executions of each trial, until an epoch in which it is killed."""
    Dying.epochs, Dying.last = 0, last
    options = {"seed": 3, "directory": folder, "executions_per_trial": 2, **TUNERS[tuner], **options}
    made = tuner(Scripted(), "val_loss", **options)
    # 1, 1/2, 1/3: the third epoch is the last
    callbacks = [keras.callbacks.EarlyStopping("val_loss", min_delta=0.2), Dying()]
    with pytest.raises(Killed) if last else contextlib.nullcontext():
        made.search(epochs=9, callbacks=callbacks, verbose=0)
    return made


@pytest.mark.parametrize("tuner", TUNERS, ids=lambda tuner: tuner.__name__)
def test_models_are_trained_found_again_and_gone_on_with(tuner, tmp_path):
    """Killed in some epochs of the search, with executions and early stopping."""
    whole = run(tuner, tmp_path / "whole")
    epochs, expected = Dying.epochs, table_of(whole.oracle)
    assert whole.oracle.finished and whole.remaining_trials == 0
    for last in (1 + epochs // 3, epochs - 1):
        folder = tmp_path / str(last)
        run(tuner, folder, last)
        again = run(tuner, folder)
        assert table_of(again.oracle) == expected
        # No trial that had ended was trained again.
        assert last + Dying.epochs - epochs <= 8
    best, model = whole.oracle.get_best_trials()[0], whole.get_best_models()[0]
    assert whole.get_best_hyperparameters()[0].values == best.hyperparameters.values
    assert model.get_weights()[-1] == 2
    # A tuner made anew has them too, and trains nothing.
    new = run(tuner, tmp_path / "whole", executions_per_trial=1)
    assert Dying.epochs == 0
    assert new.get_best_models()[0].get_weights()[-1] == 2
    new.reload()
    assert table_of(new.oracle) == expected


def test_the_best_model_is_the_one_that_was_trained(tmp_path):
    tuner = search.GridSearch(build, "val_loss", max_trials=2, executions_per_trial=2, directory=tmp_path)
    tuner.search(**DATA, epochs=2)
    best = tuner.oracle.get_best_trials()[0]
    assert tuner.get_best_models()[0].evaluate(X, Y, verbose=0) == pytest.approx(best.score)


def test_each_trial_has_the_history_of_its_epochs_for_tensorboard(tmp_path):
    tuner = search.GridSearch(build, "val_loss", max_trials=1, directory=tmp_path)
    tuner.search(**DATA, epochs=3)
    (trial,) = tuner.oracle.trials.values()
    losses = [each.mean() for each in trial.metrics.get_history("epoch/val_loss")]
    assert len(losses) == 3 and trial.score == min(losses)
    assert "epoch/val_loss" not in search.rows(tuner.oracle)[0]


@pytest.mark.parametrize(
    ("result", "objective", "trials"),
    [
        (None, "val_loss", 2),
        (lambda passes: 0.5 * passes, None, 12),
        (lambda passes: {"gain": np.float32(-0.5 * passes)}, keras_tuner.Objective("gain", "max"), 12),
        (
            lambda passes: {"a": passes, "b": 0.5 * passes},
            [keras_tuner.Objective("a", "min"), keras_tuner.Objective("b", "max")],
            12,
        ),
    ],
)
def test_a_hypermodel_with_a_fit_of_its_own(result, objective, trials, tmp_path):
    tuner = search.GridSearch(
        Network(result), objective, max_trials=trials, directory=tmp_path, executions_per_trial=2
    )
    assert [one.name for one in tuner.oracle.get_space().space] == ["units", "rate"]
    tuner.search(**DATA)
    # 3 numbers of units, 2 rates, 2 numbers of passes
    assert len(tuner.oracle.trials) == trials and tuner.oracle.finished
    if result:
        assert tuner.oracle.space_size == 12
        best = tuner.oracle.get_best_trials()[0]
        assert best.hyperparameters["passes"] == 1 and abs(best.score) == 0.5


def test_the_summaries_are_keras_tuners(tmp_path):
    def shown(base):
        folder = tmp_path / base.__module__
        tuner = base(build, "val_loss", max_trials=2, directory=folder, project_name="x")
        text = io.StringIO()
        with contextlib.redirect_stdout(text):
            tuner.search_space_summary()
            tuner.search(**DATA)
            tuner.results_summary(3)
        # Its numbers of trials have as many digits as the greatest.
        return re.sub(r"Trial 0+(?=\d)", "Trial ", text.getvalue()).replace(base.__module__, "")

    ours, theirs = shown(search.GridSearch), shown(keras_tuner.GridSearch)
    assert ours == theirs and "Results summary" in ours and "units: 1" in ours


class Declaring(keras_tuner.HyperModel):
    """Asks for a rate besides the units that are given."""

    def build(self, hp):
        hp.Choice("rate", [0.1, 0.01])
        return keras.Sequential()

    def fit(self, hp, model, **kwargs):
        return hp["units"] * hp["rate"]


@pytest.mark.parametrize("tuner", [search.GridSearch, search.RandomSearch], ids=lambda tuner: tuner.__name__)
def test_hyperparameters_that_are_given_new_ones_tuned_left_or_refused(tuner, tmp_path):
    given = keras_tuner.HyperParameters()
    given.Choice("units", [2])

    def table(name, **options):
        options = {"max_trials": 9, "hyperparameters": given.copy(), **options}
        made = tuner(Declaring(), directory=tmp_path, project_name=name, **options)
        made.search(verbose=0)
        return search.rows(made.oracle)

    tuned = table("tuned", seed=0)
    assert sorted((row["units"], row["rate"]) for row in tuned) == [(2, 0.01), (2, 0.1)]
    (left,) = table("left", tune_new_entries=False)
    assert (left["units"], left["rate"]) == (2, 0.1)
    with pytest.raises(RuntimeError, match="`allow_new_entries` is `False`"):
        table("refused", allow_new_entries=False)


def conditional(hp):
    kind = hp.Choice("kind", ["small", "large"])
    with hp.conditional_scope("kind", ["large"]):
        if kind == "large":
            hp.Int("layers", 2, 4)
            wide = hp.Boolean("wide")
            with hp.conditional_scope("wide", [True]):
                if wide:
                    hp.Choice("width", [10, 20])
    return keras.Sequential()


class Conditional(keras_tuner.HyperModel):
    def build(self, hp):
        return conditional(hp)

    def fit(self, hp, model, **kwargs):
        return float(len(hp.values))


def test_conditional_scopes(tmp_path):
    """A scope within another: a width is tried where it is wide only."""
    tuner = search.GridSearch(Conditional(), directory=tmp_path)
    tuner.search(verbose=0)
    names = ("kind", "layers", "wide", "width")
    tried = [{name: row[name] for name in names if name in row} for row in search.rows(tuner.oracle)]
    assert len(tried) == 1 + 3 * (1 + 2) and tried[0] == {"kind": "small"}
    assert all(("width" in each) == bool(each.get("wide")) for each in tried)
    assert len({tuple(each.items()) for each in tried}) == len(tried)
    drawn = search.RandomSearch(Conditional(), max_trials=30, seed=0, directory=tmp_path / "drawn")
    drawn.search(verbose=0)
    kinds = [(row["kind"], "layers" in row) for row in search.rows(drawn.oracle)]
    assert kinds.count(("small", False)) == 1 and set(kinds) == {("small", False), ("large", True)}


def test_hyperband_goes_on_with_the_weights_of_the_trial_before(tmp_path):
    tuner = search.Hyperband(build, "val_loss", max_epochs=2, factor=2, seed=0, directory=tmp_path)
    tuner.search(**DATA)
    later = next(trial for trial in tuner.oracle.trials.values() if "tuner/trial_id" in trial.hyperparameters)
    before = tuner.oracle.trials[later.hyperparameters["tuner/trial_id"]]
    model = tuner.load_model(before)
    loss = model.evaluate(X, Y, verbose=0)
    assert tuner._build_hypermodel(later.hyperparameters).evaluate(X, Y, verbose=0) == loss == before.score


def test_hyperband_goes_on_where_no_trial_has_a_finite_objective(tmp_path):
    """None has saved weights then, with which to go on."""

    class Diverging(Scripted):
        def fit(self, hp, model, **kwargs):
            return math.nan

    tuner = search.Hyperband(Diverging(), "val_loss", max_epochs=4, factor=2, seed=0, directory=tmp_path)
    tuner.search(verbose=0)
    assert tuner.oracle.finished and {trial.status for trial in tuner.oracle.trials.values()} == {"COMPLETED"}


@pytest.mark.parametrize("tuner", TUNERS, ids=lambda tuner: tuner.__name__)
def test_our_oracles_in_a_plain_tuner_go_on(tuner, tmp_path):
    """Killed in its first trial, before the tuner has saved anything by itself, and in a later one."""

    def plain(folder, last=None):
        Dying.epochs, Dying.last = 0, last
        options = {"objective": "val_loss", "seed": 3, **TUNERS[tuner]}
        oracle = tuner.oracle_class(**options)
        made = keras_tuner.Tuner(oracle=oracle, hypermodel=Scripted(), directory=folder)
        # It collects garbage twice in each trial; what is here already is none.
        gc.freeze()
        with pytest.raises(Killed) if last else contextlib.nullcontext():
            made.search(callbacks=[Dying()], verbose=0)
        gc.unfreeze()
        return made.oracle

    expected = table_of(plain(tmp_path / "whole"))
    for last in (1, 3):
        plain(tmp_path / str(last), last)
        assert table_of(plain(tmp_path / str(last))) == expected
        assert Dying.epochs == len(expected) - last + 1


def test_overwrite_begins_anew_but_not_under_a_search_that_runs(tmp_path):
    def tuner(**options):
        return search.GridSearch(Conditional(), directory=tmp_path, project_name="x", **options)

    tuner(max_trials=2).search(verbose=0)
    with locked_folder(tmp_path / "x"), pytest.raises(InputError, match="one run at a time"):
        tuner(overwrite=True)
    assert len(tuner().oracle.trials) == 2
    assert len(tuner(overwrite=True).oracle.trials) == 0


def test_the_folder_of_another_search_is_refused_as_keras_tuner_refuses_it(tmp_path):
    search.RandomSearch(build, "val_loss", max_trials=1, directory=tmp_path).search(**DATA)
    with pytest.raises(RuntimeError, match="pass `overwrite=True`"):
        search.BayesianOptimization(build, "val_loss", directory=tmp_path)
    with pytest.raises(InputError, match="another objective"):
        search.RandomSearch(build, "loss", directory=tmp_path)

    def other(hp):
        model = build(hp)
        hp.Boolean("more")
        return model

    with pytest.raises(InputError, match="another space"):
        search.RandomSearch(other, "val_loss", directory=tmp_path)
    with pytest.raises(InputError, match="another space"):
        search.RandomSearch(lambda hp: hp.Int("units", 1, 3), "val_loss", directory=tmp_path)
    # Without a seed, or with more trials, it goes on.
    assert len(search.RandomSearch(build, "val_loss", max_trials=5, directory=tmp_path).oracle.trials) == 1


def test_what_a_subclass_saves_besides_is_saved(tmp_path):
    class Counting(search.GridSearch):
        count = 0

        def run_trial(self, trial, **options):
            self.count += 1
            return trial.hyperparameters.Int("x", 1, 5)

        def get_state(self):
            return {"count": self.count}

        def set_state(self, state):
            self.count = state["count"]

    Counting(max_trials=3, directory=tmp_path).search(verbose=0)
    again = Counting(directory=tmp_path)
    assert again.count == 3
    again.search(verbose=0)
    assert again.count == 5


@pytest.mark.parametrize("seed", [0, -5, 2**70])
def test_any_seed_is_taken(seed, tmp_path):
    tuners = [
        search.RandomSearch(Conditional(), max_trials=5, seed=seed, directory=tmp_path / str(turn))
        for turn in range(2)
    ]
    one, other = (tuner.search(verbose=0) or table_of(tuner.oracle) for tuner in tuners)
    assert one == other and tuners[0].oracle.seed == seed


def test_the_readme_has_a_model_of_the_reader_s_own_in_ten_lines():
    """The tests of the READMEs run it."""
    folder = Path(section_6_2.__file__).parent
    english, chinese = (
        re.search(r"```python\n(.*?)```", (folder / name).read_text(encoding="utf-8"), re.DOTALL)[1]
        for name in ("README.md", "README.zh-CN.md")
    )
    assert english == chinese and len([line for line in english.splitlines() if line]) == 10
