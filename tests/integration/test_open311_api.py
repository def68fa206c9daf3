"""The Open311 façade on a real database: all answers and errors are those of the specification, in both formats."""

from collections.abc import AsyncIterator
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest
from jsonschema import Draft202012Validator
from limits import parse

from deploy.local.postgres import ExternalPostgres, LocalPostgres
from services.intake import handlers
from services.intake.acceptance import Acceptance
from services.intake.api import add_routes
from services.intake.county import County
from services.intake.open311 import open311_api
from services.intake.open311.open311 import PublicRequest
from services.intake.open311.open311_api import add_open311_routes
from services.intake.open311.open311_facade import Open311
from services.intake.open311.open311_keys import new_key, parse_digests
from services.intake.open311.open311_rendering import Listing, Single
from services.intake.submitting import MAX_SUBMISSION, Submitting
from services.intake.ticket import query_code
from shared.auth import Role
from shared.consumer import BatchConsumer
from shared.events import CaseClosed, CaseEvent, CaseOpened, CaseReworked
from shared.http import MAX_BODY, create_app
from shared.language import CaseStatus
from shared.outbox import Relay
from shared.policy import Policy
from shared.postgres import Pool
from shared.topics import CASES_EVENTS
from tests import open311_schemas as schemas
from tests.examples import record, submission, waiting
from tests.integration.conftest import client_of
from tests.tokens import bearer, verifier
from tests.unit.intake.open311.test_open311_rendering import carried_by_json, carried_by_xml

ADAPTER = bearer(Role.ADAPTER)
KEY = b"only for this test"
API_KEY, ENTRY = new_key("city-app")
BASE = "/open311/v2"
GOOD = {
    "api_key": API_KEY,
    "service_code": "street-lamps",
    "address_string": "城关镇测试路7号",
    "description": "测试路7号门前的路灯坏了，请回电13912345678。",
}
# By the part of the address that says what is asked for: the elements of the XML.
ELEMENTS: dict[str, Listing | Single] = {
    "services": Listing("services", "service", ()),
    "definition": Single("service_definition", {}),
    "requests": Listing("service_requests", "request", ()),
    "errors": Listing("errors", "error", ()),
}


@pytest.fixture
def facade(acceptance: Acceptance, policy: Policy, county: County, intake_pool: Pool) -> Open311:
    return Open311(acceptance, lambda: policy, lambda: county, intake_pool, KEY, parse_digests(ENTRY))


@pytest.fixture
async def intake(facade: Open311) -> AsyncIterator[httpx.AsyncClient]:
    app = create_app("Hotline intake", verifier())
    add_routes(app, Submitting(facade.acceptance, facade.county, KEY), facade.pool)
    add_open311_routes(app, facade)
    async with client_of(app) as client:
        yield client


def checked(answer: httpx.Response, schema: dict[str, Any]) -> Any:
    """What a JSON answer says, having checked it."""
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    said = answer.json()
    Draft202012Validator(schema).validate(said)
    return said


async def read(
    client: httpx.AsyncClient,
    path: str,
    schema: dict[str, Any],
    elements: Listing | Single,
    /,
    expected: int = 200,
    **params: Any,
) -> Any:
    """What is answered, the same in JSON and in XML and as the specification has it."""
    as_json = await client.get(f"{BASE}/{path}.json", params=params)
    as_xml = await client.get(f"{BASE}/{path}.xml", params=params)
    assert (as_json.status_code, as_xml.status_code) == (expected, expected), as_json.text
    assert as_xml.headers["content-type"] == "text/xml; charset=utf-8"
    said = checked(as_json, schema)
    assert carried_by_xml(elements, as_xml.content) == carried_by_json(as_json.content)
    return said


async def listed(client: httpx.AsyncClient, **params: Any) -> list[str]:
    said = await read(client, "requests", schemas.REQUESTS, ELEMENTS["requests"], **params)
    return [row["service_request_id"] for row in said]


async def refused(client: httpx.AsyncClient, path: str, expected: int, /, **params: Any) -> str:
    [error] = await read(client, path, schemas.ERRORS, ELEMENTS["errors"], expected, **params)
    return str(error["description"])


async def post(client: httpx.AsyncClient, **changes: Any) -> httpx.Response:
    return await client.post(f"{BASE}/requests.json", data=GOOD | changes)


