"""The operator's and the desk's pages: by the session's cookie, each role its own channel, and a receipt to print."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from services.intake.acceptance import Acceptance
from services.intake.attachments.attachment_files import AttachmentFiles
from services.intake.attachments.attachments import Attachments
from services.intake.county import County
from services.intake.identity.blind_index import BlindIndex
from shared.auth import Role
from shared.postgres import Pool
from shared.session import SESSION_COOKIE
from tests.integration.conftest import client_of
from tests.integration.intake_pages import application, inside, session
from tests.unit.intake.attachments.test_attachment_content import PDF

TYPED = {
    "kind": "complaint",
    "text": "小区楼下的路灯坏了半个月，报了几次没有人来修。",
    "place": "城关镇",
    "confidentiality": "named",
    "phone": "13800000000",
    "do": "submit",
}
WHO: dict[str, list[tuple[Role, str | None, str, str | None]]] = {
    "/operator": [(Role.OPERATOR, None, "hotline_12345", None)],
    "/desk": [
        (Role.CLERK, None, "service_center", None),
        (Role.OFFICER, "water-supply", "department_line", "water-supply"),
    ],
}
PAGES = [(path, *who) for path, each in WHO.items() for who in each]


@pytest.fixture
async def staff(
    intake_pool: Pool, acceptance: Acceptance, county: County, blind_index: BlindIndex, tmp_path: Path
) -> AsyncIterator[httpx.AsyncClient]:
    attachments = Attachments(intake_pool, AttachmentFiles.at(str(tmp_path / "files")))
    async with client_of(application(intake_pool, acceptance, county, blind_index, attachments)) as client:
        yield client


@pytest.mark.parametrize(("path", "role", "department", "channel", "received_by"), PAGES)
async def test_each_role_registers_on_its_own_channel(
    staff: httpx.AsyncClient,
    intake_pool: Pool,
    path: str,
    role: Role,
    department: str | None,
    channel: str,
    received_by: str | None,
) -> None:
    cookie, csrf = session(role, department=department, subject="0301")
    form = await staff.get(path, headers=cookie)
    assert csrf["csrf"] in form.text
    # The page works without its one script, which is a file of ours.
    assert form.text.replace('<script src="/intake-static/while_typing.js" type="module">', "").count("<script") == 0
    answer = await staff.post(path, data=TYPED | csrf, headers=cookie)
    assert answer.status_code == 201
    row = await intake_pool.fetchrow(
        "SELECT channel, received_by, operator FROM complaints WHERE ticket_number = $1",
        inside(answer.text, "ticket-number"),
    )
    assert row is not None
    assert tuple(row) == (channel, received_by, "0301")
    assert len(inside(answer.text, "query-code")) == 8
    assert ("受理回执" in answer.text) is (path == "/desk")


@pytest.mark.parametrize(("path", "role", "department", "channel", "received_by"), PAGES)
async def test_staff_say_when_it_happened_who_is_complained_of_who_may_know_and_attach_photos(
    staff: httpx.AsyncClient,
    intake_pool: Pool,
    path: str,
    role: Role,
    department: str | None,
    channel: str,
    received_by: str | None,
) -> None:
    cookie, csrf = session(role, department=department)
    form = await staff.get(path, headers=cookie)
    assert '<option value="water-supply">自来水公司</option>' in form.text
    more = {"occurred_at": "2026-11-20T08:30", "accused": "water-supply", "confidentiality": "confidential"}
    photo = {"photos": ("a.pdf", PDF, "application/pdf")}
    answer = await staff.post(path, data=TYPED | csrf | more, files=photo, headers=cookie)
    assert answer.status_code == 201
    row = await intake_pool.fetchrow(
        "SELECT channel, received_by, accused, confidentiality, occurred_at,"
        " (SELECT count(*) FROM attachments WHERE attachments.complaint_id = complaints.complaint_id) AS files"
        " FROM complaints WHERE ticket_number = $1",
        inside(answer.text, "ticket-number"),
    )
    assert row is not None
    # An officer registers what reached the department also where it is about the department itself (首接负责).
    assert tuple(row) == (
        channel, received_by, "water-supply", "confidential", datetime(2026, 11, 20, 0, 30, tzinfo=UTC), 1,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("wrong", "beside"),
    [({"occurred_at": "gestern"}, "occurred_at"), ({"accused": "nobody-knows"}, "accused")],
)
async def test_a_time_or_a_department_that_there_is_not_is_told_beside_its_field(
    staff: httpx.AsyncClient, intake_pool: Pool, wrong: dict[str, str], beside: str
) -> None:
    cookie, csrf = session(Role.OPERATOR)
    page = await staff.post("/operator", data=TYPED | csrf | wrong, headers=cookie)
    assert page.status_code == 422
    assert inside(page.text, f"{beside}-wrong")
    assert await intake_pool.fetchval("SELECT count(*) FROM complaints") == 0


@pytest.mark.parametrize("path", WHO)
async def test_a_file_that_cannot_be_kept_is_told_of_before_anything_is_registered(
    staff: httpx.AsyncClient, intake_pool: Pool, path: str
) -> None:
    cookie, csrf = session(*(who[0] for who in WHO[path]), department="water-supply")
    page = await staff.post(
        path, data=TYPED | csrf, files={"photos": ("a.html", b"<script>", "text/html")}, headers=cookie
    )
    assert page.status_code == 422
    assert "第1个文件" in inside(page.text, "photos-wrong")
    assert inside(page.text, "text") == TYPED["text"]
    assert await intake_pool.fetchval("SELECT count(*) FROM complaints") == 0


async def test_nobodys_photos_are_read_who_may_not_send_them(staff: httpx.AsyncClient) -> None:
    """Neither for a login that proves nothing nor for another role, however much comes."""
    read = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal read
        yield b"--x\r\n"
        read += 1
        yield b"x"

    headers = {"Content-Type": "multipart/form-data; boundary=x", "Accept": "*/*"}
    for cookie in (session(Role.CLERK)[0], {"Cookie": f"{SESSION_COOKIE}=nonsense"}, {}):
        answer = await staff.post("/operator", content=endless(), headers=headers | cookie)
        assert answer.status_code in {401, 403}
    assert read == 0


@pytest.mark.parametrize("path", WHO)
async def test_a_form_that_is_not_the_sessions_own_is_refused(
    staff: httpx.AsyncClient, intake_pool: Pool, path: str
) -> None:
    cookie, _ = session(*(who[0] for who in WHO[path]), department="water-supply")
    _, of_another = session(Role.OPERATOR, subject="another")
    for csrf in ({}, of_another):
        refused = await staff.post(path, data=TYPED | csrf, headers=cookie)
        assert refused.status_code == 403
    assert await intake_pool.fetchval("SELECT count(*) FROM complaints") == 0


@pytest.mark.parametrize("path", WHO)
async def test_whoever_has_another_role_is_refused(staff: httpx.AsyncClient, path: str) -> None:
    for role in set(Role) - {who[0] for who in WHO[path]}:
        cookie, csrf = session(role, department="water-supply")
        assert (await staff.get(path, headers=cookie)).status_code == 403
        assert (await staff.post(path, data=TYPED | csrf, headers=cookie)).status_code == 403


@pytest.mark.parametrize("path", WHO)
async def test_a_browser_without_a_login_is_led_to_it_and_back(staff: httpx.AsyncClient, path: str) -> None:
    led = await staff.get(path, headers={"Accept": "text/html"})
    assert led.status_code == 303
    assert led.headers["location"] == f"/login?to=%2F{path[1:]}"


@pytest.mark.parametrize(("path", "role", "department", "channel", "received_by"), PAGES)
async def test_what_is_wrong_stands_beside_its_field_and_what_was_typed_is_kept(
    staff: httpx.AsyncClient, path: str, role: Role, department: str | None, channel: str, received_by: str | None
) -> None:
    del channel, received_by
    cookie, csrf = session(role, department=department)
    page = await staff.post(path, data=TYPED | csrf | {"phone": "1" * 41, "urgency": "urgent"}, headers=cookie)
    assert page.status_code == 422
    assert "“联系电话”过长" in inside(page.text, "phone-wrong")
    assert inside(page.text, "text") == TYPED["text"]
    assert '<option value="urgent" selected>' in page.text


async def test_the_operator_sees_what_the_same_caller_brought_before(
    staff: httpx.AsyncClient, intake_pool: Pool
) -> None:
    cookie, csrf = session(Role.OPERATOR)
    form = TYPED | csrf
    asked = await staff.post("/operator", data=form | {"do": "check"}, headers=cookie)
    assert "没有可显示的此前诉求" in inside(asked.text, "earlier")
    assert await intake_pool.fetchval("SELECT count(*) FROM complaints") == 0
    first = await staff.post("/operator", data=form, headers=cookie)
    number = inside(first.text, "ticket-number")
    assert "此前的诉求" not in first.text
    asked = await staff.post("/operator", data=form | {"do": "check"}, headers=cookie)
    assert f"<td>{number} <a" in asked.text
    assert "可能重复" in asked.text
    assert inside(asked.text, "text") == TYPED["text"]
    second = await staff.post("/operator", data=form, headers=cookie)
    assert f"<td>{number} <a" in second.text
    assert f"可能与工单 {number} 重复" in second.text


async def test_without_a_whole_number_nobody_can_be_looked_for(staff: httpx.AsyncClient) -> None:
    cookie, csrf = session(Role.OPERATOR)
    page = await staff.post("/operator", data=csrf | {"do": "check", "phone": "138"}, headers=cookie)
    assert page.status_code == 200
    assert "请先填写完整有效的电话号码" in page.text


async def test_an_officer_is_not_shown_what_somebody_brought_elsewhere(staff: httpx.AsyncClient) -> None:
    cookie, csrf = session(Role.OPERATOR)
    number = inside((await staff.post("/operator", data=TYPED | csrf, headers=cookie)).text, "ticket-number")
    cookie, csrf = session(Role.OFFICER, department="water-supply")
    assert "查询此前诉求" not in (await staff.get("/desk", headers=cookie)).text
    for do in ("check", "submit"):
        page = await staff.post("/desk", data=TYPED | csrf | {"do": do}, headers=cookie)
        assert number not in page.text
