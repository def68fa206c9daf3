"""People mend incidents: a complaint is taken out, or joined by hand, with who said so and why; nothing else changes.

What was taken out is not put back by itself: it is compared with nothing any more. Incidents that were merged are
parted by the id of the one that went in; they go on to be compared and to grow, each for itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.router.incidents import incidents_read_store, incidents_store, parting_store
from services.router.incidents.gathering import raise_hotspots, tell
from services.router.incidents.incidents import Joined
from shared.policy import Policy
from shared.postgres import Connection

__all__ = ["NotMembers", "NotMerged", "Unknown", "Wish", "join_by_hand", "split_off", "take_out"]


@dataclass(frozen=True, slots=True)
class Wish:
    """Who wants which complaints where, and why (redacted); to part incidents no complaint is named."""

    incident_id: UUID
    complaint_ids: Sequence[UUID]
    because: str
    by: str


class Unknown(LookupError):
    """These complaints are not known to the router."""

    def __init__(self, complaint_ids: Sequence[UUID]) -> None:
        self.complaint_ids = complaint_ids
        super().__init__()


class NotMembers(Unknown):
    """These complaints are no members of the incident."""


class NotMerged(LookupError):
    """No complaint is in the incident because the other was merged into it."""


async def take_out(connection: Connection, wish: Wish, now: datetime) -> None:
    """Take the complaints out of the incident; NotMembers, and nothing is changed, where one is not in it."""
    await incidents_store.lock(connection)
    standing = await incidents_read_store.read_standing(connection, wish.complaint_ids)
    members = {row["complaint_id"] for row in standing if row["incident_id"] == wish.incident_id}
    if strangers := [one for one in wish.complaint_ids if one not in members]:
        raise NotMembers(strangers)
    said = [
        Joined(row["complaint_id"], None, row["version"] + 1, row["accepted_at"], wish.because, said_by=wish.by)
        for row in standing
    ]
    await _say(connection, said, now)
    await incidents_store.compare_no_more(connection, said)


async def join_by_hand(connection: Connection, wish: Wish, policy: Policy, now: datetime) -> None:
    """Put the complaints into the incident; a complaint that is alone (its id names it) becomes an incident by that.

    Raises Unknown, and changes nothing, where one of them or the incident is not known.
    """
    await incidents_store.lock(connection)
    standing = {
        row["complaint_id"]: row
        for row in await incidents_read_store.read_standing(connection, [*wish.complaint_ids, wish.incident_id])
    }
    if strangers := [one for one in wish.complaint_ids if one not in standing]:
        raise Unknown(strangers)
    wanted = set(wish.complaint_ids)
    if not await incidents_store.exists(connection, wish.incident_id):
        if wish.incident_id not in standing:
            raise Unknown([wish.incident_id])
        wanted.add(wish.incident_id)
    said = [
        Joined(one, wish.incident_id, row["version"] + 1, row["accepted_at"], wish.because, said_by=wish.by)
        for one, row in standing.items()
        if one in wanted and row["incident_id"] != wish.incident_id
    ]
    if said:
        await _say(connection, said, now)
        await raise_hotspots(connection, {wish.incident_id}, [one.accepted_at for one in said], policy, now)


async def split_off(connection: Connection, wish: Wish, former: UUID, now: datetime) -> int:
    """Part what was merged: the complaints that came with `former` go back to it, and the two are not merged again.

    Returns how many they are; NotMerged, and nothing is changed, where there is none. A complaint of which a person has
    said something since stays where that person put it.
    """
    await incidents_store.lock(connection)
    said = [
        Joined(row["complaint_id"], former, row["version"] + 1, row["accepted_at"], wish.because, said_by=wish.by)
        for row in await parting_store.came_with(connection, wish.incident_id, former)
    ]
    if not said:
        raise NotMerged(former)
    await _say(connection, said, now)
    await parting_store.keep_apart(connection, wish.incident_id, former, now, wish.by, wish.because)
    return len(said)


async def _say(connection: Connection, said: Sequence[Joined], now: datetime) -> None:
    await incidents_store.end_in_force(connection, [one.complaint_id for one in said])
    await incidents_store.say(connection, said, now)
    await tell(connection, said, now)