async def submitted(client: httpx.AsyncClient, **changes: Any) -> str:
    answer = await post(client, **changes)
    assert answer.status_code == 201, answer.text
    [said] = checked(answer, schemas.SUBMITTED)
    return str(said["service_request_id"])


async def not_accepted(client: httpx.AsyncClient, status: int, **changes: Any) -> dict[str, Any]:
    """The one error that a form gets, in both formats."""
    as_json = await post(client, **changes)
    as_xml = await client.post(f"{BASE}/requests.xml", data=GOOD | changes)
    assert (as_json.status_code, as_xml.status_code) == (status, status)
    [error] = checked(as_json, schemas.ERRORS)
    assert carried_by_xml(ELEMENTS["errors"], as_xml.content) == carried_by_json(as_json.content)
    return dict(error)


async def id_of(pool: Pool, ticket: str) -> UUID:
    complaint: UUID = await pool.fetchval("SELECT complaint_id FROM complaints WHERE ticket_number = $1", ticket)
    return complaint


async def told(pool: Pool, *events: CaseEvent) -> None:
    consumer = BatchConsumer("progress", handlers.FOLLOWED, handlers.follow_cases, pool, Relay(pool, []))
    await consumer([record(event, topic=CASES_EVENTS, offset=offset) for offset, event in enumerate(events)])


def opened(complaint: UUID, **changes: Any) -> CaseOpened:
    return CaseOpened.model_validate(
        {
            "complaint_id": complaint,
            "department": "urban-management",
            "status": CaseStatus.DISPATCHED,
            "version": 1,
            "at": datetime(2026, 12, 1, 2, 0, tzinfo=UTC),
            "deadlines": (),
        }
        | changes
    )


def closed(complaint: UUID, version: int = 5) -> CaseClosed:
    at = datetime(2026, 12, 5, 2, 0, tzinfo=UTC)
    return CaseClosed(
        complaint_id=complaint, department="urban-management", status=CaseStatus.CLOSED, version=version, at=at
    )


class TestServices:
    async def test_are_the_matters_of_the_county(self, intake: httpx.AsyncClient, policy: Policy) -> None:
        said = await read(intake, "services", schemas.SERVICES, ELEMENTS["services"])
        assert [row["service_code"] for row in said] == list(policy.matters)

    async def test_have_no_attributes(self, intake: httpx.AsyncClient) -> None:
        said = await read(
            intake, "services/street-lamps", schemas.SERVICE_DEFINITION, ELEMENTS["definition"], jurisdiction_id="any"
        )
        assert said == {"service_code": "street-lamps", "attributes": []}

    async def test_one_that_there_is_not_is_not_found(self, intake: httpx.AsyncClient) -> None:
        await refused(intake, "services/no-such-matter", 404)


