"""Files of complaints on a real database and a real folder: stored once, bytes before rows, seen by those who may."""

import asyncio
import io
import os
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest
from PIL import Image

from services.intake.acceptance import Acceptance
from services.intake.api import add_routes
from services.intake.attachments import attachments_store
from services.intake.attachments.attachment_content import MAX_BYTES, MAX_COUNT, MediaType
from services.intake.attachments.attachment_files import AttachmentFiles
from services.intake.attachments.attachments import Attachments
from services.intake.attachments.attachments_api import add_attachment_routes
from services.intake.attachments.files_away import FilesAway
from services.intake.county import County
from services.intake.identity import retention as retention_module
from services.intake.identity.retention import Retention
from services.intake.submitting import Submitting
from shared.auth import Role
from shared.events import CaseClosed, CaseReassigned, CaseReturnGranted
from shared.http import create_app
from shared.language import CaseStatus
from shared.policy import Policy
from shared.postgres import Pool
from tests.examples import assigned, submission
from tests.integration.conftest import client_of
from tests.integration.reporters import event, follow, follow_assigned, opened
from tests.tokens import bearer, verifier
from tests.unit.intake.attachments.test_attachment_content import PDF, PLACE, corners, encoded, exif

ADAPTER = bearer(Role.ADAPTER)
KEY = b"only for this test"
PHOTOGRAPH = encoded(corners(), MediaType.JPEG, exif=exif())


@pytest.fixture
def attachments(intake_pool: Pool, tmp_path: Path) -> Attachments:
    return Attachments(intake_pool, AttachmentFiles.at(str(tmp_path / "files")))


@pytest.fixture
async def intake(
    acceptance: Acceptance, county: County, intake_pool: Pool, attachments: Attachments, policy: Policy
) -> AsyncIterator[httpx.AsyncClient]:
    app = create_app("Hotline intake", verifier())
    add_routes(app, Submitting(acceptance, lambda: county, KEY), intake_pool)
    add_attachment_routes(app, attachments, KEY, lambda: policy)
    async with client_of(app) as client:
        yield client


@pytest.fixture
async def ticket(intake: httpx.AsyncClient) -> dict[str, Any]:
    answer: dict[str, Any] = (await intake.post("/v1/complaints", json=submission("A-1"), headers=ADAPTER)).json()
    return answer


def address(ticket: dict[str, Any], sha256: str | None = None) -> str:
    return f"/v1/complaints/{ticket['ticket_number']}/attachments" + (f"/{sha256}" if sha256 else "")


def coded(ticket: dict[str, Any]) -> dict[str, str]:
    return {"X-Hotline-Query-Code": ticket["query_code"]}


async def upload(
    client: httpx.AsyncClient, ticket: dict[str, Any], *files: bytes, headers: dict[str, str] | None = None
) -> httpx.Response:
    parts = [("file", ("王某某.html", data, "text/html")) for data in files]
    return await client.post(address(ticket), files=parts, headers=coded(ticket) if headers is None else headers)


def lying(folder: Path) -> list[Path]:
    return sorted(file for file in folder.rglob("*") if file.is_file())


async def test_a_photograph_is_stored_without_its_metadata_and_handed_out_to_be_saved(
    intake: httpx.AsyncClient, ticket: dict[str, Any], tmp_path: Path
) -> None:
    answer = await upload(intake, ticket, PHOTOGRAPH, PDF)
    assert answer.status_code == 201, answer.text
    photograph, pdf = answer.json()["attachments"]
    assert (photograph["media_type"], pdf["media_type"]) == ("image/jpeg", "application/pdf")
    stored = await intake.get(address(ticket, photograph["sha256"]), headers=coded(ticket))
    assert stored.status_code == 200
    assert PLACE not in stored.content
    assert dict(Image.open(io.BytesIO(stored.content)).getexif()) == {}
    assert len(stored.content) == photograph["size"]
    assert stored.headers["content-type"] == "image/jpeg"
    assert stored.headers["content-disposition"].startswith("attachment; filename=")
    assert stored.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in stored.headers["content-security-policy"]
    # Neither the name nor the type that it came with is known anywhere.
    assert "王" not in answer.text + str(stored.headers) + str(lying(tmp_path))
    assert "html" not in answer.text + str(stored.headers)


