"""Storing the files of a complaint: first the bytes, then the row, so that no row points to nothing."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from prometheus_client import Counter

from services.intake.attachments import attachments_store
from services.intake.attachments.attachment_content import MAX_COUNT, AttachmentRefused, Content, examine, too_many
from services.intake.attachments.attachments_store import Kept, RefusedAttachment
from services.intake.mail.mail_text import Enclosed
from shared.postgres import Pool

if TYPE_CHECKING:
    from services.intake.attachments.attachment_files import AttachmentFiles

STORED = Counter("hotline_attachments_stored_total", "Files that were stored with a complaint")
REFUSED = Counter("hotline_attachments_refused_total", "Files that were not kept", ["code"])

# A file without a row may be one whose row is about to come.
_ORPHAN_AFTER = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Collected:
    seen: int
    removed: int


class Attachments:
    def __init__(self, pool: Pool, files: "AttachmentFiles") -> None:
        self.pool = pool
        self.files = files
        # Decoding takes as many bytes as a picture has pixels, several times; one at a time bounds that.
        self._decoding = asyncio.Semaphore(1)

    async def examine(self, data: bytes) -> Content:
        """What is kept of `data`; AttachmentRefused says why nothing is."""
        try:
            async with self._decoding:
                return await asyncio.to_thread(examine, data)
        except AttachmentRefused as refused:
            REFUSED.labels(refused.code).inc()
            raise

    async def add(self, complaint_id: UUID, contents: Sequence[Content]) -> list[Kept]:
        """Store all of them with the complaint, or none: AttachmentRefused where they and those it has are too many."""
        kept = [Kept(content.sha256, content.media_type, len(content.data)) for content in contents]
        async with self.pool.acquire() as connection, connection.transaction():
            there = await attachments_store.read_hashes(connection, complaint_id)
            if len(there | {one.sha256 for one in kept}) > MAX_COUNT:
                REFUSED.labels("too_many").inc()
                raise too_many()
            await connection.execute(attachments_store.HOLD_FILES)
            for content in contents:
                await self.files.put(content.data)
            await attachments_store.insert_attachments(connection, complaint_id, kept, datetime.now(UTC))
        STORED.inc(len(kept))
        return kept

    async def add_of_mail(self, complaint_id: UUID, enclosed: Sequence[Enclosed]) -> None:
        """Store what can be kept and note what cannot; asked again it changes nothing."""
        contents: dict[bytes, Content] = {}
        refused: list[RefusedAttachment] = []
        for number, file in enumerate(enclosed, start=1):
            try:
                content = await self.examine(await asyncio.to_thread(file.data))
                if len(contents) == MAX_COUNT and content.sha256 not in contents:
                    raise too_many()
                contents[content.sha256] = content
            except AttachmentRefused as why:
                refused.append(RefusedAttachment(number, why.code, str(why)))
        try:
            await self.add(complaint_id, list(contents.values()))
        except AttachmentRefused as why:  # its reporter has added others meanwhile
            refused.append(RefusedAttachment(0, why.code, str(why)))
        if refused:
            async with self.pool.acquire() as connection:
                await attachments_store.insert_refused(connection, complaint_id, refused, datetime.now(UTC))

    async def collect_orphans(self, now: datetime) -> Collected:
        """Remove what has lain there for a day and belongs to no complaint: its upload was cut short."""
        seen = removed = 0
        async for files in self.files.all():
            seen += len(files)
            old = [file.sha256 for file in files if file.put_at < now - _ORPHAN_AFTER]
            if not old:
                continue
            async with self.pool.acquire() as connection, connection.transaction():
                await connection.execute(attachments_store.HOLD_FILES_ALONE)
                orphans = set(old) - await attachments_store.find_belonging(connection, old)
                for orphan in orphans:
                    await self.files.remove(orphan)
            removed += len(orphans)
        return Collected(seen, removed)
