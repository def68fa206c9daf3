"""What the façade shows of the county, and what its filters ask for."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.county import County
from services.intake.open311 import open311
from services.intake.open311.open311 import LONGEST_SPAN, Open311Error, PublicRequest, Wanted
from services.intake.open311.open311_rendering import Format, render
from services.intake.ticket import ticket_number
from shared.policy import Policy

NOW = datetime(2026, 11, 24, 1, 30, tzinfo=UTC)
TICKET = ticket_number(NOW.date(), 1)
MOMENTS = st.datetimes(datetime(2000, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001  # made aware


@pytest.fixture(scope="module")
def county(policy: Policy) -> County:
    return County(towns=policy.towns, urgent_words=policy.urgent_words, departments=policy.departments)


def asked(policy: Policy, **filters: Any) -> Wanted:
    given = {"service_code": [], "status": [], "start_date": None, "end_date": None, "now": NOW} | filters
    return open311.wanted(policy, **given)


def refusal(policy: Policy, **filters: Any) -> Open311Error:
    with pytest.raises(Open311Error) as refused:
        asked(policy, **filters)
    return refused.value


def test_every_matter_of_the_county_is_a_service_of_its_department(policy: Policy) -> None:
    rows = open311.services(policy).rows
    assert [row["service_code"] for row in rows] == list(policy.matters)
    for row in rows:
        matter = policy.matters[str(row["service_code"])]
        assert row["group"] == policy.departments[matter.department].name
        assert (row["metadata"], row["type"]) == (False, "realtime")


def test_an_unknown_service_is_not_found_and_none_is_missing(policy: Policy) -> None:
    for code, status in (("no-such-matter", 404), ("", 400)):
        with pytest.raises(Open311Error) as refused:
            open311.service_definition(policy, code)
        assert refused.value.status == status


class TestFilters:
    def test_without_any_the_last_ninety_days_are_meant(self, policy: Policy) -> None:
        assert asked(policy) == Wanted(NOW - LONGEST_SPAN, NOW)
        assert asked(policy, status=["", " "], service_code=[","], start_date=" ", end_date="") == asked(policy)

    @given(start=st.none() | MOMENTS, end=st.none() | MOMENTS, now=MOMENTS)
    def test_what_is_answered_never_spans_more_than_ninety_days_and_lies_within_what_was_asked(
        self, policy: Policy, start: datetime | None, end: datetime | None, now: datetime
    ) -> None:
        given = {"start_date": start and start.isoformat(), "end_date": end and end.isoformat(), "now": now}
        last = end or now
        if start is not None and (last < start or (end is not None and last - start > LONGEST_SPAN)):
            # Only what cannot be answered is refused.
            assert refusal(policy, **given).status == 400
        else:
            wanted = asked(policy, **given)
            assert timedelta() <= wanted.end - wanted.start <= LONGEST_SPAN
            assert start is None or wanted.start == start
            assert end is None or wanted.end == end

    @pytest.mark.parametrize(
        "written",
        ["2026-11-24T09:30:00+08:00", "2026-11-24T09:30:00 08:00", "2026-11-24T01:30:00Z", "2026-11-24T01:30Z"],
    )
    def test_a_moment_is_read_as_the_specification_writes_it(self, policy: Policy, written: str) -> None:
        assert asked(policy, end_date=written).end == NOW

    @pytest.mark.parametrize(
        "written",
        [
            "yesterday",
            "2026-11-24",
            "2026-11-24T09:30:00",
            "2026-02-30T00:00:00Z",
            "0001-01-01T00:00:00Z",
            "9999-12-31T23:59:59-12:00",
            "20261124T013000Z",
            "\x00",
        ],
    )
    @pytest.mark.parametrize("name", ["start_date", "end_date"])
    def test_anything_else_is_refused(self, policy: Policy, name: str, written: str) -> None:
        refused = refusal(policy, **{name: written})
        assert refused.status == 400
        assert name in str(refused)
        assert written not in str(refused)

    def test_statuses_and_services_are_lists_and_may_be_repeated(self, policy: Policy) -> None:
        one, other, *_ = policy.matters
        wanted = asked(policy, status=["closed, open", "closed"], service_code=[f"{one},{other}", one])
        assert (wanted.closed, wanted.services) == ((True, False), (one, other))
        assert asked(policy, status=["open"]).closed == (False,)

    def test_an_unknown_status_or_service_is_told(self, policy: Policy) -> None:
        assert refusal(policy, status=["done"]).status == 400
        assert refusal(policy, service_code=["no-such-matter"]).status == 404

    def test_ids_that_can_be_nobodys_are_left_out_and_too_many_refused(self) -> None:
        assert open311.ticket_numbers([f"{TICKET},x", TICKET, "20261124-000001-0"]) == [TICKET]
        with pytest.raises(Open311Error):
            open311.ticket_numbers([",".join(map(str, range(1001)))])


class TestARequest:
    @pytest.fixture
    def shown(self, policy: Policy, county: County) -> Any:
        def show(**changes: Any) -> dict[str, Any]:
            known: dict[str, Any] = {
                "ticket_number": TICKET,
                "service_code": next(iter(policy.matters)),
                "requested_at": NOW,
                "updated_at": NOW,
                "closed": False,
                "place": None,
                "department": None,
            }
            listing = open311.requests([PublicRequest(**known | changes)], policy, county)
            [row] = json.loads(render(listing, Format.JSON))
            return dict(row)

        return show

    def test_shows_no_place_more_exact_than_the_town(self, shown: Any, policy: Policy) -> None:
        place = "测试家园3号楼（北纬31.88342，东经109.52683）"
        row = shown(place=f"城关镇{place}")
        assert row["address"] == f"城关镇，{policy.county}"
        assert "31.88342" not in str(row)
        assert "测试家园" not in str(row)
        assert shown(place=place)["address"] == policy.county
        assert (row["lat"], row["long"], row["description"], row["media_url"]) == (None, None, None, None)

    def test_names_the_department_but_no_desk_within_the_hotline(self, shown: Any, policy: Policy) -> None:
        assert shown(department="urban-management")["agency_responsible"] == "城市管理综合执法局"
        # Somebody accused of inaction must not read here that a complaint of the matter went to the supervisors.
        for desk in (policy.supervision_office, policy.triage_desk, "dropped-department"):
            assert shown(department=desk) == shown(department=None)

    def test_tells_times_with_their_offset(self, shown: Any) -> None:
        assert shown()["requested_datetime"] == "2026-11-24T09:30:00+08:00"

    def test_of_a_matter_that_was_dropped_keeps_its_code(self, shown: Any) -> None:
        assert shown(service_code="dropped-matter")["service_name"] == "dropped-matter"