async def test_the_same_content_is_stored_once_for_however_many_complaints(
    intake: httpx.AsyncClient, ticket: dict[str, Any], tmp_path: Path, intake_pool: Pool
) -> None:
    other = (await intake.post("/v1/complaints", json=submission("A-2"), headers=ADAPTER)).json()
    for one in (ticket, ticket, other):
        assert (await upload(intake, one, PDF, PDF)).status_code == 201
    assert len(lying(tmp_path)) == 1
    assert await intake_pool.fetchval("SELECT count(*) FROM attachments") == 2


async def test_its_reporter_and_staff_see_the_list(intake: httpx.AsyncClient, ticket: dict[str, Any]) -> None:
    await upload(intake, ticket, PDF, headers=bearer(Role.CLERK))
    listed = (await intake.get(address(ticket), headers=coded(ticket))).json()
    [one] = listed["attachments"]
    assert (one["media_type"], one["size"]) == ("application/pdf", len(PDF))
    assert listed["refused"] == []
    # As the progress is asked for, so is this.
    assert (await intake.get(address(ticket), params={"query_code": ticket["query_code"]})).json() == listed
    for role in (Role.OPERATOR, Role.CLERK, Role.SUPERVISOR, Role.ADMINISTRATOR):
        assert (await intake.get(address(ticket), headers=bearer(role))).json() == listed


async def test_nobody_else_sees_or_adds_anything(intake: httpx.AsyncClient, ticket: dict[str, Any]) -> None:
    other = (await intake.post("/v1/complaints", json=submission("A-2"), headers=ADAPTER)).json()
    [stored] = (await upload(intake, ticket, PDF)).json()["attachments"]
    officer = bearer(Role.OFFICER, department="urban-management")
    for path in (address(ticket), address(ticket, stored["sha256"])):
        assert (await intake.get(path)).status_code == 422
        assert (await intake.get(path, headers={"Authorization": "Bearer x"})).status_code == 401
        assert (await intake.get(path, headers=coded(other))).status_code == 404
        assert (await intake.get(path, headers=officer)).status_code == 403
        assert (await intake.get(path, headers=bearer(Role.ADAPTER))).status_code == 403
    assert (await upload(intake, ticket, PDF, headers={})).status_code == 422
    assert (await upload(intake, ticket, PDF, headers=coded(other))).status_code == 404
    assert (await upload(intake, ticket, PDF, headers=officer)).status_code == 403
    # The query code of one complaint opens no file of another.
    assert (await intake.get(address(other, stored["sha256"]), headers=coded(other))).status_code == 404


async def test_an_officer_sees_those_of_cases_in_the_own_queue(
    intake: httpx.AsyncClient, ticket: dict[str, Any], intake_pool: Pool
) -> None:
    [stored] = (await upload(intake, ticket, PDF)).json()["attachments"]
    complaint = ticket["complaint_id"]

    async def who_sees() -> list[str]:
        departments = ("urban-management", "water-supply")
        owns = [(one, bearer(Role.OFFICER, department=one)) for one in departments]
        path = address(ticket, stored["sha256"])
        return [one for one, own in owns if (await intake.get(path, headers=own)).status_code == 200]

    assert await who_sees() == []
    await follow(intake_pool, opened(complaint, "urban-management"))
    assert await who_sees() == ["urban-management"]
    returned: dict[str, Any] = {"reason": "不属本单位职责。", "returns": 1, "tried": ("urban-management",)}
    await follow(intake_pool, event(CaseReturnGranted, complaint, 2, CaseStatus.DISPATCHED, **returned))
    assert await who_sees() == []
    moved: dict[str, Any] = {
        "previous": "urban-management",
        "reason": "改派。",
        "deadlines": (),
        "department": "water-supply",
    }
    await follow(intake_pool, event(CaseReassigned, complaint, 3, CaseStatus.DISPATCHED, **moved))
    assert await who_sees() == ["water-supply"]
    await follow(intake_pool, event(CaseClosed, complaint, 4, CaseStatus.CLOSED, department="water-supply"))
    assert await who_sees() == []


