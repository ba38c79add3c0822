"""The picture of the experiment `sparse`: weights and units against the number of inputs."""

from chapter6.artifacts import save_csv
from chapter6.figures import figure, localized, save_figure
from chapter6.language import _
from chapter6.section_6_1.drawing import styled


@localized
def draw(kinds, values, slopes, settings, folders):
    """Save the picture of claim g and its table.

    Args:
        kinds: Names of the kinds of kernels.
        values: Array [inputs, kinds, kernels, measures].
        slopes: Mapping from a measure to the exponent of m and its standard error, for each kind.
        settings: The experiment's ``Settings``.
        folders: `Folders` to write to.

    Returns:
        Path of the picture.
    """
    drawing = figure(10, 4.6)
    title = _("6-1.g: {units} units, sparse and dense weights as the inputs grow")
    drawing.suptitle(title.format(units=settings.units))
    names = (_("sparse, k = {k}").format(k=settings.nonzeros), "N(0, 1/m)")
    legend = _("{name}: m^{exponent:z.2f} ± {error:.2f}")
    labels = (
        _("root mean square of the non-zero weights"),
        _("std. dev. of the units' norms / mean"),
        _("mean |cosine| between two units"),
    )
    table = {"m": settings.inputs}
    for i, (axes, name, label) in enumerate(zip(drawing.subplots(1, 3), slopes, labels, strict=True)):
        styled(axes)
        for j, kind in enumerate(kinds):
            of_kind = values[:, j, :, i]
            exponent, error = slopes[name][j]
            shown = legend.format(name=names[j], exponent=exponent, error=error)
            (line,) = axes.loglog(settings.inputs, of_kind.mean(axis=1), label=shown)
            axes.fill_between(
                settings.inputs, of_kind.min(axis=1), of_kind.max(axis=1), color=line.get_color(), alpha=0.2
            )
            table |= {
                f"{name}, {kind}": of_kind.mean(axis=1),
                f"its deviation, {name}, {kind}": of_kind.std(axis=1, ddof=1),
            }
        axes.set(xlabel=_("m, inputs of the layer"), ylabel=label)
        axes.legend(fontsize=9, loc="lower center", bbox_to_anchor=(0.5, 1))
    save_csv(folders.snapshots / "sparse.csv", table)
    return save_figure(drawing, folders.snapshots / "sparse.png")
