"""How fast the GAN trains, beside the lecture's program, plain TensorFlow, PyTorch and JAX.

    python -m tests.benchmarks.gan [--rounds 15] [--quick] [--data PATH]

Every contender has a process of its own, held open. In each round all of them are asked in turn, in an order
drawn anew, to do iterations for half a second; the others wait meanwhile. So all meet the same load, and a
ratio is that of one round. Shown are medians over the rounds, with the 10th and the 90th percentile of the
ratio: on a machine that does other work too they lie far apart, and the table says so.

"This program, entire run" is the command itself, ``python -m chapter6.section_6_4 gan``, with its summaries,
grids and checkpoints at the slides' intervals: a turn lasts from one checkpoint to the next, and the process
is stopped (SIGSTOP) in between. The lecture's program is timed without what it writes.

"Of the floor" is the time that an iteration's 13 matrix products take alone, by the faster of two libraries
that are timed in the same round, in percent of the contender's time.
"""

import argparse
import contextlib
import importlib.util
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from chapter6.mnist import load_mnist

# Batch size and hidden units; the first are the slides'.
SIZES = ((128, 128), (1024, 128), (128, 512))
CHECKPOINT_EVERY = 1000
FLOORS = ("products_xla", "products_numpy")
CONTENDERS = {
    "lecture": "the lecture's program",
    "this_loop": "this, bare loop",
    "entire_run": "this, entire run",
    "plain": "tf.function a step",
    "plain_jitted": "  with jit_compile",
    "torch_eager": "PyTorch, eager",
    "torch_compiled": "PyTorch, torch.compile",
    "jax_scan": "JAX, jit of lax.scan",
    "products_xla": "products alone, XLA",
    "products_numpy": "products alone, NumPy",
}


class Worker:
    """A process that holds one contender of `gan_contenders`."""

    def __init__(self, name, batch_size, hidden_units, data):
        self.log = data.parent / f"{name}-{batch_size}-{hidden_units}.log"
        words = ["-m", "tests.benchmarks.gan_contenders", name, str(batch_size), str(hidden_units), str(data)]
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [sys.executable, *words],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        self.ready = self.process.stdout.readline() == "ready\n"

    def turn(self):
        """Return the seconds of one iteration."""
        print("go", file=self.process.stdin, flush=True)
        return float(self.process.stdout.readline())

    def last_words(self):
        return self.log.read_text().strip().rpartition("\n")[-1]

    def close(self):
        """End the process and return the most memory it had, in MB."""
        self.process.stdin.close()
        return _peak_memory(self.process)


class EntireRun:
    """The command itself, stopped between its turns."""

    def __init__(self, batch_size, hidden_units, data, output):
        words = ["-m", "chapter6.section_6_4", "gan", "--steps", str(10**9)]
        words += ["--batch-size", str(batch_size), "--hidden-units", str(hidden_units)]
        words += ["--data", str(data), "--output", str(output)]
        self.process = subprocess.Popen(
            [sys.executable, *words], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        self.ready = self._until_checkpoint()
        self.process.send_signal(signal.SIGSTOP)

    def _until_checkpoint(self):
        return any(line.startswith("The checkpoint has been created") for line in self.process.stdout)

    def turn(self):
        """Return the seconds of one iteration."""
        start = time.perf_counter()
        self.process.send_signal(signal.SIGCONT)
        if not self._until_checkpoint():
            raise SystemExit("the entire run ended before the benchmark did")
        seconds = time.perf_counter() - start
        self.process.send_signal(signal.SIGSTOP)
        return seconds / CHECKPOINT_EVERY

    def last_words(self):
        return "it ended before its first checkpoint"

    def close(self):
        self.process.send_signal(signal.SIGCONT)
        self.process.terminate()
        self.process.stdout.read()
        return _peak_memory(self.process)


def _peak_memory(process):
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    # Kilobytes on Linux, bytes on macOS.
    return usage.ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)


def missing(name):
    """Return what keeps a contender from being timed on this machine, or None."""
    package = name.partition("_")[0]
    if package in ("torch", "jax") and importlib.util.find_spec(package) is None:
        return "not installed"
    if name == "torch_compiled" and not (
        shutil.which("c++") or shutil.which("g++") or shutil.which("clang++")
    ):
        return "no C++ compiler"
    return None


