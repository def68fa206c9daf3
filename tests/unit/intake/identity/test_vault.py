import base64
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.complaint import Original, Reporter
from services.intake.identity.vault import Identity, Keyring, Sealed, VaultError, open_, seal

OLD, NEW = b"o" * 32, b"n" * 32
RING = Keyring({"2026a": OLD, "2026b": NEW}, current="2026b")
HERE = UUID("01900000-0000-7000-8000-000000000001")
WORDS = st.text(st.characters(exclude_categories=["Cs"]), min_size=4)
identities = st.builds(
    Identity,
    st.none() | st.builds(Reporter, name=WORDS, phone=st.none() | WORDS),
    st.builds(Original, text=WORDS, title=st.none() | WORDS, place=st.none() | WORDS),
)
IDENTITY = Identity(Reporter(name="测试甲", phone="13800000000"), Original(text="请回电13800000000"))


def written(key: bytes) -> str:
    return base64.b64encode(key).decode()


@given(identities, st.uuids())
def test_what_is_sealed_opens_unchanged(identity: Identity, complaint_id: UUID) -> None:
    assert open_(RING, seal(RING, identity, complaint_id), complaint_id) == identity


@given(identities, st.uuids())
def test_sealed_bytes_never_contain_the_words(identity: Identity, complaint_id: UUID) -> None:
    assert identity.original.text.encode() not in seal(RING, identity, complaint_id).ciphertext


def test_the_same_identity_is_never_sealed_to_the_same_bytes() -> None:
    assert len({seal(RING, IDENTITY, HERE).ciphertext for _ in range(100)}) == 100


@given(st.data())
def test_one_flipped_bit_is_noticed(data: st.DataObject) -> None:
    sealed = seal(RING, IDENTITY, HERE)
    altered = bytearray(sealed.ciphertext)
    altered[data.draw(st.integers(0, len(altered) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(VaultError, match="altered"):
        open_(RING, Sealed(sealed.key_id, bytes(altered)), HERE)


@pytest.mark.parametrize("ciphertext", [b"", b"short", b"x" * 12, b"x" * 27])
def test_what_was_cut_off_is_noticed(ciphertext: bytes) -> None:
    with pytest.raises(VaultError, match="altered"):
        open_(RING, Sealed("2026b", ciphertext), HERE)


def test_a_row_copied_to_another_complaint_does_not_open() -> None:
    with pytest.raises(VaultError, match="another complaint"):
        open_(RING, seal(RING, IDENTITY, HERE), uuid4())


def test_after_a_change_of_keys_old_rows_open_and_new_ones_use_the_new_key() -> None:
    old_row = seal(Keyring({"2026a": OLD}, current="2026a"), IDENTITY, HERE)
    assert open_(RING, old_row, HERE) == IDENTITY
    assert seal(RING, IDENTITY, HERE).key_id == "2026b"


def test_a_row_of_a_key_that_is_gone_says_which() -> None:
    with pytest.raises(VaultError, match="'2019' is not in the ring"):
        open_(RING, Sealed("2019", b"x" * 40), HERE)


def test_a_ring_is_written_with_the_current_key_first() -> None:
    ring = Keyring.parse(f"2026b:{written(NEW)}, 2026a:{written(OLD)}")
    assert ring.current == "2026b"
    assert open_(ring, seal(RING, IDENTITY, HERE), HERE) == IDENTITY


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "number 1 is not written as id:base64"),
        (written(NEW), "number 1 is not written as id:base64"),
        (f"a:{written(NEW)},", "number 2 is not written as id:base64"),
        ("a:???", "'a' is not valid base64"),
        ("a:" + written(b"short"), "'a' has 5 bytes; it must have 32"),
        (f"a:{written(NEW)},a:{written(OLD)}", "'a' is given twice"),
    ],
)
def test_a_wrongly_written_ring_says_what_is_wrong(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=says.replace("?", r"\?")) as wrong:
        Keyring.parse(text)
    assert written(NEW) not in str(wrong.value)


def test_the_current_key_must_be_in_the_ring() -> None:
    with pytest.raises(ValueError, match="not among its keys"):
        Keyring({"a": NEW}, current="b")


def test_nothing_of_it_shows_a_key_or_a_name() -> None:
    shown = f"{RING!r} {IDENTITY!r}"
    assert "2026b" in shown
    assert not any(secret in shown for secret in ("nnnn", "oooo", written(NEW), "测试甲", "138"))


@given(identities, st.uuids())
def test_what_is_sealed_anew_opens_with_the_new_key_alone(identity: Identity, complaint_id: UUID) -> None:
    old_row = seal(Keyring({"2026a": OLD}, current="2026a"), identity, complaint_id)
    new_row = seal(RING, open_(RING, old_row, complaint_id), complaint_id)
    assert open_(Keyring({"2026b": NEW}, current="2026b"), new_row, complaint_id) == identity
    with pytest.raises(VaultError):
        open_(Keyring({"2026a": OLD}, current="2026a"), new_row, complaint_id)
