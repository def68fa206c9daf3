import base64
import os
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.channels.mailbox import Mail, Refusal, RefusalCode, read_mail, to_complaint
from services.intake.complaint import MAX_TEXT, Reporter
from services.intake.county import County
from services.intake.mail.mail_text import Flaw
from services.intake.refusal import SubmissionRefused
from shared.language import Channel, Confidentiality, Kind

COUNTY = County(towns=["城关镇"], urgent_words=["停水"], departments=["water-bureau"])


def raw_mail(
    body: bytes | str = "路灯不亮",
    *,
    subject: bytes | str = "=?utf-8?B?6Lev54Gv?=",
    more: str = "",
    sender: bytes | str = "w@mail.example",
) -> bytes:
    def data(words: bytes | str) -> bytes:
        return words if isinstance(words, bytes) else words.encode()

    head = b"From: " + data(sender) + b"\r\nSubject: " + data(subject) + b"\r\nMessage-ID: <1@mail.example>\r\n"
    return head + more.encode() + b"\r\n" + data(body)


def mail(*args: Any, **kwargs: Any) -> Mail:
    read = read_mail(raw_mail(*args, **kwargs))
    assert isinstance(read, Mail)
    return read


def refusal(raw: bytes) -> Refusal:
    read = read_mail(raw)
    assert isinstance(read, Refusal)
    return read


def test_a_mail_becomes_a_confidential_report() -> None:
    made = to_complaint(mail(sender="=?utf-8?B?5rWL6K+V55Sy?= <w@mail.example>"), COUNTY)
    assert made.channel is Channel.MAILBOX
    assert made.external_id == "<1@mail.example>"
    assert made.kind is Kind.REPORT
    assert made.confidentiality is Confidentiality.CONFIDENTIAL
    assert (made.title, made.text) == ("路灯", "路灯不亮")
    assert made.reporter == Reporter(name="测试甲", email="w@mail.example")


def test_a_mailbox_says_what_comes_in_on_it() -> None:
    made = to_complaint(
        mail(), COUNTY, kind=Kind.HELP, confidentiality=Confidentiality.NAMED, received_by="water-bureau"
    )
    assert (made.kind, made.confidentiality, made.received_by) == (Kind.HELP, Confidentiality.NAMED, "water-bureau")


def test_a_department_that_the_county_does_not_have_cannot_have_received_it() -> None:
    with pytest.raises(SubmissionRefused, match="received_by"):
        to_complaint(mail(), COUNTY, received_by="moon-bureau")


@pytest.mark.parametrize(
    ("sender", "expected"),
    [
        ("w@mail.example", Reporter(email="w@mail.example")),
        ("<w@mail.example>", Reporter(email="w@mail.example")),
        ('"测, 试甲" <w@mail.example>', Reporter(name="测, 试甲", email="w@mail.example")),
        ("测试甲 <w@mail.example>".encode("gb18030"), Reporter(name="测试甲", email="w@mail.example")),
        ('"=?gbk?B?suLK1LzX?="\r\n <w@mail.example>', Reporter(name="测试甲", email="w@mail.example")),
        ("=?utf-8?Q?a=40b.example?= <w@mail.example>", Reporter(name="a@b.example", email="w@mail.example")),
        ("nobody", Reporter(name="nobody")),
        ("", Reporter()),
        ("(<," * 9000, Reporter(name=("(<," * 34)[:100])),
    ],
)
def test_the_sender_is_the_reporter(sender: bytes | str, expected: Reporter) -> None:
    read = mail(sender=sender).sender
    assert (read.name, read.email) == (expected.name, expected.email)


def test_a_mail_shows_neither_sender_nor_words() -> None:
    shown = f"{mail(sender='测试甲 <w@mail.example>')!r}"
    assert not any(secret in shown for secret in ("测试甲", "w@", "路灯"))


@pytest.mark.parametrize(
    ("header", "code"),
    [
        ("Auto-Submitted: auto-replied", RefusalCode.AUTOMATIC),
        ("Auto-Submitted: auto-generated; owner-email=x", RefusalCode.AUTOMATIC),
        ("X-Autoreply: yes", RefusalCode.AUTOMATIC),
        ("Precedence: auto_reply", RefusalCode.AUTOMATIC),
        ("Precedence: Bulk", RefusalCode.BULK),
        ("Precedence: list", RefusalCode.BULK),
        ("precedence: junk", RefusalCode.BULK),
        ("List-Id: <news.mail.example>", RefusalCode.BULK),
        ("Return-Path: <>", RefusalCode.BOUNCE),
        ('Content-Type: multipart/report; boundary="b"', RefusalCode.BOUNCE),
    ],
)
def test_what_no_person_wrote_gets_no_ticket(header: str, code: RefusalCode) -> None:
    refused = refusal(raw_mail(more=f"{header}\r\n"))
    assert refused.code is code
    assert refused.zh
    assert refused.en


@pytest.mark.parametrize(
    "header", ["Auto-Submitted: no", "Auto-Submitted: No (a person)", "Precedence: first-class", "Return-Path: <w@x>"]
)
def test_what_a_person_wrote_gets_a_ticket(header: str) -> None:
    assert mail(more=f"{header}\r\n").text == "路灯不亮"


@pytest.mark.parametrize("body", ["", " \r\n\r\n", "\u200b"])
def test_a_subject_stands_in_for_an_empty_text(body: str) -> None:
    read = mail(body)
    assert (read.text, read.subject) == ("路灯", None)


@pytest.mark.parametrize("raw", [b"", b"\r\n\r\n", b"From: w@mail.example\r\n\r\n", raw_mail(" ", subject=" ")])
def test_a_mail_that_says_nothing_is_refused(raw: bytes) -> None:
    assert refusal(raw).code is RefusalCode.EMPTY


