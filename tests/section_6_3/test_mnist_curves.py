"""6-3.f: the six optimizers on MNIST."""

import numpy as np
import tensorflow as tf
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from chapter6.experiment import Verdict
from tests.section_6_3 import COMPARED


def test_every_optimizer_is_one_tensorboard_run(section):
    folder = section.of("mnist_curves")
    runs = {path.parent.name for path in folder.rglob("events.out.tfevents.*")}
    assert runs == {"SGD", "momentum", "AdaGrad", "RMSProp", "RMSProp_Nesterov", "Adam"}
    table = section.numbers("mnist_curves/train_loss")
    for name in COMPARED:
        events = EventAccumulator(str(folder / name.replace("+", "_")), size_guidance={"tensors": 0})
        events.Reload()
        logged = {tag: events.Tensors(tag) for tag in events.Tags()["tensors"]}
        assert set(logged) == {"training_loss", "validation_accuracy"}
        np.testing.assert_allclose(
            [float(tf.make_ndarray(event.tensor_proto)) for event in logged["training_loss"]],
            table[name],
            rtol=1e-6,
        )
        assert [event.step for event in logged["training_loss"]] == list(range(1, 21))
        assert [event.step for event in logged["validation_accuracy"]] == [10, 20]
    assert table["Adam"][-5:].mean() < 0.8 * table["Adam"][0]


def test_the_finding_ranks_all_six_by_test_accuracy(section):
    finding = section.findings["mnist_curves"]
    table = finding.table
    assert set(table["optimizer"]) == set(COMPARED)
    assert table["test accuracy (%)"].is_monotonic_decreasing and table["rank"].is_monotonic_increasing
    assert table["test accuracy (%)"].between(0, 100).all() and (table["standard error"] > 0).all()
    adam = table.set_index("optimizer").loc["Adam"]
    behind = table["test accuracy (%)"].max() - adam["test accuracy (%)"]
    assert (finding.verdict == Verdict.HOLDS) == (behind <= 0.5)
