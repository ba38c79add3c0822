"""The table of a search while it runs."""

from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.console import Console
from rich.live import Live
from rich.table import Table

from chapter6.language import translate
from chapter6.search.tuners import rows

# Of a long search a terminal shows the last trials, as many as it has lines beside the title and the header.
LINES_OTHERWISE = 6
# Measurements that the table has in columns of its own or not at all.
MEASURED = ("trial", "validation_error", "training_error", "training_loss", "diverged", "seconds")


class SearchTable:
    """A live table on a terminal, a line for each finished trial elsewhere.

    Trial, hyperparameters, validation error, time, the best error so far; planned, done and left in the
    title.

    Args:
        oracle: A tuner's ``oracle``; its ``watch`` becomes this table.
        finished: Called with nothing after each finished trial.
    """

    def __init__(self, oracle, finished):
        self._oracle, self._finished = oracle, finished
        self._console = Console(highlight=False)
        self._live = Live(console=self._console, auto_refresh=False) if self._console.is_terminal else None

    def __enter__(self):
        self._oracle.watch = self._watch
        if self._live:
            self._live.start()
            self._live.update(self.table(), refresh=True)
        else:
            self._tell(counted(self._oracle))
        return self

    def __exit__(self, *exception):
        self._oracle.watch = lambda trial: None
        if self._live:
            self._live.stop()

    def _watch(self, trial):
        if trial.status == "COMPLETED":
            self._finished()
        if self._live:
            self._live.update(self.table(), refresh=True)
        elif trial.status == "COMPLETED":
            row = next(row for row in rows(self._oracle) if row["trial"] == trial.trial_id)
            told = ", ".join(f"{name} {value}" for name, value in _spoken(row).items())
            self._tell(f"trial {row['trial']}: {told}, {_result(row)} ({counted(self._oracle)})")

    def _tell(self, line):
        self._console.print(line, soft_wrap=True)

    def table(self):
        """Return the search as a `rich.table.Table`."""
        title = counted(self._oracle)
        # As wide as the title at least, which would be wrapped otherwise.
        options = {"box": SIMPLE_HEAD, "show_edge": False, "padding": 0, "min_width": cell_len(title)}
        table = Table(title=title, title_justify="left", **options)
        shown, best = rows(self._oracle), float("inf")
        names = list(_spoken(shown[0])) if shown else []
        for column in ("trial", *names, "validation error", "time", "best so far"):
            table.add_column("\n".join(translate(column).rsplit(maxsplit=1)), justify="right")
        hidden = len(shown) - max(1, self._console.height - LINES_OTHERWISE)
        for number, row in enumerate(shown):
            best = min(best, row.get("validation_error", best))
            if number < hidden:
                continue
            error, seconds = translate("runs"), ""
            if "validation_error" in row:
                error = translate("diverged") if row.get("diverged") else f"{row['validation_error']:.2%}"
                seconds = f"{row['seconds']:.1f} s"
            table.add_row(
                row["trial"], *_spoken(row).values(), error, seconds, f"{best:.2%}" if best <= 1 else ""
            )
        return table


def counted(oracle):
    """Say how many trials are planned, done and left."""
    return translate(f"{oracle.planned} trials planned, {oracle.done} done, {oracle.remaining_trials()} left")


def _result(row):
    diverged = " (diverged)" if row.get("diverged") else ""
    return f"validation error {row['validation_error']:.2%}{diverged}, {row['seconds']:.1f} s"


def _spoken(row):
    return {name.replace("_", " "): spoken(value) for name, value in row.items() if name not in MEASURED}


def spoken(value):
    """Return a hyperparameter's value as a table shows it."""
    if isinstance(value, bool):
        return translate("on" if value else "off")
    return f"{value:.3g}" if isinstance(value, float) else str(value)
