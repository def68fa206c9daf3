from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.identity.reading_rules import (
    ACCUSED,
    ANONYMOUS,
    CONFIDENTIAL,
    NOT_IN_QUEUE,
    PARTS,
    WRONG_PURPOSE,
    Part,
    Purpose,
    Refused,
    Standing,
    may_ask_of,
    may_be_told_of,
    may_read,
    offices_of,
)
from shared.language import CaseStatus, Confidentiality
from shared.policy import Policy
from shared.principal import Principal, Role

DEPARTMENTS = ("urban-management", "water-supply")
HERE, THERE = DEPARTMENTS
NAMED = Standing(Confidentiality.NAMED, HERE, CaseStatus.IN_PROGRESS, frozenset(), None)
CONFIDENTIAL_ONE = replace(NAMED, confidentiality=Confidentiality.CONFIDENTIAL)
OFFICES = {Role.OPERATOR: "triage-desk", Role.SUPERVISOR: "supervision-office"}

departments = st.none() | st.sampled_from(DEPARTMENTS)
standings = st.builds(
    Standing,
    st.sampled_from(Confidentiality),
    departments,
    st.none() | st.sampled_from(CaseStatus),
    st.frozensets(st.sampled_from((*DEPARTMENTS, *OFFICES.values()))),
    departments,
    st.frozensets(st.sampled_from(DEPARTMENTS)),
)
principals = st.builds(Principal, st.just("someone"), st.frozensets(st.sampled_from(Role)), departments)
purposes = st.sampled_from(Purpose)


def somebody(role: Role, department: str | None = None) -> Principal:
    return Principal("someone", frozenset({role}), department)


def read(principal: Principal, purpose: Purpose, standing: Standing) -> tuple[Part, ...] | Refused:
    return may_read(principal, purpose, standing, OFFICES)


@given(principals, purposes, standings)
def test_the_accused_never_read_whatever_their_role(principal: Principal, purpose: Purpose, standing: Standing) -> None:
    accused = replace(principal, department=HERE)
    assert isinstance(read(accused, purpose, replace(standing, accused=standing.accused | {HERE})), Refused)


@given(principals, purposes, standings)
def test_nobody_reads_an_anonymous_one(principal: Principal, purpose: Purpose, standing: Standing) -> None:
    anonymous = replace(standing, confidentiality=Confidentiality.ANONYMOUS)
    assert read(principal, purpose, anonymous) is ANONYMOUS


@given(principals, purposes, standings)
def test_a_confidential_one_is_read_by_operators_and_supervisors_only(
    principal: Principal, purpose: Purpose, standing: Standing
) -> None:
    confidential = replace(standing, confidentiality=Confidentiality.CONFIDENTIAL)
    if not isinstance(read(principal, purpose, confidential), Refused):
        assert principal.roles & {Role.OPERATOR, Role.SUPERVISOR}


@given(purposes, standings, departments)
def test_an_officer_reads_only_what_handling_needs_of_named_cases_in_their_queue(
    purpose: Purpose, standing: Standing, department: str | None
) -> None:
    parts = read(somebody(Role.OFFICER, department), purpose, standing)
    if not isinstance(parts, Refused):
        assert standing.confidentiality is Confidentiality.NAMED
        assert standing.holder is not None
        assert department in {standing.holder, *standing.helpers}
        assert department not in {None, *standing.accused}
        assert standing.status not in (CaseStatus.CLOSED, CaseStatus.DECLINED)
        assert purpose is Purpose.CONTACT_FOR_HANDLING
        assert {Part.ID_NUMBER, Part.ORIGINAL}.isdisjoint(parts)


@given(standings)
def test_whoever_helps_reads_what_whoever_has_the_case_would_read(standing: Standing) -> None:
    lead = read(
        somebody(Role.OFFICER, HERE), Purpose.CONTACT_FOR_HANDLING, replace(standing, holder=HERE, accused=frozenset())
    )
    joint = replace(standing, holder=HERE, helpers=frozenset({THERE}), accused=frozenset())
    assert read(somebody(Role.OFFICER, THERE), Purpose.CONTACT_FOR_HANDLING, joint) == lead


@given(st.sampled_from([Role.CLERK, Role.ADAPTER]), purposes, standings, departments)
def test_clerks_and_adapters_read_nothing(
    role: Role, purpose: Purpose, standing: Standing, department: str | None
) -> None:
    assert isinstance(read(somebody(role, department), purpose, standing), Refused)


@pytest.mark.parametrize(
    ("role", "purpose"), [(Role.OPERATOR, Purpose.CALLBACK), (Role.SUPERVISOR, Purpose.SUPERVISION)]
)
def test_an_office_that_is_accused_itself_reads_nothing_and_the_other_office_does(role: Role, purpose: Purpose) -> None:
    [other] = OFFICES.keys() - {role}
    assert read(somebody(role), purpose, replace(NAMED, accused=frozenset({OFFICES[role]}))) is ACCUSED
    assert read(somebody(role), purpose, replace(NAMED, accused=frozenset({OFFICES[other]}))) == PARTS[purpose]


