"""The initializers of section 6-1 on a large kernel: seconds, and memory beyond the kernel's own.

    python -m tests.benchmarks.initializers [--size 20000] [--only Sparse]

Each initializer draws one float32 kernel of size x size in a fresh process, beside Keras' own of its kind or,
for Sparse, which Keras does not have, beside RandomNormal. The memory is the process' peak less its peak
before the call and less the kernel (1.6 GB for 20,000).
"""

import argparse
import subprocess
import sys

PAIRS = {
    "Normalized": ("chapter6.initializers.Normalized(0)", "keras.initializers.GlorotUniform(0)"),
    "XavierInit": (
        "chapter6.initializers.XavierInit(0)",
        "keras.initializers.VarianceScaling(2, 'fan_in', 'untruncated_normal', 0)",
    ),
    "Sparse": ("chapter6.initializers.Sparse(15, seed=0)", "keras.initializers.RandomNormal(seed=0)"),
    # A QR decomposition needs size^3 operations: give it a size of 2,000 or so.
    "Orthogonal": ("chapter6.initializers.Orthogonal(seed=0)", "keras.initializers.Orthogonal(seed=0)"),
}

MEASURE = """
import os, resource, time
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import keras
import chapter6.initializers
peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
initializer = {initializer}
initializer((64, 64))
before, started, worked = peak(), time.perf_counter(), time.process_time()
kernel = initializer(({size}, {size}))
seconds, processor = time.perf_counter() - started, time.process_time() - worked
beyond = peak() - before - 4 * {size}**2
print(f"{{seconds:7.2f}} s  {{processor:7.2f}} s of processor  {{max(beyond, 0) / 1e9:6.2f}} GB more")
"""


def main():
    """Print a line for each initializer."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--size", type=int, default=20_000)
    parser.add_argument("--only", choices=PAIRS, nargs="+", default=["Normalized", "XavierInit", "Sparse"])
    settings = parser.parse_args()
    for name in settings.only:
        for initializer in PAIRS[name]:
            program = MEASURE.format(initializer=initializer, size=settings.size)
            done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
            print(f"{initializer.split('(')[0]:40} {done.stdout.strip()}", flush=True)


if __name__ == "__main__":
    main()
