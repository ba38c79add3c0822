"""A function in a process of its own, so that its memory is given back and its crash ends nothing else."""

import contextlib
import multiprocessing
import signal
import sys
from multiprocessing import resource_tracker

from chapter6 import language
from chapter6.errors import RunError
from chapter6.language import _
from chapter6.runner.streams import prepare_environment, replace_unknown_characters

# A fork of a process that has imported TensorFlow starts at once, and TensorFlow begins its work after it.
# Elsewhere a fork is not safe, or there is none.
START = "forkserver" if sys.platform == "linux" else "spawn"
HAS_SIGNAL_MASK = hasattr(signal, "pthread_sigmask")


def run_isolated(function, *arguments):
    """Call a function in a new process that has TensorFlow, and return what it returns.

    Args:
        function: Function at the top of a module.
        *arguments: What can be pickled.

    Raises:
        RunError: The process ended before the function did; further whatever the function raises.
    """
    context = multiprocessing.get_context(START)
    if START == "forkserver":
        context.set_forkserver_preload(["chapter6.runner.preload"])
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(
        target=_call, args=(sender, language.current(), function, arguments), daemon=True
    )
    with _interruption_held():
        process.start()
    sender.close()
    try:
        succeeded, value = receiver.recv()
    except EOFError:
        process.join()
        message = _("the process of an experiment must end by itself, received exit status {status}")
        raise RunError(message.format(status=process.exitcode)) from None
    except BaseException:
        # Ctrl-C has reached the process too, which saves what it has.
        process.join()
        raise
    process.join()
    if not succeeded:
        raise value
    return value


@contextlib.contextmanager
def _interruption_held():
    """Have Ctrl-C wait until the block has ended, and in a process started in it until it calls its function.

    Either would otherwise end with a traceback, for a pipe that the other has closed.
    """
    if not HAS_SIGNAL_MASK:
        yield
        return
    # Its start would end the block's mask.
    resource_tracker.ensure_running()
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)


def _call(sender, chosen, function, arguments):
    prepare_environment()
    replace_unknown_characters()
    language.choose(["--language", chosen])
    try:
        if HAS_SIGNAL_MASK:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGINT])
        answer = True, function(*arguments)
    except BaseException as error:
        answer = False, error
    sys.stdout.flush()
    # Nobody may be there any longer.
    with contextlib.suppress(BrokenPipeError):
        sender.send(answer)
