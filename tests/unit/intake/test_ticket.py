from datetime import date
from uuid import UUID

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from stdnum import luhn

from services.intake.ticket import code_matches, is_ticket_number, query_code, ticket_number
from shared.redaction import redact

days = st.dates(min_value=date(1970, 1, 1), max_value=date(2999, 12, 31))
sequences = st.integers(1, 999_999_999)
KEY = b"k" * 32


def test_a_ticket_number_names_day_and_running_number() -> None:
    assert ticket_number(date(2026, 11, 24), 123) == "20261124-000123-0"


def test_a_running_number_may_grow_beyond_six_digits() -> None:
    assert is_ticket_number(ticket_number(date(2026, 11, 24), 1_234_567))


@pytest.mark.parametrize("sequence", [0, -1, 1_000_000_000])
def test_a_running_number_out_of_range_is_an_error(sequence: int) -> None:
    with pytest.raises(ValueError, match="running number"):
        ticket_number(date(2026, 11, 24), sequence)


@given(days, sequences)
def test_every_ticket_number_is_one(day: date, sequence: int) -> None:
    assert is_ticket_number(ticket_number(day, sequence))


@given(days, sequences, st.data())
def test_one_misread_digit_makes_it_none(day: date, sequence: int, data: st.DataObject) -> None:
    number = ticket_number(day, sequence)
    place = data.draw(st.sampled_from([i for i, character in enumerate(number) if character != "-"]))
    digit = data.draw(st.sampled_from("0123456789"))
    assume(digit != number[place])
    assert not is_ticket_number(number[:place] + digit + number[place + 1 :])


@pytest.mark.parametrize(
    "text",
    ["", "20261124", "20261124-000123", "20261324-000123-4", "20261124-123-4", "２０２６1124-000123-0", "x" * 17],
)
def test_what_is_written_otherwise_is_none(text: str) -> None:
    assert not is_ticket_number(text)


@given(days, sequences)
def test_a_ticket_number_is_never_taken_for_personal_data(day: date, sequence: int) -> None:
    text = f"工单{ticket_number(day, sequence)}没有回复"
    assert redact(text) == text


@given(st.uuids())
def test_a_query_code_is_the_same_each_time_and_readable(complaint_id: UUID) -> None:
    code = query_code(KEY, complaint_id)
    assert code == query_code(KEY, complaint_id)
    assert len(code) == 8
    assert not set(code) & set("01IO")
    assert code.isupper() or code.isdigit()


@given(st.uuids(), st.uuids())
def test_another_complaint_or_key_has_another_code(one: UUID, other: UUID) -> None:
    assume(one != other)
    assert query_code(KEY, one) != query_code(KEY, other)
    assert query_code(KEY, one) != query_code(b"other", one)


@given(st.uuids())
def test_a_code_matches_in_any_case_and_width(complaint_id: UUID) -> None:
    code = query_code(KEY, complaint_id)
    wide = "".join(chr(ord(character) + 0xFEE0) for character in code)
    assert code_matches(KEY, complaint_id, code)
    assert code_matches(KEY, complaint_id, f" {code.lower()}\n")
    assert code_matches(KEY, complaint_id, wide)


@given(st.uuids(), st.text(max_size=9))
def test_anything_else_does_not_match(complaint_id: UUID, given_code: str) -> None:
    assert not code_matches(KEY, complaint_id, given_code)


@given(st.dates(min_value=date(2000, 1, 1)), st.integers(1, 10**9 - 1))
def test_the_check_digit_is_that_of_luhn(day: date, sequence: int) -> None:
    number = ticket_number(day, sequence)
    assert luhn.is_valid(number.replace("-", ""))