class TestSubmitting:
    async def test_gives_an_id_at_once_and_a_complaint_like_any_other(
        self, intake: httpx.AsyncClient, intake_pool: Pool
    ) -> None:
        answer = await intake.post(
            f"{BASE}/requests.xml", data=GOOD | {"media_url": "https://photographs.example/1.jpg"}
        )
        assert answer.status_code == 201
        [said] = carried_by_xml(ELEMENTS["requests"], answer.content)
        complaint = await id_of(intake_pool, said["service_request_id"])
        # Whoever submitted follows it as everybody does, and learns that nothing was fetched.
        assert query_code(KEY, complaint) in said["service_notice"]
        assert "media_url" in said["service_notice"]
        progress = await intake.get(
            f"/v1/complaints/{said['service_request_id']}", params={"query_code": query_code(KEY, complaint)}
        )
        assert (progress.status_code, progress.json()["channel"]) == (200, "web_portal")
        [event] = await waiting(intake_pool)
        assert "测试路7号" in (event.body or b"").decode()
        assert "13912345678" not in (event.body or b"").decode()

    async def test_tells_who_it_is_to_the_vault_and_to_nothing_else(
        self, intake: httpx.AsyncClient, intake_pool: Pool
    ) -> None:
        canaries = {"last_name": "测试", "first_name": "用户", "phone": "13987654321", "email": "canary@mail.example"}
        ticket = await submitted(intake, **canaries, device_id="canary-device", account_id="canary-account")
        seen = [
            (await intake.get(f"{BASE}/requests/{ticket}.xml")).text,
            (await intake.get(f"{BASE}/requests.json")).text,
            *[(message.body or b"").decode() for message in await waiting(intake_pool)],
            *[str(dict(row)) for row in await intake_pool.fetch("SELECT * FROM complaints")],
            *[str(dict(row)) for row in await intake_pool.fetch("SELECT * FROM open311_requests")],
        ]
        for text in seen:
            for canary in ("测试用户", "13987654321", "canary"):
                assert canary not in text

    async def test_is_refused_without_a_key_that_was_given_out(
        self, intake: httpx.AsyncClient, intake_pool: Pool
    ) -> None:
        for key in ("", "wrong", ENTRY.partition(":")[2]):
            error = await not_accepted(intake, 403, api_key=key)
            assert error["code"] == 403
        assert await intake_pool.fetchval("SELECT count(*) FROM complaints") == 0

    async def test_is_refused_for_everybody_where_no_keys_were_given_out(self, facade: Open311) -> None:
        app = create_app("Hotline intake", verifier())
        add_open311_routes(app, Open311(facade.acceptance, facade.policy, facade.county, facade.pool, KEY, keys={}))
        async with client_of(app) as client:
            assert (await post(client)).status_code == 403
            assert (await client.get(f"{BASE}/services.xml")).status_code == 200

    @pytest.mark.parametrize(
        ("changes", "status", "says"),
        [
            ({"service_code": ""}, 400, "service_code"),
            ({"service_code": "no-such-matter"}, 404, "service_code"),
            ({"address_string": ""}, 400, "lat"),
            ({"address_string": "", "address_id": "7"}, 400, "address_string"),
            ({"lat": "north", "long": "east"}, 400, "lat"),
            ({"description": "路" * 4001}, 400, "4000"),
        ],
    )
    async def test_says_what_is_wrong(
        self, intake: httpx.AsyncClient, changes: dict[str, str], status: int, says: str
    ) -> None:
        assert says in (await not_accepted(intake, status, **changes))["description"]

    @pytest.mark.parametrize(
        ("content_type", "body", "code"),
        [
            ("application/json", b"{}", 415),
            ("multipart/form-data; boundary=x", b"--x--", 415),
            ("application/x-www-form-urlencoded", b"\xff\xfe", 400),
            ("application/x-www-form-urlencoded", b"description=%ff", 400),
            ("application/x-www-form-urlencoded", b"description=" + b"x" * MAX_SUBMISSION, 413),
        ],
    )
    async def test_what_is_no_form_is_a_400_whose_code_says_more(
        self, intake: httpx.AsyncClient, content_type: str, body: bytes, code: int
    ) -> None:
        answer = await intake.post(f"{BASE}/requests.json", content=body, headers={"Content-Type": content_type})
        assert answer.status_code == 400
        [error] = checked(answer, schemas.ERRORS)
        assert error["code"] == code

    @pytest.mark.parametrize("announced", [True, False])
    @pytest.mark.parametrize(
        ("method", "path", "code"), [("POST", "requests", 413), ("POST", "nowhere", 404), ("PUT", "requests", 404)]
    )
    async def test_a_body_of_any_size_is_answered_in_the_asked_format(
        self, intake: httpx.AsyncClient, method: str, path: str, code: int, *, announced: bool
    ) -> None:
        body = b"description=" + b"x" * (2 * MAX_BODY)

        async def parts() -> AsyncIterator[bytes]:
            yield body[:100]
            yield body[100:]

        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        as_json, as_xml = [
            await intake.request(
                method, f"{BASE}/{path}.{ending}", content=body if announced else parts(), headers=headers
            )
            for ending in ("json", "xml")
        ]
        [error] = checked(as_json, schemas.ERRORS)
        assert error["code"] == code
        assert as_xml.headers["content-type"] == "text/xml; charset=utf-8"
        assert carried_by_xml(ELEMENTS["errors"], as_xml.content) == carried_by_json(as_json.content)

    async def test_a_get_with_a_large_body_is_answered_without_it(self, intake: httpx.AsyncClient) -> None:
        answer = await intake.request("GET", f"{BASE}/services.json", content=b"x" * (2 * MAX_BODY))
        assert answer.status_code == 200
        checked(answer, schemas.SERVICES)

    async def test_twice_by_one_device_is_one_request(self, intake: httpx.AsyncClient, intake_pool: Pool) -> None:
        first = await post(intake, device_id="a-telephone")
        again = await post(intake, device_id="a-telephone")
        assert (first.status_code, again.status_code) == (201, 200)
        assert first.json() == again.json()
        other = await post(intake, device_id="another")
        assert other.json()[0]["service_request_id"] != first.json()[0]["service_request_id"]
        assert await intake_pool.fetchval("SELECT count(*) FROM open311_requests") == 2

    async def test_a_retry_over_the_edge_of_a_window_finds_the_first(self, facade: Open311) -> None:
        body = str(httpx.QueryParams(GOOD | {"device_id": "a-telephone"})).encode()
        edge = datetime(2026, 11, 24, 1, 30, tzinfo=UTC)
        first, new = await facade.submit(body, edge - timedelta(seconds=1))
        again, anew = await facade.submit(body, edge + timedelta(seconds=1))
        assert (new, anew, first) == (True, False, again)
        _, much_later = await facade.submit(body, edge + timedelta(minutes=30))
        assert much_later is True

    async def test_twice_by_nobody_known_are_two(self, intake: httpx.AsyncClient) -> None:
        assert await submitted(intake) != await submitted(intake)


