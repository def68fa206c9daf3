"""From a page's form to a submission, and from what was wrong back to the field."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from services.intake.channels.submission import SUBMISSION
from services.intake.pages.page_forms import (
    CONFIDENTIALITIES,
    KINDS,
    LABELS,
    STATUSES,
    as_submission,
    beside,
    desk_channel,
    new_form,
    read_form,
)
from shared.language import CaseStatus, Channel, Confidentiality, Kind
from shared.principal import Principal, Role
from shared.validation import FieldError, explain

CLERK = Principal("0301", frozenset({Role.CLERK}))
OFFICER = Principal("0401", frozenset({Role.OFFICER}), "water-supply")
TYPED = [("kind", "complaint"), ("text", "路灯坏了。"), ("phone", "13800000000"), ("confidentiality", "named")]


@pytest.mark.parametrize(
    ("channel", "principal"),
    [
        (Channel.WEB_PORTAL, None),
        (Channel.HOTLINE_12345, CLERK),
        (Channel.SERVICE_CENTER, CLERK),
        (Channel.DEPARTMENT_LINE, OFFICER),
    ],
)
def test_a_filled_form_is_a_submission_of_its_channel(channel: Channel, principal: Principal | None) -> None:
    submission = SUBMISSION.validate_python(as_submission(read_form(TYPED), channel, principal), strict=False)
    assert submission.channel is channel
    assert submission.kind is Kind.COMPLAINT
    assert submission.reporter is not None


def test_an_officers_form_is_of_their_own_department() -> None:
    assert as_submission(read_form(TYPED), Channel.DEPARTMENT_LINE, OFFICER)["received_by"] == "water-supply"


def test_a_citizens_form_cannot_say_how_urgent_it_is() -> None:
    assert "urgency" not in as_submission(read_form([*TYPED, ("urgency", "urgent")]), Channel.WEB_PORTAL)


def test_the_desk_is_the_clerks_and_the_line_the_officers() -> None:
    assert desk_channel(CLERK) is Channel.SERVICE_CENTER
    assert desk_channel(OFFICER) is Channel.DEPARTMENT_LINE


def test_a_form_sent_twice_is_one_submission_and_two_forms_are_two() -> None:
    key = str(new_form().key)
    assert read_form([("key", key)]).key == read_form([("key", key)]).key == UUID(key)
    assert new_form().key != new_form().key
    assert read_form([("key", "no key")]).key != read_form([("key", "no key")]).key


@given(st.lists(st.tuples(st.sampled_from([*LABELS, "key", "website", "other"]), st.text() | st.binary())))
def test_whatever_is_typed_can_be_read_shown_and_typed_again(items: list[tuple[str, object]]) -> None:
    typed = read_form(items)
    for name in LABELS:
        typed[name].encode()
    assert read_form([("key", str(typed.key)), *typed.fields.items()]) == typed


def test_a_text_keeps_its_lines_and_a_name_has_only_one() -> None:
    typed = read_form([("text", " 一\r\n二 "), ("name", "测试\n 甲")])
    assert typed["text"] == "一\n二"
    assert typed["name"] == "测试 甲"


def test_every_choice_has_its_words() -> None:
    assert set(KINDS) == set(Kind)
    assert set(CONFIDENTIALITIES) == set(Confidentiality)
    assert set(STATUSES) == {"accepted", *CaseStatus}


def test_what_is_wrong_stands_beside_its_field_in_the_words_of_the_form() -> None:
    typed = read_form([("kind", "nothing"), ("text", "路灯坏了。"), ("phone", "1" * 41)])
    with pytest.raises(ValidationError) as refused:
        SUBMISSION.validate_python(as_submission(typed, Channel.WEB_PORTAL), strict=False)
    placed = beside(explain(refused.value.errors(), frozenset(Channel)))
    assert set(placed) == {"kind", "phone"}
    assert placed["phone"][0].startswith("“联系电话”过长")


def test_what_no_field_is_to_blame_for_stands_above_the_form() -> None:
    assert beside([FieldError("received_by", "不对。", "Wrong.")]) == {"": ["不对。 Wrong."]}
