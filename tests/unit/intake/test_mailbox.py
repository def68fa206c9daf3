import base64
import os
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import pkcs7
from hypothesis import given
from hypothesis import strategies as st

from services.intake.channels.mailbox import Mail, Refusal, RefusalCode, read_mail, to_complaint
from services.intake.complaint import Reporter
from services.intake.county import County
from services.intake.mail.mail_text import Flaw
from services.intake.mail.signed_mail import signed_content
from services.intake.normalizing.cleaning import MAX_TEXT
from services.intake.refusal import SubmissionRefused
from shared.language import Channel, Confidentiality, Kind

COUNTY = County(
    towns=["城关镇"], urgent_words=["停水"], departments=["water-bureau"], words=["垃圾", "路灯", "噪音", "施工"]
)


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


def test_in_a_department_s_own_channel_no_sender_takes_the_number_of_a_clerk_s_complaint() -> None:
    read = read_mail(raw_mail().replace(b"<1@mail.example>", b"water-bureau:17"))
    assert isinstance(read, Mail)
    made = to_complaint(read, COUNTY, channel=Channel.DEPARTMENT_LINE, received_by="water-bureau")
    assert (made.channel, made.received_by) == (Channel.DEPARTMENT_LINE, "water-bureau")
    # A clerk's is the department's code, a colon, and what the clerk gave.
    assert made.external_id == "mail/water-bureau:17"


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


@pytest.mark.parametrize(
    ("name", "text", "redacted"),
    [
        ("垃圾", "垃圾没人收，天天有垃圾。", "垃圾没人收，天天有垃圾。"),
        # A surname to some, and yet the matter.
        ("路灯", "路灯不亮，路灯坏了半个月。", "路灯不亮，路灯坏了半个月。"),
        ("施工噪音", "夜里施工噪音很大。", "夜里施工噪音很大。"),
        ("热心市民", "我们热心市民都看到了。\n热心市民", "我们热心市民都看到了。\n〔姓名〕"),
        ("測試甲", "我叫測試甲，", "我叫測試甲，"),
        ("张测试", "举报人张测试住在三楼。", "举报人〔姓名〕住在三楼。"),
        ("張測試", "我是張測試。", "我是〔姓名〕。"),
        ("欧阳测试", "欧阳测试敬上", "〔姓名〕敬上"),
        ("阿依·测试", "我叫阿依·测试请回信", "我叫〔姓名〕请回信"),
        ("Zhang Ceshi", "I am Zhang Ceshi, thanks", "I am 〔姓名〕, thanks"),
        ("an", "I plan an appeal, an", "I plan 〔姓名〕 appeal, 〔姓名〕"),
        ("(x[", "(x[ 坏了", "〔姓名〕 坏了"),
    ],
)
def test_the_name_a_sender_goes_by_is_taken_out_where_it_may_be_a_name_and_not_out_of_words(
    name: str, text: str, redacted: str
) -> None:
    made = to_complaint(mail(text, sender=f"{name} <w@mail.example>"), COUNTY)
    assert made.text == redacted
    assert made.reporter is not None
    assert made.reporter.name == name


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


SIGNED = 'Content-Type: application/pkcs7-mime; smime-type=signed-data; name="smime.p7m"\r\n'
BASE64 = "Content-Transfer-Encoding: base64\r\n"


@pytest.mark.parametrize("label", [SIGNED, "Content-Type: application/x-pkcs7-mime\r\n"])
def test_a_signed_mail_is_read_and_its_files_too(label: str) -> None:
    inside = f'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\n\r\n路灯不亮\r\n{ATTACHMENT}'.encode()
    read = mail(base64.encodebytes(signed(inside)), more=label + BASE64)
    assert (read.subject, read.text, read.flaws) == ("路灯", "路灯不亮", frozenset())
    assert len(read.files) == 1


def test_a_signed_mail_is_read_as_well_where_its_length_is_told_at_the_end() -> None:
    pieces = b"\x04\x05text/\x04\x82\x00\x0dplain\r\n\r\nabcd"
    inside = b"\x24\x80\x04\x0eContent-Type: " + pieces + b"\x00\x00"
    read = mail(b"".join((SIGNED_HEAD, inside)), more=SIGNED)
    assert (read.text, read.flaws) == ("abcd", frozenset())


@pytest.mark.parametrize(
    ("more", "body"),
    [
        (SIGNED, b"\x30\x82"),
        (SIGNED, b"\x30\x80\x06\x09*\x86H\x86\xf7\r\x01\x07\x02\xa0\xff"),
        ("Content-Type: application/pkcs7-mime; smime-type=certs-only\r\n", b""),
        ("Content-Type: application/pkcs7-mime\r\n", b"hQEMA"),
    ],
)
def test_a_signed_mail_that_cannot_be_read_is_not_called_encrypted(more: str, body: bytes) -> None:
    read = mail(body, more=more)
    assert "签名或加密" in read.text
    assert read.flaws == {Flaw.WRAPPED}


def test_a_signed_mail_within_another_mail_says_what_it_is_beside_the_other_text() -> None:
    parts = f"--b\r\n\r\n转给你们\r\n--b\r\n{SIGNED}\r\nx\r\n--b--\r\n"
    read = mail(parts, more='Content-Type: multipart/mixed; boundary="b"\r\n')
    assert read.text.startswith("转给你们\n（来信以签名或加密格式封装")


def test_a_signed_mail_of_a_million_pieces_is_read_as_far_as_is_sensible() -> None:
    read = mail(SIGNED_HEAD + b"\x24\x80" + b"\x04\x01\n" * 1_000_000, more=SIGNED)
    assert read.text == "路灯"


def signed(inside: bytes) -> bytes:
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "w")])
    certificate = x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + timedelta(days=1)).sign(
        key, hashes.SHA256()
    )
    builder = pkcs7.PKCS7SignatureBuilder().set_data(inside).add_signer(certificate, key, hashes.SHA256())
    return builder.sign(serialization.Encoding.DER, [pkcs7.PKCS7Options.Binary])


# In BER: each length is told by an end mark, as programs write that do not know it yet.
SIGNED_HEAD = bytes.fromhex("3080 06092a864886f70d010702 a080 3080 020101 3100 3080 06092a864886f70d010701 a080")


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
        "Content-Type: application/pkcs7-mime",
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


@given(st.binary(max_size=100), st.integers(0, 150))
def test_of_signed_data_cut_short_no_more_is_read_than_is_there(inside: bytes, cut: int) -> None:
    whole = SIGNED_HEAD + b"\x04" + bytes([len(inside)]) + inside
    assert signed_content(whole) == inside
    found = signed_content(whole[:cut])
    assert found is None or inside.startswith(found)
