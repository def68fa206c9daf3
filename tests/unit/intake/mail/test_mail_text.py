from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.mail.mail_text import Flaw, html_to_text, read_body


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<p>路灯</p><p>不亮</p>", "路灯\n不亮"),
        ("路<b>灯</b>不<span>亮</span>", "路灯不亮"),
        ("路灯<br>不亮<BR/>", "路灯\n不亮"),
        ("<table><tr><td>一</td></tr><tr><td>二</td></tr></table>", "一\n二"),
        ("<ul><li>一</li><li>二</li></ul>", "一\n二"),
        ("<style>p{}</style><script>1</script><title>题</title><p>文</p>", "文"),
        ("<p>路灯\r\n  不亮</p>", "路灯 不亮"),
        ("a&nbsp;&lt;b&gt;&amp;", "a\xa0<b>&"),
        ("<!-- 不见 --><p>见", "见"),
        ("", ""),
        ("<frameset>", ""),
    ],
)
def test_html_is_read_as_its_reader_sees_it(html: str, expected: str) -> None:
    assert html_to_text(html) == expected


def test_html_nested_beyond_reason_is_read_without_its_tags() -> None:
    assert html_to_text("<div>" * 100_000 + "路灯不亮") == "路灯不亮"


@given(st.text(st.characters(exclude_categories=["Cs"])) | st.text(alphabet="<>/!-&;brpdivtable \n"))
def test_any_html_gives_a_text(html: str) -> None:
    assert isinstance(html_to_text(html), str)


def mixed(*parts: EmailMessage) -> EmailMessage:
    whole = EmailMessage()
    whole.make_mixed()
    for part in parts:
        whole.attach(part)
    return whole


def text(words: str, subtype: str = "plain") -> EmailMessage:
    part = EmailMessage()
    part.set_content(words, subtype=subtype)
    return part


def test_the_plain_form_is_preferred_to_the_html_form() -> None:
    part = text("路灯不亮")
    part.add_alternative("<p>别的</p>", subtype="html")
    assert read_body(part).text.strip() == "路灯不亮"


def test_the_html_form_is_read_where_the_plain_one_is_empty() -> None:
    part = text(" \n")
    part.add_alternative("<p>路灯不亮</p>", subtype="html")
    assert read_body(part).text == "路灯不亮"


def test_all_texts_count_and_attachments_are_only_counted() -> None:
    whole = mixed(text("一"), text("二"))
    whole.add_attachment(b"\x89PNG", maintype="image", subtype="png", filename="测试甲.png")
    whole.add_attachment("三", filename="三.txt")
    body = read_body(whole)
    assert body.text.split() == ["一", "二"]
    assert len(body.files) == 2


def test_a_forwarded_mail_is_read_without_its_sender() -> None:
    inner = text("路灯不亮")
    inner["Subject"] = "原来的信"
    inner["From"] = "测试甲 <w@mail.example>"
    whole = mixed(text("见转发"))
    whole.add_attachment(inner)
    said = read_body(whole).text
    assert "原来的信" in said
    assert "路灯不亮" in said
    assert "w@mail.example" not in said


def test_an_inline_pgp_block_is_no_text() -> None:
    body = read_body(text("前\n-----BEGIN PGP MESSAGE-----\n\nhQEMA\n-----END PGP MESSAGE-----\n后"))
    assert body.text.split() == ["前", "后"]
    assert body.flaws == {Flaw.ENCRYPTED}


def test_a_signature_is_no_attachment() -> None:
    signature = EmailMessage()
    signature.set_content(b"MII", maintype="application", subtype="pkcs7-signature")
    assert read_body(mixed(text("一"), signature)).files == []
