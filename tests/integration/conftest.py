"""The edges of the services, put together as their main modules do, on a real database and without a network."""

import asyncio
import gc
import os
import warnings
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, suppress

import httpx
import pytest
from fastapi import FastAPI

from deploy.local.ports import free_ports
from services.intake import api as intake_api
from services.intake.acceptance import Acceptance
from services.intake.county import County
from services.intake.identity.blind_index import BlindIndex
from services.intake.identity.reporter_api import add_reporter_routes
from services.intake.identity.vault import Keyring
from services.intake.in_force import county_of
from services.intake.mail.mail_intake import MailIntake
from services.intake.repeats.similar_api import add_similar_routes
from services.intake.submitting import Submitting
from services.tracker import api as tracker_api
from services.tracker.acts.lifecycle_api import add_lifecycle_routes
from services.tracker.casework import Casework
from services.tracker.deadlines.calendar import Calendar
from services.tracker.inaction.inaction_api import add_inaction_routes
from services.tracker.inaction.inaction_pages import add_inaction_pages
from services.tracker.inaction.judging import Judging
from services.tracker.incidents.incident_pages import add_incident_pages
from services.tracker.incidents.incidents_api import add_incidents_routes
from services.tracker.moving import Rules
from services.tracker.pages.workbench_pages import add_workbench_pages
from services.tracker.record.record_api import add_record_routes
from services.tracker.reports.disclosure_api import add_disclosure_routes
from services.tracker.reports.reports_api import add_reports_routes
from shared.auth import Role
from shared.http import create_app
from shared.outbox import Relay
from shared.policy import Policy
from shared.postgres import Pool
from tests.integration.dovecot import Dovecot
from tests.state import state_directory
from tests.tokens import bearer, verifier


@pytest.fixture(autouse=True)
def _what_aiokafka_leaves(request: pytest.FixtureRequest) -> Iterator[None]:
    """A client that is stopped while it dials may leave that connection to the garbage collector (aiokafka 0.14).

    It is collected here, once the loop has ended; otherwise its warning would fail whichever test is running then.
    """
    yield
    if "broker" in request.fixturenames:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)
            gc.collect()


@asynccontextmanager
async def client_of(app: FastAPI, headers: Mapping[str, str] | None = None) -> AsyncIterator[httpx.AsyncClient]:
    # A service answers 500 to what it did not foresee, and so should its client see it here.
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://hotline", headers=headers) as client:
        yield client


@pytest.fixture(scope="session")
def keyring() -> Keyring:
    return Keyring({"test": os.urandom(32)}, "test")


@pytest.fixture(scope="session")
def blind_index() -> BlindIndex:
    return BlindIndex(os.urandom(32))


@pytest.fixture(scope="session")
def county(policy: Policy) -> County:
    return county_of(policy)


@pytest.fixture
async def acceptance(
    intake_pool: Pool, keyring: Keyring, blind_index: BlindIndex, policy: Policy
) -> AsyncIterator[Acceptance]:
    acceptance = Acceptance(intake_pool, Relay(intake_pool, []), keyring, blind_index, lambda: policy.repeat_window)
    committing = asyncio.create_task(acceptance.run())
    yield acceptance
    committing.cancel()
    with suppress(asyncio.CancelledError):
        await committing


@pytest.fixture(scope="session")
def dovecot() -> Iterator[Dovecot]:
    with state_directory() as state, Dovecot(state, *free_ports(2)) as server:
        yield server


@pytest.fixture
def mail_intake(intake_pool: Pool, acceptance: Acceptance, county: County) -> MailIntake:
    return MailIntake(intake_pool, acceptance, lambda: county)


@pytest.fixture
async def intake(
    acceptance: Acceptance,
    county: County,
    intake_pool: Pool,
    keyring: Keyring,
    blind_index: BlindIndex,
    policy: Policy,
) -> AsyncIterator[httpx.AsyncClient]:
    """The intake as an adapter sees it, who may submit for any channel."""
    app = create_app("Hotline intake", verifier())
    intake_api.add_routes(app, Submitting(acceptance, lambda: county, b"only for this test"), intake_pool)
    add_reporter_routes(app, intake_pool, keyring, lambda: policy)
    add_similar_routes(app, intake_pool, blind_index, lambda: policy)
    async with client_of(app, bearer(Role.ADAPTER)) as client:
        yield client


@pytest.fixture
async def tracker(tracker_pool: Pool, policy: Policy, calendar: Calendar) -> AsyncIterator[httpx.AsyncClient]:
    """The tracker as the supervision office sees it; whoever else acts sends a token of their own."""
    app = create_app("Hotline tracker", verifier())
    casework = Casework(tracker_pool, Relay(tracker_pool, []), lambda: Rules(policy, calendar))
    tracker_api.add_routes(app, casework, lambda: policy, tracker_pool)
    add_lifecycle_routes(app, casework, lambda: policy)
    add_incidents_routes(app, casework, tracker_pool)
    add_inaction_routes(app, Judging(casework), lambda: policy, tracker_pool)
    add_inaction_pages(app, lambda: policy)
    add_record_routes(app, tracker_pool)
    add_reports_routes(app, lambda: policy, tracker_pool)
    add_disclosure_routes(app, lambda: policy, tracker_pool)
    add_workbench_pages(app, lambda: policy)
    add_incident_pages(app, lambda: policy)
    async with client_of(app, bearer(Role.SUPERVISOR)) as client:
        yield client
