"""The SQL of what one case shows beside its deadlines: requests, suspensions, flags and contributions."""

from typing import Any
from uuid import UUID

from shared.postgres import Pool

READ_PARTICULARS = """
SELECT
    (
        SELECT coalesce(jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
            'kind', kind, 'department', department, 'reason', reason, 'basis', basis, 'category', category,
            'term', term, 'requested_at', requested_at, 'decision', coalesce(decision, 'pending'),
            'decided_at', decided_at, 'decided_because', decided_because
        )) ORDER BY requested_at), '[]')
        FROM requests WHERE complaint_id = $1
    ) AS requests,
    (
        SELECT coalesce(jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
            'category', category, 'reason', reason, 'suspended_at', suspended_at, 'until', until,
            'resumed_at', resumed_at
        )) ORDER BY suspended_at), '[]')
        FROM suspensions WHERE complaint_id = $1
    ) AS suspensions,
    (
        SELECT coalesce(jsonb_agg(jsonb_build_object(
            'flag', flag, 'at', at, 'by', by_role, 'note', note
        ) ORDER BY version), '[]')
        FROM flags WHERE complaint_id = $1
    ) AS flags,
    (
        SELECT coalesce(jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
            'department', department, 'asked_at', asked_at, 'due_at', (
                SELECT due_at FROM deadlines
                WHERE deadlines.complaint_id = $1 AND clock = 'contribute'
                    AND deadlines.department = contributions.department
                ORDER BY started_at DESC, due_at DESC LIMIT 1
            ),
            'text', text, 'contributed_at', contributed_at, 'released_at', released_at
        )) ORDER BY asked_at, department), '[]')
        FROM contributions WHERE complaint_id = $1
    ) AS contributions
"""


async def particulars(pool: Pool, complaint_id: UUID) -> dict[str, Any]:
    """Each list as JSON text, oldest first."""
    row = await pool.fetchrow(READ_PARTICULARS, complaint_id)
    return dict(row) if row else {}
