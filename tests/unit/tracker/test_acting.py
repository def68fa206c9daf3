"""Who acts and who may read a case follows from the token alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.tracker import lifecycle
from services.tracker.acting import may_read, office_of, officer_of
from services.tracker.lifecycle import Actor
from shared.principal import Principal, Role

CODES = st.sampled_from(["water-supply", "urban-management", "supervision-office"])


def somebody(*roles: Role, department: str | None = None) -> Principal:
    return Principal("test-user", frozenset(roles), department)


def test_an_officer_acts_for_the_own_department() -> None:
    officer = somebody(Role.OFFICER, department="water-supply")
    assert officer_of(officer) == Actor(lifecycle.Role.OFFICER, "water-supply", "test-user")


@pytest.mark.parametrize(
    ("roles", "side"),
    [
        ((Role.OPERATOR,), lifecycle.Role.CENTRE),
        ((Role.SUPERVISOR,), lifecycle.Role.SUPERVISOR),
        ((Role.OPERATOR, Role.SUPERVISOR), lifecycle.Role.SUPERVISOR),
    ],
)
def test_operators_act_for_the_centre_and_supervisors_for_the_supervision_office(
    roles: tuple[Role, ...], side: lifecycle.Role
) -> None:
    assert office_of(somebody(*roles, department="water-supply")) == Actor(side, subject="test-user")


@given(own=CODES, other=CODES | st.none())
def test_an_officer_reads_the_own_departments_cases_and_no_other(own: str, other: str | None) -> None:
    assert may_read(somebody(Role.OFFICER, department=own), other) == (other == own)


@given(roles=st.sets(st.sampled_from(Role)), own=CODES | st.none(), other=CODES | st.none())
def test_a_case_of_another_department_is_read_only_by_whoever_reads_all(
    roles: set[Role], own: str | None, other: str | None
) -> None:
    reads_all = bool(roles & {Role.OPERATOR, Role.SUPERVISOR, Role.ADMINISTRATOR})
    if own != other or other is None:
        assert may_read(somebody(*roles, department=own), other) == reads_all
    else:
        assert may_read(somebody(*roles, department=own), other) == (reads_all or Role.OFFICER in roles)


@given(role=st.sampled_from([Role.CLERK, Role.ADAPTER]), department=CODES)
def test_a_department_in_a_token_without_the_officers_role_opens_nothing(role: Role, department: str) -> None:
    assert not may_read(somebody(role, department=department), department)
