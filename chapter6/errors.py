"""The two errors that the command line turns into one line and exit status 2."""


class InputError(ValueError):
    """What the reader gave cannot be used; the one-line message names the rule and the value received.

    The command line prints the message without a traceback and exits with status 2.

    Args:
        message: str or `chapter6.language.Message`.
        **values: The values of its placeholders.
    """

    def __init__(self, message, **values):
        super().__init__(message.format(**values) if values else message)


class RunError(RuntimeError):
    """A run cannot go on; the one-line message says why and what is kept.

    The command line treats it as it does `InputError`, whose arguments it has.
    """

    def __init__(self, message, **values):
        super().__init__(message.format(**values) if values else message)
