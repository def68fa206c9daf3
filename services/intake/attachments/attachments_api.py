"""The files of a complaint over HTTP: added by its reporter or by staff, handed out to those who may see them."""

import asyncio
import re
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Annotated, Any
from uuid import UUID

from asyncpg import Record
from fastapi import FastAPI, Header, Request, Response
from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from services.intake.attachments import attachments_store
from services.intake.attachments.attachment_access import STAFF, may_see
from services.intake.attachments.attachment_content import MAX_BYTES, MAX_COUNT, AttachmentRefused, Content, too_many
from services.intake.attachments.attachments import Attachments
from services.intake.identity.reading_rules import offices_of
from services.intake.identity.vault_store import standing_of
from services.intake.ticket import code_matches, is_ticket_number
from shared.auth import Allowed, NotLoggedIn, Principal, Role, open_to_all
from shared.error_pages import asks_for_page
from shared.http import Problem
from shared.policy import Policy
from shared.postgres import Pool
from shared.rate_limits import limited_by_client
from shared.session import SAFE_METHODS, session_of
from shared.validation import FieldError

_OWN = [
    open_to_all("its reporter shows the query code; without one a token is asked for, and each complaint has its rule"),
    # A whole office may share one address.
    limited_by_client("300/minute"),
]
# The files and what stands around them.
_MAX_BODY = MAX_COUNT * MAX_BYTES + 1024 * 1024
# Each holds up to ninety megabytes while it is looked at.
_UPLOADS_AT_ONCE = 2
_SHA256 = re.compile(r"[0-9a-f]{64}")
_FORM = {
    "type": "object",
    "required": ["file"],
    "properties": {
        "file": {"type": "array", "maxItems": MAX_COUNT, "items": {"type": "string", "format": "binary"}},
    },
}
# Beside what every answer carries (nosniff among it): a browser stores the file and opens nothing of it on our pages.
_NEVER_SHOWN = {
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "Cache-Control": "private, no-store",
}
_SUFFIXES = {"image/jpeg": "jpg", "image/png": "png", "image/webp": "webp", "application/pdf": "pdf"}

QueryCode = Annotated[str | None, Header(alias="X-Hotline-Query-Code", description="From the complaint's receipt.")]


def add_attachment_routes(
    app: FastAPI, attachments: Attachments, query_code_key: bytes, policy: Callable[[], Policy]
) -> None:
    """`policy` gives the one in force at the moment."""
    uploading = asyncio.Semaphore(_UPLOADS_AT_ONCE)
    pool = attachments.pool

    async def complaint_of(request: Request, ticket_number: str, code: str | None, *roles: Role) -> Record:
        """The complaint, for whoever shows its query code or may see it in one of `roles`."""
        row = None
        principal: Principal | None = None
        if code is None and not _bears_token(request):
            if asks_for_page(request):
                raise NotLoggedIn
            raise Problem(
                422,
                "请提供该工单的查询码；工作人员请先登录。",
                "Please send the query code in X-Hotline-Query-Code, or a token.",
            )
        if code is None:
            principal = await Allowed(roles)(request)
        if is_ticket_number(ticket_number):
            row = await attachments_store.find_complaint(pool, ticket_number)
        if row is None or (code is not None and not code_matches(query_code_key, row["complaint_id"], code)):
            raise Problem(
                404,
                "没有找到该工单，请核对工单编号和查询码。",
                "There is no such ticket; please check the ticket number and the query code.",
            )
        if principal is not None and not may_see(principal, standing_of(row), offices_of(policy())):
            raise Problem(
                403,
                "该诉求的附件不对您开放：仅限正在承办的单位和热线、督查人员，被反映单位除外。",
                "The files of this complaint are for those who work on it, and never for whoever is accused.",
            )
        return row

    @app.post(
        "/v1/complaints/{ticket_number}/attachments",
        status_code=201,
        tags=["attachments"],
        dependencies=_OWN,
        # Beyond what is counted here, so that the answer says what the limit is.
        max_body_size=2 * _MAX_BODY,
        openapi_extra={"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": _FORM}}}},
    )
    async def add(ticket_number: str, request: Request, code: QueryCode = None) -> dict[str, Any]:
        """Store files with a complaint, all that are sent or none: JPEG, PNG, WebP, PDF, up to 10 MB each, 9 in all."""
        row = await complaint_of(request, ticket_number, code, *STAFF)
        # Read to its end first: whoever sends slowly keeps nobody else from being served.
        form = await _form(request)
        try:
            async with uploading:
                contents = await _examined(attachments, form)
                kept = await attachments.add(row["complaint_id"], contents)
        except AttachmentRefused as refused:
            raise _problem(FieldError("file", refused.zh, refused.en)) from None
        finally:
            await form.close()
        return {
            "attachments": [
                {"sha256": one.sha256.hex(), "media_type": one.media_type, "size": one.size} for one in kept
            ]
        }

    @app.get("/v1/complaints/{ticket_number}/attachments", tags=["attachments"], dependencies=_OWN)
    async def list_all(
        ticket_number: str, request: Request, code: QueryCode = None, query_code: str | None = None
    ) -> dict[str, Any]:
        """The files of a complaint, oldest first, and those of its mail that were not kept, with the reason."""
        row = await complaint_of(request, ticket_number, code or query_code, *STAFF, Role.OFFICER)
        return await listed(pool, row["complaint_id"])

    @app.get(
        "/v1/complaints/{ticket_number}/attachments/{sha256}",
        tags=["attachments"],
        dependencies=_OWN,
        response_class=Response,
    )
    async def download(
        ticket_number: str, sha256: str, request: Request, code: QueryCode = None, query_code: str | None = None
    ) -> Response:
        """One file, to be saved and never to be shown by the browser itself."""
        row = await complaint_of(request, ticket_number, code or query_code, *STAFF, Role.OFFICER)
        return await handed_out(attachments, row["complaint_id"], ticket_number, sha256)


