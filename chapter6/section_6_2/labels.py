"""What hyperparameters and their values are called where they are shown."""

from chapter6.language import N_, Message, translate

NAMES = {
    "learning_rate": N_("learning rate"),
    "hidden_units": N_("hidden units"),
    "hidden_layers": N_("hidden layers"),
    "dropout": N_("dropout"),
    "weight_decay": N_("weight decay"),
    "epochs": N_("epochs"),
    "validation_error": N_("validation error"),
}


def label_of(name):
    """Return the name of a hyperparameter as it is shown, a `Message`.

    >>> label_of("weight_decay")
    Message('weight decay')
    """
    return Message(NAMES.get(name, name.replace("_", " ")))


def switch_label(is_on):
    """Return the position of a switch, a word that is marked for the catalogue."""
    return N_("on") if is_on else N_("off")


def format_value(value):
    """Return a hyperparameter's value as it is shown.

    >>> [format_value(value) for value in (0.000123456, 500, True)]
    ['0.000123', '500', 'on']
    """
    if isinstance(value, bool):
        return translate(switch_label(value))
    return f"{value:.3g}" if isinstance(value, float) else str(value)
