"""Who may see the files of a complaint."""

from dataclasses import replace

import pytest
from hypothesis import given

from services.intake.attachments.attachment_access import STAFF, may_see
from services.intake.identity.reading_rules import Standing
from shared.language import CaseStatus, Confidentiality
from shared.principal import Principal, Role
from tests.unit.intake.identity.test_reading_rules import (
    CONFIDENTIAL_ONE,
    HERE,
    NAMED,
    OFFICES,
    THERE,
    principals,
    standings,
)

ACCUSES_THE_OTHER = replace(CONFIDENTIAL_ONE, accused=frozenset({THERE}))


def somebody(role: Role, department: str | None = None) -> Principal:
    return Principal("somebody", frozenset({role}), department)


@pytest.mark.parametrize("role", STAFF)
def test_staff_without_a_department_see_those_of_every_complaint(role: Role) -> None:
    assert may_see(somebody(role), ACCUSES_THE_OTHER, OFFICES)


@pytest.mark.parametrize("role", [Role.OFFICER, Role.CLERK])
@pytest.mark.parametrize(
    ("standing", "seen"),
    [
        (replace(NAMED, holder=HERE), True),
        (replace(NAMED, holder=THERE), False),
        (replace(NAMED, holder=None), False),
        (replace(NAMED, holder=THERE, received_by=HERE), True),
        (replace(NAMED, holder=THERE, helpers=frozenset({HERE})), True),
        (replace(NAMED, holder=HERE, status=CaseStatus.CLOSED), False),
        (replace(NAMED, holder=None, helpers=frozenset({HERE})), False),
        (replace(NAMED, holder=THERE, confidentiality=Confidentiality.CONFIDENTIAL), False),
    ],
)
def test_a_department_sees_those_of_what_it_received_has_or_helps_with_and_no_others(
    role: Role, standing: Standing, *, seen: bool
) -> None:
    assert may_see(somebody(role, HERE), standing, OFFICES) is seen


@given(principals, standings)
def test_whoever_is_accused_sees_none_in_any_role(who: Principal, standing: Standing) -> None:
    if may_see(who, standing, OFFICES):
        assert who.department not in standing.accused
        assert standing.accused.isdisjoint(OFFICES[role] for role in who.roles & OFFICES.keys())


@given(principals, standings)
def test_nobody_without_a_role_that_works_on_cases_sees_any(who: Principal, standing: Standing) -> None:
    if who.roles.isdisjoint({*STAFF, Role.OFFICER}):
        assert not may_see(who, standing, OFFICES)