async def test_whoever_calls_too_often_is_told_so_in_the_asked_format(
    intake: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    for rules in (open311_api._READING, open311_api._SUBMITTING):  # noqa: SLF001  # a window that no test outlasts
        monkeypatch.setattr(rules[1].dependency, "limit", parse("1/hour"))
    assert (await intake.get(f"{BASE}/services.json")).status_code == 200
    assert (await post(intake)).status_code == 201
    for path, method in (("services", "GET"), ("requests", "POST")):
        as_json = await intake.request(method, f"{BASE}/{path}.json", data=GOOD)
        as_xml = await intake.request(method, f"{BASE}/{path}.xml", data=GOOD)
        assert (as_json.status_code, as_xml.status_code) == (429, 429)
        assert 1 <= int(as_json.headers["retry-after"]) <= 3600
        [error] = checked(as_json, schemas.ERRORS)
        assert error["code"] == 429
        assert as_xml.headers["content-type"] == "text/xml; charset=utf-8"
        assert b"<code>429</code>" in as_xml.content


class TestReading:
    async def test_one_request_by_both_addresses_and_its_token(self, intake: httpx.AsyncClient) -> None:
        ticket = await submitted(intake)
        [one] = await read(intake, f"requests/{ticket}", schemas.REQUESTS, ELEMENTS["requests"])
        assert [one] == await read(intake, f"request/{ticket}", schemas.REQUESTS, ELEMENTS["requests"])
        assert (one["status"], one["service_name"], one["agency_responsible"]) == ("open", "城区路灯照明", None)
        assert one["requested_datetime"] == one["updated_datetime"]
        [token] = await read(intake, f"tokens/{ticket}", schemas.TOKEN, ELEMENTS["requests"])
        assert token == {"service_request_id": ticket, "token": ticket}

    async def test_shows_neither_words_nor_house_nor_number(self, intake: httpx.AsyncClient, policy: Policy) -> None:
        ticket = await submitted(intake, lat="31.883421", long="109.526831")
        answer = await intake.get(f"{BASE}/requests/{ticket}.json")
        assert answer.json()[0]["address"] == f"城关镇，{policy.county}"
        for private in ("测试路", "门前", "31.88342", "13912345678"):
            assert private not in answer.text

    async def test_a_complaint_of_any_other_door_is_not_there(self, intake: httpx.AsyncClient) -> None:
        other = (
            await intake.post("/v1/complaints", json=submission("A-1", channel="web_portal"), headers=ADAPTER)
        ).json()
        await refused(intake, f"requests/{other['ticket_number']}", 404)
        await refused(intake, f"tokens/{other['ticket_number']}", 404)
        assert await listed(intake) == []
        assert await listed(intake, service_request_id=other["ticket_number"]) == []

    @pytest.mark.parametrize("ticket", ["20260101-000001-1", "x", "%00", "' OR true --", "x" * 3000, ","])
    async def test_an_id_that_there_is_not_is_not_found(self, intake: httpx.AsyncClient, ticket: str) -> None:
        for kind in ("requests", "request", "tokens"):
            await refused(intake, f"{kind}/{ticket}", 404)

    async def test_tells_where_the_case_stands(
        self, intake: httpx.AsyncClient, intake_pool: Pool, policy: Policy
    ) -> None:
        ticket = await submitted(intake)
        complaint = await id_of(intake_pool, ticket)

        async def stands() -> tuple[str, str | None, str]:
            [one] = await read(intake, f"requests/{ticket}", schemas.REQUESTS, ELEMENTS["requests"])
            return one["status"], one["agency_responsible"], one["updated_datetime"]

        await told(intake_pool, opened(complaint))
        lamps = policy.departments["urban-management"].name
        assert await stands() == ("open", lamps, "2026-12-01T10:00:00+08:00")
        # Two steps in one batch, and one that was overtaken.
        await told(intake_pool, closed(complaint), opened(complaint, version=2, department="public-security"))
        await told(intake_pool, opened(complaint, version=3, department="public-security"))
        assert await stands() == ("closed", lamps, "2026-12-05T10:00:00+08:00")
        again = {"status": CaseStatus.REWORK, "version": 6, "reason": "回访不满意。"}
        await told(intake_pool, CaseReworked.model_validate(opened(complaint).model_dump() | again))
        assert (await stands())[0] == "open"
        await told(intake_pool, opened(complaint, version=7, department=policy.supervision_office))
        assert (await stands())[:2] == ("open", None)

    async def test_events_of_other_complaints_change_nothing(
        self, intake: httpx.AsyncClient, intake_pool: Pool
    ) -> None:
        ticket = await submitted(intake)
        await told(intake_pool, closed(uuid4()))
        assert await listed(intake, status="open") == [ticket]


LAMPS, NOISE = "street-lamps", "construction-noise"
MAKE_OLD = """
UPDATE open311_requests
SET requested_at = date_trunc('second', now()) - $1 * interval '1 day', closed = $2 WHERE complaint_id = $3
"""
AGES = {"lamps-1": 1, "lamps-40": 40, "noise-2": 2, "noise-89": 89, "noise-100": 100}


class TestFilters:
    @pytest.fixture
    async def tickets(self, intake: httpx.AsyncClient, intake_pool: Pool) -> dict[str, str]:
        """Tickets by service and age in days; those of lamps are closed but for the newest."""
        made = {}
        for name, days in AGES.items():
            service = LAMPS if name.startswith("lamps") else NOISE
            ticket = made[name] = await submitted(intake, service_code=service)
            await intake_pool.execute(MAKE_OLD, days, name == "lamps-40", await id_of(intake_pool, ticket))
        return made

    async def test_without_any_are_of_the_last_ninety_days_newest_first(
        self, intake: httpx.AsyncClient, tickets: dict[str, str]
    ) -> None:
        assert await listed(intake) == [tickets[name] for name in ("lamps-1", "noise-2", "lamps-40", "noise-89")]

    async def test_by_status(self, intake: httpx.AsyncClient, tickets: dict[str, str]) -> None:
        assert await listed(intake, status="closed") == [tickets["lamps-40"]]
        assert await listed(intake, status="open") == [tickets[name] for name in ("lamps-1", "noise-2", "noise-89")]
        assert await listed(intake, status="open,closed") == await listed(intake)

    async def test_by_service(self, intake: httpx.AsyncClient, tickets: dict[str, str]) -> None:
        assert await listed(intake, service_code=NOISE) == [tickets["noise-2"], tickets["noise-89"]]
        assert await listed(intake, service_code=f"{NOISE},{LAMPS}") == await listed(intake)
        assert await listed(intake, service_code=[NOISE, "street-lamps"], status="closed") == [tickets["lamps-40"]]
        await refused(intake, "requests", 404, service_code="no-such-matter")

    async def test_by_time_both_ends_included(self, intake: httpx.AsyncClient, tickets: dict[str, str]) -> None:
        [one] = await read(intake, f"requests/{tickets['noise-2']}", schemas.REQUESTS, ELEMENTS["requests"])
        moment = one["requested_datetime"]
        assert await listed(intake, start_date=moment, end_date=moment) == [tickets["noise-2"]]
        assert await listed(intake, end_date=moment) == [tickets[n] for n in ("noise-2", "lamps-40", "noise-89")]
        assert await listed(intake, start_date=moment) == [tickets["lamps-1"], tickets["noise-2"]]
        old = (datetime.now(UTC) - timedelta(days=120)).isoformat(timespec="seconds")
        assert await listed(intake, start_date=old) == [tickets[n] for n in ("lamps-40", "noise-89", "noise-100")]

    async def test_ids_override_all_others(self, intake: httpx.AsyncClient, tickets: dict[str, str]) -> None:
        both = f"{tickets['noise-100']},{tickets['lamps-1']},20260101-000001-1"
        found = await listed(intake, service_request_id=both, status="closed", start_date="nonsense")
        assert found == [tickets["lamps-1"], tickets["noise-100"]]

    @pytest.mark.parametrize(
        "params",
        [
            {"status": "done"},
            {"start_date": "2026-11-24"},
            {"end_date": "\x00"},
            {"start_date": "2026-11-24T00:00:00Z", "end_date": "2026-11-23T00:00:00Z"},
            {"start_date": "2026-01-01T00:00:00Z", "end_date": "2026-11-23T00:00:00Z"},
            {"service_request_id": ",".join(map(str, range(1001)))},
        ],
    )
    async def test_what_cannot_be_answered_is_a_400(self, intake: httpx.AsyncClient, params: dict[str, str]) -> None:
        await refused(intake, "requests", 400, **params)

    async def test_a_thousand_are_answered_and_the_rest_asked_for_by_time(
        self, intake: httpx.AsyncClient, intake_pool: Pool
    ) -> None:
        ticket = await submitted(intake)
        await intake_pool.execute(MANY, await id_of(intake_pool, ticket))
        first = await read(intake, "requests", schemas.REQUESTS, ELEMENTS["requests"])
        assert len(first) == 1000
        rest = await listed(intake, end_date=first[-1]["requested_datetime"])
        seen = {row["service_request_id"] for row in first} | set(rest)
        assert len(seen) == await intake_pool.fetchval("SELECT count(*) FROM open311_requests")


# As many more as one answer does not hold, one each second.
MANY = """
WITH new AS (
    INSERT INTO complaints
    SELECT (overlay(c.complaint_id::text PLACING lpad(to_hex(n), 12, '0') FROM 25))::uuid, 'many-' || n, channel,
        'many-' || n, kind, urgency, confidentiality, title, text, place, accused, received_by, operator, occurred_at,
        content_hash, accepted_at
    FROM complaints AS c, generate_series(1, 1200) AS n WHERE complaint_id = $1
    RETURNING complaint_id, external_id
)
INSERT INTO open311_requests
SELECT complaint_id, 'street-lamps', moment, moment, false, NULL, 0
FROM new, LATERAL (
    SELECT date_trunc('second', now()) - substr(external_id, 6)::int * interval '1 second' AS moment
) AS at
"""


class TestAddresses:
    @pytest.mark.parametrize("path", ["services", "services.yaml", "nothing.json", "", "requests.", "services/x.html"])
    async def test_that_there_are_not_are_not_found(self, intake: httpx.AsyncClient, path: str) -> None:
        answer = await intake.get(f"{BASE}/{path}")
        assert answer.status_code == 404
        if path.endswith(".json"):
            checked(answer, schemas.ERRORS)
        else:
            assert carried_by_xml(ELEMENTS["errors"], answer.content)[0]["code"] == "404"

    async def test_a_method_that_there_is_not_is_told_in_the_same_form(self, intake: httpx.AsyncClient) -> None:
        answer = await intake.put(f"{BASE}/requests.json", json={})
        assert answer.status_code == 404
        checked(answer, schemas.ERRORS)


async def test_without_a_database_it_is_a_400_whose_code_says_503(
    intake: httpx.AsyncClient, postgres: LocalPostgres | ExternalPostgres
) -> None:
    superuser = await asyncpg.connect(postgres.url)
    await superuser.execute("ALTER ROLE intake_service CONNECTION LIMIT 0")
    try:
        await superuser.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'intake_service'"
        )
        error = await not_accepted(intake, 400, device_id="a-telephone")
        assert error["code"] == 503
        assert "稍后" in await refused(intake, "requests", 400)
    finally:
        await superuser.execute("ALTER ROLE intake_service CONNECTION LIMIT -1")
        await superuser.close()


def test_what_is_read_is_what_is_public() -> None:
    """A field that is added to the public view must be put here too, by somebody who thought about it."""
    shown = {field.name for field in fields(PublicRequest)}
    assert shown == {
        "ticket_number",
        "service_code",
        "requested_at",
        "updated_at",
        "closed",
        "place",
        "department",
    }
