"""The intake with its pages, as its main module puts them together, and what stands in a page."""

import re
from functools import cache, partial
from typing import Any

import httpx
from fastapi import FastAPI

from deploy.local.hotline import POLICY
from services.intake.acceptance import Acceptance
from services.intake.api import add_routes
from services.intake.attachments.attachments import Attachments
from services.intake.attachments.attachments_api import add_attachment_routes
from services.intake.county import County
from services.intake.identity.blind_index import BlindIndex
from services.intake.identity.reporter_api import add_reporter_routes
from services.intake.identity.vault import Keyring
from services.intake.pages.attachment_pages import add_attachment_pages
from services.intake.pages.citizen_pages import add_citizen_pages
from services.intake.pages.page_files import PageFiles
from services.intake.pages.phone_checking import PhoneChecking
from services.intake.pages.reporter_pages import add_reporter_pages
from services.intake.pages.sms import SmsGateway
from services.intake.pages.staff_pages import add_staff_pages
from services.intake.repeats.same_incident import SameIncident
from services.intake.submitting import Submitting
from shared.auth import Role
from shared.http import create_app
from shared.policy_files import load_policy
from shared.postgres import Pool
from shared.session import CSRF_FIELD, SESSION_COOKIE, csrf_token
from tests.tokens import token, verifier

KEY = b"only for this test"

_policy = cache(partial(load_policy, POLICY))


def application(
    pool: Pool,
    acceptance: Acceptance,
    county: County,
    index: BlindIndex,
    attachments: Attachments | None = None,
    gateway: SmsGateway | None = None,
    router: httpx.AsyncClient | None = None,
    keyring: Keyring | None = None,
) -> FastAPI:
    app = create_app("Hotline intake", verifier())
    submitting = Submitting(acceptance, lambda: county, KEY)
    add_routes(app, submitting, pool)
    checking = PhoneChecking(pool, index, KEY, gateway) if gateway else None
    files = PageFiles(attachments)
    if attachments is not None:
        add_attachment_routes(app, attachments, KEY, _policy)
        add_attachment_pages(app)
    if keyring is not None:
        add_reporter_routes(app, pool, keyring, _policy)
    add_reporter_pages(app, files=files.taken)
    add_citizen_pages(app, submitting, pool, files, _policy, checking)
    add_staff_pages(app, submitting, pool, index, files, _policy, SameIncident(router))
    return app


def inside(page: str, element_id: str) -> str:
    """The text of the element with this id."""
    found = re.search(rf'id="{element_id}"[^>]*>([^<]*)<', page)
    assert found, f"nothing on the page has the id {element_id}"
    return found[1]


def session(*roles: Role, **claims: Any) -> tuple[dict[str, str], dict[str, str]]:
    """The cookie of a login, and the field that a form of it carries."""
    value = token(*roles, **claims)
    return {"Cookie": f"{SESSION_COOKIE}={value}"}, {CSRF_FIELD: csrf_token(value)}
