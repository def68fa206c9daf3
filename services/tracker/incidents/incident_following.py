"""The tracker keeps which incident the router says that a complaint tells of; no case is moved by it."""

from collections.abc import Sequence

from services.tracker.incidents import incidents_store
from services.tracker.incidents.incidents_store import Said
from shared.events import ComplaintAssigned, Event, IncidentMembershipChanged
from shared.postgres import Connection
from shared.wire import Received


async def follow_assigned(connection: Connection, assigned: Sequence[ComplaintAssigned]) -> None:
    """What the assignments say of incidents; one that says nothing takes nothing back."""
    await incidents_store.follow(
        connection,
        [
            Said(one.complaint_id, one.incident_id, one.incident_version)
            for one in assigned
            if one.incident_version > 0 and one.lead is None
        ],
    )


async def follow_changes(connection: Connection, received: Sequence[Received[Event]]) -> None:
    """What the router says after the assignment."""
    events = [each.event for each in received if isinstance(each.event, IncidentMembershipChanged)]
    await incidents_store.follow(
        connection, [Said(one.complaint_id, one.incident_id, one.incident_version) for one in events]
    )
