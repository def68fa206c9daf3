"""A citizen complains and looks up by pages that need no script; what is wrong is told beside its field."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from services.intake.acceptance import Acceptance
from services.intake.attachments import attachments_store
from services.intake.attachments.attachment_content import MAX_COUNT
from services.intake.attachments.attachment_files import AttachmentFiles
from services.intake.attachments.attachments import Attachments
from services.intake.attachments.files_away import FilesAway
from services.intake.county import County
from services.intake.identity.blind_index import BlindIndex
from shared.events import CaseReplied
from shared.language import CaseStatus
from shared.postgres import Pool
from tests.integration.conftest import client_of
from tests.integration.intake_pages import application, inside
from tests.integration.reporters import event, follow, opened
from tests.unit.intake.attachments.test_attachment_content import PDF

TYPED = {
    "key": "0c5ad4f6-6b0c-4d5c-8a43-0d2f4c1d5e6f",
    "kind": "complaint",
    "text": "小区楼下的路灯坏了半个月。",
    "place": "城关镇测试路",
    "confidentiality": "named",
    "name": "测试甲",
    "phone": "13800000000",
    "website": "",
}
# A browser sends this where no file is chosen.
NO_FILE = {"photos": ("", b"", "application/octet-stream")}


@pytest.fixture
async def citizen(
    acceptance: Acceptance, county: County, blind_index: BlindIndex, intake_pool: Pool, tmp_path: Path
) -> AsyncIterator[httpx.AsyncClient]:
    attachments = Attachments(intake_pool, AttachmentFiles.at(str(tmp_path / "files")))
    async with client_of(application(intake_pool, acceptance, county, blind_index, attachments)) as client:
        yield client


async def count(pool: Pool) -> int:
    number: int = await pool.fetchval("SELECT count(*) FROM complaints")
    return number


async def test_the_form_is_open_and_loads_nothing_from_elsewhere(citizen: httpx.AsyncClient) -> None:
    for path in ("/", "/lookup"):
        page = await citizen.get(path)
        assert page.status_code == 200
        assert "<script" not in page.text
        assert " style=" not in page.text
        assert "http://" not in page.text
        assert "https://" not in page.text
    style = await citizen.get("/intake-static/intake.css")
    assert style.headers["content-type"].startswith("text/css")


async def test_who_submits_gets_the_numbers_with_which_to_look_up(
    citizen: httpx.AsyncClient, intake_pool: Pool
) -> None:
    thanks = await citizen.post("/", data=TYPED, files=NO_FILE)
    assert thanks.status_code == 201
    number, code = inside(thanks.text, "ticket-number"), inside(thanks.text, "query-code")
    row = await intake_pool.fetchrow("SELECT complaint_id, channel FROM complaints WHERE ticket_number = $1", number)
    assert row is not None
    assert row["channel"] == "web_portal"
    found = await citizen.post("/lookup", data={"ticket_number": f" {number} ", "query_code": code.lower()})
    assert "已受理" in inside(found.text, "status")
    replied = event(CaseReplied, row["complaint_id"], 2, CaseStatus.REPLIED, reply="<b>已修好</b>")
    await follow(intake_pool, opened(row["complaint_id"]), replied)
    found = await citizen.post("/lookup", data={"ticket_number": number, "query_code": code})
    assert "已答复" in inside(found.text, "status")
    assert "自来水公司" in found.text
    assert "&lt;b&gt;已修好&lt;/b&gt;" in found.text


async def test_a_form_sent_twice_is_one_complaint(citizen: httpx.AsyncClient, intake_pool: Pool) -> None:
    first, again = [await citizen.post("/", data=TYPED, files=NO_FILE) for _ in range(2)]
    assert (first.status_code, again.status_code) == (201, 200)
    assert inside(first.text, "query-code") == inside(again.text, "query-code")
    assert await count(intake_pool) == 1


async def test_a_form_sent_again_with_other_words_says_that_the_first_stands(
    citizen: httpx.AsyncClient, intake_pool: Pool
) -> None:
    await citizen.post("/", data=TYPED)
    again = await citizen.post("/", data=TYPED | {"text": "另外一件事。"})
    assert "以首次登记为准" in again.text
    assert "query-code" not in again.text
    assert await count(intake_pool) == 1


async def test_what_is_wrong_stands_beside_its_field_and_nothing_typed_is_lost(
    citizen: httpx.AsyncClient, intake_pool: Pool
) -> None:
    wrong = TYPED | {"text": "  ", "place": '"路"<i>' + "长" * 200, "kind": "nothing"}
    page = await citizen.post("/", data=wrong, files=NO_FILE)
    assert page.status_code == 422
    # What a field is for is checked before what it means.
    assert "请选择诉求类型" in inside(page.text, "kind-wrong")
    page = await citizen.post("/", data=wrong | {"kind": "complaint"}, files=NO_FILE)
    assert "请写明诉求" in inside(page.text, "text-wrong")
    page = await citizen.post("/", data=wrong | {"kind": "complaint", "text": TYPED["text"]}, files=NO_FILE)
    assert "地点最多" in inside(page.text, "place-wrong")
    assert "&lt;i&gt;长长" in page.text
    assert inside(page.text, "text") == TYPED["text"]
    assert 'value="测试甲"' in page.text
    assert TYPED["key"] in page.text
    assert await count(intake_pool) == 0


async def test_an_empty_request_is_answered_with_the_form(citizen: httpx.AsyncClient) -> None:
    for path, status in (("/", 422), ("/lookup", 404)):
        page = await citizen.post(path)
        assert page.status_code == status
        assert "<form" in page.text


async def test_what_a_program_fills_in_is_thanked_for_and_not_kept(
    citizen: httpx.AsyncClient, intake_pool: Pool
) -> None:
    thanks = await citizen.post("/", data=TYPED | {"website": "https://spam.example"}, files=NO_FILE)
    assert thanks.status_code == 201
    assert "感谢您的反映" in thanks.text
    assert await count(intake_pool) == 0


async def test_of_an_anonymous_complaint_nobody_is_kept(citizen: httpx.AsyncClient, intake_pool: Pool) -> None:
    thanks = await citizen.post("/", data=TYPED | {"confidentiality": "anonymous"})
    assert thanks.status_code == 201
    assert await intake_pool.fetchval("SELECT count(*) FROM blind_index") == 0


async def test_photos_are_kept_with_the_complaint(citizen: httpx.AsyncClient, intake_pool: Pool) -> None:
    thanks = await citizen.post("/", data=TYPED, files={"photos": ("a.pdf", PDF, "application/pdf")})
    assert thanks.status_code == 201
    row = await attachments_store.find_complaint(intake_pool, inside(thanks.text, "ticket-number"))
    assert row is not None
    assert len(await attachments_store.read_attachments(intake_pool, row["complaint_id"])) == 1


@pytest.mark.parametrize(
    ("number", "content", "said"), [(1, b"no picture", "第1个文件"), (MAX_COUNT + 1, PDF, f"{MAX_COUNT}")]
)
async def test_files_that_cannot_be_kept_are_told_of_before_anything_is_registered(
    citizen: httpx.AsyncClient, intake_pool: Pool, number: int, content: bytes, said: str
) -> None:
    files = [("photos", (f"{each}.pdf", content, "application/pdf")) for each in range(number)]
    page = await citizen.post("/", data=TYPED, files=files)
    assert page.status_code == 422
    assert said in inside(page.text, "photos-wrong")
    assert inside(page.text, "text") == TYPED["text"]
    assert await count(intake_pool) == 0


async def test_a_complaint_stands_and_its_numbers_are_shown_where_the_photos_cannot_be_stored(
    citizen: httpx.AsyncClient, intake_pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object) -> None:
        raise FilesAway("test")

    monkeypatch.setattr(AttachmentFiles, "put", away)
    thanks = await citizen.post("/", data=TYPED, files={"photos": ("a.pdf", PDF, "application/pdf")})
    assert thanks.status_code == 201
    assert "照片暂时无法保存" in thanks.text
    assert len(inside(thanks.text, "query-code")) == 8
    assert await count(intake_pool) == 1


async def test_without_a_place_for_files_none_are_asked_for(
    intake_pool: Pool, acceptance: Acceptance, county: County, blind_index: BlindIndex
) -> None:
    async with client_of(application(intake_pool, acceptance, county, blind_index)) as client:
        assert 'type="file"' not in (await client.get("/")).text
        thanks = await client.post("/", data=TYPED, files={"photos": ("a.pdf", PDF, "application/pdf")})
    assert thanks.status_code == 201


async def test_a_wrong_number_or_code_opens_nothing_and_the_number_is_kept(citizen: httpx.AsyncClient) -> None:
    thanks = await citizen.post("/", data=TYPED)
    number = inside(thanks.text, "ticket-number")
    for code in ("", "AAAAAAAA"):
        page = await citizen.post("/lookup", data={"ticket_number": number, "query_code": code})
        assert page.status_code == 404
        assert "没有找到该工单" in page.text
        assert f'value="{number}"' in page.text


async def test_another_sites_page_cannot_complain_in_a_citizens_name(
    citizen: httpx.AsyncClient, intake_pool: Pool
) -> None:
    refused = await citizen.post("/", data=TYPED, headers={"Sec-Fetch-Site": "cross-site"})
    assert refused.status_code == 403
    assert await count(intake_pool) == 0


async def test_one_client_may_submit_only_so_often(citizen: httpx.AsyncClient) -> None:
    answers = [await citizen.post("/", data={}) for _ in range(31)]
    assert [answer.status_code for answer in answers] == [422] * 30 + [429]
