"""The SQL of actions that come from departments' own systems."""

from collections.abc import Sequence
from uuid import UUID

from shared.language import DepartmentCode
from shared.postgres import Connection

COUNT_UNHELD = """
SELECT count(*) FROM unnest($1::uuid[], $2::text[]) AS asked (complaint_id, department)
WHERE NOT EXISTS (
    SELECT FROM cases
    WHERE cases.complaint_id = asked.complaint_id AND cases.department = asked.department AND NOT in_transit
) AND NOT EXISTS (
    SELECT FROM contributions
    WHERE contributions.complaint_id = asked.complaint_id AND contributions.department = asked.department
)
"""


async def count_unheld(connection: Connection, asked: Sequence[tuple[UUID, DepartmentCode]]) -> int:
    """How many of the cases are neither in charge of the department beside them nor wait for its contribution."""
    cases, departments = [case for case, _ in asked], [department for _, department in asked]
    count: int = await connection.fetchval(COUNT_UNHELD, cases, departments)
    return count
