"""The SQL of retention: whose identity has been kept long enough, and erasing it."""

from datetime import datetime, timedelta

from shared.postgres import Pool

# Files show people; without their rows they are orphans, which are removed next, once they are a day old.
# A Message-ID may hold the sender's address, so only its hash stays.
ANONYMIZE = """
WITH due AS (
    SELECT complaint_id, ended_at FROM standings
    WHERE ended_at < now() - $1::interval AND anonymized_at IS NULL
        AND EXISTS (SELECT FROM complaints WHERE complaints.complaint_id = standings.complaint_id)
    ORDER BY ended_at LIMIT $2 FOR UPDATE SKIP LOCKED
), marked AS (
    UPDATE standings SET anonymized_at = now() FROM due WHERE standings.complaint_id = due.complaint_id
), erased AS (
    DELETE FROM vault USING due WHERE vault.complaint_id = due.complaint_id
), forgotten AS (
    DELETE FROM blind_index USING due WHERE blind_index.complaint_id = due.complaint_id
), files AS (
    DELETE FROM attachments USING due WHERE attachments.complaint_id = due.complaint_id
), mails AS (
    UPDATE complaints SET external_id =
        mark || 'sha256:' || encode(sha256(convert_to(substr(external_id, length(mark) + 1), 'UTF8')), 'hex')
    FROM due, (VALUES ('mailbox', ''), ('department_line', 'mail/')) AS mails_of (of_channel, mark)
    WHERE complaints.complaint_id = due.complaint_id AND channel = of_channel
        AND starts_with(external_id, mark) AND NOT starts_with(external_id, mark || 'sha256:')
), noted AS (
    INSERT INTO anonymized (complaint_id, ended_at, retention, policy_hash)
    SELECT complaint_id, ended_at, $1, $3 FROM due
    ON CONFLICT DO NOTHING
)
SELECT count(*) FROM due
"""

COUNT_TO_ANONYMIZE = """
SELECT count(*), min(ended_at) AS oldest FROM standings
WHERE ended_at < now() - $1::interval AND anonymized_at IS NULL
    AND EXISTS (SELECT FROM complaints WHERE complaints.complaint_id = standings.complaint_id)
"""


async def anonymize(pool: Pool, retention: timedelta, policy_hash: str, limit: int) -> int:
    """Erase the identities and originals of up to `limit` complaints that ended longer ago; how many there were."""
    count: int = await pool.fetchval(ANONYMIZE, retention, limit, policy_hash)
    return count


async def count_to_anonymize(pool: Pool, retention: timedelta) -> tuple[int, datetime | None]:
    """How many would be erased now, and when the first of them ended."""
    [row] = await pool.fetch(COUNT_TO_ANONYMIZE, retention)
    return row["count"], row["oldest"]
