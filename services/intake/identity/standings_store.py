"""The SQL of where cases stand, and who helps."""

from collections.abc import Sequence
from uuid import UUID

from services.intake.identity.standings import Help, Stand
from shared.language import DepartmentCode
from shared.postgres import Connection

UPSERT_STANDINGS = """
INSERT INTO standings (complaint_id, holder, status, version, ended_at)
SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::integer[], $5::timestamptz[])
ON CONFLICT (complaint_id) DO UPDATE
SET holder = excluded.holder, status = excluded.status, version = excluded.version, ended_at = excluded.ended_at
WHERE excluded.version >= standings.version
"""

UPSERT_HELPERS = """
INSERT INTO helpers (complaint_id, hop, departments)
SELECT complaint_id, hop, string_to_array(departments, ',')
FROM unnest($1::uuid[], $2::integer[], $3::text[]) AS t (complaint_id, hop, departments)
ON CONFLICT (complaint_id) DO UPDATE SET hop = excluded.hop, departments = excluded.departments
WHERE excluded.hop >= helpers.hop
"""

INSERT_ACCUSATIONS = """
INSERT INTO accusations (complaint_id, department) SELECT * FROM unnest($1::uuid[], $2::text[]) ON CONFLICT DO NOTHING
"""


async def upsert_standings(connection: Connection, stands: Sequence[Stand]) -> None:
    """Remember where these cases stand; what is older than what is known changes nothing."""
    if stands:
        await connection.execute(
            UPSERT_STANDINGS,
            [stand.complaint_id for stand in stands],
            [stand.holder for stand in stands],
            [stand.status for stand in stands],
            [stand.version for stand in stands],
            [stand.ended_at for stand in stands],
        )


async def upsert_helpers(connection: Connection, helps: Sequence[Help]) -> None:
    """Remember who helps with these cases; of an earlier placing than the one that is known nothing changes."""
    if helps:
        await connection.execute(
            UPSERT_HELPERS,
            [each.complaint_id for each in helps],
            [each.hop for each in helps],
            # A department's code holds no comma.
            [",".join(each.departments) for each in helps],
        )


async def insert_accusations(connection: Connection, found: Sequence[tuple[UUID, DepartmentCode]]) -> None:
    """Remember whom these complaints accuse; nobody is ever forgotten."""
    if found:
        await connection.execute(INSERT_ACCUSATIONS, [one for one, _ in found], [code for _, code in found])
