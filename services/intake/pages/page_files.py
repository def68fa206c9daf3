"""Photos and documents that come with a page's form: looked at first, kept when the complaint is registered."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, nullcontext
from typing import Any
from uuid import UUID

from fastapi import Request
from starlette.datastructures import FormData, UploadFile

from services.intake.attachments.attachment_content import MAX_BYTES, MAX_COUNT, AttachmentRefused, Content, too_many
from services.intake.attachments.attachments import Attachments
from services.intake.attachments.files_away import FilesAway
from shared.http import MAX_BODY
from shared.postgres import PASSING

# Far more than a form has, so that whoever chooses too many is told so beside the field.
_FILES_READ, _FIELDS_READ = 50, 50


class PageFiles:
    """Without `attachments` no form asks for files, and those that come are passed over."""

    def __init__(self, attachments: Attachments | None) -> None:
        self.attachments = attachments
        # Decoding takes much memory; whoever comes meanwhile waits.
        self._uploading = asyncio.Semaphore(1)
        self.taken = attachments is not None
        self.max_body = MAX_BODY + (MAX_COUNT * MAX_BYTES if self.taken else 0)

    @asynccontextmanager
    async def read(self, request: Request) -> AsyncIterator[FormData]:
        """The request's form; its files are gone afterwards."""
        async with (
            request.form(max_files=_FILES_READ, max_fields=_FIELDS_READ) as form,
            self._uploading if self._chosen(form) else nullcontext(),
        ):
            yield form

    def _chosen(self, form: FormData) -> list[UploadFile]:
        """The files of the form; a browser sends one without a name where none is chosen."""
        return [value for _, value in form.multi_items() if isinstance(value, UploadFile) and value.filename]

    async def examine(self, form: FormData) -> tuple[list[Content], list[str]]:
        """What is kept of the files, and why others are not."""
        files = self._chosen(form)
        if self.attachments is None:
            return [], []
        if len(files) > MAX_COUNT:
            return [], [str(too_many())]
        contents: dict[bytes, Content] = {}
        errors: list[str] = []
        for number, file in enumerate(files, start=1):
            try:
                content = await self.attachments.examine(await file.read(MAX_BYTES + 1))
            except AttachmentRefused as refused:
                errors.append(f"第{number}个文件：{refused.zh} File number {number}: {refused.en}")
            else:
                contents[content.sha256] = content
        return list(contents.values()), errors

    async def keep(self, answer: Mapping[str, Any], contents: Sequence[Content]) -> str | None:
        """Store the files with the complaint, which stands without them too; what to tell where they could not be."""
        if self.attachments is None or not contents or "complaint_id" not in answer:
            return None
        try:
            await self.attachments.add(UUID(answer["complaint_id"]), contents)
        except AttachmentRefused as refused:
            return str(refused)
        except (FilesAway, *PASSING):
            return "诉求已登记，但照片暂时无法保存。 The complaint is registered, but its photos could not be stored."
        return None
