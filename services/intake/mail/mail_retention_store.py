"""The SQL of mails that have been kept long enough."""

from collections.abc import Sequence
from datetime import timedelta

from shared.postgres import Pool

# Of these mails' ids, those whose every complaint has been anonymized, after which only the id's hash stands there. An
# id of which nothing is known, or whose complaint still goes on, is not among them.
READ_ENDED = """
SELECT asked.id FROM unnest($1::text[]) AS asked (id)
CROSS JOIN LATERAL (SELECT 'sha256:' || encode(sha256(convert_to(asked.id, 'UTF8')), 'hex') AS hashed) AS h
CROSS JOIN LATERAL (
    VALUES ('mailbox', asked.id), ('mailbox', hashed),
        ('department_line', 'mail/' || asked.id), ('department_line', 'mail/' || hashed)
) AS known (channel, external_id)
JOIN complaints USING (channel, external_id)
LEFT JOIN anonymized USING (complaint_id)
GROUP BY asked.id HAVING bool_and(anonymized.complaint_id IS NOT NULL)
"""

READ_OLD_REFUSALS = """
SELECT mail_hash FROM refusals
WHERE mailbox = ANY($1::text[]) AND mail_hash = ANY($2::bytea[]) AND refused_at < now() - $3::interval
"""


async def read_ended(pool: Pool, ids: Sequence[str]) -> frozenset[str]:
    return frozenset(row["id"] for row in await pool.fetch(READ_ENDED, ids))


async def read_old_refusals(
    pool: Pool, mailboxes: Sequence[str], hashes: Sequence[bytes], retention: timedelta
) -> frozenset[bytes]:
    return frozenset(row["mail_hash"] for row in await pool.fetch(READ_OLD_REFUSALS, mailboxes, hashes, retention))