async def listed(pool: Pool, complaint_id: UUID) -> dict[str, Any]:
    """What the complaint has, and what of its mail was not kept."""
    stored = await attachments_store.read_attachments(pool, complaint_id)
    refused = await attachments_store.read_refused(pool, complaint_id)
    return {
        "attachments": [{**dict(one), "sha256": one["sha256"].hex()} for one in stored],
        "refused": [dict(one) for one in refused],
    }


async def handed_out(attachments: Attachments, complaint_id: UUID, ticket_number: str, sha256: str) -> Response:
    """The file, so that a browser saves it and shows nothing of it; Problem where the complaint has no such one."""
    name = bytes.fromhex(sha256) if _SHA256.fullmatch(sha256) else None
    media_type = await attachments_store.find_attachment(attachments.pool, complaint_id, name) if name else None
    if name is None or media_type is None:
        raise Problem(404, "该工单没有这个附件。", "The ticket has no such file.")
    file_name = f"{ticket_number}-{sha256[:8]}.{_SUFFIXES[media_type]}"
    return Response(
        await attachments.files.get(name),
        media_type=media_type,
        headers={"Content-Disposition": f'attachment; filename="{file_name}"', **_NEVER_SHOWN},
    )


def _bears_token(request: Request) -> bool:
    """Whether there is a token to look at: a page's session may read; adding files is for whoever sends one itself."""
    return "authorization" in request.headers or (request.method in SAFE_METHODS and session_of(request) is not None)


async def _form(request: Request) -> FormData:
    """The parts of a multipart body; its files lie on the disk until the form is closed."""
    if not request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
        raise Problem(415, "请以 multipart/form-data 格式上传附件。", "Please send the files as multipart/form-data.")
    try:
        async with aclosing(_bounded(request)) as body:
            return await MultiPartParser(request.headers, body, max_files=MAX_COUNT + 1, max_fields=10).parse()
    except MultiPartException:
        raise Problem(400, "上传的内容格式有误。", "What was sent is not well-formed.") from None


async def _examined(attachments: Attachments, form: FormData) -> list[Content]:
    contents: dict[bytes, Content] = {}
    errors: list[FieldError] = []
    files = [value for _, value in form.multi_items() if isinstance(value, UploadFile)]
    for number, file in enumerate(files, start=1):
        try:
            content = await attachments.examine(await file.read(MAX_BYTES + 1))
        except AttachmentRefused as refused:
            errors.append(FieldError("file", f"第{number}个附件：{refused.zh}", f"File number {number}: {refused.en}"))
        else:
            contents[content.sha256] = content
    if not files:
        errors.append(FieldError("file", "没有选择附件。", "No file was sent."))
    if len(files) > MAX_COUNT:
        errors.append(FieldError("file", too_many().zh, too_many().en))
    if errors:
        raise _problem(*errors)
    return list(contents.values())


def _problem(*errors: FieldError) -> Problem:
    return Problem(422, "附件未能接收，未保存任何一个。", "The files were not taken; none is stored.", errors=errors)


async def _bounded(request: Request) -> AsyncGenerator[bytes, None]:
    total = 0
    async for part in request.stream():
        total += len(part)
        if total > _MAX_BODY:
            limit = _MAX_BODY // 1024 // 1024
            raise Problem(413, f"上传的内容过大，上限为 {limit} MB。", f"It is larger than the limit of {limit} MB.")
        yield part
