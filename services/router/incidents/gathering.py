"""Complaints join the incident that they tell of, and hot spots are raised."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import NAMESPACE_OID, UUID, uuid5

from prometheus_client import Counter

from services.router.incidents import hotspots_store, incidents_store, parting_store
from services.router.incidents.fingerprints import fingerprint, keys
from services.router.incidents.hotspots import reached, sentence
from services.router.incidents.incidents import Grouped, Joined, Told, group
from services.router.placement import Decided
from shared import outbox
from shared.events import HotspotRaised, IncidentMembershipChanged
from shared.ids import event_id
from shared.matching import comparable
from shared.policy import Policy
from shared.postgres import Connection
from shared.topics import COMPLAINTS_INCIDENTS, SUPERVISION_ALERTS
from shared.wire import Message, encode

GATHERED = Counter(
    "hotline_incident_complaints_total", "Complaints by whether somebody else told of the same incident", ["outcome"]
)
HOTSPOTS = Counter("hotline_hotspots_total", "Hot spots raised, by level", ["level"])


async def gather(connection: Connection, decided: Sequence[Decided], policy: Policy, now: datetime) -> None:
    """Compare what was just decided with what came before, and say which complaints tell of one incident.

    Nobody else does so until the transaction ends. What is said of each is sent to the tracker.
    """
    told = [_told(one, policy.towns) for one in decided]
    told = [one for one in told if one.keys]
    if not told:
        return
    await incidents_store.lock(connection)
    known, askers = await incidents_store.find_alike(connection, told, policy.incidents.window)
    grouped = group(told, known, askers, policy.incidents.window)
    if grouped.merged:
        # Merging is rare, and so is what people have parted: nothing is asked of it for every batch.
        apart = await parting_store.read_apart(connection, {*grouped.merged, *grouped.merged.values()})
        if apart:
            grouped = group(told, known, askers, policy.incidents.window, apart)
    await incidents_store.keep(connection, told)
    moved = await _merge(connection, grouped)
    said = [*moved, *grouped.joined]
    if said:
        await incidents_store.say(connection, said, now)
        await tell(connection, said, now)
        touched = {one.incident_id for one in said if one.incident_id is not None}
        await raise_hotspots(connection, touched, [one.accepted_at for one in said], policy, now)
    joined = len({one.complaint_id for one in grouped.joined} & {one.complaint_id for one in told})
    GATHERED.labels("joined").inc(joined)
    GATHERED.labels("alone").inc(len(told) - joined)
    GATHERED.labels("merged").inc(len(moved))


def _told(decided: Decided, towns: Collection[str]) -> Told:
    complaint = decided.complaint
    text = comparable(f"{complaint.title}\n{complaint.text}" if complaint.title else complaint.text)
    # Read from the table, it is the complaint that says whom it accuses.
    decision = replace(decided.decision, implicated=decided.implicated)
    found = fingerprint(complaint.accepted_at, text, complaint.place, towns, decision)
    return Told(complaint.complaint_id, found, keys(found, text))


async def _merge(connection: Connection, grouped: Grouped) -> Sequence[Joined]:
    """The members of incidents that turned out to be others, each said to belong to that one."""
    if not grouped.merged:
        return []
    await parting_store.take_over_apart(connection, grouped.merged)
    rows = await incidents_store.move_members(connection, grouped.merged)
    return [
        Joined(
            row["complaint_id"],
            row["stays"],
            row["version"],
            row["accepted_at"],
            "后来的诉求表明两个事件为同一事件，合并至较早的事件。",
        )
        for row in rows
    ]


async def tell(connection: Connection, said: Sequence[Joined], now: datetime) -> None:
    """Send where complaints belong that were assigned before; the same saying always has the same id."""
    await outbox.append(connection, [_changed(one, now) for one in said])


def _changed(one: Joined, now: datetime) -> Message:
    event = IncidentMembershipChanged(
        complaint_id=one.complaint_id, incident_id=one.incident_id, incident_version=one.version, at=now
    )
    cause = event_id(one.complaint_id, f"{event.event_type}/{one.version}")
    return encode(event, topic=COMPLAINTS_INCIDENTS, event_id=cause, source="router", time=now)


async def raise_hotspots(
    connection: Connection, touched: Collection[UUID], times: Sequence[datetime], policy: Policy, now: datetime
) -> None:
    """Tell the supervision office of each level that an incident has reached for the first time."""
    levels = policy.incidents.levels
    reach = max((level.within for level in levels), default=timedelta())
    found = await hotspots_store.read_times(
        connection, touched, min(times) - reach, max(times) + reach, top=len(levels)
    )
    hot = [(incident_id, number) for incident_id, near in found.items() for number in reached(near, levels)]
    if not hot:
        return
    raised = await hotspots_store.raise_levels(
        connection, [(incident_id, number, levels[number - 1].complaints) for incident_id, number in hot], now
    )
    leads = await hotspots_store.read_leads(connection, {incident_id for incident_id, _ in raised})
    messages = []
    for incident_id, number in sorted(raised):
        lead, level = leads[incident_id], levels[number - 1]
        event = HotspotRaised(
            complaint_id=lead.newest,
            incident_id=incident_id,
            department=lead.department,
            level=number,
            complaints=level.complaints,
            within_hours=level.within_hours,
            at=now,
            note=sentence(number, level, lead.places, policy.name_of(lead.department)),
        )
        messages.append(
            encode(
                event,
                topic=SUPERVISION_ALERTS,
                key=event.department,
                event_id=uuid5(NAMESPACE_OID, f"hotspot/{incident_id}/{number}"),
                source="router",
                time=now,
            )
        )
        HOTSPOTS.labels(str(number)).inc()
    await outbox.append(connection, messages)