async def test_with_the_reporters_identity_the_files_go(
    intake: httpx.AsyncClient,
    attachments: Attachments,
    ticket: dict[str, Any],
    policy: Policy,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await upload(intake, ticket, PDF)
    long_ago = datetime.now(UTC) - policy.retention - timedelta(days=1)
    closed = event(CaseClosed, ticket["complaint_id"], 2, CaseStatus.CLOSED, at=long_ago)
    await follow(attachments.pool, opened(ticket["complaint_id"]), closed)
    _made_old(lying(tmp_path)[0])
    monkeypatch.setattr(retention_module, "until_night", lambda _now: timedelta(milliseconds=1))
    nightly = asyncio.create_task(Retention(attachments.pool, lambda: policy, None, attachments).run())
    async with asyncio.timeout(30):
        while lying(tmp_path):  # noqa: ASYNC110  # only the folder knows
            await asyncio.sleep(0.01)
    nightly.cancel()
    await asyncio.wait([nightly])
    assert (await intake.get(address(ticket), headers=coded(ticket))).json()["attachments"] == []


async def test_while_the_files_are_out_of_reach_the_night_is_not_over(
    intake: httpx.AsyncClient,
    attachments: Attachments,
    ticket: dict[str, Any],
    policy: Policy,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await upload(intake, ticket, PDF)
    orphan = await attachments.files.put(b"orphan")
    for file in lying(tmp_path):
        _made_old(file)
    nights = [timedelta(milliseconds=1), timedelta(days=1)]
    monkeypatch.setattr(retention_module, "until_night", lambda _now: nights.pop(0))
    monkeypatch.setattr(retention_module, "_RETRY_SECONDS", 0.01)
    find, asked = attachments_store.find_belonging, 0

    async def away_at_first(*given: Any) -> set[bytes]:
        nonlocal asked
        asked += 1
        if asked == 1:
            raise FilesAway("away")
        return await find(*given)

    monkeypatch.setattr(attachments_store, "find_belonging", away_at_first)
    nightly = asyncio.create_task(Retention(attachments.pool, lambda: policy, None, attachments).run())
    async with asyncio.timeout(30):
        while len(lying(tmp_path)) > 1:  # noqa: ASYNC110  # only the folder knows
            await asyncio.sleep(0.01)
    nightly.cancel()
    await asyncio.wait([nightly])
    assert orphan.hex() not in {file.name for file in lying(tmp_path)}
    assert asked >= 2


async def test_whoever_is_accused_sees_nothing_in_any_role(intake: httpx.AsyncClient) -> None:
    accusing = submission("A-1", accused="urban-management")
    ticket = (await intake.post("/v1/complaints", json=accusing, headers=ADAPTER)).json()
    [stored] = (await upload(intake, ticket, PDF)).json()["attachments"]
    for role in (Role.OFFICER, Role.CLERK, Role.SUPERVISOR):
        own = bearer(role, department="urban-management")
        assert (await intake.get(address(ticket, stored["sha256"]), headers=own)).status_code == 403
        assert (await intake.get(address(ticket), headers=own)).status_code == 403


async def test_a_departments_clerk_sees_and_adds_to_what_the_department_works_on_and_nothing_else(
    intake: httpx.AsyncClient, ticket: dict[str, Any], intake_pool: Pool
) -> None:
    [stored] = (await upload(intake, ticket, PDF)).json()["attachments"]
    await follow(intake_pool, opened(ticket["complaint_id"], "urban-management"))
    clerks = {one: bearer(Role.CLERK, department=one) for one in ("water-supply", "urban-management")}

    async def answered(department: str) -> list[int]:
        clerk = clerks[department]
        return [
            (await intake.get(address(ticket), headers=clerk)).status_code,
            (await intake.get(address(ticket, stored["sha256"]), headers=clerk)).status_code,
            (await upload(intake, ticket, PDF, headers=clerk)).status_code,
        ]

    assert await answered("water-supply") == [403, 403, 403]
    assert await answered("urban-management") == [200, 200, 201]
    helped = assigned(complaint_id=ticket["complaint_id"], department="urban-management", co_handlers=("water-supply",))
    await follow_assigned(intake_pool, helped)
    assert await answered("water-supply") == [200, 200, 201]


async def test_whom_the_router_finds_accused_sees_nothing_though_they_received_it(
    intake: httpx.AsyncClient, intake_pool: Pool
) -> None:
    line = submission("A-1", channel="department_line", received_by="urban-management", clerk="0301")
    ticket = (await intake.post("/v1/complaints", json=line, headers=ADAPTER)).json()
    [stored] = (await upload(intake, ticket, PDF)).json()["attachments"]
    owns = [bearer(role, department="urban-management") for role in (Role.OFFICER, Role.CLERK, Role.SUPERVISOR)]
    path = address(ticket, stored["sha256"])
    assert [(await intake.get(path, headers=own)).status_code for own in owns] == [200] * 3
    found = assigned(complaint_id=ticket["complaint_id"], department="supervision-office", accused="urban-management")
    await follow_assigned(intake_pool, found)
    # Of a later placing that accuses nobody nothing changes.
    await follow_assigned(intake_pool, assigned(complaint_id=ticket["complaint_id"], hop=2))
    assert [(await intake.get(path, headers=own)).status_code for own in owns] == [403] * 3


async def test_an_office_that_is_accused_itself_sees_nothing(intake: httpx.AsyncClient, policy: Policy) -> None:
    both = (Role.OPERATOR, policy.triage_desk), (Role.SUPERVISOR, policy.supervision_office)
    for role, office in both:
        accusing = submission(f"A-{role}", accused=office)
        ticket = (await intake.post("/v1/complaints", json=accusing, headers=ADAPTER)).json()
        seen = {one: (await intake.get(address(ticket), headers=bearer(one))).status_code for one, _ in both}
        assert seen == {one: 403 if one is role else 200 for one, _ in both}


async def test_one_bad_file_keeps_all_of_them_out_and_the_answer_says_which(
    intake: httpx.AsyncClient, ticket: dict[str, Any], tmp_path: Path
) -> None:
    answer = await upload(intake, ticket, PHOTOGRAPH, b"<html><script>alert(1)</script></html>")
    assert answer.status_code == 422
    [error] = answer.json()["errors"]
    assert "第2个附件" in error["zh"]
    assert "number 2" in error["en"]
    assert lying(tmp_path) == []


@pytest.mark.parametrize(
    ("content", "zh"), [(b"", "没有内容"), (b"%PDF-" + bytes(MAX_BYTES), "10 MB"), (b"GIF89a", "PDF")]
)
async def test_each_refusal_says_why(
    intake: httpx.AsyncClient, ticket: dict[str, Any], content: bytes, zh: str
) -> None:
    answer = await upload(intake, ticket, content)
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    assert zh in answer.json()["errors"][0]["zh"]


async def test_a_complaint_has_nine_files_at_most_also_when_many_come_at_once(
    intake: httpx.AsyncClient, ticket: dict[str, Any], intake_pool: Pool
) -> None:
    different = [PDF[:9] + b"%d" % n + PDF[9:] for n in range(MAX_COUNT + 3)]
    assert (await upload(intake, ticket, *different[: MAX_COUNT + 1])).status_code == 422
    answers = await asyncio.gather(*(upload(intake, ticket, one) for one in different))
    assert sorted(answer.status_code for answer in answers) == [201] * MAX_COUNT + [422] * 3
    assert await intake_pool.fetchval("SELECT count(*) FROM attachments") == MAX_COUNT
    # What is there already is no tenth.
    stored = next(one for one, answer in zip(different, answers, strict=True) if answer.status_code == 201)
    assert (await upload(intake, ticket, stored)).status_code == 201


@pytest.mark.parametrize(
    ("content_type", "body", "status"),
    [
        ("application/json", b"{}", 415),
        ("multipart/form-data", b"", 400),
        ("multipart/form-data; boundary=x", b"no parts", 400),
        ("multipart/form-data; boundary=x", b"--x--\r\n", 422),
        (
            "multipart/form-data; boundary=x",
            b'--x\r\nContent-Disposition: form-data; name="file"\r\n\r\nx\r\n--x--',
            422,
        ),
    ],
)
async def test_a_body_that_is_no_upload_is_told_so(
    intake: httpx.AsyncClient, ticket: dict[str, Any], content_type: str, body: bytes, status: int
) -> None:
    headers = {**coded(ticket), "Content-Type": content_type}
    answer = await intake.post(address(ticket), content=body, headers=headers)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")


async def test_a_body_without_end_is_not_read_to_its_end(intake: httpx.AsyncClient, ticket: dict[str, Any]) -> None:
    async def endless() -> AsyncIterator[bytes]:
        yield b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
        while True:
            yield bytes(4 * 1024 * 1024)

    headers = {**coded(ticket), "Content-Type": "multipart/form-data; boundary=x"}
    assert (await intake.post(address(ticket), content=endless(), headers=headers)).status_code == 413


async def test_whoever_sends_slowly_keeps_nobody_else_waiting(
    intake: httpx.AsyncClient, ticket: dict[str, Any]
) -> None:
    begun, go_on = asyncio.Semaphore(0), asyncio.Event()

    async def slow() -> AsyncIterator[bytes]:
        yield b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
        begun.release()
        await go_on.wait()
        yield PDF + b"\r\n--x--\r\n"

    headers = {**coded(ticket), "Content-Type": "multipart/form-data; boundary=x"}
    slowly = [asyncio.create_task(intake.post(address(ticket), content=slow(), headers=headers)) for _ in range(4)]
    for _ in slowly:
        await begun.acquire()
    assert (await upload(intake, ticket, PHOTOGRAPH)).status_code == 201
    go_on.set()
    assert [(await one).status_code for one in slowly] == [201] * 4


@pytest.mark.parametrize("sha256", ["00" * 32, "x", "..%2f..%2fetc%2fpasswd", "A" * 64, "%00"])
async def test_a_file_that_is_not_there_is_not_found(
    intake: httpx.AsyncClient, ticket: dict[str, Any], sha256: str
) -> None:
    assert (await intake.get(address(ticket, sha256), headers=coded(ticket))).status_code == 404


async def test_a_store_that_lost_or_changed_a_file_is_away_and_hands_out_nothing(
    intake: httpx.AsyncClient, ticket: dict[str, Any], tmp_path: Path
) -> None:
    [stored] = (await upload(intake, ticket, PDF)).json()["attachments"]
    [file] = lying(tmp_path)
    file.write_bytes(b"<html>something else</html>")
    assert (await intake.get(address(ticket, stored["sha256"]), headers=coded(ticket))).status_code == 503
    file.unlink()
    assert (await intake.get(address(ticket, stored["sha256"]), headers=coded(ticket))).status_code == 503


class StopsBeforeTheRow(Exception):
    """The process dies here."""


async def test_bytes_come_first_so_a_process_that_dies_leaves_an_orphan_and_no_row_to_nothing(
    attachments: Attachments,
    ticket: dict[str, Any],
    intake_pool: Pool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    complaint = UUID(ticket["complaint_id"])
    content = await attachments.examine(PDF)

    async def dies(*_: object) -> None:
        raise StopsBeforeTheRow

    with monkeypatch.context() as patched:
        patched.setattr(attachments_store, "insert_attachments", dies)
        with pytest.raises(StopsBeforeTheRow):
            await attachments.add(complaint, [content])
    assert len(lying(tmp_path)) == 1
    assert await intake_pool.fetchval("SELECT count(*) FROM attachments") == 0
    # The next attempt finds it there and adds the row.
    await attachments.add(complaint, [content])
    assert await intake_pool.fetchval("SELECT count(*) FROM attachments") == 1


def _made_old(file: Path) -> None:
    yesterday = time.time() - 2 * 24 * 3600
    os.utime(file, (yesterday, yesterday))


async def test_orphans_are_collected_after_a_day_and_nothing_else(
    attachments: Attachments, ticket: dict[str, Any], tmp_path: Path
) -> None:
    orphan, young = await attachments.files.put(b"orphan"), await attachments.files.put(b"young")
    content = await attachments.examine(PDF)
    await attachments.add(UUID(ticket["complaint_id"]), [content])
    strange = tmp_path / "files" / "lost+found.txt"
    strange.write_text("not ours")
    for file in lying(tmp_path):
        if file.name != young.hex():
            _made_old(file)
    collected = await attachments.collect_orphans(datetime.now(UTC))
    assert (collected.seen, collected.removed) == (3, 1)
    assert {file.name for file in lying(tmp_path)} == {young.hex(), content.sha256.hex(), strange.name}
    with pytest.raises(FilesAway):
        await attachments.files.get(orphan)
    assert (await attachments.collect_orphans(datetime.now(UTC))).removed == 0


async def test_a_collector_waits_for_an_upload_whose_row_is_about_to_come(
    attachments: Attachments, ticket: dict[str, Any], tmp_path: Path, intake_pool: Pool, service_urls: dict[str, str]
) -> None:
    content = await attachments.examine(PDF)
    await attachments.files.put(content.data)
    [file] = lying(tmp_path)
    _made_old(file)
    uploading = await asyncpg.connect(service_urls["intake"])
    transaction = uploading.transaction()
    await transaction.start()
    await uploading.execute(attachments_store.HOLD_FILES)
    collecting = asyncio.create_task(attachments.collect_orphans(datetime.now(UTC)))
    waiting = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
    async with asyncio.timeout(30):
        while not await intake_pool.fetchval(waiting):  # noqa: ASYNC110  # only the database knows
            await asyncio.sleep(0.01)
    kept = [attachments_store.Kept(content.sha256, content.media_type, len(content.data))]
    await attachments_store.insert_attachments(uploading, UUID(ticket["complaint_id"]), kept, datetime.now(UTC))
    await transaction.commit()
    await uploading.close()
    assert (await collecting).removed == 0
    assert lying(tmp_path) == [file]
