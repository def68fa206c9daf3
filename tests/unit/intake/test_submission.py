import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from services.intake.channels.submission import SUBMISSION
from services.intake.complaint import Complaint, Reporter
from services.intake.county import County
from services.intake.refusal import SubmissionRefused
from shared.language import Channel, Confidentiality, Kind, Urgency
from shared.validation import FieldError, explain

COUNTY = County(towns=["城关镇"], urgent_words=["停水"], departments=["water-bureau"])
CALL = {
    "channel": "hotline_12345",
    "external_id": "12345-2026-000017",
    "kind": "complaint",
    "title": "自来水浑浊",
    "text": "自来水浑浊三天了",
    "place": "城关镇新街",
    "occurred_at": "2026-11-03T09:00:00+08:00",
    "urgency": "normal",
    "confidentiality": "confidential",
    "reporter": {"name": " 测试甲 ", "phone": "13800000000", "email": ""},
    "accused": "water-bureau",
    "operator": "0012",
}
SMALLEST = {"channel": "web_portal", "external_id": "w-1", "kind": "help", "text": "路灯不亮"}
LEAVE_OUT = object()


def written(form: dict[str, Any], **changes: Any) -> bytes:
    return json.dumps({key: value for key, value in (form | changes).items() if value is not LEAVE_OUT}).encode()


def errors_of(body: bytes) -> list[FieldError]:
    with pytest.raises(ValidationError) as wrong:
        SUBMISSION.validate_json(body)
    return explain(wrong.value.errors(include_url=False, include_input=False), frozenset(Channel))


def test_a_call_becomes_a_complaint() -> None:
    made = SUBMISSION.validate_json(written(CALL)).to_complaint(COUNTY)
    assert made.channel is Channel.HOTLINE_12345
    assert made.external_id == "12345-2026-000017"
    assert made.kind is Kind.COMPLAINT
    assert made.urgency is Urgency.NORMAL
    assert made.confidentiality is Confidentiality.CONFIDENTIAL
    assert made.title == "自来水浑浊"
    assert made.place == "城关镇"
    assert made.accused == "water-bureau"
    assert made.operator == "0012"
    assert made.reporter == Reporter(name="测试甲", phone="13800000000")
    assert made.occurred_at is not None
    assert made.occurred_at.utcoffset() == timedelta(hours=8)


def test_the_smallest_portal_form_becomes_a_complaint() -> None:
    made = SUBMISSION.validate_json(written(SMALLEST)).to_complaint(COUNTY)
    assert made.channel is Channel.WEB_PORTAL
    assert made.confidentiality is Confidentiality.NAMED
    assert (made.title, made.place, made.reporter, made.operator) == (None, None, None, None)


DESK = {"channel": "service_center", "external_id": "d-1", "kind": "help", "text": "路灯不亮", "clerk": "0301"}
LINE = DESK | {"channel": "department_line", "received_by": "water-bureau"}


def test_what_a_person_says_at_the_desk_becomes_a_complaint_that_names_the_clerk() -> None:
    made = SUBMISSION.validate_json(written(DESK)).to_complaint(COUNTY)
    assert (made.channel, made.operator, made.received_by) == (Channel.SERVICE_CENTER, "0301", None)


def test_what_reached_a_department_says_which_received_it_first() -> None:
    made = SUBMISSION.validate_json(written(LINE)).to_complaint(COUNTY)
    assert (made.channel, made.operator, made.received_by) == (Channel.DEPARTMENT_LINE, "0301", "water-bureau")


def test_two_departments_may_count_in_the_same_way() -> None:
    county = County(towns=[], urgent_words=[], departments=["water-bureau", "tax"])
    ids = {
        SUBMISSION.validate_json(written(LINE, received_by=code)).to_complaint(county).external_id
        for code in ("water-bureau", "tax")
    }
    assert len(ids) == 2


def test_a_department_registers_a_complaint_about_itself_like_any_other() -> None:
    made = SUBMISSION.validate_json(written(LINE, accused="water-bureau")).to_complaint(COUNTY)
    assert (made.accused, made.received_by) == ("water-bureau", "water-bureau")


def test_a_department_that_the_county_does_not_have_received_nothing() -> None:
    with pytest.raises(SubmissionRefused, match="received_by"):
        SUBMISSION.validate_json(written(LINE, received_by="moon-bureau")).to_complaint(COUNTY)


@pytest.mark.parametrize(
    ("form", "field"), [(DESK, "clerk"), (LINE, "clerk"), (LINE, "received_by")], ids=lambda value: str(value)[:30]
)
def test_who_registered_it_is_never_left_out(form: dict[str, Any], field: str) -> None:
    [error] = errors_of(written(form, **{field: LEAVE_OUT}))
    assert error.field == field


def test_null_means_not_given() -> None:
    nothing = dict.fromkeys(("title", "place", "occurred_at", "reporter", "accused"))
    assert SUBMISSION.validate_json(written(SMALLEST | nothing)).to_complaint(COUNTY) == SUBMISSION.validate_json(
        written(SMALLEST)
    ).to_complaint(COUNTY)


def test_no_citizen_declares_their_own_complaint_urgent() -> None:
    [error] = errors_of(written(SMALLEST, urgency="urgent"))
    assert error.field == "urgency"


def test_an_accused_that_the_county_does_not_have_is_refused() -> None:
    with pytest.raises(SubmissionRefused, match="accused"):
        SUBMISSION.validate_json(written(SMALLEST, accused="moon-bureau")).to_complaint(COUNTY)


