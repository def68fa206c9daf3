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
    may_be_told_of,
    may_read,
)
from shared.language import CaseStatus, Confidentiality
from shared.principal import Principal, Role

DEPARTMENTS = ("urban-management", "water-supply")
HERE, THERE = DEPARTMENTS
NAMED = Standing(Confidentiality.NAMED, HERE, CaseStatus.IN_PROGRESS, None, None)

departments = st.none() | st.sampled_from(DEPARTMENTS)
standings = st.builds(
    Standing,
    st.sampled_from(Confidentiality),
    departments,
    st.none() | st.sampled_from(CaseStatus),
    departments,
    departments,
    st.frozensets(st.sampled_from(DEPARTMENTS)),
)
principals = st.builds(Principal, st.just("someone"), st.frozensets(st.sampled_from(Role)), departments)
purposes = st.sampled_from(Purpose)


def somebody(role: Role, department: str | None = None) -> Principal:
    return Principal("someone", frozenset({role}), department)


@given(principals, purposes, standings)
def test_the_accused_never_read_whatever_their_role(principal: Principal, purpose: Purpose, standing: Standing) -> None:
    accused = replace(principal, department=HERE)
    assert isinstance(may_read(accused, purpose, replace(standing, accused=HERE)), Refused)


@given(principals, purposes, standings)
def test_nobody_reads_an_anonymous_one(principal: Principal, purpose: Purpose, standing: Standing) -> None:
    anonymous = replace(standing, confidentiality=Confidentiality.ANONYMOUS)
    assert may_read(principal, purpose, anonymous) is ANONYMOUS


@given(principals, purposes, standings)
def test_a_confidential_one_is_read_by_operators_and_supervisors_only(
    principal: Principal, purpose: Purpose, standing: Standing
) -> None:
    confidential = replace(standing, confidentiality=Confidentiality.CONFIDENTIAL)
    if not isinstance(may_read(principal, purpose, confidential), Refused):
        assert principal.roles & {Role.OPERATOR, Role.SUPERVISOR}


@given(purposes, standings, departments)
def test_an_officer_reads_only_what_handling_needs_of_named_cases_in_their_queue(
    purpose: Purpose, standing: Standing, department: str | None
) -> None:
    parts = may_read(somebody(Role.OFFICER, department), purpose, standing)
    if not isinstance(parts, Refused):
        assert standing.confidentiality is Confidentiality.NAMED
        assert standing.holder is not None
        assert department in {standing.holder, *standing.helpers}
        assert department not in (None, standing.accused)
        assert standing.status not in (CaseStatus.CLOSED, CaseStatus.DECLINED)
        assert purpose is Purpose.CONTACT_FOR_HANDLING
        assert {Part.ID_NUMBER, Part.ORIGINAL}.isdisjoint(parts)


@given(standings)
def test_whoever_helps_reads_what_whoever_has_the_case_would_read(standing: Standing) -> None:
    lead = may_read(
        somebody(Role.OFFICER, HERE), Purpose.CONTACT_FOR_HANDLING, replace(standing, holder=HERE, accused=None)
    )
    joint = replace(standing, holder=HERE, helpers=frozenset({THERE}), accused=None)
    assert may_read(somebody(Role.OFFICER, THERE), Purpose.CONTACT_FOR_HANDLING, joint) == lead


@given(st.sampled_from([Role.CLERK, Role.ADAPTER]), purposes, standings, departments)
def test_clerks_and_adapters_read_nothing(
    role: Role, purpose: Purpose, standing: Standing, department: str | None
) -> None:
    assert isinstance(may_read(somebody(role, department), purpose, standing), Refused)


@given(principals, principals, purposes, standings)
def test_a_further_role_takes_nothing_away(
    one: Principal, other: Principal, purpose: Purpose, standing: Standing
) -> None:
    both = replace(one, roles=one.roles | other.roles)
    if not isinstance(may_read(one, purpose, standing), Refused):
        assert may_read(both, purpose, standing) == may_read(one, purpose, standing)


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
    assert may_read(somebody(role, HERE), purpose, NAMED) == PARTS[purpose]


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
        (Role.OFFICER, Purpose.CONTACT_FOR_HANDLING, replace(NAMED, accused=HERE), ACCUSED),
        (
            Role.OFFICER,
            Purpose.CONTACT_FOR_HANDLING,
            replace(NAMED, holder=THERE, helpers=frozenset({HERE}), accused=HERE),
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
    assert may_read(somebody(role, HERE), purpose, standing) is refused


@given(standings)
def test_the_hotline_is_told_of_every_earlier_complaint(standing: Standing) -> None:
    assert may_be_told_of(None, standing)


@given(standings, st.sampled_from(DEPARTMENTS))
def test_a_departments_clerk_is_told_only_of_what_the_department_may_know(standing: Standing, department: str) -> None:
    if may_be_told_of(department, standing):
        assert standing.confidentiality is Confidentiality.NAMED
        assert standing.accused != department
        assert department in (standing.holder, standing.received_by)


def test_a_departments_clerk_is_told_of_what_it_has_and_what_it_received() -> None:
    assert may_be_told_of(HERE, NAMED)
    assert may_be_told_of(THERE, replace(NAMED, received_by=THERE))
    assert not may_be_told_of(THERE, NAMED)
