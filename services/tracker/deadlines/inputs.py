"""What a deadline was counted from, as it is stored beside start and term, so that it can be counted again.

What is left out has its default: no pauses, no extensions, no warning, no escalation, and the law alone for the rules
of counting.
"""

from collections.abc import Mapping
from datetime import datetime, time
from functools import lru_cache
from typing import Any

from pydantic import TypeAdapter

from services.tracker.deadlines.deadlines import Facts, Pause
from shared.china_time import CHINA_TIME
from shared.counting import BY_LAW_ALONE, Counting
from shared.escalation import PLAIN, Ladder
from shared.term import Term, Unit

_COUNTING = TypeAdapter(Counting)
_INSTANT = TypeAdapter(datetime)

Inputs = Mapping[str, Any]


def inputs_of(facts: Facts, warn_before: Term | None, ladder: Ladder = PLAIN) -> Inputs | None:
    """The inputs as JSON has them; None where all have their defaults."""
    inputs: dict[str, Any] = {}
    if warn_before is not None:
        inputs["warn_before"] = str(warn_before)
    if facts.counting != BY_LAW_ALONE:
        inputs["counting"] = _written(facts.counting)
    if facts.pauses:
        inputs["pauses"] = [{"start": p.start.isoformat(), "end": p.end.isoformat()} for p in facts.pauses]
    if facts.extensions:
        inputs["extensions"] = [str(term) for term in facts.extensions]
    if ladder != PLAIN:
        inputs["ladder"] = _written_ladder(ladder)
    return inputs or None


def facts_from(started_at: datetime, term: Term, due_at: datetime, inputs: Inputs | None) -> tuple[Facts, Term | None]:
    """The facts and the warning of a stored deadline.

    One that was stored before inputs were names no close of business; then `due_at` tells it.
    """
    if inputs is None:
        return Facts(started_at, term, _before_inputs(term, due_at)), None
    counting = _COUNTING.validate_python(inputs["counting"]) if "counting" in inputs else BY_LAW_ALONE
    pauses = tuple(Pause(_instant(one["start"]), _instant(one["end"])) for one in inputs.get("pauses", ()))
    extensions = tuple(map(Term.parse, inputs.get("extensions", ())))
    warn_before = Term.parse(inputs["warn_before"]) if "warn_before" in inputs else None
    return Facts(started_at, term, counting, pauses, extensions), warn_before


def ladder_from(inputs: Inputs | None) -> Ladder:
    """The ladder that a stored deadline was set with."""
    return Ladder.model_validate(inputs["ladder"]) if inputs and "ladder" in inputs else PLAIN


@lru_cache(maxsize=64)
def _written_ladder(ladder: Ladder) -> Mapping[str, Any]:
    return ladder.model_dump(mode="json", exclude_defaults=True)


@lru_cache(maxsize=64)
def _written(counting: Counting) -> Mapping[str, Any]:
    written: dict[str, Any] = _COUNTING.dump_python(counting, mode="json", exclude_defaults=True)
    return written


def _instant(written: str) -> datetime:
    return _INSTANT.validate_python(written)


def _before_inputs(term: Term, due_at: datetime) -> Counting:
    local = due_at.astimezone(CHINA_TIME).time()
    return Counting(close_of_business=local) if term.unit is Unit.WORKING_DAY and local != time.min else BY_LAW_ALONE
