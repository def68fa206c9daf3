"""What the tracker does with the router's assignments."""

from collections.abc import Sequence

from prometheus_client import Counter, Histogram

from services.tracker import store
from services.tracker.calendar import Calendar
from services.tracker.opening import open_case
from shared import outbox
from shared.events import CaseEvent, ComplaintAssigned, Event, event_id
from shared.policy import Policy
from shared.postgres import Connection
from shared.topics import CASES_EVENTS
from shared.wire import Message, Received, encode

OPENED = Counter("hotline_cases_opened_total", "Cases opened", ["department"])
ACCEPT_TO_CASE = Histogram(
    "hotline_accept_to_case_seconds",
    "From the acceptance of a complaint to its case",
    buckets=(0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 300, 3600),
)


def case_message(event: CaseEvent) -> Message:
    """The record of `event` for everybody who follows cases; its id follows from the case and its version."""
    return encode(
        event,
        topic=CASES_EVENTS,
        event_id=event_id(event.complaint_id, f"{event.event_type}/{event.version}"),
        source="tracker",
        time=event.at,
    )


class OpenCases:
    """Opens a case for every complaint that was assigned and has none."""

    def __init__(self, policy: Policy, calendar: Calendar) -> None:
        self._policy = policy
        self._calendar = calendar

    async def __call__(self, connection: Connection, received: Sequence[Received[Event]]) -> None:
        now = await store.present(connection)
        # Reversed: where one batch assigns a complaint twice, the first assignment opens the case.
        assignments = {
            r.event.complaint_id: r.event for r in reversed(received) if isinstance(r.event, ComplaintAssigned)
        }
        opened = [open_case(one, now, self._policy, self._calendar) for one in reversed(assignments.values())]
        inserted = await store.insert_cases(connection, opened)
        new = [o for o in opened if o.assigned.complaint_id in inserted]
        await outbox.append(connection, [case_message(o.event) for o in new])
        for case in new:
            OPENED.labels(case.assigned.department).inc()
            ACCEPT_TO_CASE.observe((now - case.assigned.accepted_at).total_seconds())
