"""Random people take a case through random histories; what must hold of every case holds after each step."""

from datetime import UTC, datetime, timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from deploy.local.hotline import POLICY
from services.tracker.assigning import Followed, supersedes
from services.tracker.deadlines.calendar import Calendar
from services.tracker.deadlines.deadlines import Due, after_suspension, due
from services.tracker.guards import AgainstRule, Assignment, check_extension, check_return, check_suspension
from services.tracker.lifecycle import (
    FINAL,
    MOVES,
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
from shared.language import CaseStatus, Urgency
from shared.policy_files import load_policy
from shared.term import Term
from tests.examples import assigned

POLICY_READ = load_policy(POLICY)
CHINA = Calendar.of_china()
DEPARTMENTS = ("water", "housing", "roads")
ACTORS = [Actor(Role.OFFICER, code) for code in DEPARTMENTS]
ACTORS += [Actor(Role.CENTRE), Actor(Role.SUPERVISOR), Actor(Role.SYSTEM)]
TEN_DAYS = Term.parse("10wd")
# The only ones that may change when the reply is due.
MAY_MOVE_THE_REPLY = {Action.EXTEND, Action.RESUME, Action.REWORK}


class Histories(RuleBasedStateMachine):
    """The case as its department, the router and the clock would have it, beside what the lifecycle says."""

    @initialize()
    def opened(self) -> None:
        self.now = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
        self.state = CaseState(CaseStatus.DISPATCHED, 1)
        self.holder: str | None = DEPARTMENTS[0]
        self.followed = Followed(assigned().decision_id, 1)
        self.reply = due(self.now, TEN_DAYS, CHINA, POLICY_READ.counting)
        self.acknowledged_at: datetime | None = None
        self.suspended_at = self.now
        self.answered_by: set[str] = set()
        self.extensions = self.suspensions = 0
        self.moves = 0

    @rule(hours=st.integers(1, 200))
    def time_passes(self, hours: int) -> None:
        self.now += timedelta(hours=hours)

    @rule(action=st.sampled_from(Action), actor=st.sampled_from(ACTORS), stale=st.booleans(), days=st.integers(1, 30))
    def somebody_acts(self, action: Action, actor: Actor, stale: bool, days: int) -> None:
        if action is Action.ASSIGN:
            return
        seen = self.state.version - stale
        reply_before = self.reply
        try:
            after = move(self.state, action, actor, self.holder, seen)
            reply = self.counted(action, Term.parse(f"{days}wd"))
        except (StaleVersion, NotYourCase, IllegalMove, AgainstRule) as refused:
            self.was_right(refused, action, actor, stale=stale)
        else:
            assert not stale
            assert reply.due_at == reply_before.due_at or action in MAY_MOVE_THE_REPLY
            self.happened(action, after, reply)

    def was_right(self, refused: Exception, action: Action, actor: Actor, *, stale: bool) -> None:
        match refused:
            case StaleVersion():
                assert stale
                assert refused.current == self.state
            case NotYourCase():
                mine = actor.role is not Role.OFFICER or actor.department == self.holder
                assert not mine or actor.role not in MOVES[self.state.status, action].by
            case IllegalMove():
                assert (self.state.status, action) not in MOVES
                assert refused.legal == legal_actions(self.state.status, actor.role)
            case _:
                assert action in {Action.REQUEST_RETURN, Action.EXTEND, Action.SUSPEND}

    def counted(self, action: Action, term: Term) -> Due:
        """When the reply is due after `action`; raises where a rule of the county is against it."""
        match action:
            case Action.REQUEST_RETURN:
                given = Assignment(
                    returnable=True,
                    acknowledged_at=self.acknowledged_at if self.state.status is CaseStatus.IN_PROGRESS else None,
                    answered=self.holder in self.answered_by,
                )
                check_return(given, self.now, POLICY_READ, CHINA)
            case Action.EXTEND:
                later = check_extension(self.reply, term, self.extensions, Urgency.NORMAL, self.now, POLICY_READ, CHINA)
                assert later.due_at > self.reply.due_at
                return later
            case Action.SUSPEND:
                due_at, number = self.reply.due_at, self.suspensions
                until = check_suspension("force-majeure", term, number, due_at, self.now, POLICY_READ, CHINA)
                assert until > self.now
            case Action.RESUME:
                return after_suspension(self.reply, self.suspended_at, self.now, CHINA)
            case Action.REWORK:
                return due(self.now, TEN_DAYS, CHINA, POLICY_READ.counting)
        return self.reply

    def happened(self, action: Action, after: CaseState, reply: Due) -> None:
        self.state, self.reply = after, reply
        self.moves += 1
        match action:
            case Action.ACKNOWLEDGE:
                self.acknowledged_at = self.now
            case Action.GRANT_RETURN:
                self.holder = None
            case Action.REPLY if self.holder:
                self.answered_by.add(self.holder)
            case Action.SUSPEND:
                self.suspended_at, self.suspensions = self.now, self.suspensions + 1
            case Action.EXTEND:
                self.extensions += 1

    @rule(hop=st.integers(1, 6), department=st.sampled_from(DEPARTMENTS))
    def the_router_decides(self, hop: int, department: str) -> None:
        decided = assigned(hop=hop, department=department)
        if not supersedes(decided, self.followed):
            assert hop <= self.followed.hop
            return
        try:
            after = move(self.state, Action.ASSIGN, Actor(Role.SYSTEM), self.holder)
        except IllegalMove:
            return
        self.followed, self.holder = Followed(decided.decision_id, hop), department
        self.happened(Action.ASSIGN, after, self.reply)

    @precondition(lambda self: self.state.status in FINAL)
    @rule(action=st.sampled_from(Action), actor=st.sampled_from(ACTORS))
    def nobody_moves_what_is_final(self, action: Action, actor: Actor) -> None:
        try:
            move(self.state, action, actor, self.holder)
        except (IllegalMove, NotYourCase):
            return
        raise AssertionError(f"{actor} could {action} a case that is {self.state.status}")

    @invariant()
    def versions_grow_by_one(self) -> None:
        assert self.state.version == 1 + self.moves

    @invariant()
    def somebody_holds_it_or_the_router_does(self) -> None:
        assert self.holder or self.state.status in {CaseStatus.DISPATCHED, CaseStatus.DECLINED}

    @invariant()
    def favours_are_bounded(self) -> None:
        assert self.extensions <= POLICY_READ.extension.at_most
        assert self.suspensions <= POLICY_READ.suspension.at_most


TestHistories = Histories.TestCase
TestHistories.settings = settings(max_examples=60, stateful_step_count=60)
