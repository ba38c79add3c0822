"""``oracle.json``, the one file that holds a search: written whole, and refused where it is damaged.

Slide: 6-2; a search that is stopped goes on.
"""

import hashlib
import json
from pathlib import Path

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


def read_text(path):
    """Return the text of a search's file, None where there is no file.

    Raises:
        InputError: The file cannot be read, or is no text.
    """
    try:
        return Path(path).read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except UnicodeDecodeError:
        raise damaged(path) from None
    except OSError as error:
        message = _("a search must be readable, received {path} ({reason})")
        raise InputError(message.format(path=path, reason=error.strerror)) from None


def parse_state(path, text):
    """Return the state in the text of a search's file.

    A search that keras-tuner itself has saved has no checksum and its trials in files of their own; of these
    the trials must agree with the lists of them.

    Raises:
        InputError: The file is damaged.
    """
    try:
        state = json.loads(text)
        if CHECKSUM in state:
            whole = state.pop(CHECKSUM) == _checksum(json.dumps(state))
        else:
            files = [
                Path(path).parent / f"trial_{trial_id}" / "trial.json" for trial_id in state["start_order"]
            ]
            state["trials"] = [json.loads(file.read_text(encoding="utf-8")) for file in files]
            whole = _is_consistent(state)
    except (LookupError, OSError, TypeError, ValueError, AttributeError, RecursionError):
        whole = False
    if not whole:
        raise damaged(path)
    return state


def damaged(path):
    """Return the error that says that a search's file is damaged."""
    message = _("a search's file must be whole, received a damaged one, {path}")
    return InputError(message.format(path=path))


def _checksum(text):
    return hashlib.sha256(text.encode()).hexdigest()


def _is_consistent(state):
    """Tell whether each trial has ended, runs or waits."""
    ids = [trial["trial_id"] for trial in state["trials"]]
    known = [*state["end_order"], *state["ongoing_trials"].values(), *state["retry_queue"]]
    return ids == state["start_order"] and sorted(known) == sorted(ids) and len(set(ids)) == len(ids)
