import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.tracker.lifecycle import (
    ACTION_IN_CHINESE,
    FINAL,
    MOVES,
    STATUS_IN_CHINESE,
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
from shared.language import CaseStatus, Clock

OURS, THEIRS = "water", "housing"
OFFICER = Actor(Role.OFFICER, OURS)
STRANGER = Actor(Role.OFFICER, THEIRS)
CENTRE = Actor(Role.CENTRE)
SUPERVISOR = Actor(Role.SUPERVISOR)
SYSTEM = Actor(Role.SYSTEM)

DISPATCHED = CaseState(CaseStatus.DISPATCHED, 1)
STATUSES = st.sampled_from(CaseStatus)
ACTIONS = st.sampled_from(Action)
ACTORS = st.sampled_from([OFFICER, CENTRE, SUPERVISOR, SYSTEM])

# What has to be running wherever a case stands: exactly this, of whoever holds it.
RUNNING = {
    CaseStatus.DISPATCHED: {Clock.ACKNOWLEDGE, Clock.REPLY},
    CaseStatus.IN_PROGRESS: {Clock.REPLY},
    CaseStatus.RETURN_REQUESTED: {Clock.REPLY},
    CaseStatus.SUSPENDED: set(),
    CaseStatus.REPLIED: set(),
    CaseStatus.CALLBACK_PENDING: set(),
    CaseStatus.REWORK: {Clock.ACKNOWLEDGE, Clock.REPLY},
    CaseStatus.CLOSED: set(),
    CaseStatus.DECLINED: set(),
}


@pytest.mark.parametrize(
    "steps",
    [
        [
            (Action.ACKNOWLEDGE, OFFICER, CaseStatus.IN_PROGRESS),
            (Action.REPLY, OFFICER, CaseStatus.REPLIED),
            (Action.REQUEST_CALLBACK, SYSTEM, CaseStatus.CALLBACK_PENDING),
            (Action.CLOSE, CENTRE, CaseStatus.CLOSED),
        ],
        [
            (Action.REQUEST_RETURN, OFFICER, CaseStatus.RETURN_REQUESTED),
            (Action.REFUSE_RETURN, SUPERVISOR, CaseStatus.IN_PROGRESS),
            (Action.SUSPEND, SUPERVISOR, CaseStatus.SUSPENDED),
            (Action.RESUME, OFFICER, CaseStatus.IN_PROGRESS),
            (Action.REPLY, OFFICER, CaseStatus.REPLIED),
            (Action.CLOSE, SYSTEM, CaseStatus.CLOSED),
        ],
        [
            (Action.ACKNOWLEDGE, OFFICER, CaseStatus.IN_PROGRESS),
            (Action.REPLY, OFFICER, CaseStatus.REPLIED),
            (Action.REQUEST_CALLBACK, CENTRE, CaseStatus.CALLBACK_PENDING),
            (Action.REWORK, CENTRE, CaseStatus.REWORK),
            (Action.ACKNOWLEDGE, OFFICER, CaseStatus.IN_PROGRESS),
            (Action.REPLY, OFFICER, CaseStatus.REPLIED),
        ],
        [
            (Action.REQUEST_RETURN, OFFICER, CaseStatus.RETURN_REQUESTED),
            (Action.DECLINE, CENTRE, CaseStatus.DECLINED),
        ],
    ],
)  # fmt: skip
def test_a_case_lives(steps: list[tuple[Action, Actor, CaseStatus]]) -> None:
    state = DISPATCHED
    for action, actor, status in steps:
        state = move(state, action, actor, OURS)
        assert state.status is status
    assert state.version == DISPATCHED.version + len(steps)


def test_a_granted_return_belongs_to_nobody_until_it_is_assigned() -> None:
    granted = move(CaseState(CaseStatus.RETURN_REQUESTED, 2), Action.GRANT_RETURN, SUPERVISOR, OURS)
    for officer in (OFFICER, Actor(Role.OFFICER, department=None)):
        with pytest.raises(NotYourCase):
            move(granted, Action.ACKNOWLEDGE, officer, None)
    assigned = move(granted, Action.ASSIGN, SYSTEM, None)
    assert move(assigned, Action.ACKNOWLEDGE, STRANGER, THEIRS) == CaseState(CaseStatus.IN_PROGRESS, 5)


def test_a_department_acknowledges_before_it_replies() -> None:
    with pytest.raises(IllegalMove) as refused:
        move(DISPATCHED, Action.REPLY, OFFICER, OURS)
    assert refused.value.legal == (Action.ACKNOWLEDGE, Action.REQUEST_RETURN)
    assert str(refused.value) == (
        "工单当前状态为“已派单”，不能进行“答复”；可以进行：签收、申请退单。"
        " A case that is dispatched does not allow reply; it allows: acknowledge, request_return."
    )


def test_a_final_case_allows_nothing() -> None:
    with pytest.raises(IllegalMove, match=r"不能进行“签收”；可以进行：无。 .* it allows: nothing"):
        move(CaseState(CaseStatus.CLOSED, 7), Action.ACKNOWLEDGE, OFFICER, OURS)


def test_whoever_looked_at_an_older_version_learns_where_the_case_stands() -> None:
    current = CaseState(CaseStatus.IN_PROGRESS, 4)
    with pytest.raises(
        StaleVersion, match=r"当前为第4版，状态“办理中”.* at version 4 \(in_progress\), not 3"
    ) as refused:
        move(current, Action.REPLY, OFFICER, OURS, expected_version=3)
    assert refused.value.current == current
    assert move(current, Action.REPLY, OFFICER, OURS, expected_version=4) == CaseState(CaseStatus.REPLIED, 5)


@given(status=STATUSES, action=ACTIONS, version=st.integers(1, 99), expected=st.none() | st.integers(1, 99))
def test_another_departments_officer_is_turned_away_whatever_the_case_is(
    status: CaseStatus, action: Action, version: int, expected: int | None
) -> None:
    with pytest.raises(
        NotYourCase, match=r"^您无权对该工单进行此操作。 This case, or this action on it, is not yours\.$"
    ):
        move(CaseState(status, version), action, STRANGER, OURS, expected)


@pytest.mark.parametrize("action", [Action.ACKNOWLEDGE, Action.REPLY, Action.REQUEST_RETURN])
@pytest.mark.parametrize("actor", [CENTRE, SUPERVISOR, SYSTEM])
def test_nobody_acts_for_a_department_but_its_officers(action: Action, actor: Actor) -> None:
    state = CaseState(CaseStatus.IN_PROGRESS if action is Action.REPLY else CaseStatus.DISPATCHED, 1)
    with pytest.raises(NotYourCase):
        move(state, action, actor, OURS)


def test_a_department_has_no_say_in_what_judges_or_spares_it() -> None:
    theirs = {Action.ASSIGN, Action.GRANT_RETURN, Action.REFUSE_RETURN, Action.SUSPEND, Action.REFUSE_SUSPENSION}
    theirs |= {Action.EXTEND, Action.REFUSE_EXTENSION, Action.URGE, Action.SUPERVISE}
    theirs |= {Action.REQUEST_CALLBACK, Action.REWORK, Action.CLOSE, Action.DECLINE}
    assert not [key for key, chosen in MOVES.items() if key[1] in theirs and Role.OFFICER in chosen.by]


def test_only_extension_suspension_and_rework_touch_the_reply_clock_while_the_case_is_worked() -> None:
    touched = {key[1] for key, chosen in MOVES.items() if Clock.REPLY in chosen.ends | chosen.starts}
    assert touched == {Action.EXTEND, Action.SUSPEND, Action.RESUME, Action.REWORK, Action.DECLINE}
    assert {key[1] for key, chosen in MOVES.items() if Clock.REPLY in chosen.meets} == {Action.REPLY}


def test_a_further_assignment_starts_the_acknowledgement_alone() -> None:
    assert {chosen.starts for (_, action), chosen in MOVES.items() if action is Action.ASSIGN} == {
        frozenset({Clock.ACKNOWLEDGE})
    }


def test_only_the_supervision_office_supervises() -> None:
    with pytest.raises(NotYourCase):
        move(DISPATCHED, Action.SUPERVISE, CENTRE, OURS)
    assert move(DISPATCHED, Action.SUPERVISE, SUPERVISOR, OURS) == CaseState(CaseStatus.DISPATCHED, 2)


@given(steps=st.lists(st.tuples(ACTIONS, ACTORS), max_size=60))
def test_no_history_leaves_the_table(steps: list[tuple[Action, Actor]]) -> None:
    state = DISPATCHED
    for action, actor in steps:
        try:
            moved = move(state, action, actor, OURS, state.version)
        except (IllegalMove, NotYourCase):
            known = MOVES.get((state.status, action))
            assert known is None or actor.role not in known.by
        else:
            assert state.status not in FINAL
            assert moved == CaseState(MOVES[state.status, action].to, state.version + 1)
            state = moved


@given(data=st.data(), length=st.integers(1, 40))
def test_the_clocks_that_run_follow_from_where_the_case_stands(data: st.DataObject, length: int) -> None:
    status, running = CaseStatus.DISPATCHED, {Clock.ACKNOWLEDGE, Clock.REPLY}
    in_transit = False
    for _ in range(length):
        actions = [action for origin, action in MOVES if origin is status]
        if in_transit:
            actions = [Action.ASSIGN, Action.DECLINE]
        if not actions:
            break
        action = data.draw(st.sampled_from(actions))
        chosen = MOVES[status, action]
        running = (running - chosen.meets - chosen.ends) | chosen.starts
        in_transit = action is Action.GRANT_RETURN
        status = chosen.to
        # While nobody holds the case there is nobody to acknowledge it, yet the reporter waits on.
        assert running == (RUNNING[status] - {Clock.ACKNOWLEDGE} if in_transit else RUNNING[status])


def test_the_table_covers_every_status_and_every_action() -> None:
    assert {origin for origin, _ in MOVES} == set(CaseStatus) - FINAL
    assert {chosen.to for chosen in MOVES.values()} == set(CaseStatus)
    assert {action for _, action in MOVES} == set(Action)
    assert all(chosen.by for chosen in MOVES.values())


def test_every_case_can_still_come_to_an_end() -> None:
    ends = set(FINAL)
    for _ in CaseStatus:
        ends |= {origin for (origin, _), chosen in MOVES.items() if chosen.to in ends}
    assert ends == set(CaseStatus)


def test_every_word_has_its_chinese() -> None:
    assert set(STATUS_IN_CHINESE) == set(CaseStatus)
    assert set(ACTION_IN_CHINESE) == set(Action)


@given(status=STATUSES, actor=ACTORS)
def test_what_is_called_legal_is_what_can_be_done(status: CaseStatus, actor: Actor) -> None:
    def works(action: Action) -> bool:
        try:
            move(CaseState(status, 1), action, actor, OURS)
        except (IllegalMove, NotYourCase):
            return False
        return True

    assert set(legal_actions(status, actor.role)) == set(filter(works, Action))
