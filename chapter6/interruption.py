"""Ending a long run when the reader or the machine asks for it, at a moment when nothing is lost."""

import signal

# A closed terminal sends SIGHUP, Windows' Ctrl-Break SIGBREAK.
SIGNALS = [
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK") if hasattr(signal, name)
]


class Interruption:
    """Notes Ctrl-C (SIGINT), SIGTERM and a closed terminal instead of acting on them, for a loop to look at.

    True once a signal has come, which ``signal`` then holds. A second signal of the kind acts at once, as it
    would have without this. A signal that the process was started to ignore, as a shell's background jobs
    ignore SIGINT, stays ignored.

    >>> with Interruption() as interruption:
    ...     signal.raise_signal(signal.SIGINT)
    ...     bool(interruption)
    True
    """

    def __init__(self):
        self.signal = None
        self._handlers = {}

    def __bool__(self):
        return self.signal is not None

    def __enter__(self):
        for number in SIGNALS:
            # None is a handler that Python did not install and could not put back.
            if signal.getsignal(number) not in (signal.SIG_IGN, None):
                self._handlers[number] = signal.signal(number, self._note)
        return self

    def __exit__(self, *exception):
        for number, handler in self._handlers.items():
            signal.signal(number, handler)

    def _note(self, number, frame):
        self.signal = number
        signal.signal(number, self._handlers[number])
