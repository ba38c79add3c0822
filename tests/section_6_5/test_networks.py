"""The networks of both experiments."""

import keras
import numpy as np
import pytest

from chapter6.experiment import quick
from chapter6.mnist import load_mnist
from chapter6.networks.training import accuracies
from chapter6.section_6_5 import networks, published_setting, training, transfer_curves
from chapter6.section_6_5.digits import task
from chapter6.transfer import changed_weights
from tests.section_6_5 import WAYS


def test_the_ways_start_as_they_say():
    source = networks.small_network(1)
    starts = networks.networks_of(source, 2)
    assert tuple(starts) == ("frozen", "fine-tuned", "from scratch", "frozen, untrained") == WAYS
    scratch = networks.small_network(2)
    for way, network in starts.items():
        carried = source if way in transfer_curves.CARRIED else scratch
        assert changed_weights(network.layers[0], carried.layers[0].get_weights()) == ()
        assert changed_weights(network.layers[1], scratch.layers[1].get_weights()) == ()
        assert network.layers[0].trainable is (way in ("fine-tuned", "from scratch"))
        assert network.layers[1].trainable
    assert len(changed_weights(source, scratch.get_weights())) == 4


def test_the_published_network_is_the_examples():
    network = networks.published_network(published_setting.Settings(), 0)
    # 3·3·32 + 32,  3·3·32·32 + 32,  12·12·32·128 + 128,  128·5 + 5
    assert network.count_params() == 320 + 9_248 + 589_952 + 645
    rates = [layer.rate for layer in network.layers[1].layers if isinstance(layer, keras.layers.Dropout)]
    assert rates == [0.25, 0.5] and network.layers[1].layers[0].rate == 0.25
    settings_ = quick(published_setting.Settings)
    network = networks.published_network(settings_, 0)
    images, labels = task(load_mnist().test, 0)
    done = []
    course = training.fit(network, (images, labels), (images, labels), settings_, 0, done.append, before=2)
    assert done == sorted(done) and 2 < done[0] < 3 == done[-1]
    optimizer = network.optimizer.get_config()
    assert isinstance(network.optimizer, keras.optimizers.Adadelta) and course.tested == len(labels)
    assert [optimizer[name] for name in ("learning_rate", "rho", "epsilon")] == pytest.approx([1, 0.95, 1e-6])
    shares = 100 * accuracies(network, images, labels)
    assert course.accuracy[-1] == pytest.approx(shares, abs=1e-4)
    assert course.error() == pytest.approx(np.sqrt(shares * (100 - shares) / len(labels)))
