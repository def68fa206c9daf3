"""What the tracker does with the router's assignments."""

from collections.abc import Callable, Sequence

from prometheus_client import Counter, Histogram

from services.tracker import store
from services.tracker.acts import contributions_store
from services.tracker.assigning import leading
from services.tracker.incidents.incident_following import follow_assigned
from services.tracker.moving import Rules, case_message
from services.tracker.opening import open_case
from services.tracker.reassigning import reassign_cases
from shared import outbox
from shared.events import ComplaintAssigned, Event
from shared.language import Clock
from shared.postgres import Connection
from shared.wire import Received

OPENED = Counter("hotline_cases_opened_total", "Cases opened", ["department"])
ACCEPT_TO_CASE = Histogram(
    "hotline_accept_to_case_seconds",
    "From the acceptance of a complaint to its case",
    buckets=(0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 300, 3600),
)


class OpenCases:
    """Opens a case for every complaint that was assigned and has none; one that has follows the later decision."""

    def __init__(self, rules: Callable[[], Rules]) -> None:
        """`rules` gives those in force at the moment."""
        self._rules = rules

    async def __call__(self, connection: Connection, received: Sequence[Received[Event]]) -> None:
        rules = self._rules()
        now = await store.present(connection)
        decisions = leading([r.event for r in received if isinstance(r.event, ComplaintAssigned)])
        # Where one batch assigns a complaint twice, the earlier decision opens the case and the later is followed.
        first = {one.complaint_id: one for one in reversed(decisions)}
        opened = [open_case(one, now, rules.policy, rules.calendar) for one in first.values()]
        inserted = await store.insert_cases(connection, opened) if opened else set()
        new = [o for o in opened if o.assigned.complaint_id in inserted]
        asked = [(o.assigned, d) for o in new for d in o.deadlines if d.clock is Clock.CONTRIBUTE]
        await contributions_store.ask(connection, asked, now)
        await outbox.append(connection, [case_message(o.event) for o in new])
        for case in new:
            OPENED.labels(case.assigned.department).inc()
            ACCEPT_TO_CASE.observe((now - case.assigned.accepted_at).total_seconds())
        await follow_assigned(connection, decisions)
        opening = {o.assigned.decision_id for o in new}
        await reassign_cases(connection, rules, [one for one in decisions if one.decision_id not in opening])
