"""Mails that break mail programs, each with what must become of it: a ticket, or the code of its refusal."""

import base64
from collections.abc import Mapping
from typing import NamedTuple


class Hostile(NamedTuple):
    raw: bytes
    becomes: str = "ticket"


def _mail(*headers: bytes, body: bytes = "路灯不亮，请修。".encode()) -> bytes:
    return b"\r\n".join([b"From: w@mail.example", b"Subject: light", *headers, b"", body])


def _parts(kind: bytes, *parts: bytes) -> bytes:
    inside = b"".join(b"--b\r\n" + part + b"\r\n" for part in parts)
    return _mail(b"MIME-Version: 1.0", b'Content-Type: multipart/%s; boundary="b"' % kind, body=inside + b"--b--\r\n")


_SAID = "Content-Type: text/plain; charset=utf-8\r\n\r\n路灯不亮".encode()
_ZEROS_IN_BASE64 = base64.encodebytes(bytes(25_000_000)).replace(b"\n", b"\r\n")

HOSTILE: Mapping[str, Hostile] = {
    "empty": Hostile(b"", "empty"),
    "only-line-ends": Hostile(b"\r\n" * 50, "empty"),
    "only-headers": Hostile(b"From: w@mail.example\r\nTo: 12345@county.example\r\n\r\n", "empty"),
    "nul": Hostile(b"\0" * 5000, "empty"),
    "binary": Hostile(bytes(range(256)) * 400),
    "no-header-end": Hostile(b"Subject: " + b"a" * 500_000),
    "no-line-end-at-all": Hostile(b"help"),
    "bare-carriage-returns": Hostile(b"Subject: x\r\rtext\rmore\r"),
    "surrogate": Hostile(b"Subject: =?utf-8?b?7aCA?=\n\n\xed\xa0\x80\xed\xb0\x80"),
    "nul-in-text": Hostile(b"Subject: x\nMessage-ID: <a\0b>\n\nbefore\0after \xe8\xb7\xaf\xe7\x81\xaf"),
    "escape-sequences": Hostile(_mail(body=b"\x1b[2J\x1b]0;x\x07text")),
    "right-to-left": Hostile(_mail(body="\u202e\u2066路灯不亮".encode())),
    "byte-order-mark": Hostile(b"\xef\xbb\xbf" + _mail()),
    "utf-16": Hostile("Subject: x\n\n路灯不亮".encode("utf-16")),
    "nested-parts": Hostile(
        b"".join(b"Content-Type: multipart/mixed; boundary=%d\n\n--%d\n" % (n, n) for n in range(2000))
    ),
    "nested-forwards": Hostile(b"Content-Type: message/rfc822\r\n\r\n" * 3000 + b"text"),
    "many-parts": Hostile(_parts(b"mixed", *[_SAID] * 5000)),
    "empty-parts": Hostile(b'Subject: x\r\nContent-Type: multipart/mixed; boundary=""\r\n\r\n----\r\n----\r\n'),
    "no-boundary": Hostile(_mail(b"Content-Type: multipart/mixed")),
    "part-that-never-ends": Hostile(_parts(b"mixed", _SAID).removesuffix(b"--b--\r\n")),
    "unknown-charset": Hostile(b"Content-Type: text/plain; charset=nobody-knows\n\n\xff\xfe\xfd text"),
    "charset-that-is-no-text": Hostile(_mail(b"Content-Type: text/plain; charset=zlib_codec")),
    "charset-of-escapes": Hostile(_mail(b"Content-Type: text/plain; charset=unicode_escape", body=rb"\x41\u0000\N{x}")),
    "charset-with-a-nul": Hostile(_mail(b"Content-Type: text/plain; charset=\0utf-8")),
    "charset-without-end": Hostile(_mail(b'Content-Type: text/plain; charset="' + b"x" * 100_000)),
    "gb2312-label-on-gb18030": Hostile(
        _mail(b"Content-Type: text/plain; charset=gb2312", body="㼆路燈𠮷不亮".encode("gb18030"))
    ),
    "utf-8-label-on-gbk": Hostile(_mail(b"Content-Type: text/plain; charset=utf-8", body="路灯不亮".encode("gbk"))),
    "broken-base64": Hostile(b"Content-Transfer-Encoding: base64\n\n!!!!====A", "ticket"),
    "base64-cut-in-a-character": Hostile(
        _mail(b"Content-Transfer-Encoding: base64", body=base64.b64encode("路灯".encode())[:-2])
    ),
    "unknown-encoding": Hostile(_mail(b"Content-Transfer-Encoding: x-nobody-knows")),
    "quoted-printable-without-end": Hostile(_mail(b"Content-Transfer-Encoding: quoted-printable", body=b"text=E8=B7=")),
    "uuencode-without-end": Hostile(_mail(b"Content-Transfer-Encoding: x-uuencode", body=b"begin 644 x\nM")),
    "attachment-of-25-mb": Hostile(
        _parts(
            b"mixed",
            _SAID,
            b"Content-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n" + _ZEROS_IN_BASE64,
        )
    ),
    "attachment-name-with-a-path": Hostile(
        _parts(b"mixed", _SAID, b'Content-Disposition: attachment; filename="../../../etc/passwd"\r\n\r\nx')
    ),
    "attachment-name-without-end": Hostile(
        _parts(
            b"mixed", _SAID, b"Content-Disposition: attachment; filename*0*=gb2312''" + b"%B2" * 30_000 + b"\r\n\r\n"
        )
    ),
    "long-line": Hostile(b"Subject: x\n\n" + b"y" * 3_000_000),
    "half-a-million-headers": Hostile(b"X-A: b\r\n" * 500_000 + b"\r\ntext"),
    "endless-message-id": Hostile(b"Message-ID: <" + b"m" * 100_000 + b">\n\ntext"),
    "message-id-with-line-ends": Hostile(b"Message-ID: <a\r\n\tb@c>\r\nSubject: x\r\n\r\ntext"),
    "chinese-message-id": Hostile("Message-ID: <路@灯>\nSubject: x\n\n正文".encode()),
    "sender-of-brackets": Hostile(b"From: " + b"(<," * 20_000 + b"\r\nSubject: x\r\n\r\ntext"),
    "sender-that-looks-like-an-answer": Hostile(_mail(b"From: * 1 FETCH (FLAGS ())\r\n) OK done")),
    "answer-of-an-imap-server": Hostile(
        _mail(body=b")\r\nA1 OK FETCH completed.\r\n* BYE\r\n* 2 FETCH (UID 9 {5}\r\n")
    ),
    "subject-of-encoded-words": Hostile(_mail(b"Subject: " + b"=?gb2312?B?" * 20_000)),
    "subject-cut-in-a-character": Hostile(_mail(b"Subject: =?utf-8?Q?=E8=B7?= =?gb2312?B?zfXQ?=")),
    "html-without-end": Hostile(_mail(b"Content-Type: text/html", body=b"<div>" * 100_000 + b"text")),
    "html-with-a-script": Hostile(
        _mail(b"Content-Type: text/html", body="<script>alert(1)</script><p onclick=x>路灯不亮".encode())
    ),
    "html-without-a-word": Hostile(_mail(b"Content-Type: text/html", body=b"<img src='http://192.0.2.1/x'>")),
    "encrypted": Hostile(_parts(b"encrypted", b"Content-Type: application/octet-stream\r\n\r\nhQEMA")),
    "encrypted-for-a-certificate": Hostile(
        _mail(b"Content-Type: application/pkcs7-mime; smime-type=enveloped-data", body=b"\x30\x82")
    ),
    "signed-for-a-certificate-and-cut-short": Hostile(
        _mail(b"Content-Type: application/pkcs7-mime; smime-type=signed-data", body=b"\x30\x82\x06")
    ),
    "signed": Hostile(_parts(b"signed", _SAID, b"Content-Type: application/pgp-signature\r\n\r\nx")),
    "automatic-answer": Hostile(_mail(b"Auto-Submitted: auto-replied"), "automatic"),
    "automatic-answer-of-old": Hostile(_mail(b"X-Autoreply: yes"), "automatic"),
    "mailing-list": Hostile(_mail(b"List-Id: <news.mail.example>"), "bulk"),
    "bulk": Hostile(_mail(b"Precedence: bulk"), "bulk"),
    "bounce": Hostile(_mail(b"Content-Type: multipart/report; boundary=b"), "bounce"),
    "bounce-of-a-bounce": Hostile(b"Return-Path: <>\r\n" + _mail(), "bounce"),
}
