import hmac

from hypothesis import given
from hypothesis import strategies as st

from services.intake.complaint import Reporter
from services.intake.identity.blind_index import BlindIndex

KEY, OTHER = b"k" * 32, b"o" * 32
INDEX = BlindIndex(KEY)
PHONE, EMAIL = "13800000000", "test@mail.example"
mobiles = st.builds(lambda rest: f"139{rest}", st.text("0123456789", min_size=8, max_size=8))


def traces(index: BlindIndex = INDEX, **numbers: str) -> tuple[bytes, ...]:
    return index.traces(Reporter(**numbers))


@given(mobiles, mobiles)
def test_equal_numbers_have_equal_traces_and_others_have_others(one: str, other: str) -> None:
    assert (traces(phone=one) == traces(phone=other)) == (one == other)


@given(mobiles)
def test_a_number_has_the_same_trace_however_it_is_written(number: str) -> None:
    assert traces(phone=f"+86 {number[:3]}-{number[3:7]}-{number[7:]}") == traces(phone=number)


@given(mobiles, st.binary(min_size=32, max_size=32), st.binary(min_size=32, max_size=32))
def test_another_key_gives_other_traces_and_has_another_fingerprint(number: str, one: bytes, other: bytes) -> None:
    same = one == other
    assert (traces(BlindIndex(one), phone=number) == traces(BlindIndex(other), phone=number)) == same
    assert (BlindIndex(one).fingerprint == BlindIndex(other).fingerprint) == same


def test_the_same_characters_as_another_kind_of_number_have_another_trace() -> None:
    passport = "E00000000"
    [as_identity] = traces(id_number=passport)
    assert as_identity != hmac.digest(KEY, passport.encode(), "sha256")
    assert len({*traces(phone=PHONE), *traces(email=EMAIL), as_identity}) == 3


def test_each_number_of_a_reporter_has_its_trace() -> None:
    assert len(traces(phone=f"{PHONE}/13900000000", email=EMAIL, id_number="E00000000")) == 4


def test_names_and_addresses_leave_none() -> None:
    assert traces(name="测试甲", address="城关镇测试路一号") == ()


def test_an_anonymous_reporter_leaves_none() -> None:
    assert INDEX.traces(None) == ()


def test_a_trace_is_hmac_sha_256_under_a_key_derived_for_its_kind() -> None:
    derived = hmac.digest(KEY, b"hotline.blind-index.v1:phone", "sha256")
    assert traces(phone=PHONE) == (hmac.digest(derived, b"+8613800000000", "sha256"),)


def test_nothing_of_it_shows_the_key() -> None:
    assert "kkkk" not in repr(INDEX)
    assert KEY.hex() not in repr(INDEX)
