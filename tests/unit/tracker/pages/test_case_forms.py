import pytest

from services.tracker.lifecycle import Action, Role, legal_actions
from services.tracker.pages.case_forms import body_of, form_named, forms_of
from shared.language import CaseStatus

PEOPLE = (Role.OFFICER, Role.CENTRE, Role.SUPERVISOR)
ASKED = ("return", "extension", "suspension")


def routes(status: CaseStatus, *roles: Role, asked: tuple[str, ...] = ASKED) -> set[str]:
    return {form.route for form in forms_of(status, roles, asked)}


@pytest.mark.parametrize("role", PEOPLE)
@pytest.mark.parametrize("status", list(CaseStatus))
def test_every_move_that_somebody_may_make_has_a_form(status: CaseStatus, role: Role) -> None:
    moves = {Action.EXTEND: "grant-extension"}
    expected = {moves.get(action, action.replace("_", "-")) for action in legal_actions(status, role)}
    granting = {"grant-suspension"} if Action.SUSPEND in legal_actions(status, role) else set()
    assert routes(status, role) == expected | granting


def test_what_nobody_asked_for_cannot_be_decided() -> None:
    shown = routes(CaseStatus.IN_PROGRESS, Role.CENTRE, asked=("extension",))
    assert {"grant-extension", "refuse-extension", "suspend"} <= shown
    assert not {"grant-suspension", "refuse-suspension"} & shown


def test_who_only_reads_gets_no_form() -> None:
    assert not forms_of(CaseStatus.DISPATCHED, (), ASKED)


def test_a_form_becomes_what_its_route_takes() -> None:
    form = form_named("request-extension")
    assert form is not None
    said = {"term": " 3 ", "reason": "等待配件", "do": "request-extension", "csrf": "x"}
    assert body_of(form, said, "2") == {"version": "2", "term": "3wd", "reason": "等待配件"}


def test_what_is_left_empty_is_left_out() -> None:
    form = form_named("close")
    assert form is not None
    said = {"contacted": "false", "satisfaction": "", "reason": "  "}
    assert body_of(form, said, "4") == {"version": "4", "contacted": "false"}


def test_there_is_no_form_of_another_name() -> None:
    assert form_named("delete") is None
