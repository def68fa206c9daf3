"""The pages of suspected inaction: the supervision office filters and judges, the department explains."""

from collections.abc import Sequence
from typing import Any

import httpx
import pytest

from services.tracker.inaction.inaction_pages import DEPARTMENT_PAGE, SUPERVISION_PAGE
from shared.auth import Role
from tests.integration.intake_pages import session
from tests.integration.test_inaction_api import OURS, listed, suspicions

__all__ = ["suspicions"]


Login = tuple[dict[str, str], dict[str, str]]


def browser(*roles: Role, **claims: str) -> Login:
    """The headers of a browser, which sends a cookie and no bearer token, and the field of its forms."""
    cookie, csrf = session(*roles, **claims)
    return cookie | {"Authorization": ""}, csrf


@pytest.fixture
def supervisor() -> Login:
    return browser(Role.SUPERVISOR)


@pytest.fixture
def officer() -> Login:
    return browser(Role.OFFICER, department=OURS)


async def test_a_department_explains_and_a_supervisor_judges(
    tracker: httpx.AsyncClient,
    suspicions: Sequence[dict[str, Any]],
    supervisor: Login,
    officer: Login,
) -> None:
    one = suspicions[0]["inaction_id"]
    cookie, csrf = officer
    page = await tracker.get(DEPARTMENT_PAGE, headers=cookie)
    assert page.status_code == 200
    assert page.text.count("提交说明") == len(suspicions)
    assert csrf["csrf"] in page.text
    assert "<script" not in page.text
    answer = await tracker.post(
        f"{DEPARTMENT_PAGE}/{one}", data=csrf | {"text": "<b>漏签</b>，已补办。"}, headers=cookie
    )
    assert (answer.status_code, answer.headers["location"]) == (303, DEPARTMENT_PAGE)

    cookie, csrf = supervisor
    page = await tracker.get(SUPERVISION_PAGE, params={"awaits": "verdict", "standing": ""}, headers=cookie)
    assert page.text.count("<article") == 1
    assert "&lt;b&gt;漏签" in page.text
    answer = await tracker.post(f"{SUPERVISION_PAGE}/{one}/confirm", data=csrf | {"reason": "属实。"}, headers=cookie)
    assert (answer.status_code, answer.headers["location"]) == (303, SUPERVISION_PAGE)
    assert [item["inaction_id"] for item in await listed(tracker, standing="confirmed")] == [one]


@pytest.mark.parametrize(
    ("params", "found"),
    [
        ({}, 3),
        ({"kind": "not_acknowledged"}, 3),
        ({"kind": "slow"}, 0),
        ({"department": OURS}, 3),
        ({"department": "urban-management"}, 0),
        ({"standing": "suspected", "awaits": "explanation"}, 3),
        ({"standing": "dismissed"}, 0),
    ],
)
async def test_the_supervision_office_filters_by_standing_kind_and_department(
    tracker: httpx.AsyncClient, suspicions: Sequence[dict[str, Any]], params: dict[str, str], found: int
) -> None:
    assert found in {0, len(suspicions)}
    page = await tracker.get(SUPERVISION_PAGE, params=params)
    assert page.text.count("<article") == found
    assert ("没有符合条件的记录" in page.text) is (found == 0)


async def test_what_is_refused_is_told_on_the_page(
    tracker: httpx.AsyncClient,
    suspicions: Sequence[dict[str, Any]],
    supervisor: Login,
) -> None:
    cookie, csrf = supervisor
    path = f"{SUPERVISION_PAGE}/{suspicions[0]['inaction_id']}"
    early = await tracker.post(f"{path}/confirm", data=csrf | {"reason": "属实。"}, headers=cookie)
    assert early.status_code == 409
    assert "此前不能认定" in early.text
    blank = await tracker.post(f"{path}/dismiss", data=csrf | {"reason": "  "}, headers=cookie)
    assert blank.status_code == 422
    assert "请写明理由" in blank.text
    nothing = await tracker.post(f"{path}/suspected", data=csrf | {"reason": "属实。"}, headers=cookie)
    assert nothing.status_code == 422
    assert {item["standing"] for item in await listed(tracker)} == {"suspected"}


async def test_forms_of_another_session_and_other_roles_are_refused(
    tracker: httpx.AsyncClient,
    suspicions: Sequence[dict[str, Any]],
    officer: Login,
) -> None:
    cookie, csrf = officer
    path = f"{SUPERVISION_PAGE}/{suspicions[0]['inaction_id']}/dismiss"
    assert (await tracker.post(path, data=csrf | {"reason": "无。"}, headers=cookie)).status_code == 403
    assert (await tracker.get(SUPERVISION_PAGE, headers=cookie)).status_code == 403
    other, own = browser(Role.OFFICER, department="urban-management", subject="another")
    mine = f"{DEPARTMENT_PAGE}/{suspicions[0]['inaction_id']}"
    assert (await tracker.post(mine, data=own | {"text": "无。"}, headers=other)).status_code == 403
    assert "<article" not in (await tracker.get(DEPARTMENT_PAGE, headers=other)).text
    assert (await tracker.post(mine, data=own | {"text": "无。"}, headers=cookie)).status_code == 403
    administrator, _ = browser(Role.ADMINISTRATOR)
    seen = await tracker.get(SUPERVISION_PAGE, headers=administrator)
    assert seen.status_code == 200
    assert "认定 Confirm" not in seen.text
