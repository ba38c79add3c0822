"""``oracle.json``, the one file that holds a search: written whole, and refused where it is damaged.

Slide: 6-2; a search that is stopped goes on.
"""

import hashlib
import json

from chapter6.artifacts import atomic_write
from chapter6.errors import InputError
from chapter6.language import _

CHECKSUM = "checksum"


def write_state(path, state):
    """Write a search's state in one piece: the file is the one before or the one after.

    Args:
        path: Of the file.
        state: dict for JSON.

    Returns:
        The file's text.
    """
    text = json.dumps(state)
    text = f'{text[:-1]}, "{CHECKSUM}": "{_checksum(text)}"}}'
    with atomic_write(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
    return text


def read_state(path):
    """Read what `write_state` wrote.

    Files of earlier versions have no checksum; of theirs the trials must agree with the lists of them.

    Returns:
        The state and the file's text.

    Raises:
        InputError: The file cannot be read or is damaged.
    """
    try:
        with open(path, encoding="utf-8") as file:
            text = file.read()
        state = json.loads(text)
        checksums = [state.pop(CHECKSUM)] if CHECKSUM in state else []
        whole = checksums in ([], [_checksum(json.dumps(state))]) and _is_consistent(state)
    except OSError as error:
        message = _("a search must be readable, received {path} ({reason})")
        raise InputError(message.format(path=path, reason=error.strerror)) from None
    except (LookupError, TypeError, ValueError, AttributeError, RecursionError):
        whole = False
    if not whole:
        raise damaged(path)
    return state, text


def damaged(path):
    """Return the error that says that a search's file is damaged."""
    message = _("a search's file must be whole, received a damaged one, {path}")
    return InputError(message.format(path=path))


def _checksum(text):
    return hashlib.sha256(text.encode()).hexdigest()


def _is_consistent(state):
    """Tell whether each trial is finished, runs or waits, and is numbered without a gap."""
    trials = {trial["trial_id"]: trial["status"] for trial in state["trials"]}
    ids = [f"{number:04d}" for number in range(len(state["trials"]))]
    completed = [trial_id for trial_id, status in trials.items() if status == "COMPLETED"]
    unfinished = [*state["ongoing_trials"].values(), *state["retry_queue"]]
    return (
        list(trials) == ids == state["start_order"]
        and sorted(state["end_order"]) == sorted(completed)
        and sorted(unfinished) == sorted(set(ids) - set(completed))
        and isinstance(state["identity"], dict)
    )
