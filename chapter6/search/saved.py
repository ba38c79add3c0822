"""An oracle that is saved in one file, and only goes on with the search that is its own.

Slide: 6-2; a search that is stopped goes on.
"""

import contextlib
import hashlib
import inspect
import json
import os

from keras_tuner.engine.trial import Trial

from chapter6.artifacts import clear_unfinished, locked_folder
from chapter6.errors import InputError
from chapter6.language import _
from chapter6.search.state import damaged, parse_state, read_text, write_state
from chapter6.search.upstream import is_chief_oracle

# Arguments that may change when a search is resumed.
CHANGEABLE = {
    *("objective", "hyperparameters", "allow_new_entries", "tune_new_entries", "max_trials"),
    *("max_retries_per_trial", "max_consecutive_failed_trials"),
}


class OtherSearchError(InputError, RuntimeError):
    """A folder holds another search. Slide: 6-2."""


class SavedOracle:
    """What `ResumableOracle` has of saving and reloading; it stands before one of keras-tuner's in the bases.

    Args:
        args, kwargs: The arguments of keras-tuner's oracle.
        identity: Mapping of what the results hang on besides; `reload` refuses a search with another.
    """

    def __init__(self, *args, identity=None, **kwargs):
        super().__init__(*args, **kwargs)
        given = inspect.signature(super().__init__).bind(*args, **kwargs)
        given.apply_defaults()
        if (seed := given.arguments.get("seed")) is not None:
            # Also seed 0
            self.seed = self._seed_state = seed
        search = {"search": type(self).__name__, "objective": str(self.objective)}
        fixed = {name: value for name, value in given.arguments.items() if name not in CHANGEABLE}
        self.identity = json.loads(json.dumps(search | fixed | (identity or {}), default=str))
        self.declare()
        # Whether no trial is left although fewer were made than planned
        self._exhausted = False
        # Whether this process holds the project's folder, and what its file held when it was read or written.
        self._folder_is_locked = False
        self._saved_text = None

    def declare(self):
        """Take the hyperparameters that are known now for those that the program declares beforehand."""
        self.declared = _configurations(self.hyperparameters)

    @property
    def identity_hash(self):
        """A hash of what makes the search, by which chief and workers tell that they run the same one."""
        return hashlib.sha256(json.dumps([self.identity, self.declared]).encode()).hexdigest()[:16]

    def get_state(self):
        """Return all that a search needs to go on, the trials included."""
        return {
            **super().get_state(),
            "identity": self.identity,
            "declared": self.declared,
            "exhausted": self._exhausted,
            "tuner_ids": sorted(self.tuner_ids),
            "trials": [trial.get_state() for trial in self.trials.values()],
        }

    @contextlib.contextmanager
    def locked(self):
        """Hold the project's folder for this search alone while the block runs.

        What another search saved there since this one looked is read first.

        Raises:
            InputError: Another search is using the folder, or it holds one that differs or is damaged.
        """
        if self._folder_is_locked:
            yield
            return
        with locked_folder(os.path.join(self._directory, self._project_name)):
            self._folder_is_locked = True
            try:
                clear_unfinished(self._project_dir)
                if read_text(self._get_oracle_fname()) not in (None, self._saved_text):
                    self.reload()
                yield
            finally:
                self._folder_is_locked = False

    def save(self):
        """Write the state in one piece: the file is the one before or the one after."""
        self._saved_text = write_state(self._get_oracle_fname(), self.get_state())

    def reload(self):
        """Go on where the search in the project's folder was; the trials that it had begun are run again.

        A chief on its own waits first for the workers that had begun them, which may have gone on meanwhile.

        Raises:
            FileNotFoundError: The folder holds no search.
            InputError: It holds one that differs or is damaged.
        """
        path = self._get_oracle_fname()
        text = read_text(path)
        if text is None:
            raise FileNotFoundError(path)
        state = parse_state(path, text)
        try:
            self._check_same(state)
            self.trials = {trial["trial_id"]: Trial.from_state(trial) for trial in state["trials"]}
            self.set_state(state)
            self.tuner_ids = set(state.get("tuner_ids", []))
            self._exhausted = state.get("exhausted", False)
        except OtherSearchError:
            raise
        except (LookupError, TypeError, ValueError, AttributeError):
            raise damaged(path) from None
        if not is_chief_oracle():
            self._retry_queue += [trial.trial_id for trial in self.ongoing_trials.values()]
            self.ongoing_trials, self.tuner_ids = {}, set()
        self._saved_text = text

    def _check_same(self, state):
        """Compare the search that a state is of with this one."""
        # A search that keras-tuner itself has saved says nothing of it.
        theirs = state.get("identity", self.identity)
        for name in self.identity | theirs:
            ours = self.identity.get(name)
            if theirs.get(name) != ours and not (name == "seed" and ours is None):
                self._refuse(name.replace("_", " "), theirs.get(name), ours)
        ours = _configurations(self.hyperparameters)
        theirs = state["hyperparameters"]["space"]
        for one in state.get("declared", []):
            if one not in ours:
                self._refuse(_("space"), one, ours)
        for one in ours:
            if one not in theirs:
                self._refuse(_("space"), theirs, one)

    def _refuse(self, name, theirs, ours):
        message = _(
            "{folder} holds a search with another {name}: it has {theirs}, received {ours}; to begin anew, "
            "take another folder, --fresh, or pass `overwrite=True`"
        )
        theirs, ours = _short(theirs), _short(ours)
        raise OtherSearchError(message.format(folder=self._project_dir, name=name, theirs=theirs, ours=ours))


def _configurations(space):
    return json.loads(json.dumps(space.get_config()["space"]))


def _short(value):
    text = json.dumps(value)
    return text if len(text) <= 80 else text[:77] + "..."