ATTACHMENT = (
    "--b\r\nContent-Type: image/png\r\n"
    'Content-Disposition: attachment; filename="13800000000.png"\r\n\r\nx\r\n--b--\r\n'
)


def test_a_picture_alone_gets_a_ticket_that_says_so() -> None:
    read = mail(ATTACHMENT, subject="", more='Content-Type: multipart/mixed; boundary="b"\r\n')
    assert len(read.files) == 1
    assert "只有1个附件" in read.text
    assert "138" not in read.text


@pytest.mark.parametrize(
    "kind", ["multipart/encrypted; boundary=b", "application/pkcs7-mime; smime-type=enveloped-data"]
)
def test_an_encrypted_mail_gets_a_ticket_that_says_so(kind: str) -> None:
    read = mail("--b\r\n\r\nhQEMA\r\n--b--\r\n", more=f"Content-Type: {kind}\r\n")
    assert "已加密" in read.text
    assert "hQEMA" not in read.text
    assert read.subject == "路灯"
    assert Flaw.ENCRYPTED in read.flaws


@pytest.mark.parametrize(
    "level",
    ['Content-Type: multipart/mixed; boundary="b{0}"\r\n\r\n--b{0}\r\n', "Content-Type:\r\n message/rfc822\r\n\r\n"],
)
def test_nesting_without_end_gets_a_ticket_that_says_so(level: str) -> None:
    read = mail("路灯不亮", more="".join(level.format(depth) for depth in range(2000)))
    assert "结构异常" in read.text
    assert read.flaws == {Flaw.MALFORMED}


@pytest.mark.parametrize("header", ["Content-Type: text/plain" + ";" * 100_000, "X-A: b\r\n" * 500_000])
def test_headers_without_end_get_a_ticket_that_says_so(header: str) -> None:
    assert mail("路灯不亮", more=f"{header}\r\n").flaws == {Flaw.MALFORMED}


def test_a_text_that_is_too_long_is_cut_and_says_so() -> None:
    read = mail("路灯不亮。" * 9000)
    assert len(read.text) <= MAX_TEXT
    assert read.text.endswith("请查阅原件。）")
    assert Flaw.TRUNCATED in read.flaws


def test_a_large_attachment_does_not_hide_the_text() -> None:
    content = base64.encodebytes(os.urandom(25_000_000)).decode()
    head = "--b\r\nContent-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    read = mail(
        f"--b\r\n\r\n路灯不亮\r\n{head}{content}\r\n--b\r\n\r\n一直不亮\r\n--b--\r\n",
        more='Content-Type: multipart/mixed; boundary="b"\r\n',
    )
    assert read.text.split() == ["路灯不亮", "一直不亮"]
    assert len(read.files) == 1
    assert not read.flaws


def test_raw_gb18030_is_read() -> None:
    read = mail("路灯不亮".encode("gb18030"), subject="路灯".encode("gb18030"))
    assert (read.subject, read.text, read.flaws) == ("路灯", "路灯不亮", frozenset())


def test_what_cannot_be_read_is_told() -> None:
    assert mail(b"abc\xff\xff").flaws == {Flaw.GARBLED}
    assert mail(subject=b"abc\xff\xff").flaws == {Flaw.GARBLED}


def test_without_a_message_id_the_same_bytes_are_the_same_submission() -> None:
    raw = raw_mail().replace(b"Message-ID: <1@mail.example>\r\n", b"")
    first, again, other = read_mail(raw), read_mail(raw), read_mail(raw + "了".encode())
    assert isinstance(first, Mail)
    assert isinstance(other, Mail)
    assert first == again
    assert first.external_id != other.external_id


@pytest.mark.parametrize("message_id", ["<" + "x" * 200 + "@y>", "<\x07@y>", "<路@y>"])
def test_an_unusable_message_id_still_tells_mails_apart(message_id: str) -> None:
    raw = raw_mail().replace(b"<1@mail.example>", message_id.encode())
    read = read_mail(raw)
    assert isinstance(read, Mail)
    assert read.external_id.startswith("sha256:")
    assert read_mail(raw) == read


header_lines = st.sampled_from(
    [
        'Content-Type: multipart/mixed; boundary="b"',
        "Content-Type: multipart/alternative; boundary*0*=gb2312''b",
        "Content-Type: multipart/mixed",
        "Content-Type: message/rfc822",
        "Content-Type: message/delivery-status",
        "Content-Type: text/html; charset*=unicode_escape''%5C%78",
        "Content-Type: text/plain; charset=punycode",
        'Content-Type: text/plain; charset="',
        "Content-Type: ;;;=",
        "Content-Disposition: attachment",
        "Content-Transfer-Encoding: base64",
        "Content-Transfer-Encoding: quoted-printable",
        "Content-Transfer-Encoding: x-uuencode",
        "Subject: =?gb2312?B?zfXQ?= =?utf-8?Q?=E8?=",
        "From: =?x?Q?<?= <(((",
        "Message-ID:",
        "--b",
        "--b--",
        "",
        "",
        "<p>路灯<br>",
        "6Lev54G",
        "=E8=B7",
    ]
).map(str.encode)
mails = st.lists(header_lines | st.binary(max_size=40), max_size=24).map(b"\r\n".join)


@given(mails | st.binary(max_size=300))
def test_any_bytes_are_a_mail_or_are_refused(raw: bytes) -> None:
    read = read_mail(raw)
    if isinstance(read, Mail):
        made = to_complaint(read, COUNTY)
        assert made.text
        assert 1 <= len(made.external_id) <= 128