@pytest.mark.parametrize(
    ("body", "field", "says"),
    [
        (b"{", "", "not valid JSON"),
        (b"\xff\xfe", "", "not valid JSON"),
        (b"[]", "", "must be a JSON object"),
        (b"{}", "channel", "channel is missing"),
        (written(SMALLEST, channel="mailbox"), "channel", "hotline_12345, web_portal, service_center, department_line"),
        (written(SMALLEST, text=LEAVE_OUT), "text", "missing"),
        (written(SMALLEST, text=7), "text", "must be a string"),
        (written(SMALLEST, kind="anger"), "kind", "'praise'"),
        (written(SMALLEST, external_id=""), "external_id", "at least 1"),
        (written(SMALLEST, external_id="x" * 129), "external_id", "at most 128"),
        (written(SMALLEST, external_id="a\nb"), "external_id", "on one line"),
        (written(SMALLEST, external_id=" a"), "external_id", "spaces at either end"),
        (written(SMALLEST, occurred_at="2026-11-03T09:00:00"), "occurred_at", "no offset from UTC"),
        (written(SMALLEST, occurred_at="yesterday"), "occurred_at", "is not a time"),
        (written(SMALLEST, occurred_at=1700000000), "occurred_at", "is not a time"),
        (written(SMALLEST, occurred_at="0001-01-01T00:00:00+08:00"), "occurred_at", "1900"),
        (written(SMALLEST, accused="Water Bureau"), "accused", "department code"),
        (written(SMALLEST, operator="0012"), "operator", "not known here"),
        (written(SMALLEST, reporter={"phone": 138}), "reporter.phone", "must be a string"),
        (written(SMALLEST, reporter={"wechat": "x"}), "reporter.wechat", "not known here"),
        (written(SMALLEST, reporter="测试甲"), "reporter", "must be a JSON object"),
        (written(SMALLEST, reporter={"name": "x" * 101}), "reporter.name", "at most 100"),
        (written(SMALLEST, confidentiality=None), "confidentiality", "'anonymous'"),
    ],
)
def test_an_error_names_the_field_and_what_would_be_right(body: bytes, field: str, says: str) -> None:
    (error,) = errors_of(body)
    assert error.field == field
    assert says in error.en
    assert any("\u4e00" <= character <= "\u9fff" for character in error.zh)


def test_every_error_is_told_at_once() -> None:
    fields = {e.field for e in errors_of(written(SMALLEST, kind="anger", text=None, surprise=1))}
    assert fields == {"kind", "text", "surprise"}


SECRET = "13800000000"


@pytest.mark.parametrize("field", [*CALL, SECRET, "{" + SECRET + "}"])
@pytest.mark.parametrize("value", [[SECRET], {SECRET: SECRET}])
def test_no_error_repeats_what_was_sent(field: str, value: Any) -> None:
    errors = errors_of(written(CALL, **{field: value}))
    assert errors
    assert SECRET not in "".join(error.field + error.zh + error.en for error in errors)


@pytest.mark.parametrize("body", [written(CALL, kind=SECRET), written({}, text=SECRET), b'"' + SECRET.encode() + b'"'])
def test_the_error_itself_hides_its_input(body: bytes) -> None:
    with pytest.raises(ValidationError) as wrong:
        SUBMISSION.validate_json(body)
    assert SECRET not in str(wrong.value)


def test_a_form_never_shows_the_reporter() -> None:
    form = SUBMISSION.validate_json(written(CALL, text=SECRET, title=SECRET, place=SECRET))
    assert SECRET not in f"{form!r} {form}"
    assert "测试甲" not in f"{form!r} {form} {form.reporter}"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


def outcome(body: bytes) -> Complaint | list[FieldError] | SubmissionRefused:
    try:
        return SUBMISSION.validate_json(body).to_complaint(COUNTY)
    except ValidationError as wrong:
        return explain(wrong.errors(), frozenset(Channel))
    except SubmissionRefused as refused:
        return refused


@given(st.dictionaries(st.sampled_from([*CALL, "x"]), json_values, max_size=4))
def test_any_form_is_a_complaint_or_has_reasons(changes: dict[str, Any]) -> None:
    match outcome(written(CALL, **changes)):
        case Complaint() as made:
            assert made.text
        case SubmissionRefused() as refused:
            assert refused.field in {"text", "title", "place", "accused"}
        case errors:
            assert errors
            assert all(error.zh and error.en for error in errors)


@pytest.mark.parametrize(
    ("coordinates", "place"),
    [
        ({"latitude": 31.88342, "longitude": 109.52683}, "新街（北纬31.88342，东经109.52683）"),
        ({"latitude": 39.908823, "longitude": 116.39747, "datum": "gcj02"}, "新街（北纬39.90742，东经116.39123）"),
    ],
)
def test_coordinates_are_kept_with_the_place_in_wgs_84(coordinates: dict[str, Any], place: str) -> None:
    form = SUBMISSION.validate_json(written(CALL, place="新街", coordinates=coordinates))
    assert form.to_complaint(COUNTY).place == place


def test_coordinates_alone_are_a_place() -> None:
    form = SUBMISSION.validate_json(written(CALL, place=None, coordinates={"latitude": 31.5, "longitude": 109.5}))
    assert form.to_complaint(COUNTY).place == "北纬31.50000，东经109.50000"


def test_coordinates_outside_of_china_are_refused() -> None:
    with pytest.raises(ValidationError):
        SUBMISSION.validate_json(written(CALL, coordinates={"latitude": 48.85, "longitude": 2.35}))
