"""Templates over HTTP, and the reply that still holds one of their blanks, on a real database."""

import httpx

from services.tracker.deadlines.calendar import Calendar
from shared.policy import Policy
from shared.postgres import Pool
from tests.examples import assigned
from tests.integration.acting import act, done, officer, seen
from tests.integration.cases import open_cases


async def test_a_reply_is_refused_until_every_blank_of_its_template_is_filled(
    tracker: httpx.AsyncClient, tracker_pool: Pool, policy: Policy, calendar: Calendar
) -> None:
    case = assigned()
    await open_cases(tracker_pool, policy, calendar, case)
    await done(tracker, case, "acknowledge")
    ours = officer(case.department)
    listed = (await tracker.get("/v1/matters/street-lamps/templates", headers=ours)).json()["items"]
    template = listed[0]
    refused = await act(tracker, case.complaint_id, "reply", ours, text=template["text"])
    assert (refused.status_code, refused.json()["why"]) == (409, "blank_left")
    assert f"{len(template['blanks'])}处空白" in refused.json()["detail"]
    assert (await seen(tracker, case))["status"] == "in_progress"
    filled = template["text"]
    for blank in template["blanks"]:
        filled = filled.replace(blank, "人民路中段")
    assert (await act(tracker, case.complaint_id, "reply", ours, text=filled)).status_code == 200


async def test_a_matter_without_templates_has_none_and_one_that_is_unknown_is_not_found(
    tracker: httpx.AsyncClient, policy: Policy
) -> None:
    bare = next(code for code in policy.matters if code not in {each.matter for each in policy.templates})
    assert (await tracker.get(f"/v1/matters/{bare}/templates")).json()["items"] == []
    assert (await tracker.get("/v1/matters/nothing/templates")).status_code == 404
