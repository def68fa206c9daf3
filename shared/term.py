"""A term (期限) as policies write it: ``5wd`` working days, ``15d`` days, ``4wh`` office hours, ``2h``, ``30m``."""

import re
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Self

from pydantic import BeforeValidator, PlainSerializer


class Unit(StrEnum):
    WORKING_DAY = "wd"
    CALENDAR_DAY = "d"
    WORKING_HOUR = "wh"
    HOUR = "h"
    MINUTE = "m"


# Units that count whole days, of which the first does not count; the others run by the clock.
DAYS = frozenset({Unit.WORKING_DAY, Unit.CALENDAR_DAY})

_WRITTEN = re.compile(r"([1-9][0-9]{0,3})(wd|d|wh|h|m)")


@dataclass(frozen=True, slots=True)
class Term:
    """A length of time in the unit in which it must be counted; only hours and minutes have a fixed length."""

    amount: int
    unit: Unit

    @classmethod
    def parse(cls, written: str) -> Self:
        """Read ``5wd``, ``15d``, ``4wh``, ``2h`` or ``30m``; ValueError says what is wrong and what would be right."""
        match = _WRITTEN.fullmatch(written.strip())
        if match is None:
            raise ValueError(
                f"{written!r} is not a term; write working days as 5wd, calendar days as 15d, office hours as 4wh, "
                "hours as 2h, minutes as 30m"
            )
        return cls(int(match[1]), Unit(match[2]))

    @property
    def clock_time(self) -> timedelta | None:
        """The fixed length of an hour or minute term, None for the others."""
        match self.unit:
            case Unit.HOUR:
                return timedelta(hours=self.amount)
            case Unit.MINUTE:
                return timedelta(minutes=self.amount)
            case Unit.WORKING_DAY | Unit.CALENDAR_DAY | Unit.WORKING_HOUR:
                return None

    def __str__(self) -> str:
        return f"{self.amount}{self.unit}"


def _read(value: object) -> Term:
    return value if isinstance(value, Term) else Term.parse(str(value))


# A Term as a field of a pydantic model: read from and written as its short form.
WrittenTerm = Annotated[Term, BeforeValidator(_read), PlainSerializer(str)]
