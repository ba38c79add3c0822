"""The picture of the experiment `adagrad_rates`: effective rates against the size of the gradient."""

from chapter6.artifacts import save_csv
from chapter6.figures import figure, localized, save_figure
from chapter6.language import _, translate
from chapter6.section_6_3.optimizer_specs import optimizer_spec


@localized
def draw(gradients, effective, settings, folders):
    """Save the picture and its table.

    Args:
        gradients: Array [parameters].
        effective: Mapping from an optimizer's name to an array [steps, parameters].
        settings: The experiment's ``Settings``.
        folders: `Folders` to write to.

    Returns:
        Path of the picture.
    """
    drawing = figure(10, 4.5)
    drawing.suptitle(_("6-3.b: the effective learning rate against the size of the derivative"))
    by_step, by_rule = drawing.subplots(1, 2)
    adagrad = optimizer_spec("AdaGrad").line
    for step, style in zip(_decades(settings.steps), ("-", "--", "-.", ":"), strict=False):
        line = {**adagrad, "linestyle": style}
        label = _("AdaGrad, step {step}").format(step=step)
        by_step.loglog(gradients, effective["AdaGrad"][step - 1], markevery=6, label=label, **line)
    for name in effective:
        by_rule.loglog(
            gradients, effective[name][-1], markevery=6, label=translate(name), **optimizer_spec(name).line
        )
    by_rule.set_title(_("step {step}").format(step=settings.steps))
    for axes in (by_step, by_rule):
        axes.set(
            xlabel=_("size of the partial derivative |g|"),
            ylabel=_("effective rate / e  (step per unit of gradient)"),
        )
        axes.grid(alpha=0.3)
        axes.legend()
    table = {"gradient": gradients} | {name: rates[-1] for name, rates in effective.items()}
    save_csv(folders.snapshots / "effective_rate.csv", table)
    return save_figure(drawing, folders.snapshots / "effective_rate.png")


def _decades(steps):
    return [10**k for k in range(len(str(steps)))]
