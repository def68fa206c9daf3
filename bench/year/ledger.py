"""What really happened in the year, written down by the simulation itself and independently of the tracker."""

from collections import Counter, defaultdict
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from shared.language import Clock, DepartmentCode, InactionKind


class Planted(NamedTuple):
    """A misbehaviour in one case that must be suspected."""

    complaint_id: UUID
    department: DepartmentCode
    kind: InactionKind


class _Of(NamedTuple):
    complaint_id: UUID
    department: DepartmentCode


class Ledger:
    def __init__(self) -> None:
        self.moves: Counter[str] = Counter()
        self.refused_moves: Counter[str] = Counter()
        self.planted: set[Planted] = set()
        self._acted: dict[_Of, list[tuple[datetime, Clock]]] = defaultdict(list)
        self._asked: dict[_Of, Counter[str]] = defaultdict(Counter)
        self._displeased: Counter[UUID] = Counter()
        self._falsely_closed: set[UUID] = set()
        self._issues: dict[UUID, int] = {}
        self._displeased_of_issue: Counter[int] = Counter()

    def opened(self, complaint_id: UUID, issue: int) -> None:
        """`issue` is the same for complaints of one reporter about one thing."""
        self._issues[complaint_id] = issue

    def acted(self, complaint_id: UUID, department: DepartmentCode, clock: Clock, at: datetime) -> None:
        """The department did what `clock` asks for."""
        self._acted[_Of(complaint_id, department)].append((at, clock))

    def asked(self, complaint_id: UUID, department: DepartmentCode, what: str) -> None:
        self._asked[_Of(complaint_id, department)][what] += 1

    def times(self, complaint_id: UUID, department: DepartmentCode, what: str) -> int:
        return self._asked[_Of(complaint_id, department)][what]

    def displeased(self, complaint_id: UUID) -> None:
        self._displeased[complaint_id] += 1
        self._displeased_of_issue[self._issues[complaint_id]] += 1

    def closed_falsely(self, complaint_id: UUID) -> None:
        """Closed unasked, or although the reporter was not satisfied."""
        self._falsely_closed.add(complaint_id)

    def plant(self, complaint_id: UUID, department: DepartmentCode, *kinds: InactionKind) -> None:
        self.planted.update(Planted(complaint_id, department, kind) for kind in kinds)

    def in_time(self, one: Planted, clock: Clock, started_at: datetime, due_at: datetime) -> bool:
        """Whether the department did what `clock` asks for after it started and before `due_at`."""
        done = self._acted[_Of(one.complaint_id, one.department)]
        return any(what is clock and started_at <= at < due_at for at, what in done)

    def bears_out(self, one: Planted, started_at: datetime, due_at: datetime, overdue: timedelta) -> bool:
        """Whether what a suspicion says of one case, other than a missed deadline, did happen.

        An answer before `started_at` is none to a case that was sent back since.
        """
        asked = self._asked[_Of(one.complaint_id, one.department)]
        match one.kind:
            case InactionKind.SLOW:
                in_bounds = self.in_time(one, Clock.REPLY, started_at, due_at + overdue)
                return not in_bounds or asked["extension"] > 2  # noqa: PLR2004
            case InactionKind.BUCK_PASSING:
                return asked["refused return"] > 1 or asked["granted return"] > 1
            case InactionKind.FALSE_CLOSURE:
                return one.complaint_id in self._falsely_closed or self._displeased[one.complaint_id] > 1
            case InactionKind.REPEATED_DISSATISFACTION:
                return self._displeased_of_issue[self._issues[one.complaint_id]] > 2  # noqa: PLR2004
            case _:
                return False
