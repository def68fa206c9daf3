from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.cn import ric

from services.intake.identity.contact import email_address, identity_number, telephones

DIGITS = "0123456789"
FULL_WIDTH = str.maketrans(DIGITS + "+-() Xx", "０１２３４５６７８９＋－（）　Ｘｘ")
ARABIC = str.maketrans(DIGITS, "٠١٢٣٤٥٦٧٨٩")
WRITINGS = [str.maketrans({}), FULL_WIDTH, ARABIC]

writings = st.sampled_from(WRITINGS)
digits = st.text(DIGITS, min_size=8, max_size=8)
mobiles = st.builds(lambda second, rest: f"1{second}0{rest}", st.sampled_from("3456789"), digits)


@st.composite
def identity_numbers(draw: st.DrawFn) -> str:
    # Nobody has one of these yet.
    born = draw(st.dates(date(2040, 1, 1), date(2099, 1, 1)))
    number = f"610927{born:%Y%m%d}{draw(st.integers(0, 999)):03}"
    return number + ric.calc_check_digit(number + "0")


@given(
    mobiles,
    st.sampled_from(["", "+86", "86", "0086", "+86-", "(+86) ", "0"]),
    st.sampled_from(["", " ", "-"]),
    writings,
)
def test_a_mobile_number_has_one_form_however_it_is_written(
    number: str, country: str, separator: str, writing: dict[int, int]
) -> None:
    written = f"{country}{number[:3]}{separator}{number[3:7]}{separator}{number[7:]}"
    assert telephones(written.translate(writing)) == (f"+86{number}",)


@given(mobiles)
def test_its_form_is_the_form_of_its_form(number: str) -> None:
    [form] = telephones(number)
    assert telephones(form) == (form,)


@given(mobiles, mobiles)
def test_two_numbers_in_one_field_are_two(one: str, other: str) -> None:
    assert set(telephones(f"{one}/{other}")) == set(telephones(f"{other}、{one}")) == {f"+86{one}", f"+86{other}"}


@pytest.mark.parametrize(
    ("written", "form"),
    [
        ("0915-8822000", "+869158822000"),
        ("（0915）8822000", "+869158822000"),
        ("+86 915 8822000", "+869158822000"),
        ("０１０－６６００００００", "+861066000000"),
        ("029 8800 0000", "+862988000000"),
        ("0915-8822000转801", "+869158822000;ext=801"),
        ("0915-8822000 ext 801", "+869158822000;ext=801"),
    ],
)
def test_a_landline_has_one_form_with_its_area_and_its_extension(written: str, form: str) -> None:
    assert telephones(written) == (form,)


@pytest.mark.parametrize(
    "written", [None, "", "无", "12345", "110", "8822000", "1380000", "138000000000", "12800000000", "400-800-8000"]
)
def test_what_is_no_whole_number_of_a_person_is_left_out(written: str | None) -> None:
    assert telephones(written) == ()


@given(identity_numbers(), writings, st.sampled_from(["", " ", "-"]))
def test_an_identity_number_has_one_form_however_it_is_written(
    number: str, writing: dict[int, int], separator: str
) -> None:
    written = f"{number[:6]}{separator}{number[6:14]}{separator}{number[14:].lower()}"
    assert identity_number(written.translate(writing)) == number


@given(identity_numbers(), st.integers(0, 16), st.integers(1, 9))
def test_one_wrong_digit_makes_it_no_identity_number(number: str, position: int, more: int) -> None:
    wrong = str((int(number[position]) + more) % 10)
    assert identity_number(number[:position] + wrong + number[position + 1 :]) is None


def test_a_number_of_fifteen_digits_is_that_of_eighteen() -> None:
    number = "61092719991231999"
    assert identity_number("610927991231999") == number + ric.calc_check_digit(number + "0")


@pytest.mark.parametrize("written", ["E00000000", "ｅａ0000000", "H 0000 0000"])
def test_a_passport_or_permit_is_taken_as_it_is(written: str) -> None:
    number = identity_number(written)
    assert number is not None
    assert number == number.upper()


@pytest.mark.parametrize("written", [None, "", "无", "身份证", "123", "000000000000000000"])
def test_what_is_no_identity_number_is_left_out(written: str | None) -> None:
    assert identity_number(written) is None


@pytest.mark.parametrize("written", ["Test@Mail.Example", " test@mail.example ", "ｔｅｓｔ＠ｍａｉｌ．ｅｘａｍｐｌｅ"])
def test_an_address_has_one_form_however_it_is_written(written: str) -> None:
    assert email_address(written) == "test@mail.example"


@pytest.mark.parametrize("written", [None, "", "无", "test", "test@", "@mail.example", "a b@mail.example", "test@mail"])
def test_what_is_no_address_is_left_out(written: str | None) -> None:
    assert email_address(written) is None


@given(st.text())
def test_nothing_that_can_be_typed_breaks_it(written: str) -> None:
    telephones(written)
    identity_number(written)
    email_address(written)
