"""Which parts of a claim hold, in the limits of a finding."""

from chapter6.language import MessageList, _


def limits_of(conditions, limits):
    """Return the limits of a finding, after the conditions that hold and those that do not where both exist.

    Args:
        conditions: Mapping from each condition of the claim, a `Message`, to whether it holds.
        limits: What the experiment does not show, a `Message`.

    Example:

    >>> print(limits_of({_("less swinging"): True, _("fewer steps"): False}, _("One loss only.")))
    Holds: less swinging. Does not hold: fewer steps. One loss only.
    """
    held = [condition for condition, holds in conditions.items() if holds]
    failed = [condition for condition, holds in conditions.items() if not holds]
    if not held or not failed:
        return limits
    message = _("Holds: {held}. Does not hold: {failed}. {limits}")
    return message.format(held=MessageList(held), failed=MessageList(failed), limits=limits)
