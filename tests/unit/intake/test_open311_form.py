"""A form of an Open311 app becomes a complaint like any other; who sent it goes to the vault."""

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.channels.open311_form import Fields, external_ids, read_form, to_complaint
from services.intake.complaint import Complaint, Reporter
from services.intake.county import County
from services.intake.open311.open311 import Open311Error
from shared.language import Channel, Confidentiality
from shared.policy import Matter

COUNTY = County(towns=["城关镇", "曾家镇"], urgent_words=["停水"], departments=["urban-management"])
LAMPS = Matter(code="street-lamps", name="路灯照明", department="urban-management", keywords=("路灯", "不亮"))
NOW = datetime(2026, 11, 24, 1, 30, tzinfo=UTC)
KEY = b"only for this test"
GOOD = {"service_code": "street-lamps", "address_string": "城关镇南街", "description": "路灯不亮。"}


def form(**changes: Any) -> Fields:
    return read_form(urlencode(GOOD | changes).encode())


def complaint(**changes: Any) -> Complaint:
    return to_complaint(form(**changes), LAMPS, COUNTY, "open311:1")


def refusal(**changes: Any) -> Open311Error:
    with pytest.raises(Open311Error) as refused:
        complaint(**changes)
    assert refused.value.status == 400
    return refused.value


def test_it_becomes_a_complaint_of_the_portal_titled_with_the_service() -> None:
    made = complaint()
    assert (made.channel, made.external_id, made.service) == (Channel.WEB_PORTAL, "open311:1", "street-lamps")
    assert (made.title, made.place) == ("路灯照明", "城关镇")
    assert made.text == "路灯不亮。\n地点：城关镇南街"


def test_whoever_says_who_they_are_is_named_and_in_the_vault_only() -> None:
    made = complaint(
        last_name="测试",
        first_name="甲",
        phone="13900000000",
        email="w@mail.example",
        description="请回电13900000000，测试甲。",
    )
    assert made.confidentiality is Confidentiality.NAMED
    assert made.reporter == Reporter(name="测试甲", phone="13900000000", email="w@mail.example")
    assert "13900000000" not in made.text
    assert "测试甲" not in made.text


def test_a_name_in_letters_is_written_the_other_way_round() -> None:
    assert complaint(first_name="Test", last_name="User").reporter == Reporter(name="Test User")


def test_whoever_does_not_is_anonymous() -> None:
    made = complaint(device_id="a-telephone", account_id="1")
    assert (made.confidentiality, made.reporter) == (Confidentiality.ANONYMOUS, None)


def test_coordinates_are_told_to_the_department_to_about_a_metre() -> None:
    assert "北纬31.88342，东经109.52683" in (
        complaint(address_string="", lat="31.8834211", long="109.526831").place or ""
    )
    assert "南街（北纬31.88342，东经109.52683）" in complaint(lat="31.8834211", long="109.526831").text


def test_without_a_description_the_service_says_what_it_is_about() -> None:
    assert complaint(description=" ").text.startswith("路灯照明")


@pytest.mark.parametrize(
    "changes",
    [
        {"address_string": ""},
        {"address_string": "", "address_id": "17"},
        {"lat": "31.9"},
        {"long": "109.7"},
        {"lat": "north", "long": "east"},
        {"lat": "91", "long": "0"},
        {"lat": "nan", "long": "nan"},
        {"lat": "inf", "long": "1"},
        {"lat": "0", "long": "-180.1"},
        {"description": "路" * 4001},
        {"description": "\u200b"},
        {"email": "x" * 255},
        {"address_string": "路" * 161},
    ],
)
def test_what_is_wrong_is_said_and_not_repeated(changes: dict[str, str]) -> None:
    said = str(refusal(**changes))
    assert all(value not in said for value in changes.values() if len(value) > 3)


@pytest.mark.parametrize("body", [b"\xff\xfe", b"description=%ff%fe", b"&".join(b"a=1" for _ in range(300))])
def test_what_is_no_form_is_refused(body: bytes) -> None:
    with pytest.raises(Open311Error) as refused:
        read_form(body)
    assert refused.value.status == 400


@given(st.binary(max_size=300))
def test_any_body_is_read_or_refused_with_a_400(body: bytes) -> None:
    try:
        fields = read_form(body)
    except Open311Error as refused:
        fields, status = None, refused.status
    else:
        status = 400
    assert status == 400
    assert fields is None or all(value == value.strip() != "" for value in fields.said.values())


class TestTheSameFormOfTheSameSender:
    def test_within_ten_minutes_shares_an_id(self) -> None:
        sent = form(device_id="a-telephone")
        now, _ = external_ids(sent, KEY, "app", NOW) or ("", "")
        for later in (timedelta(seconds=1), timedelta(minutes=5), timedelta(minutes=10)):
            assert now in (external_ids(sent, KEY, "app", NOW + later) or ())

    @given(minutes=st.integers(20, 10_000))
    def test_later_it_is_another_request(self, minutes: int) -> None:
        sent = form(device_id="a-telephone")
        earlier = set(external_ids(sent, KEY, "app", NOW) or ())
        current, _ = external_ids(sent, KEY, "app", NOW + timedelta(minutes=minutes)) or ("", "")
        assert current not in earlier

    @pytest.mark.parametrize(
        "changes", [{"description": "另一盏。"}, {"device_id": "another"}, {"lat": "1", "long": "1"}]
    )
    def test_another_form_is_another_request(self, changes: dict[str, str]) -> None:
        one = external_ids(form(device_id="a-telephone"), KEY, "app", NOW)
        other = external_ids(form(**({"device_id": "a-telephone"} | changes)), KEY, "app", NOW)
        assert not set(one or ()) & set(other or ())

    def test_another_app_or_key_gives_another_id_and_the_key_that_it_came_with_does_not_matter(self) -> None:
        sent = form(phone="13900000000")
        ids = external_ids(sent, KEY, "app", NOW)
        assert ids != external_ids(sent, KEY, "other-app", NOW)
        assert ids != external_ids(sent, b"another key", "app", NOW)
        assert ids == external_ids(form(phone="13900000000", api_key="x"), KEY, "app", NOW)

    def test_a_form_that_does_not_say_who_sent_it_has_none(self) -> None:
        # Two citizens may well write the same four words about the same street.
        assert external_ids(form(first_name="甲"), KEY, "app", NOW) is None


def test_the_fields_are_never_shown() -> None:
    assert "13900000000" not in repr(form(phone="13900000000"))
