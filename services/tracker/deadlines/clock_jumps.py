"""Whether the database's clock may be fired by: it is held against a clock that nobody sets.

A clock that was set an hour ahead would make thousands of deadlines missed that are not; one that was set back and
forth again would do so unseen. So after a jump nothing fires until the clock has run evenly for a while, in which
whoever is called by the alert can set it right, or until an operator says that it is right.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

# What slewing, a slow network and a busy machine make of a good clock is far less.
TOLERANCE = timedelta(seconds=5)
STEADY = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Reading:
    """The database's clock, and the monotonic one of who read it, in the middle of the `took` that the answer took.

    `confirmations` is how often an operator has said that the clock is right.
    """

    wall: datetime
    monotonic: timedelta
    took: timedelta
    confirmations: int


@dataclass(frozen=True, slots=True)
class ClockWatch:
    """`since` is the reading that later ones are held against; `jump` is by how much it jumped there, if it did.

    Nothing may fire while there is a `jump`.
    """

    since: Reading | None = None
    jump: timedelta | None = None

    def after(self, reading: Reading) -> "ClockWatch":
        """What is known of the clock with one more reading."""
        if self.since is None:
            return ClockWatch(reading)
        passed = reading.monotonic - self.since.monotonic
        moved = reading.wall - self.since.wall - passed
        if abs(moved) > TOLERANCE + (self.since.took + reading.took) / 2:
            return ClockWatch(reading, jump=moved)
        if self.jump is not None and reading.confirmations > self.since.confirmations:
            return replace(self, jump=None)
        # Held against a reading of a few minutes ago rather than the last one: small steps add up.
        return ClockWatch(reading) if passed >= STEADY else self
