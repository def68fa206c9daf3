import base64
import quopri

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.mail.mail_decoding import decode_header, decode_text, unwrap

# 㮾 has no code in GB2312, 𠮷 none in GBK.
RARE = "镕㮾𠮷"


@pytest.mark.parametrize("label", ["gb2312", "GBK", "cp936", "x-gbk", '"gb2312"', "gb18030", "gb_2312-80"])
def test_every_name_of_a_chinese_charset_means_gb18030(label: str) -> None:
    assert decode_text(RARE.encode("gb18030"), label) == (RARE, True)


@pytest.mark.parametrize(
    "label", [None, "", "x-unknown", "us-ascii", "utf-8", "unicode_escape", "rot13", "undefined", "\0"]
)
def test_without_a_usable_label_utf8_is_tried_and_then_gb18030(label: str | None) -> None:
    assert decode_text("督查".encode(), label).text == "督查"
    assert decode_text("督查".encode("gb18030"), label).text == "督查"


def test_utf8_under_a_chinese_label_is_noticed() -> None:
    assert decode_text("路灯不亮".encode(), "gb2312") == ("路灯不亮", False)


@pytest.mark.parametrize("codec", ["utf-8", "gb18030"])
def test_a_wrong_label_is_corrected_and_told(codec: str) -> None:
    assert decode_text("路灯不亮".encode(codec), "iso-2022-jp") == ("路灯不亮", False)


def test_traditional_characters_in_big5_are_read() -> None:
    assert decode_text("噪音擾民".encode("big5"), "big5") == ("噪音擾民", True)


def test_what_fits_no_charset_is_replaced_and_told() -> None:
    text, sound = decode_text(b"abc\xff\xff", None)
    assert text.startswith("abc\ufffd")
    assert not sound


def word(text: str, charset: str = "gb2312", codec: str = "gb18030") -> str:
    return f"=?{charset}?B?{base64.b64encode(text.encode(codec)).decode()}?="


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("plain", "plain"),
        (word(RARE), RARE),
        (f"{word('路灯')} {word('不亮')}", "路灯不亮"),
        (f"{word('路灯')}\r\n {word('不亮')}", "路灯不亮"),
        (f"{word('路灯')} {word('不亮', 'utf-8', 'utf-8')}", "路灯不亮"),
        (f"Re: {word('路灯')} (2)", "Re: 路灯 (2)"),
        (f"a {word('路灯')} b", "a 路灯 b"),
        ("=?utf-8?Q?=E8=B7=AF=E7=81=AF_ok?=", "路灯 ok"),
        ("=?UTF-8*zh?b?6Lev54Gv?=", "路灯"),
        ("=?utf-8?B?6Lev54Gv?==?utf-8?B?5LiN5Lqu?=", "路灯不亮"),
        ("=?gb2312?B?", "=?gb2312?B?"),
    ],
)
def test_encoded_words_are_read(raw: str, expected: str) -> None:
    assert decode_header(raw) == (expected, True)


@pytest.mark.parametrize("cut", range(1, 8))
def test_a_character_may_begin_in_one_encoded_word_and_end_in_the_next(cut: int) -> None:
    data = "路灯不亮".encode("gb18030")
    words = [base64.b64encode(piece).decode() for piece in (data[:cut], data[cut:])]
    assert decode_header(" ".join(f"=?gb2312?B?{piece}?=" for piece in words)) == ("路灯不亮", True)


@pytest.mark.parametrize("codec", ["utf-8", "gb18030"])
def test_raw_bytes_in_a_header_are_read(codec: str) -> None:
    raw = "举报 城管".encode(codec).decode("ascii", "surrogateescape")
    assert decode_header(raw) == ("举报 城管", True)


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_base64_is_taken_off(text: str) -> None:
    assert unwrap(base64.encodebytes(text.encode()), "BASE64 ") == (text.encode(), True)


# A carriage return belongs to the line endings, which every relay may change.
@given(st.binary().map(lambda data: data.replace(b"\r", b"")))
def test_quoted_printable_is_taken_off(data: bytes) -> None:
    assert unwrap(quopri.encodestring(data, quotetabs=True), "quoted-printable").data == data


WHOLE = base64.b64encode("路灯不亮，一直没有人来修".encode()).decode()


@pytest.mark.parametrize("broken", [WHOLE[:-1], WHOLE[:-3], f"{WHOLE}5", f"{WHOLE[:8]}!{WHOLE[8:]}", f"{WHOLE}==6Lev"])
def test_broken_base64_gives_what_is_left_of_it(broken: str) -> None:
    data, sound = unwrap(broken.encode(), "base64")
    assert data.startswith("路灯不亮，一直没有人来".encode())
    assert not sound


def test_what_only_says_that_it_is_base64_stays_as_it_is() -> None:
    assert unwrap("路灯不亮".encode(), "base64") == ("路灯不亮".encode(), False)


@given(st.binary(), st.text() | st.sampled_from(["base64", "quoted-printable", "utf-8", "gb2312", "utf-7", "hz"]))
def test_nothing_raises(data: bytes, label: str) -> None:
    assert isinstance(decode_text(data, label).text, str)
    assert isinstance(unwrap(data, label).data, bytes)
    assert isinstance(decode_header(data.decode("ascii", "surrogateescape")).text, str)
