import hmac

from hypothesis import given
from hypothesis import strategies as st

from services.intake.identity.keyed_hash import hmac_sha256


@given(st.binary(max_size=200), st.binary(max_size=200))
def test_it_is_the_standard_librarys_hmac(key: bytes, message: bytes) -> None:
    assert hmac_sha256(key, message) == hmac.digest(key, message, "sha256")
