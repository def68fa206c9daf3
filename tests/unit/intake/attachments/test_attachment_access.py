"""Who may see the files of a complaint."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.attachments.attachment_access import STAFF, may_see
from shared.principal import Principal, Role

DEPARTMENTS = ("water-supply", "urban-management", "public-security")
SOMEBODY = st.builds(
    Principal,
    st.just("somebody"),
    st.frozensets(st.sampled_from(Role)),
    st.none() | st.sampled_from(DEPARTMENTS),
)
MAYBE_DEPARTMENT = st.none() | st.sampled_from(DEPARTMENTS)


def officer(department: str) -> Principal:
    return Principal("somebody", frozenset({Role.OFFICER}), department)


@pytest.mark.parametrize("role", STAFF)
def test_staff_see_those_of_every_complaint(role: Role) -> None:
    assert may_see(Principal("somebody", frozenset({role})), accused="water-supply", holder=None)


def test_an_officer_sees_those_of_the_own_departments_cases_and_no_others() -> None:
    assert may_see(officer("water-supply"), accused=None, holder="water-supply")
    assert not may_see(officer("water-supply"), accused=None, holder="urban-management")
    assert not may_see(officer("water-supply"), accused=None, holder=None)


@given(SOMEBODY, st.sampled_from(DEPARTMENTS), MAYBE_DEPARTMENT)
def test_whoever_is_accused_sees_none_in_any_role(who: Principal, accused: str, holder: str | None) -> None:
    if may_see(who, accused=accused, holder=holder):
        assert who.department != accused


@given(SOMEBODY, MAYBE_DEPARTMENT, MAYBE_DEPARTMENT)
def test_nobody_without_a_role_that_works_on_cases_sees_any(
    who: Principal, accused: str | None, holder: str | None
) -> None:
    if who.roles.isdisjoint({*STAFF, Role.OFFICER}):
        assert not may_see(who, accused=accused, holder=holder)
