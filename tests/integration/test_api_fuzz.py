"""Whatever is sent to the three services, as their descriptions have it or not, none of them answers with a 5xx."""

import asyncio
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import Case, GenerationMode
from schemathesis.core.result import Ok

from deploy.local.hotline import HotlineService
from deploy.local.ports import free_ports
from services.router.policies.policy_folders import SHIPPED
from services.tracker.deadlines.calendar import Calendar
from shared.auth import Role
from shared.policy import Policy
from shared.postgres import Pool
from tests.examples import assigned
from tests.integration.cases import open_cases
from tests.policies import laid_out
from tests.service_settings import SERVICES, environment_of
from tests.tokens import bearer

_EXAMPLES = 12
# Says 503 where something is missing, as Kafka is here.
_TELLS_WHAT_IS_MISSING = "/readyz"


# What the description cannot say of a field, so that the rest of a submission gets as far as the database.
SOUND = {"occurred_at": None, "accused": None, "received_by": "water-supply", "clerk": "0301", "operator": "0301"}


@schemathesis.serializer("application/x-ndjson")
def by_the_line(_context: Any, value: Any) -> bytes:
    """The same thing on two lines."""
    line = value if isinstance(value, bytes) else json.dumps(value).encode()
    return line + b"\n" + line


@pytest.fixture
async def known(tracker_pool: Pool, policy: Policy, calendar: Calendar) -> dict[str, Any]:
    """What really exists, in place of what is drawn: a case and a department."""
    case = assigned()
    await open_cases(tracker_pool, policy, calendar, case)
    return {"case_id": str(case.complaint_id), "code": case.department, "name": SHIPPED}


@pytest.fixture(params=SERVICES)
def service(
    request: pytest.FixtureRequest,
    service_urls: dict[str, str],
    tmp_path: Path,
    known: dict[str, Any],
    intake_pool: Pool,
    router_pool: Pool,
) -> Iterator[HotlineService]:
    # Their tables are empty by now: a service that ran meanwhile would hold some of them.
    assert known
    assert intake_pool is not None
    assert router_pool is not None
    [port] = free_ports(1)
    environment = environment_of(request.param, service_urls[request.param], tmp_path)
    environment["HOTLINE_POLICY_DIR"] = str(laid_out(tmp_path / "policies"))
    with HotlineService(request.param, tmp_path / "state", port, environment) as running:
        yield running


async def test_nothing_that_is_sent_makes_a_service_fail(service: HotlineService, known: dict[str, Any]) -> None:
    schema = await asyncio.to_thread(schemathesis.openapi.from_url, f"{service.url}/openapi.json")
    operations = [found.ok() for found in schema.get_all_operations() if isinstance(found, Ok)]
    assert {operation.path for operation in operations} >= {"/livez", "/metrics"}
    # Without a login, and with every role, so that what is behind the access control is reached too.
    logins: Sequence[dict[str, str]] = ({}, bearer(*Role, department="urban-management"))
    for operation in operations:
        if operation.path != _TELLS_WHAT_IS_MISSING:
            await asyncio.to_thread(_try_everything, operation, service.url, known, logins)


def _try_everything(operation: Any, url: str, known: dict[str, Any], logins: Sequence[dict[str, str]]) -> None:
    existing = {name: value for name, value in known.items() if f"{{{name}}}" in operation.path}
    ways = [
        operation.as_strategy(mode, path_parameters=fixed)
        for mode in GenerationMode
        for fixed in ([None, existing] if existing else [None])
    ]
    with requests.Session() as session:
        for way in ways:
            _draw(way, session, url, logins)


def _draw(
    way: st.SearchStrategy[Case[Any]], session: requests.Session, url: str, logins: Sequence[dict[str, str]]
) -> None:
    @settings(
        max_examples=_EXAMPLES,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=way)
    def holds(case: Case[Any]) -> None:
        for login in logins:
            answers: list[Any] = [case.call(base_url=url, headers=login, session=session)]
            if isinstance(case.body, dict) and "external_id" in case.body:
                mended = {name: SOUND.get(name, value) for name, value in case.body.items()}
                mended["external_id"] = uuid4().hex
                answers.append(session.post(url + case.operation.path, json=mended, headers=login))
            for answer in answers:
                assert answer.status_code < 500, f"{case.method} {case.path}: {answer.status_code} {answer.text}"

    try:
        holds()
    except Unsatisfiable:
        """Nothing wrong can be sent to what takes nothing."""
