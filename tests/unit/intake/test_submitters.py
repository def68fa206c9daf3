"""Who may submit for which channel."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.channels.submission import SUBMISSION, AnyForm
from services.intake.submitters import CHANNELS_OF, PLATFORM, PORTAL, NotYours, Submitter, submitter_of
from shared.language import Channel
from shared.principal import Principal, Role
from tests.examples import submission

MORE: dict[Channel, dict[str, Any]] = {
    Channel.HOTLINE_12345: {},
    Channel.WEB_PORTAL: {},
    Channel.SERVICE_CENTER: {"clerk": "0301"},
    Channel.DEPARTMENT_LINE: {"clerk": "7", "received_by": "water-supply"},
}


def form(channel: Channel, **changes: Any) -> AnyForm:
    return SUBMISSION.validate_python(submission("A-1", channel=channel) | MORE[channel] | changes, strict=False)


def allowed(submitter: Submitter) -> set[Channel]:
    found = set()
    for channel in MORE:
        try:
            submitter.require(form(channel))
        except NotYours:
            continue
        found.add(channel)
    return found


def somebody(*roles: Role, department: str | None = None) -> Submitter:
    return submitter_of(Principal("test-user", frozenset(roles), department))


@pytest.mark.parametrize(
    ("submitter", "channels"),
    [
        (somebody(Role.OPERATOR), {Channel.HOTLINE_12345}),
        (somebody(Role.CLERK), {Channel.SERVICE_CENTER}),
        (somebody(Role.OFFICER, department="water-supply"), {Channel.DEPARTMENT_LINE}),
        (somebody(Role.OFFICER, department="urban-management"), set()),
        (somebody(Role.ADAPTER), set(MORE)),
        (somebody(Role.SUPERVISOR), set()),
        (somebody(), set()),
        (PORTAL, {Channel.WEB_PORTAL}),
        (PLATFORM, {Channel.HOTLINE_12345}),
    ],
)
def test_each_submits_for_its_own_channels(submitter: Submitter, channels: set[Channel]) -> None:
    assert allowed(submitter) == channels


def test_a_refusal_says_what_would_be_allowed_in_both_languages() -> None:
    with pytest.raises(NotYours) as refused:
        somebody(Role.CLERK).require(form(Channel.HOTLINE_12345))
    assert (refused.value.zh, refused.value.en) == (
        "您只能登记以下渠道的诉求：service_center。",
        "You may submit for these channels only: service_center.",
    )


@given(roles=st.sets(st.sampled_from(Role)))
def test_several_roles_together_allow_what_each_of_them_allows(roles: set[Role]) -> None:
    together = allowed(somebody(*roles, department="water-supply"))
    assert together == set().union(*(allowed(somebody(role, department="water-supply")) for role in roles))


def test_only_roles_that_have_a_channel_may_call_the_routes() -> None:
    assert set(CHANNELS_OF) == {Role.OPERATOR, Role.CLERK, Role.OFFICER, Role.ADAPTER}
    assert all(CHANNELS_OF.values())
