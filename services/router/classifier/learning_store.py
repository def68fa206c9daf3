"""The router's SQL for what it learns from its county."""

from collections.abc import AsyncIterator
from datetime import datetime
from uuid import UUID

import orjson

from services.router.classifier.learned import Lesson
from shared.events import ComplaintReceived
from shared.language import DepartmentCode
from shared.postgres import Connection

# Complaints that accuse somebody are no lessons: a classifier never decides those. What the router guessed after a
# return is one once the department has taken the case, and as long as it does not want to give it back as well.
LESSONS = """
SELECT decided_at, complaint_id, event, department, source, tried
FROM decisions JOIN complaints USING (complaint_id)
WHERE in_force AND (returns > 0 OR placed_by IS NOT NULL) AND decided_at >= $1
    AND (decided_at, complaint_id) > ($2, $3)
    AND accused IS NULL AND implicated = '[]' AND department <> ALL($4)
    AND (placed_by IS NOT NULL OR (
        SELECT standings.department = decisions.department
            AND status NOT IN ('dispatched', 'return_requested', 'declined')
        FROM standings WHERE standings.complaint_id = decisions.complaint_id
    ))
ORDER BY decided_at, complaint_id LIMIT $5
"""

_BATCH = 1000
_LOWEST = UUID(int=0)


async def lessons(
    connection: Connection, since: datetime, undecided: tuple[DepartmentCode, ...]
) -> AsyncIterator[Lesson]:
    """What people decided since then; what lies with one of `undecided` has no answer yet."""
    reached, last = since, _LOWEST
    while rows := await connection.fetch(LESSONS, since, reached, last, list(undecided), _BATCH):
        for row in rows:
            complaint = ComplaintReceived.model_validate_json(row["event"])
            yield Lesson.of(complaint, row["department"], row["source"], orjson.loads(row["tried"]))
        reached, last = rows[-1]["decided_at"], rows[-1]["complaint_id"]
