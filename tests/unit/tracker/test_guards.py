"""What the county's policy asks for beyond the table of moves."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.tracker.deadlines.calendar import Calendar
from services.tracker.deadlines.deadlines import due, extended
from services.tracker.guards import (
    AgainstRule,
    Assignment,
    Callback,
    Forbidden,
    check_closing,
    check_contribution,
    check_extension,
    check_held,
    check_pending,
    check_return,
    check_suspension,
)
from services.tracker.lifecycle import Action
from shared.language import CaseStatus, Confidentiality, Satisfaction, Urgency
from shared.policy import Policy
from shared.term import Term

# A Tuesday.
NOW = datetime(2026, 11, 24, 1, 30, tzinfo=UTC)
ACKNOWLEDGED = Assignment(returnable=True, acknowledged_at=NOW, answered=False)
INSTANTS = st.datetimes(datetime(2025, 1, 1), datetime(2026, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001  # given one


def why(refused: pytest.ExceptionInfo[AgainstRule]) -> Forbidden:
    assert any("\u4e00" <= character <= "\u9fff" for character in str(refused.value))
    return refused.value.why


class TestReturning:
    @given(acknowledged_at=INSTANTS, after=st.timedeltas(timedelta(0), timedelta(days=30)))
    def test_the_window_is_a_working_day_from_the_acknowledgement(
        self, policy: Policy, calendar: Calendar, acknowledged_at: datetime, after: timedelta
    ) -> None:
        given = Assignment(returnable=True, acknowledged_at=acknowledged_at, answered=False)
        until = due(acknowledged_at, policy.returns.window, calendar, policy.counting).due_at
        if acknowledged_at + after < until:
            check_return(given, acknowledged_at + after, policy, calendar)
        else:
            with pytest.raises(AgainstRule) as refused:
                check_return(given, acknowledged_at + after, policy, calendar)
            assert why(refused) is Forbidden.WINDOW_PAST

    @given(now=INSTANTS)
    def test_before_it_acknowledges_a_department_may_always_ask(
        self, policy: Policy, calendar: Calendar, now: datetime
    ) -> None:
        check_return(Assignment(returnable=True, acknowledged_at=None, answered=False), now, policy, calendar)

    def test_what_was_arbitrated_is_final(self, policy: Policy, calendar: Calendar) -> None:
        with pytest.raises(AgainstRule) as refused:
            check_return(Assignment(returnable=False, acknowledged_at=None, answered=False), NOW, policy, calendar)
        assert why(refused) is Forbidden.ARBITRATED

    def test_whoever_has_answered_cannot_say_that_it_is_not_theirs(self, policy: Policy, calendar: Calendar) -> None:
        with pytest.raises(AgainstRule) as refused:
            check_return(Assignment(returnable=True, acknowledged_at=NOW, answered=True), NOW, policy, calendar)
        assert why(refused) is Forbidden.ANSWERED_BEFORE


class TestSuspending:
    LATER = NOW + timedelta(days=10)

    def test_it_ends_when_its_term_does(self, policy: Policy, calendar: Calendar) -> None:
        until = check_suspension("awaiting-appraisal", Term.parse("3wd"), 0, self.LATER, NOW, policy, calendar)
        assert until == due(NOW, Term.parse("3wd"), calendar, policy.counting).due_at

    @pytest.mark.parametrize(
        ("category", "term", "so_far", "due_at", "expected"),
        [
            ("no-time", "3wd", 0, LATER, Forbidden.UNKNOWN_REASON),
            ("force-majeure", "21wd", 0, LATER, Forbidden.TOO_LONG),
            ("force-majeure", "9999wd", 0, LATER, Forbidden.TOO_LONG),
            ("force-majeure", "9999d", 0, LATER, Forbidden.TOO_LONG),
            ("force-majeure", "3wd", 2, LATER, Forbidden.TOO_OFTEN),
            ("force-majeure", "3wd", 0, NOW, Forbidden.OVERDUE),
        ],
    )
    def test_reason_length_number_and_moment_are_bounded(
        self,
        policy: Policy,
        calendar: Calendar,
        category: str,
        term: str,
        so_far: int,
        due_at: datetime,
        expected: Forbidden,
    ) -> None:
        with pytest.raises(AgainstRule) as refused:
            check_suspension(category, Term.parse(term), so_far, due_at, NOW, policy, calendar)
        assert why(refused) is expected


class TestExtending:
    @given(opened=INSTANTS, amount=st.integers(1, 40))
    def test_it_is_never_further_than_the_cap(
        self, policy: Policy, calendar: Calendar, opened: datetime, amount: int
    ) -> None:
        running = due(opened, Term.parse("10wd"), calendar, policy.counting)
        term = Term.parse(f"{amount}wd")
        if amount <= policy.extension.longest.amount:
            later = check_extension(running, term, 0, Urgency.NORMAL, opened, policy, calendar)
            assert running.due_at < later.due_at <= extended(running, policy.extension.longest, calendar).due_at
        else:
            with pytest.raises(AgainstRule) as refused:
                check_extension(running, term, 0, Urgency.NORMAL, opened, policy, calendar)
            assert why(refused) is Forbidden.TOO_LONG

    def test_an_urgent_case_gains_hours_not_days(self, policy: Policy, calendar: Calendar) -> None:
        running = due(NOW, Term.parse("2h"), calendar, policy.counting)
        check_extension(running, Term.parse("2h"), 0, Urgency.URGENT, NOW, policy, calendar)
        with pytest.raises(AgainstRule, match="最长2h"):
            check_extension(running, Term.parse("1wd"), 0, Urgency.URGENT, NOW, policy, calendar)

    @pytest.mark.parametrize(
        ("term", "so_far", "after", "expected"),
        [
            ("5wd", 1, timedelta(0), Forbidden.TOO_OFTEN),
            ("5wd", 0, timedelta(days=60), Forbidden.OVERDUE),
            ("9999wd", 0, timedelta(0), Forbidden.TOO_LONG),
        ],
    )
    def test_number_and_moment_are_bounded(
        self, policy: Policy, calendar: Calendar, term: str, so_far: int, after: timedelta, expected: Forbidden
    ) -> None:
        running = due(NOW, Term.parse("10wd"), calendar, policy.counting)
        with pytest.raises(AgainstRule) as refused:
            check_extension(running, Term.parse(term), so_far, Urgency.NORMAL, NOW + after, policy, calendar)
        assert why(refused) is expected

    def test_the_very_moment_it_is_due_is_too_late(self, policy: Policy, calendar: Calendar) -> None:
        running = due(NOW, Term.parse("10wd"), calendar, policy.counting)
        with pytest.raises(AgainstRule):
            check_extension(running, Term.parse("1wd"), 0, Urgency.NORMAL, running.due_at, policy, calendar)


class TestClosing:
    @pytest.mark.parametrize(
        ("said", "confidentiality", "expected", "offers"),
        [
            (Callback(), Confidentiality.NAMED, Forbidden.NOT_SAID_WHETHER_CONTACTED, (Action.REQUEST_CALLBACK,)),
            (Callback(contacted=True), Confidentiality.NAMED, Forbidden.SATISFACTION_MISSING, ()),
            (
                Callback(contacted=False, satisfaction=Satisfaction.SATISFIED),
                Confidentiality.CONFIDENTIAL,
                Forbidden.SATISFACTION_WITHOUT_CONTACT,
                (),
            ),
            (
                Callback(contacted=True, satisfaction=Satisfaction.DISSATISFIED),
                Confidentiality.NAMED,
                Forbidden.DISSATISFIED,
                (Action.REWORK,),
            ),
            (
                Callback(contacted=True, satisfaction=Satisfaction.SATISFIED),
                Confidentiality.ANONYMOUS,
                Forbidden.ANONYMOUS,
                (),
            ),
        ],
    )
    def test_a_case_is_not_closed_behind_the_reporters_back(
        self, said: Callback, confidentiality: Confidentiality, expected: Forbidden, offers: tuple[Action, ...]
    ) -> None:
        with pytest.raises(AgainstRule) as refused:
            check_closing(said, confidentiality, CaseStatus.REPLIED)
        assert (why(refused), refused.value.offers) == (expected, offers)

    @pytest.mark.parametrize(
        ("said", "confidentiality"),
        [
            (Callback(), Confidentiality.ANONYMOUS),
            (Callback(contacted=False), Confidentiality.NAMED),
            (Callback(contacted=True, satisfaction=Satisfaction.BASICALLY_SATISFIED), Confidentiality.NAMED),
            (
                Callback(contacted=True, satisfaction=Satisfaction.DISSATISFIED, because="诉求于法无据，已释明。"),
                Confidentiality.CONFIDENTIAL,
            ),
        ],
    )
    def test_a_case_is_closed_when_the_callback_is_accounted_for(
        self, said: Callback, confidentiality: Confidentiality
    ) -> None:
        check_closing(said, confidentiality, CaseStatus.CALLBACK_PENDING)


class TestContributing:
    @pytest.mark.parametrize("status", [CaseStatus.DISPATCHED, CaseStatus.IN_PROGRESS, CaseStatus.REWORK])
    def test_once_while_the_lead_has_not_answered(self, status: CaseStatus) -> None:
        check_contribution(None, None, status)

    @pytest.mark.parametrize(
        ("contributed_at", "released_at", "status", "expected"),
        [
            (NOW, None, CaseStatus.IN_PROGRESS, Forbidden.CONTRIBUTED_ALREADY),
            (None, NOW, CaseStatus.IN_PROGRESS, Forbidden.RELEASED),
            (None, None, CaseStatus.REPLIED, Forbidden.RELEASED),
        ],
    )
    def test_and_not_twice_nor_afterwards(
        self, contributed_at: datetime | None, released_at: datetime | None, status: CaseStatus, expected: Forbidden
    ) -> None:
        with pytest.raises(AgainstRule) as refused:
            check_contribution(contributed_at, released_at, status)
        assert why(refused) is expected


def test_what_nobody_asked_for_cannot_be_decided_and_what_waits_cannot_be_asked_for_again() -> None:
    check_pending(asked=True, wanted=True, chinese="延期", english="an extension")
    check_pending(asked=False, wanted=False, chinese="延期", english="an extension")
    with pytest.raises(AgainstRule) as refused:
        check_pending(asked=False, wanted=True, chinese="延期", english="an extension")
    assert why(refused) is Forbidden.NOT_ASKED
    with pytest.raises(AgainstRule) as refused:
        check_pending(asked=True, wanted=False, chinese="延期", english="an extension")
    assert why(refused) is Forbidden.ASKED_ALREADY


def test_nobody_can_be_urged_who_holds_nothing() -> None:
    check_held(in_transit=False)
    with pytest.raises(AgainstRule) as refused:
        check_held(in_transit=True)
    assert why(refused) is Forbidden.IN_TRANSIT
