"""Which numbers a code is sent to, and what is kept of a code."""

from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.pages.phone_check import code_hash, message, mobile


@pytest.mark.parametrize("written", ["13800000000", "+86 138 0000 0000", "１３８００００００００", "138-0000-0000"])
def test_a_mobile_number_is_known_however_it_is_written(written: str) -> None:
    assert mobile(written) == "+8613800000000"


@given(written=st.text(max_size=40))
def test_what_is_sent_to_is_always_a_mobile_number_of_the_mainland(written: str) -> None:
    number = mobile(written)
    assert number is None or (number.startswith("+861") and len(number) == 14 and number[1:].isdigit())


@given(one=st.integers(0, 999_999), other=st.integers(0, 999_999))
def test_what_is_kept_of_a_code_tells_codes_forms_numbers_and_keys_apart(one: int, other: int) -> None:
    form, trace = uuid4(), b"t" * 32
    kept = code_hash(b"key", form, trace, f"{one:06}")
    assert (kept == code_hash(b"key", form, trace, f"{other:06}")) is (one == other)
    assert kept not in {
        code_hash(b"another", form, trace, f"{one:06}"),
        code_hash(b"key", uuid4(), trace, f"{one:06}"),
        code_hash(b"key", form, b"u" * 32, f"{one:06}"),
    }


def test_the_message_says_the_code_and_how_long_it_is_good() -> None:
    assert "012345" in message("012345")
    assert "10分钟" in message("012345")
