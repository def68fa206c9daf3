"""Joint matters (主办、协办): a co-handler contributes its part to the lead, who answers."""

from uuid import UUID

from services.tracker import store
from services.tracker.acts import contributions_store
from services.tracker.casework import Casework, NoSuchCase
from services.tracker.guards import check_contribution
from services.tracker.lifecycle import Actor, NotYourCase
from services.tracker.record.record import Happening, Joint
from services.tracker.record.record_store import append_to_record
from shared.redaction import redact


class Contributions:
    def __init__(self, casework: Casework) -> None:
        self._casework = casework

    async def contribute(self, case_id: UUID, actor: Actor, text: str) -> None:
        """Give the lead what the actor's department has to say; once, and before the lead has answered.

        The case stays where it is, so there is no version to name. Raises NoSuchCase; NotYourCase where the department
        was never asked, for that tells nothing of the case; AgainstRule where it has contributed or no longer needs to.
        """
        said = redact(text)
        async with self._casework.transaction() as connection:
            case = await store.lock_case(connection, case_id)
            if case is None:
                raise NoSuchCase(case_id)
            if actor.department is None:
                raise NotYourCase
            asked = await contributions_store.read_contribution(connection, case_id, actor.department)
            if asked is None:
                raise NotYourCase
            check_contribution(asked["contributed_at"], asked["released_at"], case.state.status)
            now = await store.present(connection)
            met = await contributions_store.contribute(connection, case_id, actor.department, said, now)
            happened = Happening(case_id, Joint.CONTRIBUTED, actor, now, deadline_id=met, note=said)
            await append_to_record(connection, [happened])
