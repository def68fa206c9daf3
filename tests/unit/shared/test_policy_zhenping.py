"""What the demonstration county's policy must hold, whatever else is edited in it."""

import re
from pathlib import Path

import pytest

from shared.language import Kind, Urgency
from shared.policy import DepartmentKind, Policy
from shared.policy_files import load_policy


@pytest.fixture(scope="module")
def policy() -> Policy:
    return load_policy(Path(__file__).parents[3] / "deploy" / "policy" / "zhenping")


def test_it_has_its_departments_and_those_that_enforce(policy: Policy) -> None:
    assert len(policy.departments) == 30
    assert sum(department.enforcement for department in policy.departments.values()) >= 12


def test_every_department_that_answers_has_several_matters(policy: Policy) -> None:
    for department in policy.departments.values():
        matters = [m for m in policy.matters.values() if m.department == department.code]
        if department.kind in (DepartmentKind.TRIAGE, DepartmentKind.SUPERVISION):
            assert matters == []
        elif department.code != "veterans-affairs":
            assert len(matters) >= 2, department.code


def test_every_matter_has_several_words_and_a_basis_in_law(policy: Policy) -> None:
    for matter in policy.matters.values():
        assert len(matter.keywords) >= 4, matter.code
        assert matter.legal_basis, matter.code


def test_every_basis_in_law_names_a_law(policy: Policy) -> None:
    for matter in policy.matters.values():
        for basis in matter.legal_basis:
            assert re.match(r"《[^》]+》(第[一二三四五六七八九十百]+条（[^）]+）)?$", basis), basis


@pytest.mark.parametrize(
    ("kind", "urgency", "terms"),
    [
        (Kind.CONSULTATION, Urgency.NORMAL, "1wd 3wd 2wd"),
        (Kind.SUGGESTION, Urgency.NORMAL, "1wd 5wd 3wd"),
        (Kind.PRAISE, Urgency.NORMAL, "1wd 5wd 3wd"),
        (Kind.HELP, Urgency.NORMAL, "1wd 10wd 5wd"),
        (Kind.COMPLAINT, Urgency.NORMAL, "1wd 10wd 5wd"),
        (Kind.REPORT, Urgency.NORMAL, "1wd 10wd 5wd"),
        (Kind.CONSULTATION, Urgency.URGENT, "2h 2h 30m"),
    ],
)
def test_its_terms_are_those_of_the_published_county_rule(
    policy: Policy, kind: Kind, urgency: Urgency, terms: str
) -> None:
    found = policy.terms_for(kind, urgency)
    assert f"{found.acknowledge} {found.reply} {found.warn_before}" == terms


def test_its_towns_are_places_and_not_departments(policy: Policy) -> None:
    assert len(policy.towns) == 7
    assert not {d.name for d in policy.departments.values()} & set(policy.towns)
