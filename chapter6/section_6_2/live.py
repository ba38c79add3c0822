"""The table of a search while it runs, of whatever `HyperModel` it is."""

import contextlib
import math

from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.console import Console
from rich.live import Live
from rich.table import Table

from chapter6.language import MessageList, _
from chapter6.progress import displayed
from chapter6.search.records import ERROR
from chapter6.search.results import SECONDS, epochs_of, last_metrics
from chapter6.search.spaces import declared_values
from chapter6.section_6_2.labels import format_value, label_of

# Of a long search a terminal shows the last trials, as many as it has lines beside the title and the header.
LINES_OTHERWISE = 6


class SearchTable:
    """A live table on a terminal, a line for each finished trial elsewhere.

    Trial, hyperparameters, objective, time, the best so far; planned, done and left in the title.

    Args:
        oracle: A tuner's ``oracle``; its ``watch`` becomes this table.
        finished: Called with nothing after each finished trial.
    """

    def __init__(self, oracle, finished):
        self._oracle, self._finished = oracle, finished
        self._console = Console(highlight=False)
        self._displayed = contextlib.ExitStack()
        self._live = Live(console=self._console, auto_refresh=False) if self._console.is_terminal else None

    def __enter__(self):
        self._oracle.watch = self._watch
        if self._live:
            self._displayed.enter_context(displayed(self._live))
            self._live.update(self.table(), refresh=True)
        else:
            self._print(counted(self._oracle))
        return self

    def __exit__(self, *exception):
        self._oracle.watch = lambda trial: None
        self._displayed.close()

    def _watch(self, trial):
        if trial.status == "COMPLETED":
            self._finished()
        if self._live:
            self._live.update(self.table(), refresh=True)
        elif trial.status == "COMPLETED":
            self._print(_finished_line(trial, self._oracle))

    def _print(self, line):
        self._console.print(str(line), soft_wrap=True)

    def table(self):
        """Return the search as a `rich.table.Table`."""
        title = str(counted(self._oracle))
        # As wide as the title at least, which would be wrapped otherwise.
        options = {"box": SIMPLE_HEAD, "show_edge": False, "padding": 0, "min_width": cell_len(title)}
        table = Table(title=title, title_justify="left", **options)
        trials, best = list(self._oracle.trials.values()), None
        objective = self._oracle.objective
        names = dict.fromkeys(str(label_of(name)) for trial in trials for name in _values(trial))
        for column in (_("trial"), *names, label_of(objective.name), _("time"), _("best so far")):
            table.add_column("\n".join(str(column).rsplit(maxsplit=1)), justify="right")
        hidden = len(trials) - max(1, self._console.height - LINES_OTHERWISE)
        for number, trial in enumerate(trials):
            metrics = last_metrics(trial)
            if (
                metrics
                and math.isfinite(trial.score)
                and (best is None or objective.better_than(trial.score, best))
            ):
                best = trial.score
            if number < hidden:
                continue
            score, seconds = str(_("failed") if trial.status == "FAILED" else _("runs")), ""
            if metrics:
                score = str(_("diverged")) if _diverged(trial) else _format_score(trial.score, objective)
                seconds = f"{metrics[SECONDS]:.1f} s"
            best_so_far = "" if best is None else _format_score(best, objective)
            values = {str(label_of(name)): format_value(value) for name, value in _values(trial).items()}
            cells = [values.get(name, "") for name in names]
            table.add_row(trial.trial_id, *cells, score, seconds, best_so_far)
        return table


def counted(oracle):
    """Return how many trials are planned, done and left, a `Message`."""
    if oracle.remaining_trials() is None:
        return _("{done} trials done").format(done=oracle.done)
    text = _("{planned} trials planned, {done} done, {left} left")
    return text.format(planned=oracle.planned, done=oracle.done, left=oracle.remaining_trials())


def _finished_line(trial, oracle):
    text = _("trial {trial}: {values}, {objective} {score}, {seconds:.1f} s ({counted})")
    if _diverged(trial):
        text = _("trial {trial}: {values}, {objective} {score} (diverged), {seconds:.1f} s ({counted})")
    metrics, objective = last_metrics(trial), oracle.objective
    pair = _("{name} {value}")
    return text.format(
        trial=trial.trial_id,
        values=MessageList(
            pair.format(name=label_of(name), value=format_value(value))
            for name, value in _values(trial).items()
        ),
        objective=label_of(objective.name),
        score=_format_score(metrics[objective.name], objective),
        seconds=metrics[SECONDS],
        counted=counted(oracle),
    )


def _format_score(score, objective):
    return f"{score:.2%}" if objective.name == ERROR else f"{score:.4g}"


def _diverged(trial):
    return bool(last_metrics(trial).get("diverged")) or not math.isfinite(trial.score)


def _values(trial):
    """Return the hyperparameters of a trial that are shown."""
    epochs = epochs_of(trial)
    return declared_values(trial.hyperparameters) | ({} if epochs is None else {"epochs": epochs})