def measure(size, rounds, data, folder, console):
    """Time all contenders of one size.

    Returns:
        Three dicts by name: the seconds of an iteration in each round, the peak memory in MB, and why a
        contender was not timed.
    """
    batch_size, hidden_units = size
    left_out = {name: missing(name) for name in CONTENDERS if missing(name)}
    workers = {}
    progress = Progress(console=console, transient=True, disable=not console.is_terminal)
    with progress, contextlib.ExitStack() as on_exit:
        task = progress.add_task("starting", total=len(CONTENDERS) - len(left_out))
        for name in CONTENDERS:
            if name in left_out:
                continue
            if name == "entire_run":
                worker = EntireRun(batch_size, hidden_units, data, folder / f"{batch_size}-{hidden_units}")
            else:
                worker = Worker(name, batch_size, hidden_units, data)
            # SIGKILL ends a stopped process too.
            on_exit.callback(worker.process.kill)
            if worker.ready:
                workers[name] = worker
            else:
                left_out[name] = worker.last_words()
            progress.advance(task)

        seconds = {name: [] for name in workers}
        task = progress.add_task("rounds", total=rounds * len(workers))
        order = random.Random(0)
        for _ in range(rounds):
            for name in order.sample(list(workers), len(workers)):
                seconds[name].append(workers[name].turn())
                progress.advance(task)
        memory = {name: worker.close() for name, worker in workers.items()}
    return {name: np.array(times) for name, times in seconds.items()}, memory, left_out


def table(size, seconds, memory, left_out):
    """Return the table of one size."""
    batch_size, hidden_units = size
    floor = np.minimum(*(seconds[name] for name in FLOORS))
    shown = Table(title=f"batch {batch_size}, {hidden_units} hidden units")
    shown.add_column("")
    for heading in ("it/s", "ms", "ratio", "10 to 90 %", "floor", "MB"):
        shown.add_column(heading, justify="right")
    for name, label in CONTENDERS.items():
        if name in left_out:
            shown.add_row(label, left_out[name][:40])
            continue
        times = seconds[name]
        ratios = seconds["lecture"] / times
        low, high = np.percentile(ratios, [10, 90])
        shown.add_row(
            label,
            f"{np.median(1 / times):,.0f}",
            f"{np.median(times) * 1e3:.3f}",
            f"{np.median(ratios):.2f}",
            f"{low:.2f}-{high:.2f}",
            f"{np.median(floor / times):.0%}",
            f"{memory[name]:,.0f}",
            end_section=name in ("entire_run", "plain_jitted", "jax_scan"),
        )
    return shown, np.percentile(floor, 90) / np.percentile(floor, 10) - 1


def main():
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.gan", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--rounds", type=int, default=15, help="turns of every contender (15)")
    parser.add_argument("--quick", action="store_true", help="the slides' sizes only, 3 rounds")
    parser.add_argument("--data", type=Path, help="MNIST: a folder of IDX files, or an .npz")
    arguments = parser.parse_args()
    rounds = 3 if arguments.quick else arguments.rounds

    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    console = Console()
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        mnist = load_mnist(arguments.data)
        console.print(f"{len(mnist.train.images):,} images from {mnist.source}; {rounds} rounds.")
        data = folder / "mnist.npz"
        np.savez(
            data,
            x_train=np.concatenate([mnist.validation.images, mnist.train.images]),
            y_train=np.concatenate([mnist.validation.labels, mnist.train.labels]),
            x_test=mnist.test.images,
            y_test=mnist.test.labels,
        )
        for size in SIZES[:1] if arguments.quick else SIZES:
            shown, noise = table(size, *measure(size, rounds, data, folder, console))
            console.print(shown)
            if noise > 0.2 or load > 0.5:
                console.print(
                    f"Noisy: the floor itself varied by {noise:.0%} between rounds (10th to 90th "
                    f"percentile), and the machine's load was {load:.1f} before the start."
                )


if __name__ == "__main__":
    main()
