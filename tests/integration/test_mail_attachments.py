"""Files of mails are stored with their complaints; those that are not kept are noted there, and none is lost."""

import base64
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from services.intake.acceptance import Acceptance, Receipt
from services.intake.attachments.attachment_content import MAX_BYTES, MediaType
from services.intake.attachments.attachment_files import AttachmentFiles
from services.intake.attachments.attachments import Attachments
from services.intake.attachments.files_away import FilesAway
from services.intake.county import County
from services.intake.mail.mail_intake import MailIntake, Origin
from services.intake.store import RefusedMail
from shared.postgres import Pool
from tests.unit.intake.attachments.test_attachment_content import PDF, PLACE, corners, encoded, exif

ORIGIN = Origin("supervision")
# Noise packs badly: a photograph of a megabyte and more, of which the parser is shown only the beginning.
LARGE = encoded(Image.effect_noise((1100, 1100), 90), MediaType.PNG)


@pytest.fixture
def attachments(intake_pool: Pool, tmp_path: Path) -> Attachments:
    return Attachments(intake_pool, AttachmentFiles.at(str(tmp_path)))


@pytest.fixture
def mail_intake(intake_pool: Pool, acceptance: Acceptance, county: County, attachments: Attachments) -> MailIntake:
    return MailIntake(intake_pool, acceptance, lambda: county, attachments)


def mail(*files: bytes, number: int = 1) -> bytes:
    parts = [b"Content-Type: text/plain; charset=utf-8\r\n\r\n" + "路灯坏了。".encode()]
    parts += [
        b'Content-Type: application/octet-stream; name="wang.doc"\r\nContent-Disposition: attachment\r\n'
        b"Content-Transfer-Encoding: base64\r\n\r\n" + base64.encodebytes(data).replace(b"\n", b"\r\n")
        for data in files
    ]
    head = b"From: w@mail.example\r\nMessage-ID: <%d@mail.example>\r\nMIME-Version: 1.0\r\n" % number
    body = b"".join(b"--limit\r\n" + part + b"\r\n" for part in parts)
    return head + b'Content-Type: multipart/mixed; boundary="limit"\r\n\r\n' + body + b"--limit--\r\n"


async def taken(intake: MailIntake, raw: bytes) -> Receipt:
    [verdict] = await intake.take_in(ORIGIN, [raw])
    assert isinstance(verdict, Receipt), verdict
    return verdict


async def stored(pool: Pool) -> list[tuple[str, int]]:
    rows = await pool.fetch("SELECT media_type, size FROM attachments ORDER BY media_type, size")
    return [(row["media_type"], row["size"]) for row in rows]


async def noted(pool: Pool) -> list[tuple[int, str]]:
    rows = await pool.fetch("SELECT number, code FROM refused_attachments ORDER BY number")
    return [(row["number"], row["code"]) for row in rows]


def contents(folder: Path) -> list[bytes]:
    return [file.read_bytes() for file in folder.rglob("*") if file.is_file()]


async def test_what_can_be_kept_is_and_the_rest_is_noted(
    mail_intake: MailIntake, intake_pool: Pool, tmp_path: Path
) -> None:
    photograph = encoded(corners(), MediaType.JPEG, exif=exif())
    await taken(mail_intake, mail(photograph, b"PK\x03\x04 a document", PDF, b""))
    assert [media_type for media_type, _ in await stored(intake_pool)] == ["application/pdf", "image/jpeg"]
    assert await noted(intake_pool) == [(2, "type"), (4, "empty")]
    reason = await intake_pool.fetchval("SELECT reason FROM refused_attachments WHERE number = 2")
    assert "PDF" in reason
    files = contents(tmp_path)
    assert len(files) == 2
    assert all(PLACE not in data for data in files)


@pytest.mark.parametrize("behind", [b"", b"\x00" * 57])
async def test_a_large_file_comes_through_whole_and_what_follows_it_too(
    mail_intake: MailIntake, intake_pool: Pool, behind: bytes
) -> None:
    assert len(LARGE) > 1_100_000
    # Also where its last line is as long as all the others.
    pdf = PDF[:9] + bytes(57 * 30_000 - 9 - len(b"%%EOF")) + b"%%EOF"
    await taken(mail_intake, mail(LARGE, pdf, PDF, behind))
    assert [size for media_type, size in await stored(intake_pool) if media_type == "application/pdf"] == [
        len(PDF),
        len(pdf),
    ]
    assert await intake_pool.fetchval("SELECT count(*) FROM attachments WHERE media_type = 'image/png'") == 1


async def test_a_file_of_more_than_ten_megabytes_and_a_tenth_file_are_noted(
    mail_intake: MailIntake, intake_pool: Pool
) -> None:
    different = [PDF[:9] + b"%d" % n + PDF[9:] for n in range(10)]
    await taken(mail_intake, mail(bytes(MAX_BYTES * 2), *different))
    assert len(await stored(intake_pool)) == 9
    assert await noted(intake_pool) == [(1, "too_large"), (11, "too_many")]


async def test_a_mail_that_comes_again_changes_nothing(mail_intake: MailIntake, intake_pool: Pool) -> None:
    raw = mail(PDF, b"GIF89a")
    first = await taken(mail_intake, raw)
    again = await taken(mail_intake, raw)
    assert (again.complaint_id, again.created) == (first.complaint_id, False)
    assert len(await stored(intake_pool)) == 1
    assert await noted(intake_pool) == [(2, "type")]


async def test_while_the_store_is_away_the_mail_waits_and_loses_nothing(
    mail_intake: MailIntake, attachments: Attachments, intake_pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: Any) -> bytes:
        raise FilesAway("GenericError")

    with monkeypatch.context() as patched:
        patched.setattr(AttachmentFiles, "put", away)
        assert await mail_intake.take_in(ORIGIN, [mail(PDF), mail(number=2)]) != [None, None]
        assert await stored(intake_pool) == []
    receipt = await taken(mail_intake, mail(PDF))
    assert receipt.created is False
    assert len(await stored(intake_pool)) == 1
    assert attachments.pool is intake_pool


async def test_a_fault_of_ours_over_a_file_stops_no_mailbox_and_calls_a_person(
    mail_intake: MailIntake, intake_pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fails(*_: Any) -> bytes:
        raise LookupError

    monkeypatch.setattr(AttachmentFiles, "put", fails)
    [one, other] = await mail_intake.take_in(ORIGIN, [mail(PDF), mail(number=2)])
    assert isinstance(one, RefusedMail)
    assert (one.code, isinstance(other, Receipt)) == ("files_failed", True)
    assert await intake_pool.fetchval("SELECT count(*) FROM complaints") == 2
    assert await intake_pool.fetchval("SELECT code FROM refusals") == "files_failed"


async def test_without_a_store_mails_are_taken_all_the_same(
    intake_pool: Pool, acceptance: Acceptance, county: County
) -> None:
    await taken(MailIntake(intake_pool, acceptance, lambda: county), mail(PDF))
    assert await stored(intake_pool) == []