@given(principals, principals, purposes, standings)
def test_a_further_role_takes_nothing_away_but_where_its_office_is_accused(
    one: Principal, other: Principal, purpose: Purpose, standing: Standing
) -> None:
    standing = replace(standing, accused=standing.accused - set(OFFICES.values()))
    both = replace(one, roles=one.roles | other.roles)
    if not isinstance(read(one, purpose, standing), Refused):
        assert read(both, purpose, standing) == read(one, purpose, standing)


@pytest.mark.parametrize(
    ("role", "purpose"),
    [
        (Role.OPERATOR, Purpose.CALLBACK),
        *((Role.SUPERVISOR, purpose) for purpose in Purpose),
        (Role.ADMINISTRATOR, Purpose.LEGAL_REQUEST),
        (Role.OFFICER, Purpose.CONTACT_FOR_HANDLING),
    ],
)
def test_each_role_reads_for_its_purpose_what_that_needs(role: Role, purpose: Purpose) -> None:
    assert read(somebody(role, HERE), purpose, NAMED) == PARTS[purpose]


@pytest.mark.parametrize(
    ("role", "purpose", "standing", "refused"),
    [
        (Role.OPERATOR, Purpose.SUPERVISION, NAMED, WRONG_PURPOSE),
        (Role.ADMINISTRATOR, Purpose.CALLBACK, NAMED, WRONG_PURPOSE),
        (Role.OFFICER, Purpose.CALLBACK, NAMED, WRONG_PURPOSE),
        (Role.OFFICER, Purpose.CONTACT_FOR_HANDLING, replace(NAMED, holder=THERE), NOT_IN_QUEUE),
        # After a granted return nobody has it.
        (Role.OFFICER, Purpose.CONTACT_FOR_HANDLING, replace(NAMED, holder=None), NOT_IN_QUEUE),
        (Role.OFFICER, Purpose.CONTACT_FOR_HANDLING, replace(NAMED, status=CaseStatus.CLOSED), NOT_IN_QUEUE),
        (Role.OFFICER, Purpose.CONTACT_FOR_HANDLING, replace(NAMED, accused=frozenset({HERE})), ACCUSED),
        (
            Role.OFFICER,
            Purpose.CONTACT_FOR_HANDLING,
            replace(NAMED, holder=THERE, helpers=frozenset({HERE}), accused=frozenset({HERE})),
            ACCUSED,
        ),
        # After a granted return nobody helps anybody.
        (
            Role.OFFICER,
            Purpose.CONTACT_FOR_HANDLING,
            replace(NAMED, holder=None, helpers=frozenset({HERE})),
            NOT_IN_QUEUE,
        ),
        (
            Role.OFFICER,
            Purpose.CONTACT_FOR_HANDLING,
            replace(NAMED, confidentiality=Confidentiality.CONFIDENTIAL),
            CONFIDENTIAL,
        ),
        (
            Role.ADMINISTRATOR,
            Purpose.LEGAL_REQUEST,
            replace(NAMED, confidentiality=Confidentiality.CONFIDENTIAL),
            CONFIDENTIAL,
        ),
    ],
)
def test_a_refusal_says_why(role: Role, purpose: Purpose, standing: Standing, refused: Refused) -> None:
    assert read(somebody(role, HERE), purpose, standing) is refused


@given(principals, standings)
def test_nobody_is_told_of_an_earlier_complaint_that_accuses_their_own_side(
    principal: Principal, standing: Standing
) -> None:
    if may_ask_of(principal, standing, OFFICES):
        assert principal.department not in standing.accused
        assert Role.OPERATOR not in principal.roles or OFFICES[Role.OPERATOR] not in standing.accused


@given(principals, standings)
def test_of_what_is_not_named_only_the_hotline_is_told(principal: Principal, standing: Standing) -> None:
    if may_ask_of(principal, standing, OFFICES) and standing.confidentiality is not Confidentiality.NAMED:
        assert Role.OPERATOR in principal.roles
        assert principal.department is None


def test_the_hotline_is_told_of_confidential_ones_and_the_service_centre_of_named_ones() -> None:
    assert may_ask_of(somebody(Role.OPERATOR), CONFIDENTIAL_ONE, OFFICES)
    assert may_ask_of(somebody(Role.CLERK), NAMED, OFFICES)
    assert not may_ask_of(somebody(Role.CLERK), CONFIDENTIAL_ONE, OFFICES)


@given(standings, st.sampled_from(DEPARTMENTS))
def test_a_departments_clerk_is_told_only_of_what_the_department_may_know(standing: Standing, department: str) -> None:
    if may_be_told_of(department, standing, hotline=False):
        assert standing.confidentiality is Confidentiality.NAMED
        assert department not in standing.accused
        assert department in (standing.holder, standing.received_by)


def test_a_departments_clerk_is_told_of_what_it_has_and_what_it_received() -> None:
    clerks = [somebody(Role.CLERK, HERE), somebody(Role.CLERK, THERE)]
    assert [may_ask_of(clerk, NAMED, OFFICES) for clerk in clerks] == [True, False]
    assert may_ask_of(clerks[1], replace(NAMED, received_by=THERE), OFFICES)


def test_operators_act_for_the_desk_and_supervisors_for_the_office_that_the_policy_names(policy: Policy) -> None:
    assert offices_of(policy) == {
        Role.OPERATOR: policy.triage_desk,
        Role.SUPERVISOR: policy.supervision_office,
    }
