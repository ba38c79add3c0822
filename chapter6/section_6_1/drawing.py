"""The line styles that the figures of this section share."""

from cycler import cycler


def styled(axes):
    """Give the axes lines that also differ without colour, and return the axes."""
    axes.set_prop_cycle(
        cycler(color=["#1b4f9c", "#d1495b", "#111111", "#2a9d5c", "#c77d0a", "#7a3fa0", "#6c757d"])
        + cycler(linestyle=["-", "--", "-.", ":", "-", "--", "-."])
        + cycler(marker=["o", "s", "^", "v", "D", "x", "+"])
        + cycler(markersize=[4] * 7)
    )
    return axes
