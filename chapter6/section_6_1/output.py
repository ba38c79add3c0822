"""What this section's experiments share in showing their results: line styles and event files."""

import re


def styled(axes):
    """Give the axes lines that also differ without colour, and return the axes."""
    from cycler import cycler

    axes.set_prop_cycle(
        cycler(color=["#1b4f9c", "#d1495b", "#111111", "#2a9d5c", "#c77d0a", "#7a3fa0", "#6c757d"])
        + cycler(linestyle=["-", "--", "-.", ":", "-", "--", "-."])
        + cycler(marker=["o", "s", "^", "v", "D", "x", "+"])
        + cycler(markersize=[4] * 7)
    )
    return axes


def event_file(folders, name):
    """Return a TensorBoard writer for the run of this name, whose events replace those of the time before."""
    import tensorflow as tf

    folder = folders.snapshots / re.sub(r"\W+", "_", name, flags=re.ASCII).strip("_")
    for old in folder.glob("events.out.tfevents.*"):
        old.unlink()
    return tf.summary.create_file_writer(str(folder))
