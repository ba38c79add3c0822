"""One update by each optimizer of section 6-3 against Keras' built-in one: time, and memory of the state.

    python -m tests.benchmarks.optimizers [--rounds 21] [--only Adam]

Two models (10 million parameters in ten tensors; 200 tensors of 100) and three ways to run an update: called
directly, in a `tf.function`, and compiled by XLA. Ours and the built-in take turns, in an order drawn anew in
each round, so that both meet the same load; a ratio is that of one round. Processor time is shown beside the
time on the clock: it tells more on a machine that does other work too. The limit is a median ratio of 1.05 by
both, and 1.15 for `RMSPropNesterov`.

Keras has no RMSProp with Nesterov momentum. The counterpart of `RMSPropNesterov` is RMSprop(momentum=0.9),
which keeps and writes the same arrays; the interim point is two more operations an update.
"""

import argparse
import os
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import tensorflow as tf

from chapter6.optimizers import AdaGrad, Adam, RMSProp, RMSPropNesterov

MODELS = {"10 million": [(1000, 1000)] * 10, "200 small": [(10, 10)] * 200}
MODES = ("direct", "function", "jit")
LIMITS = {"AdaGrad": 1.05, "RMSProp": 1.05, "RMSPropNesterov": 1.15, "Adam": 1.05}


PAIRS = {  # ours, Keras', and what the pair is called
    "AdaGrad": (AdaGrad, keras.optimizers.Adagrad, "Adagrad"),
    "RMSProp": (RMSProp, keras.optimizers.RMSprop, "RMSprop"),
    "RMSPropNesterov": (RMSPropNesterov, lambda: keras.optimizers.RMSprop(momentum=0.9), "RMSprop(0.9)"),
    "Adam": (Adam, keras.optimizers.Adam, "Adam"),
}
NEEDED_ARRAYS = {"AdaGrad": "r", "RMSProp": "r", "RMSPropNesterov": "r v", "Adam": "s r"}


def one_update(optimizer, shapes, mode):
    """A function without arguments that updates variables of the given shapes once."""
    random = np.random.default_rng(0)
    variables = [keras.Variable(random.normal(size=shape).astype("float32")) for shape in shapes]
    gradients = [tf.constant(random.normal(size=shape).astype("float32")) for shape in shapes]
    optimizer.build(variables)

    def update(*gradients):
        optimizer.apply(list(gradients), variables)

    if mode != "direct":
        update = tf.function(update, jit_compile=mode == "jit")
    return lambda: update(*gradients)


def interleaved(updates, rounds):
    """Seconds on the clock and of the processor, [rounds, updates] each."""
    random = np.random.default_rng(0)
    clock, processor = np.empty((2, rounds, len(updates)))
    for update in updates:
        update()
        update()
    for turn in range(rounds):
        for index in random.permutation(len(updates)):
            start, processor_start = time.perf_counter(), time.process_time()
            updates[index]()
            clock[turn, index] = time.perf_counter() - start
            processor[turn, index] = time.process_time() - processor_start
    return clock, processor


def quartiles(ratios):
    low, median, high = np.quantile(ratios, [0.25, 0.5, 0.75])
    return f"{median:5.2f} [{low:.2f}, {high:.2f}]"


def state_bytes(optimizer, parameters):
    """Bytes of state for each parameter, the optimizer's few scalars left out."""
    variable = keras.Variable(np.zeros(parameters, "float32"))
    optimizer.build([variable])
    return sum(v.numpy().nbytes for v in optimizer.variables if v.shape == variable.shape) / parameters


def main():
    parser = argparse.ArgumentParser(description="Time and memory of one optimizer update, against Keras'.")
    parser.add_argument("--rounds", type=int, default=21, help="rounds of each comparison (default: 21)")
    parser.add_argument("--only", choices=PAIRS, action="append", help="this pair only; may be repeated")
    arguments = parser.parse_args()

    print("State, bytes of float32 for each parameter:")
    for name, arrays in NEEDED_ARRAYS.items():
        ours, theirs, their_name = PAIRS[name]
        need = 4 * len(arrays.split())
        print(
            f"  {name:16} the box needs {arrays:5} = {need:2}, kept {state_bytes(ours(), 1000):4.0f};"
            f"  {their_name} keeps {state_bytes(theirs(), 1000):.0f}"
        )

    print(f"\n{'':16} {'model':10} {'run':8} {'ours, ms':>9} {'Keras, ms':>9}  ratio: clock, then processor")
    slow = []
    for name in arguments.only or PAIRS:
        ours, theirs, _ = PAIRS[name]
        for model, shapes in MODELS.items():
            for mode in MODES:
                updates = [one_update(make(), shapes, mode) for make in (ours, theirs)]
                clock, processor = interleaved(updates, arguments.rounds)
                medians = np.median(clock, axis=0) * 1000
                ratios = [seconds[:, 0] / seconds[:, 1] for seconds in (clock, processor)]
                print(
                    f"{name:16} {model:10} {mode:8} {medians[0]:9.2f} {medians[1]:9.2f}  "
                    f"{quartiles(ratios[0])}  {quartiles(ratios[1])}",
                    flush=True,
                )
                if max(np.median(r) for r in ratios) > LIMITS[name]:
                    slow.append(f"{name}, {model}, {mode}")
    print(f"\nAbove its limit: {'; '.join(slow) or 'none'}")


if __name__ == "__main__":
    main()
