"""What the tables of the experiments ``adversarial`` and ``photographs`` have in common."""

import numpy as np

from chapter6.language import N_


def sufficient_size(sizes, share):
    """Return the size that suffices to fool the network on a share of the images, given each one's smallest.

    Infinite where no size that was tried does.
    """
    return float(np.quantile(sizes, share, method="higher"))


def percent(found, name):
    """Return the mean of a share, or of a bool for each image, in per cent for each column of a table."""
    return [100 * float(np.mean(each[name])) for each in found.values()]


def rows_of(found, quantiles):
    """Return the rows that the findings of `adversarial` and of `photographs` have in common.

    Args:
        found: Mapping from a column to a dict: each image's smallest ``"sizes"``, whether it is fooled
            ``"unnoticed"``, and the error under ``"noise"``.
        quantiles: Mapping from the name of a row of sizes to the share of the images.
    """
    sizes = {
        name: [sufficient_size(each["sizes"], share) for each in found.values()]
        for name, share in quantiles.items()
    }
    return sizes | {
        N_("fooled, and no pixel's change to be seen (%)"): percent(found, "unnoticed"),
        N_("error under noise of the smallest sizes (%)"): percent(found, "noise"),
    }


def table_of(rows, columns):
    """Return a finding's table of rows, a mapping from measures to their values in each of the columns."""
    return {
        N_("measure"): list(rows),
        **dict(zip(columns, zip(*rows.values(), strict=True), strict=True)),
    }
