import base64
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.platforms.push_signature import (
    MAX_SKEW,
    Claim,
    NotSigned,
    check_claim,
    check_signature,
    parse_keys,
    sign,
)

KEY = bytes(range(32))
KEYS = {"platform": KEY}
NOW = datetime(2026, 11, 24, 1, 30, tzinfo=UTC)
PATH, BODY = "/v1/pushed/complaints", b'{"channel": "hotline_12345"}'


def claim(at: datetime = NOW, nonce: str = "0123456789abcdef", body: bytes = BODY, key: bytes = KEY) -> Claim:
    timestamp = str(int(at.timestamp()))
    return Claim(
        "platform", timestamp, nonce, sign(key, method="POST", path=PATH, timestamp=timestamp, nonce=nonce, body=body)
    )


def is_taken(claimed: Claim, *, method: str = "POST", path: str = PATH, body: bytes = BODY) -> bool:
    try:
        check_claim(KEYS, claimed, NOW)
        check_signature(KEYS[claimed.key_id], claimed, method=method, path=path, body=body)
    except NotSigned:
        return False
    return True


def test_the_signature_is_the_one_that_the_document_shows() -> None:
    """Computed with openssl, for those who write the other side."""
    signed = sign(KEY, method="POST", path=PATH, timestamp="1795483800", nonce="0123456789abcdef", body=BODY)
    assert signed == "6131d711151dbfab7cea3d8cda2d10163470ca08f1ba02bf6d5e21b3e25f0c47"


def test_what_the_platform_signed_is_taken() -> None:
    assert is_taken(claim())


@given(st.timedeltas(min_value=-timedelta(days=1), max_value=timedelta(days=1)))
def test_it_is_taken_only_near_its_time(off: timedelta) -> None:
    at = (NOW + off).replace(microsecond=0)
    assert is_taken(claim(at)) == (abs(at - NOW) <= MAX_SKEW)


def test_a_time_at_the_end_of_all_calendars_is_only_wrong() -> None:
    assert not is_taken(claim(datetime(5138, 11, 16, tzinfo=UTC)))


@given(st.binary(max_size=200))
def test_another_body_is_not_taken(other: bytes) -> None:
    assert is_taken(claim(), body=other) == (other == BODY)


def test_neither_method_nor_path_can_be_exchanged() -> None:
    assert not is_taken(claim(), method="PUT")
    assert not is_taken(claim(), path=f"{PATH}:batch")


@pytest.mark.parametrize(
    "changed",
    [
        {"key_id": "nobody"},
        {"key_id": ""},
        {"signature": ""},
        {"signature": "签名"},
        {"nonce": "another-nonce-0123"},
        {"nonce": "short"},
        {"nonce": ""},
        {"timestamp": ""},
        {"timestamp": "soon"},
        {"timestamp": "1795483801"},
        {"timestamp": "9" * 400},
        {"timestamp": "１７９５４８３８００"},
    ],
)
def test_no_part_of_it_can_be_left_out_or_changed(changed: dict[str, str]) -> None:
    assert not is_taken(replace(claim(), **changed))


def test_a_key_that_nobody_has_is_not_taken_for_one_of_zeros() -> None:
    assert not is_taken(replace(claim(key=bytes(32)), key_id="nobody"))


def test_keys_are_read_by_their_id() -> None:
    encoded = base64.b64encode(KEY).decode()
    assert parse_keys(f"new:{encoded}, old:{encoded}") == {"new": KEY, "old": KEY}


@pytest.mark.parametrize("written", ["", "a", ":", "a:c2hvcnQ=", "a:!", "a:" + "A" * 43 + "=,a:" + "A" * 43 + "="])
def test_keys_that_are_none_are_refused_without_showing_them(written: str) -> None:
    with pytest.raises(ValueError, match="push key") as refused:
        parse_keys(written)
    assert "AAAA" not in str(refused.value)
