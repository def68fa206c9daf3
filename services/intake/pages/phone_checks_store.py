"""The SQL of telephone checks."""

from uuid import UUID

from services.intake.pages.phone_check import MOST_ATTEMPTS, PER_DAY, PER_HOUR, VALID
from shared.postgres import Pool

FORGET_CHECKS = "DELETE FROM phone_checks WHERE sent_at < now() - interval '1 day'"

# Two that ask for a code for one number at once are counted one after the other.
LOCK_NUMBER = "SELECT pg_advisory_xact_lock(hashtextextended(encode($1, 'hex'), 0))"

INSERT_CHECK = """
INSERT INTO phone_checks (form_key, trace, code_hash)
SELECT $1, $2, $3
WHERE (SELECT count(*) FROM phone_checks WHERE trace = $2 AND sent_at > now() - interval '1 hour') < $4
    AND (SELECT count(*) FROM phone_checks WHERE trace = $2) < $5
RETURNING check_id
"""

# The newest code for this form and number counts, and every attempt at it.
TRY_CODE = """
UPDATE phone_checks SET attempts = attempts + 1
WHERE check_id = (
        SELECT check_id FROM phone_checks
        WHERE form_key = $1 AND trace = $2 AND sent_at > now() - $4::interval ORDER BY check_id DESC LIMIT 1
    )
    AND attempts < $5
RETURNING code_hash = $3
"""

INSERT_CHECKED = "INSERT INTO checked_phones (complaint_id) VALUES ($1) ON CONFLICT DO NOTHING"


async def insert_check(pool: Pool, form_key: UUID, trace: bytes, code_hash: bytes) -> bool:
    """Remember a code that is to be sent; False where the number has had as many as it may."""
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute(FORGET_CHECKS)
        await connection.execute(LOCK_NUMBER, trace)
        return await connection.fetchval(INSERT_CHECK, form_key, trace, code_hash, PER_HOUR, PER_DAY) is not None


async def try_code(pool: Pool, form_key: UUID, trace: bytes, code_hash: bytes) -> bool:
    """Whether it is the code; a wrong one counts as an attempt."""
    return bool(await pool.fetchval(TRY_CODE, form_key, trace, code_hash, VALID, MOST_ATTEMPTS))


async def insert_checked(pool: Pool, complaint_id: UUID) -> None:
    await pool.execute(INSERT_CHECKED, complaint_id)
