"""Actions of departments' systems: who is believed to act, and what a refusal says."""

from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from services.tracker.acts.replying import check_filled
from services.tracker.api import Replying
from services.tracker.departments.actions import against_rule, badly_written, read_action, refusal_message, refusal_of
from services.tracker.guards import AgainstRule, Forbidden
from services.tracker.lifecycle import (
    Action,
    Actor,
    CaseState,
    IllegalMove,
    NotYourCase,
    Role,
    StaleVersion,
    legal_actions,
    move,
)
from shared.events import ActionRefused, DepartmentActionAcknowledge
from shared.language import CaseStatus
from shared.topics import actions, assigned, refusals
from shared.wire import Undecodable, decode
from tests.examples import NOW, message_record, record
from tests.examples import assigned as assignment

ACKNOWLEDGE = DepartmentActionAcknowledge(complaint_id=uuid4(), version=1)

CODES = st.from_regex(r"[a-z][a-z0-9]{0,8}(-[a-z0-9]{1,8}){0,2}", fullmatch=True)


@given(CODES)
def test_who_acts_is_the_department_of_the_topic(code: str) -> None:
    assert read_action(record(ACKNOWLEDGE, topic=actions(code))).department == code


@given(st.tuples(CODES, CODES).filter(lambda pair: pair[0] != pair[1]), st.uuids(version=4))
def test_the_same_id_of_two_departments_is_two_actions(codes: tuple[str, str], action_id: object) -> None:
    first, second = (record(ACKNOWLEDGE, topic=actions(code), event_id=action_id) for code in codes)  # type: ignore[arg-type]
    assert read_action(first).id != read_action(second).id
    assert read_action(first).id == read_action(first).id
    assert read_action(first).action_id == read_action(second).action_id == action_id


def test_another_event_on_a_topic_of_actions_is_no_action() -> None:
    with pytest.raises(Undecodable, match="no action of a department"):
        read_action(record(assignment(), topic=actions("water-supply")))


def test_a_topic_of_another_kind_gives_nobody_a_name() -> None:
    with pytest.raises(ValueError, match="no topic of a department's actions"):
        read_action(record(ACKNOWLEDGE, topic=assigned("water-supply")))


@given(st.sampled_from(CaseStatus), st.sampled_from(Action), st.integers(1, 9), st.integers(1, 9), st.booleans())
def test_a_refusal_by_the_table_names_moves_that_the_table_allows(
    status: CaseStatus, action: Action, version: int, expected: int, foreign: bool
) -> None:
    actor = Actor(Role.OFFICER, "water-supply")
    state = CaseState(status, version)
    try:
        move(state, action, actor, "police" if foreign else "water-supply", expected)
    except (StaleVersion, IllegalMove) as error:
        refusal = refusal_of(error)
        assert not foreign
        assert refusal.status == status
        for legal in refusal.legal:
            assert move(state, legal, actor, "water-supply").version == version + 1
    except NotYourCase as error:
        refusal = refusal_of(error)
        assert (refusal.legal, refusal.status, refusal.version) == ((), None, None)


def test_a_rule_that_offers_nothing_leaves_the_other_moves_of_the_table() -> None:
    state = CaseState(CaseStatus.IN_PROGRESS, 4)
    refusal = against_rule(AgainstRule(Forbidden.BLANK_LEFT, "空白", "blank"), Action.REPLY, state)
    assert set(refusal.legal) == set(legal_actions(state.status, Role.OFFICER)) - {Action.REPLY}


def test_what_is_badly_written_is_told_by_field_and_not_repeated() -> None:
    with pytest.raises(ValidationError) as invalid:
        Replying(version=1, text="机密" * 3000)
    refusal = badly_written(invalid.value)
    assert refusal.why == "badly_written"
    assert "text" in refusal.reason
    assert "机密" not in refusal.reason


def test_the_answer_goes_to_the_department_alone_and_names_its_action() -> None:
    action_id = uuid4()
    received = read_action(record(ACKNOWLEDGE, topic=actions("water-supply"), event_id=action_id))
    message = refusal_message(received, refusal_of(NotYourCase()), NOW)
    event = decode(message_record(message)).event
    assert isinstance(event, ActionRefused)
    assert message.topic == refusals("water-supply")
    assert (event.action_id, event.action) == (action_id, ACKNOWLEDGE.event_type)
    assert message == refusal_message(received, refusal_of(NotYourCase()), NOW)


def test_an_unfilled_blank_is_refused_without_repeating_the_words() -> None:
    with pytest.raises(AgainstRule) as refused:
        check_filled("已于〔修复时间〕修复，费用〔金额〕。")
    assert refused.value.why is Forbidden.BLANK_LEFT
    assert "2处空白" in str(refused.value)
    assert "修复时间" not in str(refused.value)
    check_filled("依据国办发〔2026〕1号，已经修复。")
