"""What identifies a reporter is kept no longer than the policy says: erased every night, and by a command."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta

import structlog
from prometheus_client import Counter

from services.intake.attachments.attachments import Attachments
from services.intake.identity import retention_store
from services.intake.mail.mail_retention import MailRetention
from shared.china_time import CHINA_TIME
from shared.policy import Policy
from shared.postgres import PASSING, Pool

log = structlog.get_logger(__name__)

ANONYMIZED = Counter("hotline_complaints_anonymized_total", "Complaints whose reporter's identity was erased")

_BATCH = 500
_AT_NIGHT = time(3, 0)
_RETRY_SECONDS = 600.0


def until_night(now: datetime) -> timedelta:
    """How long it is until the next 03:00 in China; a whole day at 03:00 itself."""
    local = now.astimezone(CHINA_TIME)
    night = datetime.combine(local.date(), _AT_NIGHT, CHINA_TIME)
    return night - local if night > local else night + timedelta(days=1) - local


class Retention:
    """Erases the identity, traces and original words of complaints that ended longer ago than `policy.retention`."""

    def __init__(
        self,
        pool: Pool,
        policy: Callable[[], Policy],
        mails: MailRetention | None = None,
        attachments: Attachments | None = None,
    ) -> None:
        """`policy` gives the one in force at the moment; without `mails` or `attachments` none of those are removed."""
        self._pool = pool
        self._policy = policy
        self._mails = mails
        self._attachments = attachments

    async def run(self) -> None:
        """Erase what is due, every night, until cancelled; several replicas share the work."""
        while True:
            await asyncio.sleep(until_night(datetime.now(CHINA_TIME)).total_seconds())
            await self._erase_with_patience()

    async def _erase_with_patience(self) -> None:
        while True:
            try:
                count = await self.anonymize()
                mails = await self.expire_mails()
                files = await self.collect_files()
            except PASSING as error:
                log.warning("not_anonymized", error=type(error).__name__)
                await asyncio.sleep(_RETRY_SECONDS)
            else:
                log.info("anonymized", count=count, mails=mails, files=files, policy=self._policy().hash)
                return

    async def anonymize(self) -> int:
        """Erase all that is due, batch after batch, and return of how many complaints; a second time of none."""
        total = 0
        policy = self._policy()
        while count := await retention_store.anonymize(self._pool, policy.retention, policy.hash, _BATCH):
            total += count
            ANONYMIZED.inc(count)
        return total

    async def expire_mails(self) -> int:
        """Remove the mails of what has been anonymized, and old refused ones; how many."""
        return 0 if self._mails is None else await self._mails.expire()

    async def collect_files(self) -> int:
        """Remove the files that no complaint has any more, those of what has been anonymized among them; how many."""
        return 0 if self._attachments is None else (await self._attachments.collect_orphans(datetime.now(UTC))).removed
