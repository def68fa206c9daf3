"""What a decision rests on, kept with it so that it can be defended later."""

from typing import NamedTuple

from shared.language import DecisionSource

__all__ = ["Evidence"]


class Evidence(NamedTuple):
    """One word of the complaint and what it spoke for."""

    step: DecisionSource
    # As it stands in the normalized text; for the structured field `accused`, the code that was given.
    word: str
    # A department, matter, rule or out-of-scope code, whatever the step looks for.
    speaks_for: str
