"""The SQL of mails that have been kept long enough."""

from collections.abc import Sequence
from datetime import timedelta

from shared.postgres import Pool

# Of these mails' ids, those whose every complaint has been anonymized, after which only the id's hash stands there. An
# id of which nothing is known, or whose complaint still goes on, is not among them.
READ_ENDED = """
SELECT asked.id FROM unnest($1::text[]) AS asked (id)
JOIN complaints ON channel = 'mailbox'
    AND external_id = ANY(ARRAY[asked.id, 'sha256:' || encode(sha256(convert_to(asked.id, 'UTF8')), 'hex')])
LEFT JOIN anonymized USING (complaint_id)
GROUP BY asked.id HAVING bool_and(anonymized.complaint_id IS NOT NULL)
"""

READ_OLD_REFUSALS = """
SELECT mail_hash FROM refusals
WHERE mailbox = $1 AND mail_hash = ANY($2::bytea[]) AND refused_at < now() - $3::interval
"""


async def read_ended(pool: Pool, ids: Sequence[str]) -> frozenset[str]:
    return frozenset(row["id"] for row in await pool.fetch(READ_ENDED, ids))


async def read_old_refusals(
    pool: Pool, mailbox: str, hashes: Sequence[bytes], retention: timedelta
) -> frozenset[bytes]:
    return frozenset(row["mail_hash"] for row in await pool.fetch(READ_OLD_REFUSALS, mailbox, hashes, retention))
