"""What a notebook runs: an experiment with settings of the reader's, shown below the cell."""

import dataclasses
import hashlib
import importlib
import re

import pandas
from IPython.display import HTML, Image, Markdown, display

from chapter6.artifacts import Folders
from chapter6.errors import InputError, RunError
from chapter6.experiment import change_settings, quick
from chapter6.language import _, choose, translate
from chapter6.runner.backend import import_tensorflow
from chapter6.runner.terminal import format_cell, verdict_lines

# The width at which a picture is shown, in pixels.
WIDTH = 800
# What a folder's name says of the changed settings, in characters.
LONGEST = 100


def set_up(section, language, output="."):
    """Prepare a notebook of a section.

    Args:
        section: ``"section_6_1"``.
        language: Of what is printed and drawn, ``"en"`` or ``"zh"``.
        output: Folder to make ``snapshots/`` and ``checkpoints/`` in.

    Returns:
        A function from the name of an experiment to its `Experiment`.
    """
    choose(["--language", language])
    import_tensorflow()
    for error in (InputError, RunError):
        # IPython then prints the one line, and no traceback.
        error._render_traceback_ = lambda self: [f"{type(self).__name__}: {self}"]
    return lambda name: Experiment(section, name, output)


class Experiment:
    """An experiment of a section, to be run from a notebook.

    Args:
        section: ``"section_6_1"``.
        name: The experiment's name in the section.
        output: Folder to make ``snapshots/`` and ``checkpoints/`` in.
    """

    def __init__(self, section, name, output="."):
        self.section, self.name, self.output = section, name, output
        self.module = importlib.import_module(f"chapter6.{section}.{name}")

    def __repr__(self):
        return f"<{self.section}.{self.name}>"

    @property
    def settings(self):
        """The experiment's settings, a `pandas.DataFrame`: name, meaning, default and quick value."""
        fields = dataclasses.fields(self.module.Settings)
        small = quick(self.module.Settings)
        return pandas.DataFrame(
            {
                translate("setting"): [field.name for field in fields],
                translate("what it is"): [translate(field.metadata["help"]) for field in fields],
                translate("default"): [str(field.default) for field in fields],
                translate("in a quick run"): [str(getattr(small, field.name)) for field in fields],
            }
        )

    def run(self, whole=False, **changed):
        """Run the experiment and show what it found.

        Args:
            whole: Whether to begin with the settings of the whole run, minutes for some experiments, instead
                of those of the quick one.
            **changed: Settings by name; each combination is written to a folder of its own.

        Returns:
            The `Finding`; its ``table`` is what was measured. None for a program that finds nothing.

        Raises:
            InputError: A setting that the experiment does not have, or a value that breaks a rule.
        """
        settings = self.module.Settings() if whole else quick(self.module.Settings)
        settings = change_settings(settings, **changed)
        folders = self.folders(whole, changed)
        finding = self.module.run(settings, folders)
        if finding is None:
            _show_pictures(sorted(folders.snapshots.glob("*.png"))[-3:])
        else:
            # What was found with other settings is no verdict on the slides' claim.
            show_finding(finding, () if changed else verdict_lines(self.module, finding.verdict, not whole))
        return finding

    def folders(self, whole, changed):
        """Return the `Folders` of a run, named after what was changed."""
        folders = Folders.of(self.section, self.name, self.output, not whole)
        words = "".join(f"_{name}_{value}" for name, value in changed.items())
        words = re.sub(r"[^\w.+-]+", "_", re.sub(r"[\[\](){}]", "", words))
        if len(words) > LONGEST:
            words = f"{words[:LONGEST]}_{hashlib.sha256(words.encode()).hexdigest()[:8]}"
        suffix = folders.suffix + words
        return Folders(
            folders.snapshots.with_name(self.name + suffix),
            folders.checkpoints.with_name(self.name + suffix),
            suffix,
        )


def show_finding(finding, verdict=()):
    """Show a `Finding` below a cell: what to remember, verdict, table, why, limits, pictures.

    Args:
        finding: The `Finding`.
        verdict: Lines that say what the run's verdict is worth.
    """
    _show_lines(f"**{finding.short}**", *verdict)
    display(HTML(table_html(finding.table)))
    _show_lines(_("Why: {text}").format(text=finding.why), _("Limits: {text}").format(text=finding.limits))
    for picture in finding.pictures:
        _show_pictures([picture.path])
        _show_lines(f"*{picture.caption}*")


def table_html(table):
    """Return a `pandas.DataFrame` of a finding as HTML, its texts in the language chosen."""
    shown = table.map(format_cell).rename(columns=lambda name: translate(str(name)))
    return shown.to_html(index=False, border=0)


def _show_lines(*lines):
    display(Markdown("\n\n".join(map(str, lines))))


def _show_pictures(paths):
    for path in paths:
        display(Image(filename=path, width=WIDTH))
